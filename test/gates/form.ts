// What every source file looks like, whatever it does: its length, its comments, its name, and the words that only
// the process or the store may say. Knows text and paths alone.
import { type Files, isTest, withoutComments } from './layers.ts';

/** The longest file, in lines. Over it, a file holds two concepts. */
export const LINES = 300;

/** The widest line, in characters. */
export const COLUMNS = 140;

/** Files that may be longer, and why. */
const longer: Readonly<Record<string, string>> = {};

const vague = /^(utils?|helpers?|types|common|misc|shared-code|stuff)$/;
const namesTheTypes = new Set(['src/dns/types.ts']);

/** Files that write on the process's streams by their job. */
const speaks = (path: string): boolean => /^src\/(cli|testing)\//.test(path) || isTest(path) || !path.startsWith('src/');

/** Length, width, first comment, name and exports of each file. */
export function form(files: Files): string[] {
  return [...files].flatMap(([path, text]) => [
    ...length(path, text), ...firstComment(path, text), ...name(path), ...streams(path, text), ...defaultExport(path, text),
    ...foreignWords(path, text), ...undocumented(path, text), ...markup(path, text),
  ].map((said) => `${path}: ${said}`));
}

function length(path: string, text: string): string[] {
  const lines = text.split('\n');
  const count = lines.at(-1) === '' ? lines.length - 1 : lines.length;
  const wide = lines.findIndex((line) => line.length > COLUMNS);
  return [
    ...(count > LINES && !(path in longer) ? [`has ${count} lines; ${LINES} is the most`] : []),
    ...(wide >= 0 ? [`line ${wide + 1} is wider than ${COLUMNS} columns`] : []),
  ];
}

function firstComment(path: string, text: string): string[] {
  const body = path.endsWith('.mjs') ? text.replace(/^#!.*\n/, '') : text;
  const comment = /^(?:\/\/[^\n]*\n)+|^\/\*[\s\S]*?\*\//.exec(body)?.[0] ?? '';
  return comment.replace(/[/*\s]/g, '').length < 20 ? ['does not begin with a comment that says what it is'] : [];
}

function name(path: string): string[] {
  const parts = path.split('/');
  const base = (parts.at(-1) ?? '').replace(/(\.test)?\.(tsx?|mjs)$/, '');
  const folders = parts.slice(0, -1);
  return [
    ...([base, ...folders].some((part) => vague.test(part)) && !namesTheTypes.has(path)
      ? ['is named after nothing: say what it holds'] : []),
    ...(/^[a-z0-9]+(-[a-z0-9]+)*(\.gen|\.fuzz|\.d)?$/.test(base) ? [] : ['is not a noun in kebab-case']),
    ...(base === 'index' && !/^src\/(index|[^/]+\/index|plugins\/[^/]+\/index)(\.test)?\.ts$|^packages\/[^/]+\/index\.ts$/.test(path)
      ? ['an index.ts is a public door only'] : []),
  ];
}

function streams(path: string, text: string): string[] {
  if (speaks(path)) return [];
  const code = withoutComments(text);
  return [
    ...(/\bconsole\s*\./.test(code) ? ['uses console: log through what it is handed'] : []),
    ...(/\bprocess\s*\.\s*(stdout|stderr|stdin|exit|exitCode|on|once|kill|chdir|argv)\b/.test(code)
      ? ['touches the process: its streams, signals, arguments and exit belong to src/cli'] : []),
  ];
}

/** Words that belong to some layers alone, and what everybody else says. */
const belongs: readonly (readonly [word: RegExp, layers: RegExp, instead: string])[] = [
  [/\bepochs\b|\bEpochs\b/, /^src\/(store|kernel)\//,
    'says `epochs`: what the kernel calls is inside a reading already; elsewhere `store.reading.within`, `store.pin`, `store.recycle`'],
];
function foreignWords(path: string, text: string): string[] {
  if (!path.startsWith('src/')) return [];
  const code = withoutComments(text);
  return belongs.flatMap(([word, layers, instead]) => (layers.test(path) || !word.test(code) ? [] : [instead]));
}

/** Ways by which a text becomes markup or a script: on the page each text of others is a text. */
const MADE = new RegExp('\\b(?:innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|srcdoc|createContextualFragment|DOMParser)\\b'
  + '|document\\.write|\\beval\\b|new Function\\b');
function markup(path: string, text: string): string[] {
  if (!path.startsWith('src/console-page/')) return [];
  const found = MADE.exec(withoutComments(text))?.[0];
  return found === undefined ? [] : [`says ${found}: what others wrote is a text, and never markup`];
}

function defaultExport(path: string, text: string): string[] {
  if (!path.startsWith('src/') || /^src\/plugins\/[^/]+\/index\.ts$/.test(path)) return [];
  return /^export default\b/m.test(withoutComments(text)) ? ['has a default export: only a plugin has one'] : [];
}

/** Every export of the sources says what it is. */
function undocumented(path: string, text: string): string[] {
  if (!path.startsWith('src/') || isTest(path)) return [];
  const lines = text.split('\n');
  return lines.flatMap((line, i) => {
    const [, name] = /^export (?:async |abstract )*(?:const|let|function|class|interface|type) ([\w$]+)/.exec(line) ?? [];
    return name === undefined || /\*\/\s*$/.test(lines[i - 1] ?? '') ? [] : [`${name} has no doc comment`];
  });
}

/** What a plugin's folder must hold: the plugin, its page, and at least one scenario. */
export function folders(paths: Iterable<string>): string[] {
  const held = new Map<string, string[]>();
  for (const path of paths) {
    const [, plugin, file] = /^src\/plugins\/([^/]+)\/(.+)$/.exec(path) ?? [];
    if (plugin !== undefined && file !== undefined) held.set(plugin, [...(held.get(plugin) ?? []), file]);
  }
  return [...held].flatMap(([plugin, files]) => [
    ...['index.ts', 'README.md'].filter((file) => !files.includes(file)).map((file) => `src/plugins/${plugin}: has no ${file}`),
    ...(files.some((file) => file.endsWith('.scenario')) ? [] : [`src/plugins/${plugin}: has no scenario`]),
  ]);
}
