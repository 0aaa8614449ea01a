// A server that forwards to itself ends with the word of it, also behind a cache, where equal questions wait for one another.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { freePort } from '../src/testing/free-port.ts';
import { root } from './gates/checkout.ts';

for (const lines of ['loop', 'cache 30\n    loop']) {
  test(`a loop is found with ${lines.replace(/\s+/g, ' ')}`, async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'coredns-ts-loop-'));
    const port = await freePort();
    writeFileSync(path.join(folder, 'Corefile'), `.:${port} {\n    bind 127.0.0.1\n    ${lines}\n    forward . 127.0.0.1:${port}\n}\n`);
    const server = spawn(path.join(root, 'bin/coredns-ts'), { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [server.stdout, server.stderr]) stream.on('data', (text: Buffer) => (said += text.toString()));
    const giveUp = setTimeout(() => server.kill('SIGKILL'), 300_000);
    const [status] = await once(server, 'close') as [number | null];
    clearTimeout(giveUp);
    rmSync(folder, { recursive: true, force: true });
    assert.match(said, /plugin\/loop: Loop \(127\.0\.0\.1:[0-9]+ -> .*detected for zone "\."/);
    assert.equal(status, 1);
  });
}
