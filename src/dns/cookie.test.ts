// Server cookies against the vectors of RFC 9018, Appendix A.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeServerCookie, worthOf } from './cookie.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
const SECRET = hex('e5e973e5a6b2a43f48e7dc849e37bfcf');
const who = (client: string, address: readonly number[] | string) =>
  ({ client: hex(client), address: typeof address === 'string' ? hex(address) : Uint8Array.from(address) });
const first = who('2464c4abcf10c957', [198, 51, 100, 100]);

test('a cookie is made, is good, and is made anew (A.1, A.2)', () => {
  const made = makeServerCookie(SECRET, first, 1559731985);
  assert.deepEqual(made, hex('010000005cf79f111f8130c3eee29480'));
  assert.equal(worthOf(made, [SECRET], first, 1559731985 + 1700), 'good');
  assert.equal(worthOf(made, [SECRET], first, 1559734385), 'old');
  assert.deepEqual(makeServerCookie(SECRET, first, 1559734385), hex('010000005cf7a871d4a564a1442aca77'));
});
test('reserved octets are whatever they were (A.3)', () => {
  const other = who('fc93fc62807ddb86', [203, 0, 113, 203]);
  assert.equal(worthOf(hex('01abcdef5cf78f71a314227b6679ebf5'), [SECRET], other, 1559728000), 'good');
});
test('a secret that is on its way out (A.4), IPv6', () => {
  const old = hex('dd3bdf9344b678b185a6f5cb60fca715'), fresh = hex('445536bcd2513298075a5d379663c962');
  const person = who('22681ab97d52c298', '20010db80220000159ded0f4876982b8');
  const cookie = hex('010000005cf7c57926556bd0934c72f8');
  assert.deepEqual(makeServerCookie(old, person, 1559741817), cookie);
  assert.equal(worthOf(cookie, [fresh, old], person, 1559741961), 'old');
  assert.equal(worthOf(cookie, [fresh], person, 1559741961), 'bad');
  assert.deepEqual(makeServerCookie(fresh, person, 1559741961), hex('010000005cf7c609a6bb79d16625507a'));
});
test('what is too old, too young, of another client, another address, another version or another length is bad', () => {
  const cookie = makeServerCookie(SECRET, first, 1e9);
  const worth = (at: number, by = first, bytes = cookie) => worthOf(bytes, [SECRET], by, at);
  assert.deepEqual([worth(1e9 + 3600), worth(1e9 + 3601), worth(1e9 - 300), worth(1e9 - 301)], ['old', 'bad', 'good', 'bad']);
  assert.equal(worth(1e9, who('2464c4abcf10c958', [198, 51, 100, 100])), 'bad');
  assert.equal(worth(1e9, who('2464c4abcf10c957', [198, 51, 100, 101])), 'bad');
  assert.equal(worth(1e9, first, Uint8Array.from(cookie, (octet, i) => (i === 0 ? 2 : octet))), 'bad');
  assert.equal(worth(1e9, first, cookie.subarray(0, 8)), 'bad');
  for (let i = 0; i < 16; i++) assert.equal(worth(1e9, first, cookie.map((octet, j) => (i === j ? octet ^ 1 : octet))), 'bad');
});
