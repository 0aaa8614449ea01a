// PROXY headers: what each says, in whatever pieces it comes, and what is none.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { printAddress } from '../dns/address.ts';
import { MOST_PROXY_HEADER, readProxyHeader } from './proxy-header.ts';
import type { ProxyHeader } from './proxy-header.ts';

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
function binary(command: number, family: number, body: Uint8Array, length = body.length): Buffer {
  return Buffer.concat([SIGNATURE, Buffer.of(0x20 | command, family, length >> 8, length & 255), body]);
}
const read = (bytes: Uint8Array) => readProxyHeader(bytes, 0, bytes.length);
const shown = ({ ends, length }: ProxyHeader) => ends === undefined ? `none ${length}`
  : `${printAddress(ends.source)} ${ends.sourcePort} ${printAddress(ends.destination)} ${ends.destinationPort} ${length}`;
const text = (line: string) => {
  const found = read(Buffer.from(line, 'latin1'));
  return typeof found === 'string' ? found : shown(found);
};
const FOUR = Buffer.of(192, 0, 2, 7, 198, 51, 100, 1, 0x10, 0x92, 0, 53);

test('PROXY 1: addresses, what is unknown, and what is wrong', () => {
  assert.equal(text('PROXY TCP4 192.0.2.7 198.51.100.1 4242 53\r\nrest'), '192.0.2.7 4242 198.51.100.1 53 43');
  assert.equal(text('PROXY TCP6 2001:db8::1 ::1 0 65535\r\n'), '2001:db8::1 0 ::1 65535 36');
  assert.equal(text('PROXY UNKNOWN\r\n'), 'none 15');
  assert.equal(text('PROXY UNKNOWN whatever 1 2\r\n'), 'none 28');
  for (const bad of ['TCP4 192.0.2.7 ::1 1 2', 'TCP4 192.0.2.7 192.0.2.8 1', 'TCP4 192.0.2.7 192.0.2.8 1 65536',
    'UDP4 192.0.2.7 192.0.2.8 1 2',
    'TCP4 192.0.2.7 192.0.2.8 01 2', 'TCP4 192.0.2.7 192.0.2.8 1 2 3', 'TCP4  192.0.2.7 192.0.2.8 1 2', '']) {
    assert.equal(text(`PROXY ${bad}\r\n`), 'bad', bad);
  }
  assert.equal(text('PROXY TCP4 192.0.2.7 192.0.2.8 1 2\n'), 'bad');
  assert.equal(text(`PROXY ${'x'.repeat(110)}`), 'bad');
  assert.equal(text('PRO'), 'more');
  assert.equal(text('PROX '), 'none');
});

test('PROXY 2: addresses, LOCAL, other families, TLVs, and what is wrong', () => {
  const header = read(Buffer.concat([binary(1, 0x11, Buffer.concat([FOUR, Buffer.of(4, 0, 1, 9)])), Buffer.of(1, 2)])) as ProxyHeader;
  assert.equal(shown(header), '192.0.2.7 4242 198.51.100.1 53 32');
  assert.deepEqual([...header.tlvs], [4, 0, 1, 9]);
  assert.equal(shown(read(binary(0, 0x11, FOUR)) as ProxyHeader), 'none 28');
  assert.equal(shown(read(binary(0, 0, Buffer.alloc(0))) as ProxyHeader), 'none 16');
  assert.equal(shown(read(binary(1, 0x31, Buffer.alloc(216))) as ProxyHeader), 'none 232');
  const wrong = [
    binary(2, 0x11, FOUR), binary(1, 0x41, FOUR), binary(1, 0x13, FOUR), binary(1, 0x11, FOUR.subarray(1)), binary(1, 0x21, FOUR),
    Buffer.concat([SIGNATURE, Buffer.of(0x11)]), binary(1, 0x11, Buffer.concat([FOUR, Buffer.of(4, 0)])),
    binary(1, 0x11, Buffer.concat([FOUR, Buffer.of(4, 0, 2, 9)])), binary(1, 0x11, FOUR, 65535),
    binary(1, 0x11, FOUR, MOST_PROXY_HEADER - 15),
  ];
  for (const [i, bytes] of wrong.entries()) assert.equal(read(bytes), 'bad', String(i));
});

test('PROXY: a header says the same in whatever pieces it comes, and no octets at all make the reader fail', () => {
  const tlvs = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 4 })
    .map((values) => Buffer.concat(values.map((value, i) => Buffer.concat([Buffer.of(i, 0, value.length), value]))));
  const address = (octets: number) => fc.uint8Array({ minLength: 2 * octets + 4, maxLength: 2 * octets + 4 });
  fc.assert(fc.property(fc.boolean(), address(4), address(16), tlvs, fc.uint8Array({ maxLength: 20 }), (four, one, other, more, rest) => {
    const whole = binary(1, four ? 0x11 : 0x21, Buffer.concat([four ? one : other, more]));
    for (let cut = 0; cut < whole.length; cut++) assert.equal(readProxyHeader(whole, 0, cut), 'more');
    const { ends, length, tlvs: told } = read(Buffer.concat([whole, rest])) as ProxyHeader;
    assert.equal(length, whole.length);
    assert.deepEqual(Buffer.from(told), more);
    assert.deepEqual(Buffer.concat([ends!.source, ends!.destination]), Buffer.from(four ? one.subarray(0, 8) : other.subarray(0, 32)));
  }));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, signed) => {
    const all = signed ? Buffer.concat([SIGNATURE, bytes]) : Buffer.concat([Buffer.from('PROXY '), bytes]);
    const found = read(all);
    if (typeof found !== 'string') assert.ok(found.length <= all.length);
  }));
});
