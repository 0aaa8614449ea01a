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
  dnssec: ['crypto'],
  store: ['fs'],
  tsig: ['crypto'],
  upstream: ['fs', 'net', 'os'],
  kernel: ['dns/promises', 'module', 'net'],
  zonefile: ['fs', 'path'],
  authority: ['fs', 'timers', 'timers/promises'],
  'kube-api': ['child_process', 'crypto', 'fs/promises', 'net', 'path', 'tls'],
  threads: ['fs', 'module', 'os', 'perf_hooks', 'v8', 'vm', 'worker_threads'],
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
