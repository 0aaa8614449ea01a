// Control groups of both versions as trees of files, and what follows from them.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileLimit, readLimits } from './limits.ts';
import { mostThreads, share, threadsFor, usableCores } from './spread.ts';

const scratch = mkdtempSync(join(os.tmpdir(), 'coredns-ts-limits-'));
after(() => rmSync(scratch, { recursive: true, force: true }));
let trees = 0;
function tree(files: { readonly [path: string]: string }): string {
  const root = join(scratch, String(trees++));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}
const status = (list: string) => `Name:\tnode\nCpus_allowed:\tff\nCpus_allowed_list:\t${list}\nMems_allowed_list:\t0\n`;

test('version 2: the tightest of a group and those above it', () => {
  const root = tree({
    '/proc/self/status': status('0-3,8'), '/proc/self/cgroup': '0::/system.slice/dns.service\n',
    '/sys/fs/cgroup/system.slice/dns.service/cpu.max': 'max 100000\n', '/sys/fs/cgroup/system.slice/cpu.max': '250000 100000\n',
    '/sys/fs/cgroup/system.slice/dns.service/memory.max': '67108864\n', '/sys/fs/cgroup/system.slice/memory.max': 'max\n',
  });
  assert.deepEqual(readLimits(root), { cores: 5, quota: 2.5, memory: 67108864 });
});
test('version 2 in a container: the group is the root of what is seen', () => {
  const root = tree({
    '/proc/self/status': status('0-63'), '/proc/self/cgroup': '0::/\n',
    '/sys/fs/cgroup/cpu.max': '10000 100000\n', '/sys/fs/cgroup/memory.max': '1000000\n',
  });
  assert.deepEqual(readLimits(root), { cores: 64, quota: 0.1, memory: 1_000_000 });
});
test('version 1: controllers have trees of their own, and a path that only the host sees ends at the root', () => {
  const root = tree({
    '/proc/self/status': status('1'),
    '/proc/self/cgroup': '5:memory:/docker/0123\n4:cpu,cpuacct:/docker/0123\n1:name=systemd:/docker/0123\n',
    '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '150000\n', '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
    '/sys/fs/cgroup/memory/memory.limit_in_bytes': '134217728\n',
  });
  assert.deepEqual(readLimits(root), { cores: 1, quota: 1.5, memory: 134217728 });
});
test('no limits at all: the machine', () => {
  const root = tree({
    '/proc/self/status': status('0-1'), '/proc/self/cgroup': '4:cpu:/\n3:memory:/\n0::/\n',
    '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n', '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
    '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
  });
  assert.deepEqual(readLimits(root), { cores: 2, quota: Infinity, memory: os.totalmem() });
  assert.equal(readLimits(tree({})).cores, os.availableParallelism());
});

test('threads for load: cores, quota rounded up, eight, and a quarter of the memory', () => {
  const GB = 2 ** 30;
  assert.equal(mostThreads({ cores: 4, quota: Infinity, memory: GB }), 4);
  assert.equal(mostThreads({ cores: 4, quota: 1.1, memory: GB }), 2);
  assert.equal(mostThreads({ cores: 64, quota: Infinity, memory: GB }), 8);
  assert.equal(mostThreads({ cores: 4, quota: Infinity, memory: 170e6 }), 2);
  assert.equal(mostThreads({ cores: 4, quota: 0.1, memory: 30e6 }), 1);
  assert.equal(usableCores({ cores: 4, quota: 0.1, memory: GB }), 1);
});
test('multisocket: its sockets lie on as many threads as there are cores for them', () => {
  const spread = (wanted: number | undefined, cores: number) => [0, 1, 2, 3].map((thread) => share(wanted, thread, cores));
  assert.deepEqual(spread(5, 2), [3, 2, 0, 0]);
  assert.deepEqual(spread(2, 4), [1, 1, 0, 0]);
  assert.deepEqual(spread(3, 1), [3, 0, 0, 0]);
  assert.deepEqual(spread(undefined, 2), [1, 1, 1, 1]);
  assert.equal(threadsFor([undefined, 3, 2], 4), 3);
  assert.equal(threadsFor([undefined], 4), 1);
  assert.equal(threadsFor([1024], 2), 2);
});

test('the files that may be open', () => {
  const limits = (files: string) => tree({
    '/proc/self/limits': `Limit  Soft Limit  Hard Limit  Units\nMax open files   ${files}   files\n`,
  });
  assert.equal(fileLimit(limits('1024                 1048576')), 1024);
  assert.equal(fileLimit(limits('unlimited            unlimited')), Infinity);
  assert.equal(fileLimit(tree({})), Infinity);
});
