// Lists that are fetched: taken over once they are there, kept on the disk for the next start, asked for by their tag, and not replaced by
// what is no list. The server of the lists is Node's own.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { freePort } from '../../testing/free-port.ts';
import { askOnce } from '../../testing/one-question.ts';
import { Spawned } from '../../testing/spawned.ts';

const BLOCKED = ['ads.test. 10 IN A 0.0.0.0'];

test('a list is fetched, kept for the next start, asked for by its tag, and not replaced by a page', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'lists-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const asked: string[] = [];
  let page: 'list' | 'html' | 'error' = 'list';
  const web = createServer(({ url, headers }, reply) => {
    asked.push(`${url} ${headers['if-none-match'] ?? ''}`);
    if (url === '/moved?x=1') reply.writeHead(302, { Location: '/list' }).end();
    else if (page === 'error') reply.writeHead(503).end();
    else if (page === 'list' && headers['if-none-match'] === '"one"') reply.writeHead(304).end();
    else reply.writeHead(200, { ETag: '"one"' }).end(page === 'html' ? '<html>sign in</html>' : '||ads.test^\n');
  }).listen(0, '127.0.0.1');
  t.after(() => web.close());
  await new Promise((done) => web.once('listening', done));
  const url = `http://127.0.0.1:${(web.address() as AddressInfo).port}/moved?x=1`;

  /** Starts a server that has this list, until it says so; then asks for the name. */
  const served = async (says: RegExp): Promise<readonly string[]> => {
    const port = await freePort();
    const server = new Spawned(undefined);
    server.write(`.:${port} {\n bind 127.0.0.1\n block ${url} {\n snapshot ${folder}/kept\n }\n whoami\n}\n`);
    await server.says(says);
    const { answer } = await askOnce(port, 'ads.test.', 'A');
    server.signal('SIGTERM');
    assert.equal(await server.ended, 0);
    return answer;
  };
  assert.deepEqual(await served(/was never fetched[\s\S]*: 1 rules/), BLOCKED);
  assert.deepEqual(asked.splice(0), ['/moved?x=1 ', '/list ']);
  // What is on the disk blocks from the first question on.
  page = 'error';
  assert.deepEqual(await served(/: 1 rules[\s\S]*was not fetched, and what it had before stays: .*answered 503/), BLOCKED);
  assert.deepEqual(asked.splice(0), ['/moved?x=1 "one"', '/list "one"']);
  page = 'html';
  assert.deepEqual(await served(/is not taken over.*a page of HTML[\s\S]*it was not taken over/), BLOCKED);
  page = 'list';
  assert.deepEqual(await served(/: 1 rules/), BLOCKED);
  const kept = readdirSync(path.join(folder, 'kept')).map((name) => name.replace(/^.*_x_1/, ''));
  assert.ok(kept.includes('') && kept.includes('.etag') && !kept.includes('.new'), kept.join());
});
