// From the words of a line to addresses: which names are looked up how, and what counts as one upstream (FWD-17).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readUpstream } from '../../upstream/address.ts';
import { systemLookUp, targetsOf } from './targets.ts';

const nothing = () => {
  throw Object.assign(new Error(), { code: 'ENOENT' });
};

test('names are absolute: the system is asked with the final dot, so that no search domain is tried', async () => {
  const asked: string[] = [];
  const ask = async (name: string) => {
    asked.push(name);
    return ['192.0.2.1'];
  };
  for (const host of ['dns', 'dns.example.org', 'dns.example.org.']) assert.deepEqual(await systemLookUp(host, '', ask), ['192.0.2.1']);
  assert.deepEqual(asked, ['dns.', 'dns.example.org.', 'dns.example.org.']);
});

test('the hosts file is read first, and knows names without the dot', async () => {
  const hosts = '# local\n192.0.2.7 upstream Upstream.example.org # ours\n2001:db8::7\tupstream\n';
  const ask = async () => assert.fail('nobody is asked');
  assert.deepEqual(await systemLookUp('UPSTREAM', hosts, ask), ['192.0.2.7', '2001:db8::7']);
  assert.deepEqual(await systemLookUp('upstream.example.org.', hosts, ask), ['192.0.2.7']);
  const missing = async () => {
    throw Object.assign(new Error(), { code: 'ENOTFOUND' });
  };
  await assert.rejects(systemLookUp('ours', hosts, missing), { message: 'lookup ours.: no such host' });
});

test('the same address and port is one upstream, unless it is spoken to in another way or by another name', () => {
  const words = [
    '192.0.2.1', 'dns://192.0.2.1:53', '192.0.2.1:5353', 'tls://192.0.2.1:53', 'tls://192.0.2.1%a.test', 'tls://192.0.2.1%b.test',
    'tls://192.0.2.1%a.test:853', 'fe80::1%eth0', 'fe80::1%eth1',
  ];
  const targets = targetsOf(words.map((word) => readUpstream(word, nothing)), nothing);
  assert.deepEqual(targets.map(({ scheme, port, zone = '' }) => `${scheme} ${port} ${zone}`), [
    'dns 53 ', 'dns 5353 ', 'tls 53 ', 'tls 853 a.test', 'tls 853 b.test', 'dns 53 eth0', 'dns 53 eth1',
  ]);
});
