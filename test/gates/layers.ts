// The layers of src/ and who may import whom, as a table and the complaints that follow from it. Knows paths and import
// lines, nothing of what the code does.

/** The files that are judged: text by path from the repository's root, with forward slashes. */
export type Files = ReadonlyMap<string, string>;

/** Folders that know nothing of the rest; everybody may use them where the table says so. */
const below = ['wording', 'dns', 'corefile', 'store', 'expression', 'gotemplate'];

/** For each layer the other layers that it may import. A layer that is not here may not exist. */
export const table: Readonly<Record<string, readonly string[] | 'everything'>> = {
  wording: [],
  dns: [],
  corefile: ['wording'],
  client: [],
  'console-page': [],
  store: [],
  migration: ['corefile'],
  importers: ['wording', 'dns', 'corefile', 'zonefile', 'policy', 'plugins'],
  expression: ['wording'],
  gotemplate: ['wording'],
  govaluate: ['wording'],
  zonefile: ['dns'],
  dnssec: ['dns'],
  tsig: ['dns'],
  push: ['dns', 'http', 'secure', 'store', 'kernel'],
  subscribe: ['dns', 'http', 'store', 'upstream', 'kernel'],
  secure: [],
  quic: [],
  http: ['wording', 'dns', 'secure', 'quic'],
  upstream: ['wording', 'dns', 'http', 'quic'],
  kernel: ['wording', 'dns', 'corefile', 'store', 'http'],
  explain: ['wording', 'dns', 'corefile', 'store', 'kernel'],
  'admin-api': ['wording', 'dns', 'corefile', 'http', 'secure', 'store', 'kernel', 'authority', 'explain'],
  'node-cache': ['wording', 'dns', 'http', 'kernel', 'explain'],
  threads: ['store', 'kernel'],
  authority: ['wording', 'dns', 'zonefile', 'dnssec', 'tsig', 'store', 'upstream', 'kernel'],
  'kube-api': ['wording', 'http', 'kernel', 'corefile'],
  'web-api': ['wording', 'http', 'kernel', 'kube-api'],
  'key-value': ['wording', 'dns', 'http', 'secure', 'upstream', 'kernel', 'kube-api', 'web-api'],
  skydns: ['wording', 'dns', 'kernel', 'kube-api', 'key-value', 'authority'],
  policy: ['wording', 'dns', 'zonefile', 'store', 'kernel'],
  resolver: ['dns', 'dnssec', 'store', 'upstream', 'kernel', 'authority'],
  transport: ['dns', 'secure', 'quic', 'http', 'kernel', 'threads', 'push'],
  plugins: [...below, 'push', 'subscribe', 'govaluate', 'http', 'threads', 'zonefile', 'dnssec', 'tsig', 'secure', 'quic', 'upstream',
    'kernel', 'authority', 'explain',
    'kube-api', 'web-api', 'policy', 'resolver', 'key-value', 'skydns', 'admin-api'],
  author: [...below, 'http', 'upstream', 'kernel', 'authority', 'kube-api', 'plugins', 'cli'],
  testing: 'everything',
  cli: 'everything',
};

/** Imports that the table does not allow and that stand all the same: `from -> to` and why. */
const exemptions: Readonly<Record<string, string>> = {};

/** Layers that may be imported for their types only. */
export const typesOnly: ReadonlySet<string> = new Set([
  'kernel -> upstream', 'kernel -> expression', 'kernel -> secure', 'threads -> upstream', 'transport -> upstream',
]);

/** An import of another file of the repository, or of a part of Node (`node:...`). */
export interface Import { readonly path: string; readonly type: boolean }

const from = /(?:^|[;\n])\s*(?:import|export)(\s+type)?\b[^;'"`]*?\bfrom\s*['"]([^'"]+)['"]/g;
const bare = /(?:^|[;\n])\s*import()\s*['"]([^'"]+)['"]/g;
const late = /\bimport()\(\s*['"]([^'"]+)['"]\s*\)/g;

/** What a file imports from this repository, as paths from its root, and from Node. */
export function importsOf(path: string, text: string): Import[] {
  const folder = path.split('/').slice(0, -1);
  const found: Import[] = [];
  const code = withoutComments(text);
  for (const [, type, target] of [from, bare, late].flatMap((form) => [...code.matchAll(form)])) {
    if (target?.startsWith('node:')) found.push({ path: target, type: type?.trim() === 'type' });
    if (!target?.startsWith('.')) continue;
    const parts = [...folder];
    for (const part of target.split('/')) {
      if (part === '..') parts.pop();
      else if (part !== '.') parts.push(part);
    }
    found.push({ path: parts.join('/'), type: type?.trim() === 'type' });
  }
  return found;
}

/** The text without its comments. Strings that hold comment marks lose their rest, which no rule here minds. */
export const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');

export const isTest = (path: string): boolean => path.endsWith('.test.ts');

/** The layer of a file of src/; undefined for the door itself. */
export const layerOf = (path: string): string | undefined => /^src\/([^/]+)\//.exec(path)?.[1];
const pluginOf = (path: string): string | undefined => /^src\/plugins\/([^/]+)\//.exec(path)?.[1];

function complaint(from: string, target: Import): string | undefined {
  const to = target.path;
  if (!to.startsWith('src/')) return `imports ${to}, which is outside src/`;
  const layer = layerOf(from);
  const other = layerOf(to);
  if (layer === undefined || other === layer) return betweenPlugins(from, to);
  const allowed = table[layer];
  if (allowed === undefined) return undefined;                  // said once, by layers()
  if (allowed === 'everything') return undefined;
  if (other === undefined) return `imports ${to}: only the process and the test library may`;
  if (`${layer} -> ${other}` in exemptions) return undefined;
  if (typesOnly.has(`${layer} -> ${other}`)) return target.type ? undefined : `imports ${to} as a value: its types alone are allowed`;
  return allowed.includes(other) ? undefined : `imports ${to}: ${layer} may import ${allowed.join(', ') || 'nothing'}`;
}

function betweenPlugins(from: string, to: string): string | undefined {
  const plugin = pluginOf(from);
  if (layerOf(from) !== 'plugins' || plugin === pluginOf(to)) return undefined;
  return plugin === undefined ? undefined : `imports ${to}: a plugin never imports another, nor their list`;
}

/** Every import that goes where the table does not let it. Tests may import what they like. */
export function imports(files: Files): string[] {
  const complaints: string[] = [];
  for (const [path, text] of files) {
    if (!path.startsWith('src/') || isTest(path)) continue;
    for (const target of importsOf(path, text)) {
      if (target.path.startsWith('node:')) continue;
      const said = complaint(path, target);
      if (said !== undefined) complaints.push(`${path}: ${said}`);
    }
  }
  return complaints;
}

/** Every folder of src/ that the table does not name. */
export function layers(files: Files): string[] {
  const unknown = new Set([...files.keys()].map(layerOf).filter((layer) => layer !== undefined && !(layer in table)));
  return [...unknown].map((layer) => `src/${layer}: a layer that the table of test/gates/layers.ts does not name`);
}
