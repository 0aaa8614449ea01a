// Questions and watched answers by gRPC on the port of a registry's API, beside requests over HTTP/1.1 and HTTP/2, with the same tokens.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http2 from 'node:http2';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { decodeMessage } from '../../dns/message.ts';
import { frameOf, framed, unframed } from '../../http/grpc-message.ts';
import { TestWatcher, queryFor } from '../../testing/watcher.ts';
import { registry } from './registry-rig.test.ts';

const AT = '/v1/zones/svc.test/services/web/instances/a';

/** One question by gRPC: the answer's data, or the status and why. */
function ask(t: TestContext, port: number, name: string, headers: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
  const session = http2.connect(`http://127.0.0.1:${port}`);
  t.after(() => session.destroy());
  return new Promise((resolve, reject) => {
    const request = session.request({
      ':method': 'POST', ':path': '/coredns.dns.DnsService/Query', 'content-type': 'application/grpc', te: 'trailers', ...headers,
    });
    const parts: Buffer[] = [];
    let said: http2.IncomingHttpHeaders = {};
    request.on('response', (head) => {
      said = head;
    }).on('trailers', (trailers) => {
      said = { ...said, ...trailers };
    }).on('data', (piece: Buffer) => parts.push(piece)).on('error', reject).on('end', () => {
      session.close();
      if (said['grpc-status'] !== '0') return resolve([`status ${said['grpc-status']?.toString()}`]);
      const { answer, id } = decodeMessage(unframed(framed(Buffer.concat(parts)) as Buffer)!);
      resolve([`id ${id}`, ...answer.map(({ rdata }) => rdata.join('.')).sort()]);
    });
    const query = Buffer.from(queryFor(name, 'A'));
    query.writeUInt16BE(0x1234);
    request.end(Buffer.from(frameOf(query, 0, query.length)));
  });
}

test('one port: what is put over HTTP/1.1 is asked for and watched by gRPC', async (t) => {
  const own = await registry(t);
  await own.api.send('PUT', AT, { addresses: ['10.0.0.7'], ttl: 5 });
  assert.deepEqual(await ask(t, own.port, 'web.svc.test'), ['id 4660', '10.0.0.7']);
  const watcher = new TestWatcher(own.port);
  t.after(() => watcher.link.close());
  await watcher.stands();
  watcher.create('web.svc.test.', 'A');
  const [created, first] = await watcher.next(2);
  assert.deepEqual([created?.created, first?.answer, first?.initial], [true, '0 | web.svc.test. 5 IN A 10.0.0.7', true]);
  await own.api.send('PUT', AT, { addresses: ['10.0.0.8'], ttl: 5 });
  assert.deepEqual((await watcher.next()).map(({ answer }) => answer), ['0 | web.svc.test. 5 IN A 10.0.0.8']);
  // A reload leaves it; the end of the server ends it.
  await own.ours.replace(own.corefile.replace('registry {', 'whoami\nregistry {'));
  await own.api.send('PUT', AT, { addresses: ['10.0.0.9'], ttl: 5 });
  assert.deepEqual((await watcher.next()).map(({ answer }) => answer), ['0 | web.svc.test. 5 IN A 10.0.0.9']);
  assert.deepEqual(await ask(t, own.port, 'web.svc.test', { ':path': '/coredns.dns.DnsService/Other' }), ['status 12']);
  assert.deepEqual(await ask(t, own.port, 'web.svc.test', { 'grpc-encoding': 'gzip' }), ['status 12']);
  await own.ours.replace('other.test {\nbind 127.0.0.1\nwhoami\n}');
  await watcher.until(() => watcher.over !== undefined);
});

test('a page of the web on the same machine, and a token that may not read a name, hear nothing', async (t) => {
  const open = await registry(t);
  assert.deepEqual(await ask(t, open.port, 'web.svc.test', { ':authority': 'rebound.example' }), ['status 16']);
  const folder = mkdtempSync(path.join(tmpdir(), 'grpc-door-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const token = '3'.repeat(64);
  writeFileSync(path.join(folder, 'tokens'), `reader read web.svc.test ${createHash('sha256').update(token).digest('hex')}\n`);
  const own = await registry(t, { stanza: `tokens ${folder}/tokens` });
  const bearer = { authorization: `Bearer ${token}` };
  assert.deepEqual(await ask(t, own.port, 'web.svc.test'), ['status 16']);
  assert.deepEqual(await ask(t, own.port, 'other.svc.test', bearer), ['status 7']);
  assert.deepEqual(await ask(t, own.port, 'web.svc.test', bearer), ['id 4660']);
});
