// bin/coredns-ts as a user meets it: through links, from any folder, installed in another project, and on a machine with
// an older Node. Knows the launcher and files, nothing of what the program does.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { root } from './gates/checkout.ts';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'coredns-ts-launcher-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

/** A program that says from where it runs, and what it was given. */
const tell = (from: string) => `console.log(JSON.stringify(['${from}', process.pid, process.execArgv, process.argv.slice(2)]));\n`;

/** A stand-in for a Node of some version: it answers `-v`, after doing something, and says that it was the one. */
function standIn(folder: string, version: string, first = ':') {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, 'node');
  writeFileSync(file, `#!/bin/sh\n[ "$1" = -v ] && ${first} && echo v${version} && exit\necho "${version} $$ $*"\n`);
  chmodSync(file, 0o755);
}

/** A package folder with the launcher and a compiled program. */
function installed(folder: string) {
  mkdirSync(path.join(folder, 'bin'), { recursive: true });
  mkdirSync(path.join(folder, 'dist'), { recursive: true });
  copyFileSync(path.join(root, 'bin/coredns-ts'), path.join(folder, 'bin/coredns-ts'));
  writeFileSync(path.join(folder, 'dist/main.js'), tell('dist'));
  writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }\n');
  return path.join(folder, 'bin/coredns-ts');
}

const system = '/usr/bin:/bin';
const ran = (program: string, PATH: string, cwd = scratch) => {
  const { status, pid, stdout, stderr } = spawnSync(program, ['-conf', 'a b'], { cwd, encoding: 'utf8', env: { PATH } });
  return { status, pid, stdout: stdout.trim(), stderr: stderr.trim() };
};

test('is one process, gets its arguments whole, and runs with the flags of the engine', () => {
  const launcher = installed(path.join(scratch, 'one'));
  const { stdout, pid } = ran(launcher, `${path.dirname(process.execPath)}:${system}`);
  const flags = [
    '--max-semi-space-size=4', '--no-concurrent-sparkplug',
    '--inspect-port=192.0.2.1:9229',
  ];
  assert.deepEqual(JSON.parse(stdout), ['dist', pid, flags, ['-conf', 'a b']]);
});

/** Whether a process has said what SIGUSR1 shall do to it: a shell needs a moment until its first line. */
const mindsReload = (pid: number | undefined) => {
  try {
    return /^Sig(Ign|Cgt|Blk):\s*[0-9a-f]*[2367abef]..$/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return false;
  }
};

test('lives through SIGUSR1 from the start on, without a debugger', { skip: process.platform === 'linux' ? false : 'reads /proc' },
  async (t) => {
  const folder = path.join(scratch, 'signalled');
  const launcher = installed(folder);
  writeFileSync(path.join(folder, 'dist/main.js'), `import inspector from 'node:inspector';
    let count = 0;
    process.on('SIGUSR1', () => {
      if (count++ === 0) setTimeout(() => console.log(true, inspector.url()), 200);
    });
    process.stdin.on('end', () => process.exit(0)).resume();\n`);
  const child = spawn(launcher, { env: { PATH: `${path.dirname(process.execPath)}:${system}` }, stdio: 'pipe' });
  let printed = '';
  const timer = setInterval(() => mindsReload(child.pid) && child.kill('SIGUSR1'), 2);
  t.after(() => clearInterval(timer));
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      if (!printed.includes('undefined')) return;
      clearInterval(timer);                                         // its last moments are not its first
      child.stdin.end();
    });
  }
  const [status, signal] = await once(child, 'close') as [number | null, string | null];
  assert.deepEqual([status, signal], [0, null]);
  assert.match(printed, /^true undefined$/m);
  assert.doesNotMatch(printed, /Debugger listening/);
});

test('lives through SIGUSR1 while it still looks for a Node', { skip: process.platform === 'linux' ? false : 'needs setsid' }, () => {
  const launcher = installed(path.join(scratch, 'early'));
  standIn(path.join(scratch, 'signals'), '99.0.0', 'kill -USR1 0');   // to its whole group, which is its own here
  const env = { PATH: `${path.join(scratch, 'signals')}:${system}` };
  const { status, signal, stdout } = spawnSync('setsid', ['--wait', launcher], { encoding: 'utf8', env });
  assert.deepEqual([status, signal], [0, null]);
  assert.match(stdout, /^99\.0\.0 /);
});

test('follows links, relative and absolute, from any folder', () => {
  const launcher = installed(path.join(scratch, 'linked', 'node_modules', 'coredns-ts'));
  const bin = path.join(scratch, 'linked', 'node_modules', '.bin');
  mkdirSync(bin);
  symlinkSync('../coredns-ts/bin/coredns-ts', path.join(bin, 'coredns-ts'));
  symlinkSync(path.join(bin, 'coredns-ts'), path.join(scratch, 'far'));
  const nodes = `${path.dirname(process.execPath)}:${system}`;
  const ways = [[launcher, '/'], [path.join(bin, 'coredns-ts'), '/'], ['./far', scratch], ['.bin/coredns-ts', path.dirname(bin)]] as const;
  for (const [program, cwd] of ways) {
    assert.match(ran(program, nodes, cwd).stdout, /^\["dist"/, program);
  }
});

test('prefers its own Node, then that of the project around it, then a recent one on the PATH', () => {
  const modules = path.join(scratch, 'nodes', 'node_modules');
  const launcher = installed(path.join(modules, 'coredns-ts'));
  standIn(path.join(scratch, 'old'), '20.20.2');
  standIn(path.join(scratch, 'new'), '101.0.0');
  const PATH = `${path.join(scratch, 'old')}:${path.join(scratch, 'new')}:${system}`;
  assert.match(ran(launcher, PATH).stdout, /^101\.0\.0 \d+ --max-semi-space-size=4 \S+ .*\/dist\/main\.js -conf a b$/);
  standIn(path.join(modules, '.bin'), '22.9.0');
  assert.match(ran(launcher, PATH).stdout, /^101\.0\.0 /);
  standIn(path.join(modules, '.bin'), '24.0.0');
  assert.match(ran(launcher, PATH).stdout, /^24\.0\.0 /);
  standIn(path.join(modules, 'coredns-ts', 'node_modules', '.bin'), '30.1.0');
  assert.match(ran(launcher, PATH).stdout, /^30\.1\.0 /);
});

test('says what to do where there is no Node that is recent enough', () => {
  const launcher = installed(path.join(scratch, 'none'));
  standIn(path.join(scratch, 'ancient'), '9.11.2');
  const tools = path.join(scratch, 'tools');                    // a PATH with what the launcher calls, and no Node
  mkdirSync(tools);
  for (const tool of ['readlink', 'find', 'head']) symlinkSync(`/usr/bin/${tool}`, path.join(tools, tool));
  const { status, stdout, stderr } = ran(launcher, `${path.join(scratch, 'ancient')}:${tools}`);
  assert.deepEqual([status, stdout], [1, '']);
  assert.match(stderr, /needs Node 24 or newer, and there is v9\.11\.2 \(.*ancient\/node\): .* npx -p node@24 -p coredns-ts coredns-ts$/);
});

test('takes the Node that the last start wrote down, where the PATH is the same', () => {
  const folder = path.join(scratch, 'remembered');
  const launcher = installed(folder);
  standIn(path.join(scratch, 'first'), '101.0.0');
  standIn(path.join(scratch, 'last'), '102.0.0');
  const PATH = `${path.join(scratch, 'first')}:${system}`;
  const note = path.join(folder, 'dist', '.node');
  writeFileSync(note, `${PATH}\n${path.join(scratch, 'last', 'node')}\n`);
  utimesSync(note, Date.now() / 1000 + 10, Date.now() / 1000 + 10);
  assert.match(ran(launcher, PATH).stdout, /^102\.0\.0 /);
  assert.match(ran(launcher, `${PATH}:/opt`).stdout, /^101\.0\.0 /);
  utimesSync(note, 1000, 1000);                                  // that Node was replaced since
  assert.match(ran(launcher, PATH).stdout, /^101\.0\.0 /);
  writeFileSync(note, `${PATH}\n/nowhere/node\n`);
  assert.match(ran(launcher, PATH).stdout, /^101\.0\.0 /);
});

test('runs the sources where they are newer than what was compiled', () => {
  const folder = path.join(scratch, 'sources');
  const launcher = installed(folder);
  mkdirSync(path.join(folder, 'src', 'cli'), { recursive: true });
  writeFileSync(path.join(folder, 'src/cli/main.ts'), tell('src'));
  const nodes = `${path.dirname(process.execPath)}:${system}`;
  const date = (file: string, seconds: number) => utimesSync(path.join(folder, file), seconds, seconds);
  date('src/cli/main.ts', 1_000);
  assert.match(ran(launcher, nodes).stdout, /^\["dist"/);
  date('dist/main.js', 500);
  assert.match(ran(launcher, nodes).stdout, /^\["src"/);
  writeFileSync(path.join(folder, 'src/cli/main.test.ts'), '');
  date('dist/main.js', 2_000);
  assert.match(ran(launcher, nodes).stdout, /^\["dist"/);
  rmSync(path.join(folder, 'dist'), { recursive: true });
  assert.match(ran(launcher, nodes).stdout, /^\["src"/);
});
