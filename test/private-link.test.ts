// The page about a private link between two clusters: its Corefiles, as they stand there but for address and port, in two processes.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { Authority } from '../src/testing/certificates.ts';
import { udpClient } from '../src/testing/conformance/transport-clients.ts';
import { question } from '../src/testing/conformance/transport-service.ts';
import { freePort } from '../src/testing/free-port.ts';
import { Spawned } from '../src/testing/spawned.ts';
import { read } from './gates/checkout.ts';

const [answering = '', asking = ''] = [...read('docs/private-link.md').matchAll(/~~~ corefile\n([\s\S]*?)~~~/g)].map(([, text]) => text!);

/** One side, with what an authority signed for it. */
async function side(t: TestContext, corefile: string, by: Authority, trusted: Authority, name: string): Promise<Spawned> {
  const server = new Spawned(undefined);
  t.after(() => server.kill());
  const { cert, key } = by.sign({ names: [name] });
  for (const [file, text] of [['cert.pem', cert], ['key.pem', key], ['ca.pem', trusted.pem]] as const) {
    writeFileSync(join(server.folder, file), text);
  }
  server.write(corefile);
  await server.says(/CoreDNS-/);
  return server;
}
/** What comes. */
async function ask(t: TestContext, port: number, name: string): Promise<{ readonly length: number }> {
  const client = await udpClient('127.0.0.1', port);
  t.after(() => client.close());
  client.send(question(1, name));
  return (await client.replies(1))[0]!;
}

test('each side believes the other by its certificate, and nobody else is let in', async (t) => {
  const [link, here, stranger] = [await freePort(), await freePort(), await freePort()];
  const authority = new Authority(), other = new Authority('nobody knows it');
  const bound = answering.replace(':8443', `:${link}`).replace('{\n', '{\n    bind 127.0.0.1\n');
  const east = await side(t, bound, authority, authority, 'east.internal');
  const line = (port: number) => asking.replace('.:53', `.:${port}`).replace('192.0.2.8:8443', `127.0.0.1:${link}`);
  const west = await side(t, line(here), authority, authority, 'west.internal');
  const name = 'db.prod.east.internal';
  const answered = question(1, name).length + 16;
  assert.equal((await ask(t, here, name)).length, answered);
  await east.says(/127\.0\.0\.1 CN=west\.internal A db\.prod\.east\.internal\. NOERROR/);

  const refused = await side(t, line(stranger), other, authority, 'west.internal');
  assert.notEqual((await ask(t, stranger, name)).length, answered);
  await refused.says(/\[ERROR\] plugin\/errors: 2 db\.prod\.east\.internal\. A:/);

  // A server that is restarted costs no question.
  const again = 'other.east.internal';
  await east.crash();
  await side(t, bound, authority, authority, 'east.internal');
  assert.equal((await ask(t, here, again)).length, question(1, again).length + 16);
  assert.equal(/ERROR/.test(west.stdout), false, west.stdout);
});
