// The lines of *records* as data: records as in a zone file, one a line. Knows words and records; opens nothing.
import type { Directive } from '../../corefile/directive.ts';
import { nearestWord } from '../../corefile/suggest.ts';
import type { Name } from '../../dns/name.ts';
import { parseWords } from '../../dns/rr.ts';
import type { RR } from '../../dns/rr.ts';
import { CLASS, TYPE } from '../../dns/type-name.ts';
import { splitEntry } from '../../dns/words.ts';
import { NEVER, covers, readFallthrough } from '../../kernel/site/fallthrough.ts';
import type { Fallthrough } from '../../kernel/site/fallthrough.ts';
import type { Lines, ParseContext } from '../../kernel/site/plugin.ts';
import { zonesOf } from '../../kernel/site/zones.ts';

/** A zone and what is in it. */
export interface ZoneRecords {
  readonly zone: Name;
  /** In the order of the Corefile, none of them twice. */
  readonly records: readonly RR[];
}
/** What the lines of a block say. */
export interface Settings {
  readonly zones: readonly ZoneRecords[];
  readonly fallthrough: Fallthrough;
}

const FALLTHROUGH = 'fallthrough';
const HINT = 'a record is written as in a zone file: www 60 IN A 192.0.2.1';

/** A zone while its records are read. */
class Draft implements ZoneRecords {
  readonly zone: Name;
  readonly records: RR[] = [];
  readonly #known = new Set<string>();

  constructor(zone: Name) {
    this.zone = zone;
  }
  /** Takes a record, where its zone can have it beside the others. */
  add(line: Directive, record: RR): void {
    const { name, type, rdata } = record;
    const known = `${name.key} ${type} ${rdata.join()}`;
    if (this.#known.has(known)) return;
    const beside = this.records.filter((other) => other.name.equals(name));
    const isAlias = type === TYPE.CNAME;
    if (beside.some((other) => isAlias !== (other.type === TYPE.CNAME))) {
      line.fail(`${name.text} has an alias and other data`, 'a name with CNAME has no other record (RFC 2181 section 10.1)');
    }
    if (isAlias && beside.length > 0) line.fail(`${name.text} has two aliases`);
    if (type === TYPE.SOA && !name.equals(this.zone)) line.fail(`${name.text} has an SOA record, which belongs to ${this.zone.text}`);
    if (type === TYPE.SOA && beside.some((other) => other.type === type)) line.fail(`${this.zone.text} has two SOA records`);
    this.#known.add(known);
    this.records.push(record);
  }
}

/** Reads the lines; throws CorefileError at the record that is none. */
export function readSettings(lines: Lines, context: ParseContext): Settings {
  const zones = new Map<string, Draft>();
  const sources: { readonly zone: Name; readonly at: Directive['at'] }[] = [];
  let fallthrough = NEVER;
  for (const line of lines) {
    const { names } = zonesOf(line.rest(), context.zones);
    for (const zone of names) if (!zones.has(zone.key)) zones.set(zone.key, new Draft(zone));
    sources.push(...names.map((zone) => ({ zone, at: line.at })));
    line.properties({
      fallthrough(property) {
        fallthrough = readFallthrough(property);
      },
    }, (property) => readRecord(property, names, (zone, record) => zones.get(zone.key)!.add(property, record)));
  }
  const told = sources.map(({ zone, at }) => ({ zone: zone.text, at, falls: covers(fallthrough, zone) }));
  lines[0].mentions({ what: 'sources', list: async () => told });
  return { zones: [...zones.values()], fallthrough };
}

/** One record, which each of the zones gets that its owner lies in. */
function readRecord(line: Directive, zones: readonly Name[], add: (zone: Name, record: RR) => void): void {
  if (line.word.startsWith('$')) line.fail(`'${line.word}' is not taken here`, 'each record stands whole in its line; file has the rest');
  const text = textOf(line);
  const isMeant = nearestWord(line.word, [FALLTHROUGH]) !== undefined;
  let taken = false;
  for (const zone of zones) {
    const record = line.attempt(() => parseWords(splitEntry(text)?.words ?? [], false, { origin: zone }),
      (reason) => line.fail(`not a record: ${reason}`, isMeant ? `did you mean '${FALLTHROUGH}'?` : HINT));
    if (record.class !== CLASS.IN) line.fail('only records of class IN are served', HINT);
    if (record.rdata.length === 0) line.fail('not a record: its data is missing', HINT);
    if (!record.name.isUnder(zone)) continue;
    taken = true;
    add(zone, record);
  }
  if (taken) return;
  line.fail(`'${line.word}' lies outside of ${zones.map((zone) => zone.text).join(' ')}`, 'a name without a last dot is one in the zone');
}
/** The line as it stands in a zone file: what was quoted is so still. */
function textOf(line: Directive): string {
  const quoted = line.argsAt.map((word) => word.quoted);
  const words = line.rest().map((text, i) => (quoted[i] === true ? `"${text.replaceAll('"', '\\"')}"` : text));
  return [line.word, ...words].join(' ');
}
