// Makes the package of one platform: both addons as they were built here, or by zig for another one, and the licences of all that is linked
// into them. `node scripts/platform.mjs FOLDER [TARGET]`, where a target is like aarch64-linux-musl or x86_64-linux-gnu.2.28.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { inRoot } from './root.mjs';

const CPUS = { x86_64: 'x64', aarch64: 'arm64' };
const LICENCE = /^(licen[cs]e|copying|notice|unlicense)/i;
const source = inRoot('native', 'quic');

/** The texts of the licences of every crate that is linked, as the registry has them. */
export function licences() {
  const args = ['metadata', '--format-version', '1', '--locked', '--filter-platform', 'x86_64-unknown-linux-gnu'];
  const { packages } = JSON.parse(execFileSync('cargo', args, { cwd: source, encoding: 'utf8', maxBuffer: 1e8 }));
  return packages.filter((each) => each.source !== null).map(({ name, version, license, manifest_path: manifest }) => {
    const folder = path.dirname(manifest);
    const texts = readdirSync(folder).filter((file) => LICENCE.test(file)).sort()
      .flatMap((file) => {
        try {
          return [`--- ${file}\n${readFileSync(path.join(folder, file), 'utf8').trim()}\n`];
        } catch {
          return [];                                               // a folder of that name
        }
      });
    return `=== ${name} ${version} (${license})\n${texts.join('\n')}`;
  });
}

/** The name of a platform's package. */
export const packageName = (cpu, libc) => `coredns-ts-linux-${cpu}-${libc}`;

/** Builds for another platform, with zig as the linker and the C compiler. */
function cross(target) {
  const [machine, , libc] = target.split('-');
  const rust = `${machine}-unknown-linux-${libc}`;
  execFileSync('cargo', ['zigbuild', '--locked', '--release', '--target', rust], { cwd: source, stdio: 'inherit' });
  const triple = rust.replace(/\.[\d.]+$/, '');
  const built = {
    quic: path.join(source, 'target', triple, 'release', 'libquic.so'), udp: inRoot('native', 'udp-batch', 'build', `${target}.node`),
  };
  const folder = inRoot('native', 'udp-batch');
  const files = readdirSync(folder).filter((name) => name.endsWith('.c')).map((name) => path.join(folder, name));
  const include = path.join(path.dirname(process.execPath), '..', 'include', 'node');
  mkdirSync(path.dirname(built.udp), { recursive: true });
  const flags = ['-target', target, '-O2', '-fPIC', '-shared', '-fvisibility=hidden', '-I', include];
  execFileSync('zig', ['cc', ...flags, ...files, '-o', built.udp], { stdio: 'inherit' });
  return built;
}

/** Makes it in a folder. Throws where one of the addons is missing. */
export function makePlatform(folder, target) {
  const here = { quic: inRoot('native', 'quic', 'build', 'quic.node'), udp: inRoot('native', 'udp-batch', 'build', 'udp-batch.node') };
  const built = target === undefined ? here : cross(target);
  const glibcHere = ['/lib64/ld-linux-x86-64.so.2', '/lib/ld-linux-aarch64.so.1'].some((file) => existsSync(file));
  const glibc = target === undefined ? glibcHere : !target.includes('musl');
  const cpu = target === undefined ? process.arch : CPUS[target.split('-')[0]];
  for (const file of Object.values(built)) if (!existsSync(file)) throw new Error(`${file} is not built`);
  mkdirSync(folder, { recursive: true });
  copyFileSync(built.quic, path.join(folder, 'quic.node'));
  copyFileSync(built.udp, path.join(folder, 'udp-batch.node'));
  copyFileSync(inRoot('LICENSE'), path.join(folder, 'LICENSE'));
  writeFileSync(path.join(folder, 'LICENCES'), `What is linked into quic.node, each under its own licence.\n\n${licences().join('\n')}`);
  const { version, license } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'));
  const name = packageName(cpu, glibc ? 'gnu' : 'musl');
  const manifest = {
    name, version, description: `What coredns-ts loads on Linux, ${cpu}: UDP in batches, and QUIC.`, license, os: ['linux'], cpu: [cpu],
    libc: [glibc ? 'glibc' : 'musl'], files: ['quic.node', 'udp-batch.node', 'LICENCES'],
  };
  writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  return name;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , folder, target] = process.argv;
  if (folder === undefined) {
    console.error('platform: node scripts/platform.mjs FOLDER [TARGET]');
    process.exit(2);
  }
  console.log(`${makePlatform(path.resolve(folder), target)}: \`npm pack\` in ${folder}`);
}
