// Heads and bodies of replies, whole and cut, sound and not. Knows the two readers alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { HttpError, type HttpFault } from './error.ts';
import { cut } from '../kube-api/cuts.test.ts';
import { bodyReader } from './body.ts';
import { HeadReader } from './head.ts';

/** Reads a whole reply; `rest` is what follows a body that is whole. */
function read(pieces: readonly Buffer[]) {
  const heads = new HeadReader();
  let body: ReturnType<typeof bodyReader> | undefined;
  const parts: Buffer[] = [];
  for (const piece of pieces) {
    let rest = piece;
    if (body === undefined) {
      const found = heads.feed(piece);
      if (found === undefined) continue;
      body = bodyReader(found.head);
      rest = found.rest;
    }
    body.feed(rest, (part) => parts.push(part));
  }
  assert.ok(body, 'the head is whole');
  body.end();
  return Buffer.concat(parts).toString('latin1');
}
const fails = (text: string, kind: HttpFault) => assert.throws(() => read([Buffer.from(text)]),
  (error) => error instanceof HttpError && error.kind === kind, JSON.stringify(text));

test('a chunked body comes out whole however it is cut', () => {
  fc.assert(fc.property(fc.array(fc.string({ minLength: 1, unit: 'binary-ascii' })), fc.array(fc.nat()), (chunks, places) => {
    const body = chunks.map((chunk) => `${chunk.length.toString(16)};x=y\r\n${chunk}\r\n`).join('');
    const reply = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body}0\r\nTrailer: x\r\n\r\n`;
    assert.equal(read(cut(Buffer.from(reply, 'latin1'), places)), chunks.join(''));
  }), { numRuns: 300 });
});

test('a body by length, and one that ends with the connection', () => {
  assert.equal(read([Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabcd')]), 'abc');
  assert.equal(read([Buffer.from('HTTP/1.0 200\r\n\r\nabc'), Buffer.from('d')]), 'abcd');
  assert.equal(read([Buffer.from('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n')]), '');
});

test('a body that is cut', () => {
  fails('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab', 'cut');
  fails('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab', 'cut');
  fails('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n', 'cut');
});

test('what is no HTTP', () => {
  for (const text of ['SSH-2.0-x\r\n\r\n', 'HTTP/2 200 OK\r\n\r\n', 'HTTP/1.1 200 OK\r\nno colon\r\n\r\n', 'HTTP/1.1 99 x\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n', 'HTTP/1.1 101 Switching\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n',
    `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}`]) fails(text, 'protocol');
});
