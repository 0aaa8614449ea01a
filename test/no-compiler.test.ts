// A machine without a C compiler: the build says so in a line and goes on, and the server does without the addon. Knows the build
// and a server.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { freePort } from '../src/testing/free-port.ts';
import { Spawned } from '../src/testing/spawned.ts';
import { root } from './gates/checkout.ts';

/** A copy of what a checkout has before anything is built. */
function checkout(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'no-compiler-'));
  for (const name of ['src', 'scripts', 'package.json']) cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
  cpSync(path.join(root, 'native'), path.join(folder, 'native'), { recursive: true, filter: (file) => path.basename(file) !== 'build' });
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  return folder;
}

test('without a compiler the build says why, and the server answers by datagrams one by one', async (t) => {
  const folder = checkout();
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const script = `import { buildAddon } from '${path.join(folder, 'scripts/addon.mjs')}'; console.log(buildAddon());`;
  const built = spawnSync(process.execPath, ['--input-type=module', '-e', script], { env: { PATH: '/nonexistent' }, encoding: 'utf8' });
  assert.equal(built.stdout, 'there is no C compiler (cc)\n', built.stderr);

  const port = await freePort();
  const command = [process.execPath, path.join(folder, 'src/cli/main.ts')];
  const server = new Spawned(`.:${port} {\nbind 127.0.0.1\nwhoami\n}\n`, { command });
  t.after(() => server.kill());
  await server.says(/CoreDNS-/);
  assert.match(server.stdout, /^\[WARNING\] UDP without batches \(.*\): about 100,000 queries/m);
  assert.equal(server.stdout.match(/UDP without batches/g)?.length, 1);
  const socket = createSocket('udp4');
  t.after(() => socket.close());
  socket.send(Buffer.from('12340100000100000000000001610000010001', 'hex'), port, '127.0.0.1');
  const [reply] = (await once(socket, 'message')) as [Buffer];
  assert.equal(reply.readUInt16BE(0), 0x1234);
  assert.equal(reply[3]! & 15, 0);
});
