// `npm run one-file [FOLDER]`: the program as one executable file, with Node, both addons, its libraries and its pages inside. Knows what
// the program needs beside its bundle, and how Node makes a single executable application; what becomes of it is in src/cli/one-file.ts.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { inAscii } from './chunks.mjs';
import { withNote } from './elf.mjs';
import { inRoot, recentNode } from './root.mjs';

/** Libraries that stay beside the bundle, as it asks for them. */
const LIBRARIES = [
  'mmdb-lib', 'mmdb-lib/lib/metadata.js', 're2js', 'semver/functions/satisfies.js', 'semver/ranges/valid.js', 'yaml', '@open-policy-agent/opa-wasm',
  'vscode-languageserver/node', 'vscode-languageserver-textdocument',
];
/** The flags for Node of the launcher: what was compiled with other ones is refused. */
const FLAGS = /^exec "\$node" (.*?) \$debugger/m.exec(readFileSync(inRoot('bin', 'coredns-ts'), 'utf8'))[1].split(' ');
/** Until the program's handler stands SIGUSR1 opens Node's debugger: on an address that no machine has (RFC 5737) it cannot. */
const NO_DEBUGGER = '--inspect-port=192.0.2.1:9229';

/** One file of a module that `text` is. */
async function bundled(input, text, scratch, format = 'cjs') {
  const plugins = text === undefined ? [] : [{
    name: 'text', resolveId: (id) => (id === input ? `\0${id}` : undefined), load: (id) => (id === `\0${input}` ? text : undefined),
  }];
  const build = await rolldown({ input, platform: 'node', cwd: inRoot(), logLevel: 'silent', plugins });
  const file = path.join(scratch, 'bundled.js');
  await build.write({ file, format, minify: true, codeSplitting: false });
  await build.close();
  return inAscii(readFileSync(file, 'utf8'));
}
/** A library for `require`, and around it what `import` sees of it. */
async function library(name, scratch) {
  const text = await bundled('library.cjs', `module.exports = require(${JSON.stringify(name)});`, scratch);
  const base = `node_modules/${name.replace(/\.js$/, '')}`;
  const names = Object.keys(await import(name)).filter((each) => each !== 'default' && /^[A-Za-z_$][\w$]*$/.test(each) && each !== 'module.exports');
  const around = `import own from ${JSON.stringify(`./${path.posix.basename(base)}.cjs`)};export default own.default??own;`
    + names.map((each) => `export const ${each}=own.${each};`).join('');
  return [[`${base}.cjs`, text], [`${base}.mjs`, around]];
}
/** What is asked of the bundle: the process, a thread, and what plugins import. */
const ENTRIES = ['main.js', 'file-thread.js', 'index.js', 'dns.js', 'testing.js'];

/** The bundle, by name: the entries and whatever they name. An older build may have left more in the folder. */
function bundle() {
  const all = new Map();
  const there = new Map(['', 'chunks'].flatMap((folder) => readdirSync(inRoot('dist', folder)).map((name) => [name, path.join('dist', folder, name)])));
  const add = (name) => {
    const file = there.get(name);
    if (file === undefined || all.has(file)) return;
    const bytes = readFileSync(inRoot(file));
    all.set(file, bytes);
    const text = bytes.toString('latin1');
    const asked = [...text.matchAll(/\b(?:from|import\()["'`]([a-z@][\w./@-]+)["'`]/g)].map(([, specifier]) => specifier);
    const unknown = asked.find((specifier) => !LIBRARIES.includes(specifier));
    if (unknown !== undefined) throw new Error(`one-file: ${file} imports ${unknown}, which is not put inside`);
    for (const [each] of text.matchAll(/[\w.-]+\.c?js\b/g)) add(each);
    // What an earlier start has kept is written twice, against damage; once is enough here.
    const kept = inRoot('dist', 'compiled', `${name}-${process.arch}`);
    if (!existsSync(kept)) return;
    const twice = readFileSync(kept);
    all.set(`dist/compiled/${name}-${process.arch}`, twice.subarray(0, twice.length >> 1));
  };
  ENTRIES.forEach(add);
  // The page of *console*, and what it names.
  const page = path.join('dist', 'console', 'index.html');
  if (existsSync(inRoot(page))) {
    const text = readFileSync(inRoot(page));
    all.set(page, text);
    for (const [, name] of text.toString().matchAll(/(?:src|href)="\/([\w.-]+)"/g)) {
      all.set(`dist/console/${name}`, readFileSync(inRoot('dist', 'console', name)));
    }
  }
  return all;
}
/** Everything that is put inside, by name. */
async function assets(scratch) {
  const all = bundle();
  const pages = readdirSync(inRoot('src', 'plugins')).map((word) => `src/plugins/${word}/README.md`);
  const addons = ['native/udp-batch/build/udp-batch.node', 'native/quic/build/quic.node'];
  for (const file of ['package.json', 'README.md', 'dist/syntax.json', 'dist/licenses.txt', ...pages, ...addons]) {
    if (existsSync(inRoot(file))) all.set(file, readFileSync(inRoot(file)));
    else if (addons.includes(file)) console.error(`one-file: ${file} is not built: it is left out`);
  }
  for (const name of LIBRARIES) for (const [file, text] of await library(name, scratch)) all.set(file, text);
  all.set('one-file.cjs', await bundled(inRoot('src', 'cli', 'one-file.ts'), undefined, scratch));
  return all;
}
/** Each in a file, since Node reads files. */
function inFiles(all, scratch) {
  return Object.fromEntries([...all].map(([name, content], i) => {
    const file = path.join(scratch, `asset-${i}`);
    writeFileSync(file, content);
    return [name, file];
  }));
}

/** Makes it in a folder, and returns its name. */
export async function makeOneFile(folder, { node = recentNode() } = {}) {
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'one-file-'));
  try {
    const all = inFiles(await assets(scratch), scratch);
    const output = path.join(scratch, 'blob');
    writeFileSync(path.join(scratch, 'config.json'), JSON.stringify({
      main: all['one-file.cjs'], output, disableExperimentalSEAWarning: true, useSnapshot: false, useCodeCache: true,
      execArgv: [...FLAGS, NO_DEBUGGER], assets: all,
    }));
    execFileSync(node, ['--experimental-sea-config', path.join(scratch, 'config.json')], { stdio: 'pipe' });
    // Without its symbol table, which only a debugger reads.
    const bare = path.join(scratch, 'node');
    writeFileSync(bare, readFileSync(node));
    if (spawnSync('strip', ['-s', bare], { stdio: 'ignore' }).status !== 0) console.error('one-file: there is no strip: 18 MB more');
    mkdirSync(folder, { recursive: true });
    const file = path.join(folder, `coredns-ts-${process.platform}-${process.arch}`);
    rmSync(file, { force: true });                                 // a running one keeps what it has
    writeFileSync(file, withNote(readFileSync(bare), readFileSync(output)));
    chmodSync(file, 0o755);
    return file;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

if (process.argv[1] === import.meta.filename) {
  const file = await makeOneFile(path.resolve(process.argv[2] ?? 'release'));
  const megabytes = (octets) => `${(octets / 1e6).toFixed(1)} MB`;
  console.log(`${file}: ${megabytes(statSync(file).size)}, ${megabytes(gzipSync(readFileSync(file)).length)} compressed by gzip`);
}
