// The Corefile of a node cache: NodeLocal DNSCache's template with what ConfigMaps say, and what is refused of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { NO_CONFIG, readClusterConfig } from './cluster-config.ts';
import type { ClusterConfig } from './cluster-config.ts';
import { renderCorefile } from './corefile.ts';

const VALUES = {
  addresses: ['169.254.20.10', '10.96.0.10'], port: 53, clusterDns: '10.96.0.53', clusterDnsVariable: 'KUBE_DNS_SERVICE_HOST', nonce: 'abc',
};
const render = (template: string, config: ClusterConfig = NO_CONFIG) => renderCorefile(template, 'base', { ...VALUES, config });
const OWN = '\n# Made by node-cache: the server asks itself here.\nnode-cache.invalid:53 {\n    bind 169.254.20.10 10.96.0.10\n'
  + '    template IN TXT {\n        match "^abc[.]"\n        answer "{{ .Name }} 0 IN TXT here"\n    }\n}\n';
const read = (files: { readonly [name: string]: string }) => readClusterConfig({ text: (name) => files[name] });

test('variables have their values, and the server its own block', () => {
  const template = 'a:53 {\n    bind __PILLAR__LOCAL__DNS__ __PILLAR__DNS__SERVER__\n    forward . __PILLAR__CLUSTER__DNS__ {\n'
    + '        force_tcp\n    }\n}\n.:53 {\n    forward . __PILLAR__UPSTREAM__SERVERS__\n}';
  assert.equal(render(template), 'a:53 {\n    bind 169.254.20.10 10.96.0.10 \n    forward . 10.96.0.53 {\n        force_tcp\n    }\n}\n'
    + `.:53 {\n    forward . /etc/resolv.conf\n}\n${OWN}`);
});
test('servers that the cluster names are asked over UDP however the block is indented, and the DNS of the cluster stays at TCP', () => {
  const config = read({ upstreamNameservers: '["192.0.2.1", "[2001:db8::1]:5353"]' });
  const template = '.:53 {\n  forward . __PILLAR__UPSTREAM__SERVERS__ {\n\tforce_tcp\n  }\n'
    + '  forward b __PILLAR__CLUSTER__DNS__ {\n force_tcp\n }\n}\n';
  assert.equal(render(template, config),
    `.:53 {\n  forward . 192.0.2.1 [2001:db8::1]:5353\n  forward b 10.96.0.53 {\n force_tcp\n }\n}\n${OWN}`);
});
test('stub domains stand in the order of their names', () => {
  const config = read({ stubDomains: '{"b.test": ["192.0.2.2:5300", "tls://192.0.2.3"], "A.test.": ["192.0.2.1"]}', federations: 'x=y' });
  const stub = (domain: string, servers: string) =>
    `\n${domain}:53 {\n    errors\n    cache 30\n    bind 169.254.20.10 10.96.0.10\n    forward . ${servers}\n}\n`;
  assert.equal(render('', config), `\n${stub('a.test', '192.0.2.1')}${stub('b.test', '192.0.2.2:5300 tls://192.0.2.3')}${OWN}`);
});
test('a variable without a value is refused with its line', () => {
  const unknown = { ...VALUES, clusterDns: undefined, config: NO_CONFIG };
  assert.throws(() => renderCorefile('# 1\nforward . __PILLAR__CLUSTER__DNS__', 'base', unknown),
    /^Error: base:2: __PILLAR__CLUSTER__DNS__ is not known: KUBE_DNS_SERVICE_HOST has no address in the environment/);
  assert.throws(() => render('__PILLAR__DNS__DOMAIN__:53 {\n}'), /^Error: base:1: __PILLAR__DNS__DOMAIN__ has no value here/);
  assert.throws(() => render('__PILLAR____proto__'), /has no value here/);
});
test('what is no ConfigMap of kube-dns is refused whole', () => {
  for (const [files, reason] of [
    [{ stubDomains: '{"a.test": ["192.0.2.1' }, /^stubDomains: /],
    [{ stubDomains: '["a"]' }, /no object/], [{ stubDomains: '{"a.test": "192.0.2.1"}' }, /a\.test: it is no list/],
    [{ stubDomains: '{"a.test": []}' }, /a\.test has no server/], [{ stubDomains: '{"a {\\n}": ["192.0.2.1"]}' }, /is no domain/],
    [{ stubDomains: '{"a.test": ["192.0.2.1"], "A.test.": ["192.0.2.2"]}' }, /twice/],
    [{ stubDomains: '{"a.test": ["ns.a.test"]}' }, /"ns\.a\.test" is no server/],
    [{ stubDomains: '{"__PILLAR__X": ["192.0.2.1 { }"]}' }, /is no server/], [{ upstreamNameservers: '["/etc/a b"]' }, /is no server/],
    [{ upstreamNameservers: '["192.0.2.1:0"]' }, /is no server/], [{ upstreamNameservers: '[1]' }, /1 is no server/],
    [{ upstreamNameservers: '["1.1.1.1","1.1.1.2","1.1.1.3","1.1.1.4"]' }, /4 are there, 3 at most/],
  ] as const) assert.throws(() => read(files), (error: Error) => reason.test(error.message), JSON.stringify(files));
  assert.deepEqual(read({ stubDomains: ' ', other: '{' }), NO_CONFIG);
});
test('whatever JSON says, a value that is taken is one word of a line', () => {
  const word = fc.oneof(fc.string(), fc.constantFrom('192.0.2.1', 'a.test', '::1', '[::1]:53', '/etc/resolv.conf', '{', '\n'));
  fc.assert(fc.property(fc.array(fc.tuple(word, fc.oneof(fc.array(word), word))), fc.array(word), (stubs, upstreams) => {
    let config: ClusterConfig;
    try {
      config = read({ stubDomains: JSON.stringify(Object.fromEntries(stubs)), upstreamNameservers: JSON.stringify(upstreams) });
    } catch (error) {
      assert.match((error as Error).message, /^(?:stubDomains|upstreamNameservers): /);
      return;
    }
    for (const value of [...config.upstreams, ...config.stubDomains.flatMap(([domain, servers]) => [domain, ...servers])]) {
      assert.match(value, /^[\w./:[\]-]+$/);
    }
    // Nothing of it is a variable for a second look.
    assert.equal(render('forward . __PILLAR__UPSTREAM__SERVERS__', config).includes('__PILLAR__UPSTREAM'), false);
  }));
});
