// From the text of a Corefile to sites and the addresses they listen on. Knows the steps; opens nothing and starts nothing.
import type { Directive } from '../../corefile/directive.ts';
import { linesByWord } from '../../corefile/block.ts';
import type { Lines } from '../../corefile/directive.ts';
import { CorefileError, pluginError } from '../../corefile/error.ts';
import { parseKey } from '../../corefile/keys.ts';
import { parseCorefile } from '../../corefile/parse.ts';
import type { Block } from '../../corefile/block.ts';
import type { Files } from '../../corefile/imports.ts';
import { Name } from '../../dns/name.ts';
import { chain } from './chain.ts';
import { Overlaps, label } from './endpoint.ts';
import type { Provider } from '../query/metadata.ts';
import type { Machine, Plugin } from './plugin.ts';
import { MetadataZones, Root, Site, ViewFilter } from './site.ts';
import type { NamedPart } from './site.ts';
import { Bind } from '../query/transport.ts';
import type { Endpoint, Scheme } from '../query/transport.ts';

/** What a configuration is read with. */
export interface Reading {
  readonly file: string;
  /** In the order of the chain (ORD-1). */
  readonly plugins: readonly Plugin[];
  /** Every word that a block may have, built or not (ORD-1). */
  readonly words: ReadonlySet<string>;
  readonly machine: Machine;
  readonly files: Files;
  readonly environment: (name: string) => string | undefined;
  /** For `dns://` keys without a port (CLI-2). */
  readonly port: number;
  readonly warn: (text: string) => void;
  /** What stands for a configuration without any block (CLI-9). */
  readonly builtIn?: string;
  /** Where every problem is put instead of throwing the first one (`check`). */
  readonly problems?: Error[];
}
/** One listening address and what is served there. */
export interface Address {
  readonly label: string;
  readonly endpoint: Endpoint;
  /** Wire names, lower-case, with their sites in the order of the Corefile. */
  readonly zones: (readonly [zone: string, site: Site])[];
}
/** A configuration that was read: nothing of it runs yet. */
export interface Configuration {
  readonly sites: readonly Site[];
  readonly addresses: readonly Address[];
  /** The words of the configuration, imports and all, without spaces and comments: what a change is told by (RLD-1). */
  readonly canonical: string;
}

interface Draft {
  readonly lines: ReadonlyMap<string, Lines>;
  readonly directives: readonly Directive[];
  readonly site: Site;
  readonly keys: readonly { readonly scheme: Scheme; readonly zone: string; readonly port: number }[];
  readonly parts: NamedPart[];
}

const PORTS: { readonly [scheme: string]: number } = { tls: 853, quic: 853, grpc: 443, https: 443, https3: 443 };

/** Reads a Corefile. Throws CorefileError or Error with CoreDNS's text for the first problem, unless `problems` collects them. */
export function build(text: string, reading: Reading): Configuration {
  const blocks = parse(text, reading);

  const attempt = <T>(what: () => T): T | undefined => {
    if (reading.problems === undefined) return what();
    try {
      return what();
    } catch (error) {
      reading.problems.push(error as Error);
      return undefined;
    }
  };
  const drafts = blocks.flatMap((block, index) => attempt(() => draft(block, index, reading)) ?? []);
  for (const plugin of reading.plugins) {
    for (const each of drafts) attempt(() => setUp(plugin, each, reading));
  }
  for (const { lines } of drafts) attempt(() => refuseUnbuilt(lines, reading.plugins));
  const sites = drafts.map(complete);
  const addresses = attempt(() => listenOn(drafts)) ?? [];
  return { sites, addresses, canonical: canonicalText(blocks) };
}

function parse(text: string, reading: Reading, words: ReadonlySet<string> | 'any' = reading.words): readonly Block[] {
  const { blocks } = parseCorefile(text, {
    file: reading.file,
    environment: reading.environment,
    files: reading.files,
    knownWords: words === 'any' ? undefined : words,
    warn: reading.warn,
    ...(reading.problems === undefined ? {} : { problems: reading.problems as never }),
  });
  const { builtIn } = reading;
  return blocks.length > 0 || builtIn === undefined || builtIn === text ? blocks : parse(builtIn, reading, words);
}
/** The same text for configurations that mean the same. Any word will do, as long as the text can be read at all. */
export const canonical = (text: string, reading: Reading): string => canonicalText(parse(text, reading, 'any'));
const canonicalText = (blocks: readonly Block[]): string =>
  JSON.stringify(blocks.map(({ keys, directives }) => [keys.map(({ text }) => text), directives.map(tree)]));
const tree = ({ word, args, body }: Directive): unknown => [word, args, body?.map(tree)];

function draft(block: Block, index: number, reading: Reading): Draft {
  const keys = block.keys.flatMap((word) => {
    const { scheme, zones, port } = parseKey(word);
    return zones.map((zone) => ({ scheme: scheme as Scheme, zone, port: port ?? PORTS[scheme] ?? reading.port }));
  });
  const site = new Site(keys.map(({ zone }) => Name.wire(Name.parse(zone).key)), index);
  return { lines: linesByWord(block), directives: block.directives, site, keys, parts: [] };
}

function setUp(plugin: Plugin, each: Draft, reading: Reading): void {
  const { site, keys, parts } = each;
  const lines = linesOf(plugin, each);
  if (lines === undefined) return;
  try {
    const context = {
      zones: site.zones, root: site.last(Root), scheme: keys[0]?.scheme ?? 'dns', machine: reading.machine,
      keys: keys.map(({ scheme, zone, port }) => `${scheme}://${zone}:${port}`),
    };
    const made = plugin.create(plugin.parse(lines, context), site);
    for (const part of Array.isArray(made) ? made : [made]) parts.push({ name: plugin.name, part });
  } catch (error) {
    throw pluginError(plugin.name, error, lines[0].at);
  }
}

/** The lines of a plugin, by whichever of its words, in the order of the Corefile. */
function linesOf({ name, aliases = [] }: Plugin, { lines, directives }: Draft): Lines | undefined {
  if (!aliases.some((alias) => lines.has(alias))) return lines.get(name);
  const [first, ...rest] = directives.filter(({ owner }) => owner === name || aliases.includes(owner));
  return first === undefined ? undefined : [first, ...rest];
}

/** A word that CoreDNS knows and that is not there yet: better said at the start than found out by a wrong answer. */
function refuseUnbuilt(words: Draft['lines'], plugins: readonly Plugin[]): void {
  for (const [word, [line]] of words) {
    if (plugins.some(({ name, aliases }) => name === word || aliases?.includes(word) === true)) continue;
    const message = `plugin/${word}: this plugin of CoreDNS is not built yet in coredns-ts`;
    const hint = `remove line ${line.at.line} of ${line.at.file}, or let CoreDNS serve this block`;
    throw new CorefileError(message, line.at, { form: 'none', hint });
  }
}

function complete({ site, parts }: Draft): Site {
  site.parts = parts;
  site.handler = chain(parts);
  site.view = site.last(ViewFilter)?.name ?? '';
  if (site.all(MetadataZones).length > 0) {
    const providers = new Map<string, Provider>();
    for (const { part } of parts) {
      for (const [name, provider] of Object.entries(part.metadata ?? {})) providers.set(name, eitherOf(providers.get(name), provider));
    }
    site.providers = providers;
  }
  return site;
}

/** Two parts may make the same label (two clusters): the first that has a value says it. */
const eitherOf = (first: Provider | undefined, second: Provider): Provider =>
  (first === undefined ? second : (query, wanted) => first(query, wanted) ?? second(query, wanted));

function listenOn(drafts: readonly Draft[]): readonly Address[] {
  const overlaps = new Overlaps();
  const addresses = new Map<string, Address>();
  for (const { site, keys } of drafts) {
    const endpoints: Endpoint[] = [];
    for (const { scheme, zone, port } of keys) {
      for (const address of site.last(Bind) ?? ['']) {
        const clash = overlaps.add({ scheme, zone, port, address }, site.all(ViewFilter).length > 0);
        if (clash !== undefined) throw new Error(clash);
        const name = label(scheme, address, port);
        let entry = addresses.get(name);
        if (entry === undefined) addresses.set(name, (entry = { label: name, endpoint: { scheme, address, port }, zones: [] }));
        if (!endpoints.includes(entry.endpoint)) endpoints.push(entry.endpoint);
        entry.zones.push([Name.parse(zone).key, site]);
      }
    }
    site.endpoints = endpoints;
  }
  return [...addresses.values()];
}
