// Any text as what a ConfigMap of kube-dns says, and as the template of a node cache: read or refused, and then a Corefile has no variable
// left. Knows what must hold of what was read.
import assert from 'node:assert/strict';
import { fc } from '../../src/testing/properties.ts';
import { NO_CONFIG, readClusterConfig } from '../../src/node-cache/cluster-config.ts';
import { renderCorefile } from '../../src/node-cache/corefile.ts';
import { target, textOf } from './target.ts';

const json = textOf('{', '}', '[', ']', '"a.test"', ':', ',', '"192.0.2.1"', '"::1"', '"a b"', '"\\n"', '1', 'null', '"__proto__"');
const template = textOf('__PILLAR__LOCAL__DNS__', '__PILLAR__CLUSTER__DNS__', '__PILLAR__UPSTREAM__SERVERS__', '__PILLAR__X',
  'forward', '.', '{', 'force_tcp', '}', '$1', '$&');

/** The ConfigMaps of a node cache. */
export const nodeCache = target('node-cache', 1000, fc.tuple(json, json, template), ([stubDomains, upstreamNameservers, text]) => {
  let config = NO_CONFIG;
  try {
    config = readClusterConfig({ text: (name) => (name === 'stubDomains' ? stubDomains : upstreamNameservers) });
  } catch (error) {
    assert.match((error as Error).message, /^(?:stubDomains|upstreamNameservers): /);
  }
  const values = { addresses: ['192.0.2.9'], port: 53, clusterDns: '192.0.2.53', clusterDnsVariable: 'X', config, nonce: 'abc' };
  try {
    const made = renderCorefile(text, 'base', values);
    assert.equal(made.includes('__PILLAR__'), false);
    assert.ok(made.endsWith('}\n'));
  } catch (error) {
    assert.match((error as Error).message, /^base:\d+: __PILLAR__[A-Z0-9_]* has no value here/);
  }
});
