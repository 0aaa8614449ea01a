// Who asks, by what proxies of HTTP say: ports, brackets, unknown, long lists, and what clients write themselves. No network.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddress, parseCIDR, printAddress } from '../dns/address.ts';
import { forwardedClient } from './forwarded.ts';

const trusted = ['10.0.0.0/8', '2001:db8:1::/48'].map((text) => parseCIDR(text)!);
const client = (forwarded: string | undefined, list: string | undefined, peer = '10.0.0.1'): string => {
  const found = forwardedClient(parseAddress(peer)!, trusted, forwarded, list);
  return typeof found === 'string' ? found : found === undefined ? 'peer' : `${printAddress(found.address)} ${found.port}`;
};

test('a peer that is not trusted is who asks, whatever it says', () => {
  assert.equal(client('for=192.0.2.1', '192.0.2.1', '192.0.2.9'), 'peer');
  assert.equal(client(undefined, undefined), 'peer');
});

test('X-Forwarded-For: from the right, past trusted hops alone', () => {
  assert.equal(client(undefined, '192.0.2.1'), '192.0.2.1 0');
  assert.equal(client(undefined, '203.0.113.9, 192.0.2.1'), '192.0.2.1 0');
  assert.equal(client(undefined, '192.0.2.1, 10.0.0.2,10.0.0.3'), '192.0.2.1 0');
  assert.equal(client(undefined, '10.0.0.2, 10.0.0.3'), '10.0.0.2 0');
  assert.equal(client(undefined, `203.0.113.9, ${'10.0.0.2, '.repeat(98)}192.0.2.1`), '192.0.2.1 0');
  assert.equal(client(undefined, `192.0.2.1${', 10.0.0.2'.repeat(99)}`), '192.0.2.1 0');
});

test('ports, brackets, mapped addresses; what is none ends the walk', () => {
  assert.equal(client(undefined, '192.0.2.1:4711'), '192.0.2.1 4711');
  assert.equal(client(undefined, '2001:db8::1'), '2001:db8::1 0');
  assert.equal(client(undefined, '[2001:db8::1]'), '2001:db8::1 0');
  assert.equal(client(undefined, '[2001:db8::1]:4711'), '2001:db8::1 4711');
  assert.equal(client(undefined, '::ffff:192.0.2.1'), '192.0.2.1 0');
  for (const none of ['unknown', '_hidden', '', ',', '[192.0.2.1]', '192.0.2', '192.0.2.1:x', '<script>', '[2001:db8::1']) {
    assert.equal(client(undefined, `192.0.2.1, ${none}`), 'peer', none);
    assert.equal(client(undefined, `${none}, 10.0.0.7`), '10.0.0.7 0', none);
  }
});

test('Forwarded (RFC 7239): for in any case, quoted or not, beside others', () => {
  assert.equal(client('for=192.0.2.1', undefined), '192.0.2.1 0');
  assert.equal(client('proto=https;For="192.0.2.1:80";by=10.0.0.1', undefined), '192.0.2.1 80');
  assert.equal(client('for="[2001:db8::1]:4711", for=10.0.0.4', undefined), '2001:db8::1 4711');
  assert.equal(client('for=192.0.2.1, for="[2001:db8:1::5]"', undefined), '192.0.2.1 0');
  assert.equal(client('for=_secret', undefined), 'peer');
  assert.equal(client('proto=https', undefined), 'peer');
  assert.equal(client('for=192.0.2.1;for=192.0.2.2', undefined), 'peer');
});

test('quotes that a client leaves open do not hide what the proxy adds', () => {
  assert.equal(client('for="203.0.113.9, for=192.0.2.1', undefined), '192.0.2.1 0');
  assert.equal(client('for="a\\", for="[2001:db8::1]"', undefined), '2001:db8::1 0');
});

test('both fields count where they agree; where they do not, one of them is the client\'s own word', () => {
  assert.equal(client('for=192.0.2.1', '192.0.2.1'), '192.0.2.1 0');
  assert.equal(client('for=203.0.113.9', '192.0.2.1'), 'torn');
  assert.equal(client('for=unknown', '192.0.2.1'), 'torn');
});
