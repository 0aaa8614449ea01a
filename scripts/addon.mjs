// Builds the optional addon with one call of the C compiler; knows where Node's header files are. Runs on Node 20 too.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { inRoot, recentNode } from './root.mjs';

const source = inRoot('native', 'udp-batch');
const target = inRoot('native', 'udp-batch', 'build', 'udp-batch.node');

/** The folder with node_api.h: beside the Node that came with `npm ci`, or beside the one that runs. */
function headers() {
  const packages = [`node-${process.platform}-${process.arch}`].map((name) => inRoot('node_modules', name, 'include', 'node'));
  const beside = path.join(path.dirname(recentNode()), '..', 'include', 'node');
  return [...packages, beside, '/usr/include/node'].find((folder) => existsSync(path.join(folder, 'node_api.h')));
}

/** Builds the addon, also elsewhere or with more flags. Returns why it was not built, or undefined when it stands. */
export function buildAddon(to = target, more = []) {
  if (process.platform !== 'linux') return 'it is for Linux';
  const files = existsSync(source) ? readdirSync(source).filter((name) => name.endsWith('.c')).sort() : [];
  if (files.length === 0) return 'its source is not here';
  const include = headers();
  if (include === undefined) return "Node's header files were not found";
  mkdirSync(path.dirname(to), { recursive: true });
  const fresh = `${to}.${process.pid}`;                          // a running server keeps the file it has loaded
  const warnings = ['-Wall', '-Wextra', '-Wconversion', '-Wno-unused-parameter'];
  const flags = ['-O2', '-fPIC', '-shared', '-fvisibility=hidden', ...warnings, '-I', include, ...more];
  const made = spawnSync('cc', [...flags, ...files.map((name) => path.join(source, name)), '-o', fresh], { encoding: 'utf8' });
  if (made.error) return made.error.code === 'ENOENT' ? 'there is no C compiler (cc)' : made.error.message;
  if (made.status !== 0) {
    rmSync(fresh, { force: true });
    console.error(made.stderr);
    return 'the C compiler refused it, as printed above';
  }
  if (made.stderr) console.error(made.stderr);
  renameSync(fresh, to);
  return undefined;
}
