// Threads of one process have the same signatures: each is made once or so, kept once, and counted once.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../../testing/free-port.ts';
import { parseAsk } from '../../testing/question.ts';
import { Spawned } from '../../testing/spawned.ts';

/** Asks from a port of its own, so that the system picks the thread; again where nothing comes. */
async function ask(port: number, name: string): Promise<void> {
  const socket = createSocket('udp4');
  const { packet } = parseAsk(`${name} A +do`);
  try {
    await new Promise<void>((resolve, reject) => {
      const again = setInterval(() => socket.send(packet, port, '127.0.0.1'), 500);
      socket.on('message', () => {
        clearInterval(again);
        resolve();
      });
      socket.on('error', reject);
      socket.send(packet, port, '127.0.0.1');
    });
  } finally {
    socket.close();
  }
}

test('two threads keep one signature of a set', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dnssec-threads-'));
  const [port, metrics] = [await freePort(), await freePort()];
  const server = new Spawned(`example.org:${port} {
    multisocket 2
    dnssec {
        key auto ${folder}/keys
    }
    template IN A {
        answer "{{ .Name }} 60 IN A 192.0.2.1"
    }
    prometheus 127.0.0.1:${metrics}
}
`);
  try {
    await server.says(/CoreDNS-/);
    for (let i = 0; i < 24; i++) await ask(port, `n${i % 3}.example.org`);
    const text = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text();
    const value = (name: string) => Number(new RegExp(`^coredns_dnssec_${name}\\{.*\\} (\\d+)$`, 'm').exec(text)?.[1]);
    assert.equal(value('cache_entries'), 3);
    assert.ok(value('cache_misses_total') >= 3 && value('cache_misses_total') <= 6);
    assert.ok(value('cache_hits_total') + value('cache_misses_total') >= 24);
  } finally {
    await server.kill();
    rmSync(folder, { recursive: true });
  }
});
