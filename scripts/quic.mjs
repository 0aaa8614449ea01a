// `npm run native`: builds the addon that speaks QUIC, with cargo. A minute from scratch, ten seconds after a change. Runs on Node 20 too.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { inRoot } from './root.mjs';

const source = inRoot('native', 'quic');
const target = inRoot('native', 'quic', 'build', 'quic.node');

/** Builds it with a profile of Cargo.toml, also elsewhere. Returns why it was not built, or undefined when it stands. */
export function buildQuic(to = target, profile = 'release') {
  if (process.platform !== 'linux') return 'it is for Linux';
  if (!existsSync(path.join(source, 'Cargo.toml'))) return 'its source is not here';
  const folder = process.env.CARGO_TARGET_DIR ?? path.join(source, 'target');
  const made = spawnSync('cargo', ['build', '--locked', '--profile', profile, '--target-dir', folder], { cwd: source, stdio: 'inherit' });
  if (made.error) return made.error.code === 'ENOENT' ? 'there is no Rust (cargo)' : made.error.message;
  if (made.status !== 0) return 'cargo refused it, as printed above';
  mkdirSync(path.dirname(to), { recursive: true });
  const fresh = `${to}.${process.pid}`;                          // a running server keeps the file it has loaded
  copyFileSync(path.join(folder, profile, 'libquic.so'), fresh);
  renameSync(fresh, to);
  return undefined;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const why = buildQuic();
  if (why !== undefined) {
    console.error(`coredns-ts: QUIC was not built: ${why}`);
    process.exitCode = 1;
  }
}
