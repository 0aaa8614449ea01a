// The image's file system, laid out by assemble.sh and run as a container would be: in a changed root that is only read, as nobody in
// particular, with nothing of this machine. Knows files, namespaces and a server; what an image tool makes of the tree is its own.
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { freePort } from '../../src/testing/free-port.ts';
import { askOnce } from '../../src/testing/one-question.ts';
import { Spawned } from '../../src/testing/spawned.ts';
import { root } from '../gates/checkout.ts';
import { program } from './deploy-files.ts';

/** The whole life of the first process: what is mounted is its own, and only read. */
const READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec chroot --userspec=65532:65532 "$0" /coredns "$@"';
const PROBE = 'mount --bind /usr /usr && mount -o remount,bind,ro /usr';
const tools = ['cc', 'strip', 'setcap', 'chroot', 'unshare', 'ldd', 'tar'].filter((name) => program(name, '') === undefined);
const lacking = process.platform !== 'linux' ? 'it is for Linux'
  : process.getuid?.() !== 0 ? 'another root is for root'
    : tools.length > 0 ? `there is no ${tools.join(', ')}`
      : spawnSync('unshare', ['--mount', 'sh', '-c', PROBE]).status !== 0 ? 'no namespaces can be made here'
        : !existsSync(path.join(root, 'dist/main.js')) ? 'there is no bundle'
          : !existsSync(path.join(root, 'native/udp-batch/build/udp-batch.node')) && 'the C addon is not built';

suite('the tree of the image', { skip: lacking }, () => {
  const scratch = mkdtempSync(path.join(tmpdir(), 'image-tree-'));
  after(() => rmSync(scratch, { recursive: true, force: true }));
  const tree = path.join(scratch, 'tree');
  before(async () => {
    const env = { ...process.env, NODE: process.execPath };
    await promisify(execFile)('sh', [path.join(root, 'deploy/docker/assemble.sh'), tree], { env });
  });
  const files = () => readdirSync(tree, { recursive: true, encoding: 'utf8' }).sort();
  const start = (...args: readonly string[]) =>
    new Spawned(undefined, { command: ['unshare', '--mount', 'sh', '-c', READ_ONLY, tree], args });

  test('has a launcher that may open port 53, no shell, and nothing that others may write', () => {
    assert.match(spawnSync('getcap', [path.join(tree, 'coredns')], { encoding: 'utf8' }).stdout, /cap_net_bind_service=p/);
    assert.deepEqual(files().filter((file) => /(^|\/)(sh|bash|busybox|npm)$/.test(file)), []);
    assert.deepEqual(spawnSync('find', [tree, '-perm', '/022', '!', '-type', 'l'], { encoding: 'utf8' }).stdout, '');
  });

  test('answers over UDP and TCP, checks, and reads a changed Corefile, without writing anything', async () => {
    const port = await freePort();
    const corefile = (address: string) => `.:${port} {\n bind 127.0.0.1\n errors\n hosts {\n  ${address} a.test\n }\n cache\n}\n`;
    const place = path.join(tree, 'etc/coredns/Corefile');
    writeFileSync(place, corefile('192.0.2.1'));
    const there = files();
    const server = start('-conf', '/etc/coredns/Corefile');
    try {
      await server.says(/CoreDNS-/);
      assert.doesNotMatch(server.stdout, /WARNING/);
      const status = readFileSync(`/proc/${server.child.pid}/status`, 'utf8');
      assert.match(status, /^Uid:\t65532\t65532/m);
      assert.deepEqual((await askOnce(port, 'a.test', 'A')).answer, ['a.test. 3600 IN A 192.0.2.1']);
      const dig = spawnSync('dig', ['+tcp', '+short', '@127.0.0.1', '-p', String(port), 'a.test'], { encoding: 'utf8' });
      if (dig.error === undefined) assert.equal(dig.stdout, '192.0.2.1\n');
      writeFileSync(place, corefile('192.0.2.2'));
      server.signal('SIGUSR1');
      await server.says(/Reloading complete/);
      assert.deepEqual((await askOnce(port, 'a.test', 'A')).answer, ['a.test. 3600 IN A 192.0.2.2']);
      server.signal('SIGTERM');
      assert.equal(await server.ended, 0);
    } finally {
      await server.kill();
    }
    assert.deepEqual(files(), there);
    const check = start('check', '/etc/coredns/Corefile');
    assert.equal(await check.ended, 0, check.stderr);
    assert.equal(check.stdout, '/etc/coredns/Corefile: no problems\n');
    await check.kill();
  });
});
