// Bundles the sources into dist/ with rolldown: one file for the process and one for each export, with shared chunks.
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { rolldown } from 'rolldown';
import { asScript, askedOfNode, inAscii, withoutFacades } from './chunks.mjs';
import { buildPage } from './page.mjs';
import { inRoot } from './root.mjs';
import { syntaxSections } from './syntax.mjs';

/** What is compiled, by the name of the file it becomes. */
const KEPT = 'kept';
const entries = {
  [KEPT]: 'src/cli/kept.ts', main: 'src/cli/main.ts', index: 'src/index.ts', testing: 'src/testing/index.ts', dns: 'src/dns/index.ts', client: 'src/client/index.ts',
  // A thread of its own, which needs nothing of the rest.
  'file-thread': 'src/key-value/file-thread.ts',
};

/**
 * Libraries that package.json lists as dependencies stay beside the bundle. One that the sources import and that is a
 * development dependency becomes part of it: that starts faster where a library is many files.
 */
const { dependencies, optionalDependencies } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'));
const beside = Object.keys({ ...dependencies, ...optionalDependencies });
const external = (id) => id.startsWith('node:') || id.endsWith('.node') || beside.some((name) => id === name || id.startsWith(`${name}/`));

/** The files that run as scripts, from code of an earlier start: what a server needs in any case, and what takes a cluster's objects in. */
const SCRIPTS = ['server', 'kubernetes'];

/**
 * What most servers need is one file, since each file that is read takes a millisecond of a start. Any other plugin, and what it alone
 * needs, is a file of its own, read when a Corefile names it.
 */
const groups = [{
  name: SCRIPTS[0],
  test: new RegExp(`src/(?:${[
    'kernel/', 'store/', 'corefile/', 'transport/(?!https|http-|grpc|watch|path-template|places|doq|doh|quic|h3)', 'upstream/(?!http-|quic|doq|h3|watch-)',
    'threads/(?!serving-thread|compact)', 'cli/(?:run|server)\\.ts',
    'plugins/(?:usual\\.ts|bind|errors|log|cache/(?!snapshot)|forward|hosts|health)',
    // What `kubernetes` shares with others that load without it.
    'authority/(?:transfer|external-names|zone-name)\\.ts', 'dns/order\\.ts',
  ].join('|')})`),
  priority: 1,
}, {
  name: SCRIPTS[1], test: /src\/(?:kube-api\/|plugins\/kubernetes\/(?!snapshot))/,
}];
const minify = { compress: true, mangle: true, codegen: true };

/**
 * Writes dist/, the entry last and dated when the work began. Chunks of an earlier build stay, since a running server may
 * still import them, unless `clean` says that the folder is to hold this build alone.
 */
export async function buildBundle({ clean = false } = {}) {
  const began = new Date();
  const here = Object.entries(entries).filter(([, file]) => existsSync(inRoot(file)));
  const input = Object.fromEntries(here.map(([name, file]) => [name, inRoot(file)]));
  const checks = { ineffectiveDynamicImport: false };
  const plugins = [{ name: 'asked-of-node', renderChunk: (code) => askedOfNode(code) }];
  const build = await rolldown({ input, external, platform: 'node', cwd: inRoot(), logLevel: 'warn', checks, plugins });
  const fresh = inRoot('node_modules', `.dist.${process.pid}`);
  const dist = inRoot('dist');
  try {
    const { output } = await build.write({
      dir: fresh, format: 'esm', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js', minify, codeSplitting: { groups },
    });
    if (clean) rmSync(dist, { recursive: true, force: true });
    mkdirSync(path.join(dist, 'chunks'), { recursive: true });
    const page = await buildPage();
    const texts = scripted(withoutFacades(new Map(output.map(({ fileName }) =>
      [fileName, inAscii(readFileSync(path.join(fresh, fileName), 'utf8'))]))));
    const files = [...texts.keys()].sort((a, b) => Number(b.startsWith('chunks/')) - Number(a.startsWith('chunks/')));
    for (const file of files) {
      writeFileSync(path.join(fresh, file), texts.get(file));
      renameSync(path.join(fresh, file), path.join(dist, file));
    }
    writeFileSync(path.join(dist, 'syntax.json'), `${JSON.stringify(syntaxSections())}\n`);
    writeFileSync(path.join(dist, 'licenses.txt'), licenses([...output.flatMap((file) => file.moduleIds ?? []), ...page]));
    rmSync(path.join(dist, '.node'), { force: true });
    for (const [name] of here.filter(([each]) => each !== KEPT)) utimesSync(path.join(dist, `${name}.js`), began, began);
  } finally {
    await build.close();
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** The files with the largest ones as scripts that run from code of an earlier start, and without the one that says how. */
function scripted(files) {
  const texts = new Map(files);
  const kept = texts.get(`${KEPT}.js`);
  texts.delete(`${KEPT}.js`);
  for (const [file, text] of files) {
    if (!SCRIPTS.some((name) => file.startsWith(`chunks/${name}-`))) continue;
    const { script, module } = asScript(text, path.basename(file, '.js'), kept);
    texts.set(file, module).set(file.replace(/js$/, 'cjs'), script);
  }
  return texts;
}

/** The licences of the libraries that became part of the bundle, each under its name. */
function licenses(modules) {
  const folders = modules.map((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(id)?.[0]).filter((folder) => folder !== undefined);
  return [...new Set(folders)].sort().map((folder) => {
    const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
    const { name, version, license } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    return `${name} ${version}, ${license}\n\n${file === undefined ? '' : readFileSync(path.join(folder, file), 'utf8')}\n`;
  }).join('\n');
}
