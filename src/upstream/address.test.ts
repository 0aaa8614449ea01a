// What may stand for an upstream, and the lists of files.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readUpstream } from './address.ts';
import { nameservers } from './resolv-conf.ts';

const missing = () => {
  throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
};
const shown = (text: string, readFile: (path: string) => Uint8Array = missing) => {
  const entry = readUpstream(text, readFile);
  if (!('addresses' in entry)) return `name ${entry.host} ${entry.port}`;
  const words = entry.addresses.map(({ scheme, address, port, zone }) => [scheme, address, port, ...(zone === undefined ? [] : [zone])]);
  return words.map((each) => each.join(' ')).join(', ');
};

test('addresses with and without ports and schemes', () => {
  assert.equal(shown('127.0.0.1'), 'dns 127.0.0.1 53');
  assert.equal(shown('127.0.0.1:5353'), 'dns 127.0.0.1 5353');
  assert.equal(shown('::1'), 'dns ::1 53');
  assert.equal(shown('[::1]:5353'), 'dns ::1 5353');
  assert.equal(shown('[::1]'), 'dns ::1 53');
  assert.equal(shown('dns://127.0.0.1'), 'dns 127.0.0.1 53');
  assert.equal(shown('tls://9.9.9.9%dns.quad9.net'), 'tls 9.9.9.9 853 dns.quad9.net');
  assert.equal(shown('fe80::1%eth0'), 'dns fe80::1 53 eth0');
  assert.equal(shown('[fe80::1%eth0]:5353'), 'dns fe80::1 5353 eth0');
});

test('what is no address is a file, else a name', () => {
  const lines = ['# a comment', 'nameserver 127.0.0.1', '; another', 'nameserver fe80::1%eth0', 'search example.org', 'nameserver', ''];
  const file = () => new TextEncoder().encode(lines.join('\n'));
  assert.equal(shown('/etc/resolv.conf', file), 'dns 127.0.0.1 53, dns fe80::1 53 eth0');
  assert.equal(shown('dns.example.org'), 'name dns.example.org 53');
  assert.equal(shown('dns.example.org:5353'), 'name dns.example.org 5353');
  assert.equal(shown('empty.conf', () => new Uint8Array()), '');
  assert.throws(() => shown('a..b'), { message: 'not an IP address, file, or valid domain: "a..b"' });
  assert.throws(() => shown('dns://'), { message: 'invalid address: "dns://"' });
});

test('only nameserver lines count', () => {
  const text = 'nameserver 192.0.2.1 \r\n\tnameserver\t2001:db8::1\n#nameserver 192.0.2.2\nnameservers 192.0.2.3';
  assert.deepEqual(nameservers(text), ['192.0.2.1', '2001:db8::1']);
});
