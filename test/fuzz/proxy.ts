// Any octets as the header of a proxy: one that lies within them, or a word why not. Knows what must hold; knows no socket.
import assert from 'node:assert/strict';
import { fc } from '../../src/testing/properties.ts';
import { MOST_PROXY_HEADER, readProxyHeader } from '../../src/transport/proxy-header.ts';
import { target } from './target.ts';

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const octets = fc.uint8Array({ maxLength: 600 });
/** Version 2, as far as its lengths tell the truth. */
export const proxyHead = fc.tuple(fc.constantFrom(0x20, 0x21), fc.constantFrom(0, 0x11, 0x12, 0x21, 0x22, 0x31), fc.nat(300), octets)
  .map(([command, family, length, rest]) => Buffer.concat([SIGNATURE, Buffer.of(command, family, length >> 8, length & 255), rest]));
const line = fc.array(fc.constantFrom('TCP4', 'TCP6', 'UNKNOWN', '192.0.2.1', '2001:db8::1', '53', '65536', '\r\n', '\n'), { maxLength: 9 })
  .map((words) => Buffer.from(`PROXY ${words.join(' ')}\r\n`, 'latin1'));

/** The header before a connection or a datagram. */
export const proxy = target('proxy', 2000, fc.oneof(proxyHead, line, octets), (bytes) => {
  const found = readProxyHeader(bytes, 0, bytes.length);
  if (typeof found === 'string') return;
  assert.ok(found.length <= bytes.length && found.length <= MOST_PROXY_HEADER);
  // What follows a header changes nothing about it, and a part of it is never another one.
  assert.deepEqual(readProxyHeader(Buffer.concat([bytes, SIGNATURE]), 0, bytes.length + 12), found);
  for (let cut = 1; cut < found.length; cut += 7) assert.equal(readProxyHeader(bytes, 0, cut), 'more');
});
