// The standard plugins stand in CoreDNS's order, each under its own name. Knows names alone.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { ORDER } from '../cli/plugin-names.ts';
import { standard } from './index.ts';
import { standardWords } from './words.ts';

/** ORD-1, as `coredns -plugins` and the documentation of 1.14.7 have it. */
const OLD = (
  'root metadata geoip cancel proxyproto quic grpc_server https https3 timeouts multisocket reload nsid bufsize bind debug trace ready '
  + 'health pprof shed prometheus errors log dnstap local dns64 any chaos loadbalance tsig rewrite autopath acl cache header dnssec tls '
  + 'minimal template transfer hosts route53 azure clouddns k8s_external kubernetes file auto secondary etcd loop forward grpc erratic '
  + 'whoami on sign view nomad'
).split(' ');
/** ORD-7: what 1.15.0 has more, and behind which word; then what is ours alone. */
const NEW: readonly (readonly [word: string, after: string])[] = [
  ['siit', 'dns64'], ['dynupdate', 'transfer'], ['ddr', 'local'], ['cookies', 'dnstap'],
  ['ratelimit', 'cookies'], ['firewall', 'acl'], ['connections', 'timeouts'], ['admin', 'connections'], ['console', 'admin'],
  ['unbound', 'forward'], ['recursive', 'forward'], ['catalog', 'transfer'], ['consul', 'etcd'], ['registry', 'consul'],
  ['opa', 'firewall'], ['themis', 'opa'], ['block', 'themis'], ['rpz', 'block'],
  ['union', 'consul'], ['records', 'hosts'], ['flatten', 'dnssec'],
];

test('the list is that of CoreDNS 1.14.7 with the words of 1.15.0 and our own in their places', () => {
  const words = NEW.reduce((list, [word, after]) => list.toSpliced(list.indexOf(after) + 1, 0, word), OLD);
  assert.equal(new Set(OLD).size, 60);
  assert.deepEqual(ORDER, words);
});

test('plugins stand in its order, without those that are not built yet', () => {
  const names = standard.map(({ name }) => name);
  assert.deepEqual(names, ORDER.filter((word) => names.includes(word)));
});

test('words whose plugins declare metrics without labels say so: they are shown although no configuration names them', async () => {
  for (const { name, standing = false, load } of standardWords) {
    const { metrics = {} } = await load();
    assert.equal(standing, Object.values(metrics).some(({ labels }) => labels.length === 0), name);
  }
});

test('each folder is in the list', () => {
  const folders = readdirSync(new URL('.', import.meta.url), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  assert.deepEqual(folders.map(({ name }) => name).sort(), standard.map(({ name }) => name).sort());
});
