// *geoip* looks up where clients are, as labels for whoever asks (GEO-1 to 4). Knows addresses of queries and labels; what is in a
// database is labels.ts's.
import { printAddress } from '../../dns/address.ts';
import { OPTION, findOption, readClientSubnet } from '../../dns/edns-options.ts';
import type { Directive } from '../../corefile/directive.ts';
import { join, isAbsolute } from 'node:path';
import type { Query } from '../../kernel/query/query.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Lines, ParseContext } from '../../kernel/site/plugin.ts';
import { MetadataZones } from '../../kernel/site/site.ts';
import { fileError } from '../../wording/errno.ts';
import { quoted } from '../../wording/quote.ts';
import { Database, METADATA_BYTES, bring, flagsOf, typeOf } from './database.ts';
import { LABELS } from './labels.ts';
import { schemaOf } from './schema.ts';
import type { Schema } from './schema.ts';

interface Settings {
  readonly path: string;
  readonly schema: Schema;
  /** Whether a client is where its network is, if it names one (RFC 7871). */
  readonly bySubnet: boolean;
}

/** The schema of the database at `path`. */
function probe(line: Directive, path: string, { machine }: ParseContext): Schema {
  const fail = (why: string): never => line.fail(`failed to open database file: ${why}`, 'give a MaxMind database: GeoLite2-City.mmdb');
  let end: Uint8Array;
  try {
    end = machine.readFile(path, METADATA_BYTES);
  } catch (error) {
    return fail(fileError(error, path));
  }
  let type: string;
  try {
    type = typeOf(end);
  } catch {
    return fail('error opening database: invalid MaxMind DB file');
  }
  const schema = schemaOf(type);
  if (schema === undefined) return fail(`geoip2: reader does not support the ${quoted(type)} database type`);
  if (schema === 'none') line.fail('database does not provide any supported schema (city, asn)');
  return schema;
}

function parse(lines: Lines, context: ParseContext): Settings {
  const [line, again] = lines;
  const word = line.arg();
  line.end();
  const path = context.root === undefined || isAbsolute(word) ? word : join(context.root, word);
  let bySubnet = false;
  line.properties({
    'edns-subnet'(property) {
      for (const word of property.rest()) property.fail(`unknown property ${quoted(word)}`, 'edns-subnet stands alone');
      bySubnet = true;
    },
  }, '"');
  if (again !== undefined) again.fail('configuring multiple databases is not supported', 'one line a server block');
  return { path, schema: probe(line, path, context), bySubnet };
}

/** The address that is looked up (GEO-1). */
function addressOf(query: Query, bySubnet: boolean): string {
  const option = bySubnet ? findOption(query.edns, OPTION.ECS) : undefined;
  if (option !== undefined) {
    try {
      const { address } = readClientSubnet(option);
      if (address.length > 0) return printAddress(address);
    } catch {
      // Not to be read: the client is where it asks from.
    }
  }
  const { bytes, clientAt, clientLength } = query;
  return printAddress(bytes.subarray(clientAt, clientAt + clientLength));
}

export default definePlugin({
  name: 'geoip',
  parse,
  create({ path, schema, bySubnet }, site) {
    let database: Database | undefined;
    const labels = LABELS[schema];
    return {
      metadata: {
        'geoip/'(query, label) {
          const read = labels.get(label);
          if (read === undefined || database === undefined) return undefined;
          return database.find(addressOf(query, bySubnet), read);
        },
      },
      rehearsal: 'as served',
      control: (run) => bring(run, path, flagsOf(run.space(site))),
      start(run) {
        if (site.all(MetadataZones).length > 0) database = new Database(run.store, flagsOf(run.space(site)));
      },
    };
  },
});
