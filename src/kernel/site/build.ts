// From the text of a Corefile to sites and the addresses they listen on. Knows the steps; opens nothing and starts nothing.
import type { Directive } from '../../corefile/directive.ts';
import { linesByWord } from '../../corefile/block.ts';
import type { Lines, Note } from '../../corefile/directive.ts';
import { CorefileError, pluginError } from '../../corefile/error.ts';
import type { Position } from '../../corefile/error.ts';
import { parseKey } from '../../corefile/keys.ts';
import { parseCorefile } from '../../corefile/parse.ts';
import type { Block } from '../../corefile/block.ts';
import { parsedForm } from '../../corefile/parsed-form.ts';
import type { Word } from '../../corefile/lex.ts';
import type { Files } from '../../corefile/imports.ts';
import { latin1 } from '../../dns/latin1.ts';
import { Name } from '../../dns/name.ts';
import { PORT } from '../../dns/port.ts';
import type { Scheme } from '../../dns/port.ts';
import { chain, walkedChain } from './chain.ts';
import { Overlaps, label } from './endpoint.ts';
import type { Provider } from '../query/metadata.ts';
import { REQUEST_LABELS } from '../query/request-labels.ts';
import type { LatePlugin, Machine, Plugin, Written } from './plugin.ts';
import { MetadataZones, Root, Site, ViewFilter } from './site.ts';
import type { NamedPart } from './site.ts';
import { TlsSetting } from '../query/tls-setting.ts';
import { ListenerSettings } from '../query/listener-setting.ts';
import { Bind } from '../query/transport.ts';
import type { Endpoint } from '../query/transport.ts';

/** What a configuration is read with. */
export interface ReadOptions {
  readonly file: string;
  /** In the order of the chain (ORD-1). */
  readonly plugins: readonly Plugin[];
  /** In place of `plugins`: those that `withPlugins` chooses from. */
  readonly late?: readonly LatePlugin[];
  /** Every word that a block may have, built or not (ORD-1). */
  readonly words: ReadonlySet<string>;
  readonly machine: Machine;
  readonly files: Files;
  readonly environment: (name: string) => string | undefined;
  /** For `dns://` keys without a port (CLI-2). */
  readonly port: number;
  readonly warn: (text: string, at?: Position) => void;
  /** What stands for a configuration without any block (CLI-9). */
  readonly builtIn?: string;
  /** The schemes that can be listened with; every one where nothing is given. */
  readonly schemes?: ReadonlySet<string>;
  /** Where every problem is put instead of throwing the first one (`check`). */
  readonly problems?: Error[];
  /** Where lines leave word of what starts and is hardly meant, each with its plugin and the number of its block (`check`). */
  readonly notes?: (Note & { readonly plugin: string; readonly block: number })[];
}
/** One listening address and what is served there. */
export interface Address {
  readonly label: string;
  readonly endpoint: Endpoint;
  /** Wire names, lower-case, with their sites in the order of the Corefile. */
  readonly zones: (readonly [zone: string, site: Site])[];
  /** What its blocks say of its listener. */
  settings: ListenerSettings;
  /** Of HTTPS: the port of HTTP/3 for the same zones. */
  alternative?: number | undefined;
}
/** A configuration that was read: nothing of it runs yet. */
export interface Configuration extends Written {
  readonly sites: readonly Site[];
  /** The blocks that were read, as they were written. */
  readonly blocks: readonly Block[];
  readonly addresses: readonly Address[];
}

interface Draft {
  readonly lines: ReadonlyMap<string, Lines>;
  readonly directives: readonly Directive[];
  readonly site: Site;
  readonly keys: readonly { readonly scheme: Scheme; readonly zone: string; readonly port: number; readonly at: Word }[];
  readonly parts: NamedPart[];
}

/** Reads a Corefile. Throws CorefileError or Error with CoreDNS's text for the first problem, unless `problems` collects them. */
export function build(text: string, options: ReadOptions): Configuration {
  const blocks = parse(text, options);

  const attempt = <T>(what: () => T): T | undefined => {
    if (options.problems === undefined) return what();
    try {
      return what();
    } catch (error) {
      options.problems.push(error as Error);
      return undefined;
    }
  };
  const drafts = blocks.flatMap((block, index) => attempt(() => draft(block, index, options)) ?? []);
  for (const plugin of options.plugins) {
    for (const each of drafts) attempt(() => setUp(plugin, each, options));
    const { name, guest } = plugin;
    if (guest === undefined) continue;
    const all = drafts.map(({ site }) => site);
    for (const { site, parts } of drafts) parts.push(...[guest(site, all) ?? []].flat().map((part) => ({ name, part })));
  }
  for (const line of drafts.flatMap(({ lines }) => unbuilt(lines, options.plugins))) attempt(() => refuseUnbuilt(line));
  const sites = drafts.map(complete);
  for (const { site, lines } of drafts) for (const each of site.parts) attempt(() => refusePartial(each, lines, sites));
  for (const { at, scheme, port } of drafts.flatMap(({ keys }) => keys)) attempt(() => refuseAddress(at, scheme, port, options.schemes));
  const addresses = listenOn(drafts, attempt);
  for (const address of addresses) attempt(() => settle(address, options.warn));
  for (const address of addresses) address.alternative = alternativeOf(address, addresses);
  for (const { directives, site } of options.notes === undefined ? [] : drafts) {
    for (const each of directives) {
      options.notes!.push(...each.allNotes().map((note) => ({ ...note, plugin: each.owner, block: site.index })));
    }
  }
  return { sites, blocks, addresses, canonical: canonicalText(blocks), parsed: () => parsedForm(blocks, options.file) };
}

function parse(text: string, options: ReadOptions, words: ReadonlySet<string> | 'any' = options.words): readonly Block[] {
  const { blocks } = parseCorefile(text, {
    file: options.file,
    environment: options.environment,
    files: options.files,
    knownWords: words === 'any' ? undefined : words,
    warn: options.warn,
    ...(options.problems === undefined ? {} : { problems: options.problems as never }),
  });
  const { builtIn } = options;
  return blocks.length > 0 || builtIn === undefined || builtIn === text ? blocks : parse(builtIn, options, words);
}
/** The words of the lines of all blocks, whether there are such or not; of a text with mistakes, those of what can be read. */
export function wordsIn(text: string, options: ReadOptions): ReadonlySet<string> {
  try {
    const blocks = parse(text, { ...options, problems: [], warn: () => {} }, 'any');
    return new Set(blocks.flatMap(({ directives }) => directives.map(({ owner }) => owner)));
  } catch {
    return new Set();
  }
}
/** The same text for configurations that mean the same. Any word will do, as long as the text can be read at all. */
export function written(text: string, options: ReadOptions): Written {
  const blocks = parse(text, options, 'any');
  return { canonical: canonicalText(blocks), parsed: () => parsedForm(blocks, options.file) };
}
const canonicalText = (blocks: readonly Block[]): string =>
  JSON.stringify(blocks.map(treeOf));
const treeOf = ({ keys, directives }: Block): unknown => [keys.map(({ text }) => text), directives.map(tree)];
const tree = ({ word, args, body }: Directive): unknown => [word, args, body?.map(tree)];

function draft(block: Block, index: number, options: ReadOptions): Draft {
  const keys = block.keys.flatMap((word) => {
    const { scheme, zones, port } = parseKey(word);
    const usual = scheme === 'dns' || scheme === 'unix' ? options.port : PORT[scheme];
    return zones.map((zone) => ({ scheme: scheme as Scheme, zone, port: port ?? usual, at: word }));
  });
  const site = new Site(keys.map(({ zone }) => Name.parse(zone).folded), index);
  site.written = JSON.stringify(treeOf(block));
  return { lines: linesByWord(block), directives: block.directives, site, keys, parts: [] };
}

function setUp(plugin: Plugin, each: Draft, options: ReadOptions): void {
  const { site, keys, parts } = each;
  const lines = linesOf(plugin, each);
  if (lines === undefined) return;
  const { problems } = options;
  if (problems !== undefined) for (const line of lines) line.collects = true;
  const faults = () => lines.flatMap((line) => line.allNotes()).flatMap((note) => (note.what === 'fault' ? [note] : []));
  try {
    const context = {
      zones: site.zones, root: site.last(Root), scheme: keys[0]?.scheme ?? 'dns', machine: seenBy(site, options.machine),
      keys: keys.map(({ scheme, zone, port }) => `${scheme}://${zone}:${port}`),
    };
    const made = plugin.create(plugin.parse(lines, context), site);
    const all = Array.isArray(made) ? made : [made];
    // Several parts are one a line, else one of all lines.
    const places = all.length === lines.length ? lines : [];
    all.forEach((part, i) => parts.push({ name: plugin.name, part, at: (places[i] ?? lines[0]).at }));
  } catch (error) {
    // What follows from a property that could not be read is no news.
    if (problems === undefined || faults().length === 0) throw pluginError(plugin.name, error, lines[0].at);
  } finally {
    problems?.push(...faults().map(({ error, at }) => pluginError(plugin.name, error, at)));
  }
}

/** The machine as it is; what is read of it counts for what the block means. */
const seenBy = (site: Site, machine: Machine): Machine => ({
  interfaces: () => machine.interfaces(),
  hostname: () => machine.hostname(),
  readFile(path, last) {
    const bytes = machine.readFile(path, last);
    site.written += `\n${path} ${latin1(bytes, 0, bytes.length)}`;
    return bytes;
  },
});

/** The lines of a plugin, by whichever of its words, in the order of the Corefile. */
function linesOf({ name, aliases = [] }: Plugin, { lines, directives }: Draft): Lines | undefined {
  if (!aliases.some((alias) => lines.has(alias))) return lines.get(name);
  const [first, ...rest] = directives.filter(({ owner }) => owner === name || aliases.includes(owner));
  return first === undefined ? undefined : [first, ...rest];
}

/** The lines whose word no plugin has. */
const unbuilt = (words: Draft['lines'], plugins: readonly Plugin[]): readonly Directive[] => [...words].flatMap(([word, [line]]) =>
  (plugins.some(({ name, aliases }) => name === word || aliases?.includes(word) === true) ? [] : [line]));
/** A word that CoreDNS knows and that a program has left out: better said at the start than found out by a wrong answer. */
function refuseUnbuilt({ owner, at }: Directive): never {
  const hint = `remove line ${at.line} of ${at.file}, or give the program this plugin too: coredns-ts itself has it`;
  const message = 'this program was put together without this plugin';
  throw pluginError(owner, new CorefileError(message, at, { form: 'none', hint, code: 'not-built' }));
}
/** A part that misses another one of its block, or that cannot stand beside another block's. */
function refusePartial({ name, part }: NamedPart, lines: Draft['lines'], sites: readonly Site[]): void {
  try {
    part.whole?.(sites);
  } catch (error) {
    throw pluginError(name, error, lines.get(name)?.[0].at);
  }
}
/** What no transport could listen on, told before anything is opened. */
function refuseAddress(at: Word, scheme: string, port: number, schemes: ReadonlySet<string> | undefined): void {
  if (port < 0 || port > 65535) {
    throw new CorefileError(`port ${port} is not between 1 and 65535`, at, { form: 'line', code: 'key' });
  }
  if (schemes === undefined || schemes.has(scheme)) return;
  const known = [...schemes].map((each) => `${each}://`).join(', ');
  throw new CorefileError(`cannot listen on ${at.text} - ${scheme}:// is not built yet in coredns-ts`, at,
    { form: 'line', code: 'not-built', hint: `there is ${known}: let CoreDNS, or a proxy that ends ${scheme}, serve this block` });
}

function complete({ site, parts }: Draft): Site {
  site.parts = parts;
  site.handler = chain(site);
  site.walked = (query, from) => (site.walked = walkedChain(site))(query, from);
  site.view = site.last(ViewFilter)?.name ?? '';
  if (site.all(MetadataZones).length > 0) {
    const providers = new Map<string, Provider>(REQUEST_LABELS);
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

function listenOn(drafts: readonly Draft[], attempt: (what: () => void) => void): readonly Address[] {
  const overlaps = new Overlaps();
  const addresses = new Map<string, Address>();
  for (const { site, keys } of drafts) {
    const endpoints: Endpoint[] = [];
    for (const { scheme, zone, port, at } of keys) {
      for (const address of site.last(Bind) ?? ['']) {
        const clash = site.all(ViewFilter).length > 0 ? undefined : overlaps.add({ scheme, zone, port, address });
        attempt(() => {
          if (clash !== undefined) throw new CorefileError(clash, at, { form: 'none', code: 'overlap' });
        });
        const name = label(scheme, address, port);
        let entry = addresses.get(name);
        if (entry === undefined) {
          entry = { label: name, endpoint: { scheme, address, port }, zones: [], settings: new ListenerSettings() };
          addresses.set(name, entry);
        }
        if (!endpoints.includes(entry.endpoint)) endpoints.push(entry.endpoint);
        entry.zones.push([Name.parse(zone).key, site]);
      }
    }
    site.endpoints = endpoints;
  }
  return [...addresses.values()];
}

/** Joins what the blocks of an address say of its listener. */
function settle(address: Address, warn: (text: string) => void): void {
  const { label: name, endpoint: { scheme }, zones } = address;
  const sites = [...new Map(zones.map(([zone, site]) => [site, zone])).entries()];
  const blocks = sites.map(([site, zone]) => ({ zone: Name.wire(zone).text, slots: site }));
  address.settings = ListenerSettings.of(blocks, { label: name, scheme, warn });
  const missing = WITHOUT_TLS[scheme];
  if (missing !== undefined && address.settings.get(TlsSetting) === undefined) throw new Error(missing);
}
/** What cannot be spoken in the clear, in CoreDNS's words. */
const WITHOUT_TLS: { readonly [scheme in Scheme]?: string } = {
  quic: 'ListenPacket: quic: tls.Config not set', https3: 'DoH3 requires TLS, no TLS config found',
};

/** Where a browser that came over TCP may come over QUIC: at a zone and an address that both have. */
function alternativeOf({ endpoint: { scheme, address }, zones }: Address, all: readonly Address[]): number | undefined {
  if (scheme !== 'https') return undefined;
  const names = new Set(zones.map(([zone]) => zone));
  const found = all.find(({ endpoint, zones: others }) => endpoint.scheme === 'https3'
    && (endpoint.address === address || EVERYWHERE.has(endpoint.address)) && others.some(([zone]) => names.has(zone)));
  return found?.endpoint.port || undefined;
}
const EVERYWHERE: ReadonlySet<string> = new Set(['', '::', '0.0.0.0']);
