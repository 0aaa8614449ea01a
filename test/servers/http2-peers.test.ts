// Our HTTP/2 server asked by others: Node's client, curl and nghttp where they are here. Knows src/http alone.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { connect } from 'node:http2';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { echoing } from './h2-echo.ts';
import { missing } from './programs.ts';

const run = promisify(execFile);

test('node:http2 asks many things at once, small and large, and takes some back', async (t) => {
  const server = await echoing(undefined);
  t.after(() => server.close());
  const session = connect(`http://127.0.0.1:${server.port}`);
  t.after(() => session.close());
  const ask = (size: number, cancel: boolean) => new Promise<number>((resolve, reject) => {
    const stream = session.request({ ':method': 'POST', ':path': '/', 'x-size': String(size) });
    let got = 0;
    stream.on('data', (part: Buffer) => (got += part.length));
    stream.on('end', () => resolve(cancel ? size : got));
    stream.on('error', (error) => (cancel ? resolve(size) : reject(error)));
    stream.on('close', () => resolve(cancel ? size : got));
    stream.end(Buffer.alloc(size, 1));
    if (cancel) stream.close(8);
  });
  const sizes = Array.from({ length: 400 }, (_, i) => 1 + (i * 7919) % 16000);
  assert.deepEqual(await Promise.all(sizes.map((size, i) => ask(size, i % 9 === 0))), sizes);
});

test('curl, by prior knowledge and without', { skip: missing('curl') }, async (t) => {
  const server = await echoing(undefined);
  t.after(() => server.close());
  for (const version of ['--http2-prior-knowledge', '--http1.1', '--http1.0']) {
    const { stdout } = await run('curl', ['-s', version, '-d', 'a body', `http://127.0.0.1:${server.port}/`]);
    assert.equal(stdout, 'a body', version);
  }
  const chunked = ['-H', 'Transfer-Encoding: chunked', '-d', 'chunks'];
  const { stdout } = await run('curl', ['-s', '--http1.1', ...chunked, `http://127.0.0.1:${server.port}/`]);
  assert.equal(stdout, 'chunks');
});

test('h2load, many connections with many streams', { skip: missing('h2load') }, async (t) => {
  const server = await echoing(undefined);
  t.after(() => server.close());
  const { stdout } = await run('h2load', ['-n', '5000', '-c', '8', '-m', '24', `http://127.0.0.1:${server.port}/`]);
  assert.match(stdout, /5000 total, 5000 started, 5000 done, 5000 succeeded, 0 failed/);
});
