// Requests that two readers could take for two different ones: each is refused and the connection ends. Knows HTTP/1.1; opens no socket.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Heading } from './exchange.ts';
import type { Exchange, HttpBounds } from './exchange.ts';
import { Http1Server } from './h1-server.ts';
import { Sink } from './sink.test.ts';

const BOUNDS: HttpBounds = { head: 8192, body: 65536, streams: 1, read: 1000, write: 1000, idle: 1000 };
const OK = new Heading(200, []);

/** What a server that echoes bodies says to these bytes. */
function said(text: string): string {
  const sink = new Sink();
  const owner = { now: () => 0, wall: () => 0 };
  const request = (exchange: Exchange) => exchange.reply(OK, exchange.body, 0, exchange.body.length);
  const server = new Http1Server(sink, { request }, BOUNDS, owner);
  server.receive(Buffer.from(text, 'latin1'));
  return `${sink.text.replaceAll(/^Date: .*\r\n/gm, '')}${sink.over ? '<end>' : ''}`;
}
const refused = /^HTTP\/1\.1 400 Bad Request\r\n[\s\S]*Connection: close\r\n[\s\S]*<end>$/;

test('lengths that contradict themselves, and each other', () => {
  for (const fields of [
    'Content-Length: 5\r\nContent-Length: 6\r\n', 'Content-Length: 5\r\nContent-Length: 5\r\n', 'Content-Length: 5, 5\r\n',
    'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', 'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n',
    'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n', 'Transfer-Encoding: gzip, chunked\r\n',
    'Transfer-Encoding: xchunked\r\n',
    'Transfer-Encoding: identity\r\n', 'Content-Length: +5\r\n', 'Content-Length: 0x5\r\n', 'Content-Length: 5 5\r\n',
    'Content-Length: \r\n',
  ]) assert.match(said(`POST / HTTP/1.1\r\nHost: x\r\n${fields}\r\nhello`), refused, fields);
  assert.match(said('POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'), refused);
});

test('fields that are none: space before the colon, folding, bare CR or LF, NUL', () => {
  for (const fields of [
    'Content-Length : 5\r\n', 'Content-Length\t: 5\r\n', ' Content-Length: 5\r\n', 'X: a\r\n b\r\n', 'X: a\r\n\tContent-Length: 5\r\n',
    'X: a\nContent-Length: 5\r\n', 'X: a\rContent-Length: 5\r\n', 'X: a\0b\r\n', ': x\r\n', 'no colon\r\n', 'X(: a\r\n',
  ]) assert.match(said(`POST / HTTP/1.1\r\nHost: x\r\n${fields}\r\nhello`), refused, JSON.stringify(fields));
  assert.match(said('GET /\r HTTP/1.1\r\nHost: x\r\n\r\n'), refused);
  assert.match(said('GET / HTTP/1.1\nHost: x\r\n\r\n'), refused);
  assert.match(said('GET  / HTTP/1.1\r\nHost: x\r\n\r\n'), refused);
  assert.match(said('GET / HTTP/1.1 \r\nHost: x\r\n\r\n'), refused);
  assert.equal(said('GET / HTTP/1.1\nHost: x\n\n'), '');              // no head until a CRLF comes, and then none
});

test('chunks with lines of their own kind', () => {
  const head = 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n';
  assert.match(said(`${head}5\r\nhello\r\n0\r\n\r\n`), /\r\n\r\nhello$/);
  for (const body of ['5\nhello\r\n0\r\n\r\n', '5\r\nhello\n0\r\n\r\n', '5\r\r\nhello\r\n0\r\n\r\n', '0x5\r\nhello\r\n0\r\n\r\n',
    '-5\r\nhello\r\n',
    ' 5\r\nhello\r\n0\r\n\r\n', '5\r\nhelloX\r\n0\r\n\r\n', '10000000000000005\r\nhello\r\n0\r\n\r\n']) {
    assert.match(said(head + body), refused, JSON.stringify(body));
  }
});

test('what stands behind a body is the next request, and a body never is one', () => {
  const text = said('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 29\r\n\r\nGET /smuggled HTTP/1.1\r\nX: yz'
    + 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  assert.equal(text.match(/HTTP\/1\.1 200/g)?.length, 2);
  assert.match(text, /GET \/smuggled HTTP\/1\.1\r\nX: yz/);
});
