// Arrows that the table of layers does not see: circles, the wings of large folders, and what of Node a layer may touch. Knows paths and
// import lines, nothing of what the code does.
import { importsOf, isTest, layerOf } from './layers.ts';
import type { Files } from './layers.ts';

/** The wings of a folder, the lowest first: each imports those before it. `''` is the folder itself. */
const WINGS: Readonly<Record<string, readonly string[]>> = {
  'src/kernel': ['', 'seen', 'query', 'site', 'serving'],
  'src/plugins/kubernetes': ['cluster', 'snapshot', 'answers', 'outside', ''],
};
/** Files whose types every wing but the lowest may import. */
const SETTINGS: ReadonlySet<string> = new Set(['src/plugins/kubernetes/config.ts']);

/** What of Node a layer may import as a value, without `node:`; a layer that is not here may import nothing of it. */
const NODE: Readonly<Record<string, readonly string[] | 'everything'>> = {
  'admin-api': ['fs', 'fs/promises', 'net', 'path', 'url', 'util', 'zlib'],
  dnssec: ['crypto'],
  push: ['timers'],
  quic: ['fs', 'module', 'url'],
  store: ['fs'],
  tsig: ['crypto'],
  upstream: ['fs', 'net', 'os'],
  http: ['dns/promises', 'net'],
  kernel: ['module', 'net'],
  'node-cache': ['child_process', 'crypto', 'dgram', 'fs', 'net', 'path'],
  importers: ['net', 'path', 'sqlite', 'url'],
  zonefile: ['fs', 'path'],
  authority: ['crypto', 'fs', 'fs/promises', 'net', 'path', 'timers', 'timers/promises'],
  'kube-api': ['child_process', 'crypto', 'fs', 'net', 'path', 'tls'],
  policy: ['fs', 'path', 'url'],
  'key-value': ['crypto', 'fs', 'net', 'path', 'sqlite', 'worker_threads'],
  resolver: ['net'],
  threads: ['fs', 'inspector/promises', 'module', 'os', 'perf_hooks', 'v8', 'vm', 'worker_threads'],
  transport: ['dgram', 'fs', 'module', 'net', 'os', 'url', 'util'],
  plugins: 'everything',
  testing: 'everything',
  cli: 'everything',
};

/** The floor of a file in a folder with wings; -1 for files elsewhere. */
function floorOf(folder: string, path: string): number {
  if (!path.startsWith(`${folder}/`)) return -1;
  const [wing = '', ...rest] = path.slice(folder.length + 1).split('/');
  return WINGS[folder]!.indexOf(rest.length === 0 ? '' : wing);
}
/** The files that are judged: those of src/ that are no tests. */
const sources = (files: Files): [path: string, text: string][] =>
  [...files].filter(([path]) => path.startsWith('src/') && !isTest(path));

/** Every arrow of such a folder that goes up, types too. */
export function wings(files: Files): string[] {
  return Object.keys(WINGS).flatMap((folder) => sources(files).flatMap(([path, text]) => {
    const from = floorOf(folder, path);
    if (from < 0) return [];
    return importsOf(path, text).flatMap(({ path: target, type }) => {
      const isSettings = type && from > 0 && SETTINGS.has(target);
      return floorOf(folder, target) > from && !isSettings ? [`${path}: imports ${target}: its wing is above`] : [];
    });
  }));
}

/** Every part of Node that a layer imports as a value though the table does not let it. */
export function nodeParts(files: Files): string[] {
  return sources(files).flatMap(([path, text]) => {
    const allowed = NODE[layerOf(path) ?? 'cli'] ?? [];
    if (allowed === 'everything') return [];
    return importsOf(path, text).flatMap(({ path: target, type }) =>
      (!target.startsWith('node:') || type || allowed.includes(target.slice(5)) ? [] : [`${path}: imports ${target}`]));
  });
}

/** Circles of files that import one another as values; one is told by its files, from the first in the alphabet on. */
export function circles(files: Files): string[] {
  const arrows = new Map(sources(files).map(([path, text]) =>
    [path, importsOf(path, text).filter(({ type, path: target }) => !type && files.has(target)).map(({ path: target }) => target)]));
  const found = new Set<string>();
  const done = new Set<string>();
  const walk = (path: string, way: readonly string[]): void => {
    const known = way.indexOf(path);
    if (known >= 0) {
      const circle = way.slice(known);
      const first = circle.indexOf([...circle].sort()[0]!);
      found.add([...circle.slice(first), ...circle.slice(0, first)].join(' -> '));
      return;
    }
    if (done.has(path)) return;
    for (const target of arrows.get(path) ?? []) walk(target, [...way, path]);
    done.add(path);
  };
  for (const path of arrows.keys()) walk(path, []);
  return [...found];
}

/** Files that know one another by types alone, and why: each is one thing in several files. There may be no others. */
const TOGETHER: readonly (readonly [why: string, files: RegExp])[] = [
  ['a question, its journey, and whom it came from', /^src\/kernel\/query\/(followed|journey|metadata|query|signature|transport)\.ts$/],
  ['a block, and the plugins whose parts it has', /^src\/kernel\/site\/(plugin|site)\.ts$/],
  ['a source, and what is found there', /^src\/authority\/(backend|finding|source)\.ts$/],
  ['a question on its way to upstreams', /^src\/plugins\/forward\/(attempt|exchange|forwarder|under-way)\.ts$/],
  ['what is found in a zone, and in its signatures', /^src\/cli\/zone-(findings|signatures)\.ts$/],
];

/** Groups of files that know one another, types too, and are not named in TOGETHER: each file of a group leads to each other. */
export function typeCircles(files: Files): string[] {
  const arrows = new Map(sources(files).map(([path, text]) =>
    [path, importsOf(path, text).map(({ path: target }) => target).filter((target) => files.has(target))]));
  const reached = new Map([...arrows.keys()].map((path) => [path, reachable(path, arrows)]));
  const groups = new Set<string>();
  for (const [path, targets] of reached) {
    const group = [...targets].filter((target) => reached.get(target)?.has(path) === true).sort();
    if (group.length > 0 && !TOGETHER.some(([, known]) => group.every((each) => known.test(each)))) groups.add(group.join(' - '));
  }
  return [...groups];
}
/** Every file that an arrow leads to from this one, over however many others. */
function reachable(from: string, arrows: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const found = new Set<string>();
  const left = [...arrows.get(from) ?? []];
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    left.push(...arrows.get(path) ?? []);
  }
  return found;
}
