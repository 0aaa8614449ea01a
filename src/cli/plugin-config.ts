// `plugin.cfg` beside the Corefile: other people's plugins and their place in the order, in CoreDNS's own lines (`NAME:PACKAGE`). Knows
// packages and the standard order; knows nothing of what a plugin does.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire, findPackageJSON } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { loaded } from '../kernel/site/late.ts';
import type { LatePlugin, Plugin } from '../kernel/site/plugin.ts';
import { quoted } from '../wording/quote.ts';
import { shareThisCopy } from './one-copy.ts';
import { codeOf, keepCode, versioned } from './plugin-code.ts';
import { ORDER } from './plugin-names.ts';
import { manifestAbove, misfit } from './plugin-package.ts';

/** The file's name. */
const FILE = 'plugin.cfg';
const GO_PACKAGE = /^[\w-]+(\.[\w-]+)+\/\S+\/\S+/;
const WHERE = 'name the word that comes after it, such as cache:cache';

/** One plugin of another package. Can be sent to a thread. */
export interface Addition {
  readonly name: string;
  /** Of the file that is imported. */
  readonly url: string;
  /** The standard word that it stands right before, or right behind. */
  readonly beside: string;
  readonly before: boolean;
  /** `plugin.cfg:3: blocklist`, for complaints. */
  readonly at: string;
  /** Which version of its code, where it is not the first that this process loads. */
  readonly version?: string;
}

/** What `plugin.cfg` in the folder of this Corefile adds; nothing where there is none. Throws Error with `plugin.cfg:LINE: NAME: WHY`. */
export function readAdditions(corefile: string): readonly Addition[] {
  const folder = resolve(dirname(corefile));
  let text: string;
  try {
    text = readFileSync(join(folder, FILE), 'utf8');
  } catch {
    return [];
  }
  const lines = text.split('\n').map((line, i) => ({ words: line.replace(/#.*/, '').trim(), at: `${FILE}:${i + 1}` }))
    .filter(({ words }) => words !== '').map(({ words, at }) => entry(words, at));
  const seen = new Set<string>();
  for (const { name, at } of lines) {
    if (seen.has(name)) throw new Error(`${at}: it is named twice`);
    seen.add(name);
  }
  return lines.flatMap(({ name, from, at }, i) => {
    if (ORDER.includes(name)) {
      // CoreDNS's own lines say where the code of its words comes from.
      if (from === name || GO_PACKAGE.test(from)) return [];
      throw new Error(`${at}: this program has a word ${name} of its own: a plugin of ${from} needs another name`);
    }
    const url = find(from, folder, at);
    const manifest = manifestAbove(fileURLToPath(url));
    const why = manifest === undefined ? undefined : misfit(manifest);
    if (why !== undefined) throw new Error(`${at}: ${why}`);
    const next = lines.slice(i + 1).find((line) => ORDER.includes(line.name))?.name;
    const last = lines.slice(0, i).findLast((line) => ORDER.includes(line.name))?.name;
    // What the file says overrides what the package wants.
    const own = next === undefined && last === undefined ? manifest?.before : undefined;
    const isWord = own === undefined || ORDER.includes(own);
    if (!isWord) throw new Error(`${at}: its package.json wants it before ${quoted(own)}, which is no word: ${WHERE}`);
    const beside = next ?? last ?? own;
    if (beside === undefined) throw new Error(`${at}: nothing says where it stands: ${WHERE}`);
    return [{ name, url, beside, before: last === undefined || next !== undefined, at }];
  });
}

function entry(words: string, at: string): { readonly name: string; readonly from: string; readonly at: string } {
  const colon = words.indexOf(':');
  const name = colon < 0 ? words : words.slice(0, colon).trim();
  const from = colon < 0 ? '' : words.slice(colon + 1).trim();
  if (name === '' || from === '') throw new Error(`${at}: ${name || words}: a line is NAME:PACKAGE`);
  return { name, from, at: `${at}: ${name}` };
}

/** The URL of a package's entry, or of a file, as seen from the folder. */
function find(from: string, folder: string, at: string): string {
  const base = join(folder, FILE);
  try {
    return pathToFileURL(createRequire(base).resolve(from)).href;
  } catch {
    const manifest = /^[.]{0,2}\//.test(from) ? undefined : manifestOf(from, base);
    const file = manifest === undefined ? undefined : entryOf(JSON.parse(readFileSync(manifest, 'utf8')).exports);
    if (manifest !== undefined && file !== undefined) return pathToFileURL(join(dirname(manifest), file)).href;
    if (manifest === undefined && nameOf(folder) === from) return find('.', folder, at);
    throw new Error(`${at}: ${absent(from)}`);
  }
}
/** The file that a package's folder exports. Throws where there is no package. */
export function entryIn(folder: string): string {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { exports?: unknown; main?: string };
  return join(folder, entryOf(manifest.exports) ?? manifest.main ?? 'index.js');
}
/** What to say of a package that is not there: CoreDNS's own lines name Go packages by where they come from. */
function absent(from: string): string {
  if (GO_PACKAGE.test(from)) {
    return `${from} is a Go plugin of CoreDNS: coredns-ts loads npm packages and files (./index.ts)`;
  }
  return `there is no package ${from} (try: npm install ${from})`;
}
/** The name of the package that a folder is; undefined where it is none. */
function nameOf(folder: string): unknown {
  try {
    return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { readonly name?: unknown }).name;
  } catch {
    return undefined;
  }
}
function manifestOf(from: string, base: string): string | undefined {
  try {
    return findPackageJSON(from, base);
  } catch {
    return undefined;
  }
}
/** The file of a package that only `import` may have. */
function entryOf(exports: unknown): string | undefined {
  if (typeof exports === 'string') return exports;
  if (typeof exports !== 'object' || exports === null) return undefined;
  const { '.': root, import: imported, default: other } = exports as Record<string, unknown>;
  return entryOf(root) ?? entryOf(imported) ?? entryOf(other);
}

/** A word of the order, and its plugin where there is one. */
interface Placed {
  readonly word: string;
  readonly plugin: LatePlugin | undefined;
}
/** The plugins, a program's own among them, and between them the words of the order that have none, since a line may name those too. */
function placed(plugins: readonly LatePlugin[]): Placed[] {
  const all: Placed[] = plugins.map((plugin) => ({ word: plugin.name, plugin }));
  ORDER.forEach((word, i) => {
    if (all.some((place) => place.word === word)) return;
    all.splice(1 + all.findIndex((place) => place.word === ORDER[i - 1]), 0, { word, plugin: undefined });
  });
  return all;
}
/**
 * The plugins with those that are added, each imported now and in place of one of its name that a program brought. Rejects with
 * `plugin.cfg:LINE: NAME: WHY`.
 */
export async function withAdditions(plugins: readonly LatePlugin[], additions: readonly Addition[]): Promise<readonly LatePlugin[]> {
  const all = placed(plugins.filter(({ name }) => !additions.some((addition) => addition.name === name)));
  for (const addition of additions) {
    const plugin = loaded(await load(addition));
    const word = all.findIndex((place) => place.word === addition.beside);
    // Those that stand behind the same word keep the order of the file.
    const behind = all.findIndex((place, i) => i > word && ORDER.includes(place.word));
    all.splice(addition.before ? word : behind < 0 ? all.length : behind, 0, { word: addition.name, plugin });
  }
  return all.flatMap(({ plugin }) => plugin ?? []);
}

/** `/home/me/sinkhole/index.ts:2:21: ` for an error of syntax, whose message does not say where it is; else nothing. */
export function placeOf(error: unknown, urls: readonly string[]): string {
  if (!(error instanceof SyntaxError)) return '';
  let told = error.stack ?? '';
  for (const url of urls) {
    if (/^\S+:\d+\n/.test(told)) break;
    told = spawnSync(process.execPath, ['--check', fileURLToPath(url.split('?')[0]!)], { encoding: 'utf8' }).stderr;
  }
  const [, file, line] = /^(\S+):(\d+)\n/.exec(told) ?? [];
  const caret = /^( *)\^/m.exec(told)?.[1]?.length;
  return file === undefined ? '' : `${file}:${line}:${caret === undefined ? '' : `${caret + 1}:`} `;
}

async function load({ url, name, at, version }: Addition): Promise<Plugin> {
  let module: { readonly default?: Partial<Plugin> };
  shareThisCopy();
  keepCode(url);
  try {
    module = await import(versioned(url, version)) as typeof module;
  } catch (error) {
    const place = placeOf(error, [url, ...codeOf(url, version).keys()]);
    throw new Error(`${at}: ${place}${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  const plugin = module.default;
  if (typeof plugin?.name !== 'string' || typeof plugin.parse !== 'function' || typeof plugin.create !== 'function') {
    throw new Error(`${at}: its default export is no plugin: definePlugin makes one`);
  }
  if (plugin.name !== name) throw new Error(`${at}: the plugin calls itself ${plugin.name}`);
  return plugin as Plugin;
}
