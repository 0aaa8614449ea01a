// The image's launcher and the files that make it: the launcher gives Node the flags of bin/coredns-ts, hands its arguments on and stays
// one process; the Dockerfile ends without root. Knows a C compiler and a stand-in for Node; assemble.sh itself tries the whole tree.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { read, root } from '../gates/checkout.ts';
import { program } from './deploy-files.ts';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'coredns-ts-image-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

/** The launcher, made for a folder that stands for the image's; undefined where there is no compiler. */
function launcher(): string | undefined {
  if (process.platform !== 'linux' || program('cc', 'CC') === undefined) return undefined;
  const made = path.join(scratch, 'coredns');
  mkdirSync(scratch, { recursive: true });
  const flags = ['-Os', '-Wall', '-Wextra', '-Werror', `-DROOT="${scratch}"`];
  const { status, stderr } = spawnSync('cc', [...flags, '-o', made, path.join(root, 'deploy/docker/coredns.c')], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return made;
}

const made = launcher();
const none = 'the launcher needs Linux and a C compiler';

/** Puts a script in the place of the image's Node. */
function standIn(script: string): void {
  writeFileSync(path.join(scratch, 'node'), `#!/bin/sh\n${script}\n`);
  chmodSync(path.join(scratch, 'node'), 0o755);
}

/** The flags for Node in the last line of bin/coredns-ts. */
const flags = (): string[] => (/^exec "\$node" (.*) \$debugger "\$entry"/m.exec(read('bin/coredns-ts'))?.[1] ?? '').split(' ');

test('gives Node the flags of bin/coredns-ts and hands arguments on, in one process', (t) => {
  if (made === undefined) return t.skip(none);
  standIn(`for word; do echo "$word"; done; echo "pid $$"; echo "cache $NODE_COMPILE_CACHE"; echo "arenas $MALLOC_ARENA_MAX"`);
  const { stdout, pid } = spawnSync(made, ['-conf', 'a b', ''], { encoding: 'utf8', env: {} });
  assert.ok(flags().includes('--max-semi-space-size=4') && flags().includes('--no-concurrent-sparkplug'));
  assert.deepEqual(stdout.trimEnd().split('\n'), [...flags(), '--inspect-port=192.0.2.1:9229', `${scratch}/dist/main.js`,
    '-conf', 'a b', '', `pid ${pid}`, `cache ${scratch}/compiled`, 'arenas 1']);
});

test('leaves Node its debugger where NODE_OPTIONS asks for it, and a cache that was named', (t) => {
  if (made === undefined) return t.skip(none);
  standIn('echo "$NODE_COMPILE_CACHE"; for word; do echo "$word"; done');
  const env = { NODE_OPTIONS: '--inspect=0.0.0.0', NODE_COMPILE_CACHE: '/elsewhere' };
  const { stdout } = spawnSync(made, [], { encoding: 'utf8', env });
  assert.deepEqual(stdout.trimEnd().split('\n'), ['/elsewhere', ...flags(), `${scratch}/dist/main.js`]);
});

test('SIGUSR1 does it no harm before Node minds it, and SIGTERM ends it', async (t) => {
  if (made === undefined) return t.skip(none);
  standIn('echo ready; kill -USR1 $$; echo alive; exec sleep 60');
  const child = spawn(made, [], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  for await (const chunk of child.stdout) {
    said += chunk;
    if (said.includes('alive')) break;
  }
  assert.equal(said, 'ready\nalive\n');
  child.kill('SIGTERM');
  const [, signal] = await once(child, 'exit');
  assert.equal(signal, 'SIGTERM');
});

test('says what is missing where there is no Node', (t) => {
  if (made === undefined) return t.skip(none);
  rmSync(path.join(scratch, 'node'), { force: true });
  const { status, stderr } = spawnSync(made, [], { encoding: 'utf8' });
  assert.deepEqual([status, stderr], [1, `coredns: ${scratch}/node: No such file or directory\n`]);
});

test('the image ends on an empty base, without root, with the launcher as its entry point', () => {
  const last = read('deploy/docker/Dockerfile').split(/^FROM /m).at(-1)!;
  assert.match(last, /^scratch\n/);
  assert.match(last, /^USER 65532:65532$/m);
  assert.match(last, /^ENTRYPOINT \["\/coredns"\]$/m);
  assert.doesNotMatch(last, /^RUN /m);
});

test('scripts are POSIX sh that a shell can read', () => {
  const { status, stderr } = spawnSync('sh', ['-n', path.join(root, 'deploy/docker/assemble.sh')], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
});

test('systemd takes the units, and finds little that the service could do', (t) => {
  const analyze = program('systemd-analyze', 'SYSTEMD_ANALYZE');
  if (analyze === undefined) return t.skip('systemd-analyze is not installed');
  const units = ['coredns-ts.service', 'coredns-ts.socket'].map((name) => {
    const unit = path.join(scratch, name);
    writeFileSync(unit, read(`deploy/systemd/${name}`).replaceAll('/usr/bin/coredns-ts', '/bin/sh'));
    return unit;
  });
  const verified = spawnSync(analyze, ['verify', '--man=no', ...units], { encoding: 'utf8', timeout: 60_000 });
  const complaints = verified.stderr.split('\n').filter((line) => line.includes('coredns-ts'));
  assert.deepEqual([verified.status, complaints], [0, []], verified.stderr);
  const judged = spawnSync(analyze, ['security', '--offline=true', '--no-pager', units[0]!], { encoding: 'utf8', timeout: 60_000 });
  if (judged.status !== 0) return t.skip(`systemd-analyze security cannot look at files: ${judged.stderr}`);
  const [, level] = /Overall exposure level for \S+: ([\d.]+)/.exec(judged.stdout) ?? [];
  assert.ok(Number(level) <= 1.5, judged.stdout);
});
