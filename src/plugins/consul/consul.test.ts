// Consul's names from a catalog that says what the test says: healthy instances, tags, nodes, queries, datacenters; watched, and gone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { askOnce } from '../../testing/one-question.ts';
import { eventually } from '../../testing/conformance/transport-clients.ts';
import { ScriptedApi } from '../../testing/scripted-api.ts';
import { serve } from '../../testing/served.ts';
import { standard } from '../index.ts';
import { readName } from './names.ts';

const instance = (node: string, address: string, status = 'passing', tags: readonly string[] = [], own = '') => ({
  Node: { Node: node, Address: address, Datacenter: 'DC1' },
  Service: { Service: 'web', Address: own, Port: 8080, Tags: tags, Weights: { Passing: 10, Warning: 2 } },
  Checks: [{ Status: 'passing' }, { Status: status }],
});
/** A Consul whose requests that wait are answered once its index is another. */
class Consul {
  index = 5;
  fails = false;
  web: readonly unknown[] = [
    instance('Node1', '192.0.2.1', 'passing', ['V1', 'eu.west']), instance('node2', '192.0.2.2', 'warning', ['v2']),
    instance('node3', '192.0.2.3', 'critical'), instance('node4', '192.0.2.4', 'passing', ['v1'], '2001:db8::4'),
  ];
  readonly api = new ScriptedApi((url, { headers }) => {
    if (this.fails) return { status: 500, body: 'No cluster leader' };
    if (headers['x-consul-token'] !== 'secret') return { status: 403, body: 'Permission denied' };
    if (url.searchParams.get('index') === String(this.index)) return 'held';
    const said = (body: unknown) => ({ headers: { 'X-Consul-Index': String(this.index) }, body: JSON.stringify(body) });
    const dc = url.searchParams.get('dc');
    if (dc !== null && dc !== 'dc1') return { status: 500, body: 'No path to datacenter' };
    if (url.pathname === '/v1/health/service/web') return said(this.web);
    if (url.pathname === '/v1/catalog/node/node1') return said({ Node: { Node: 'node1', Address: '192.0.2.1', Datacenter: 'dc1',
      Meta: { os: 'linux', 'a=b': 'é', 'rfc1035-note': 'v=1' } } });
    if (url.pathname.startsWith('/v1/catalog/node/')) return said(null);
    if (url.pathname === '/v1/query/near/execute') return said({ Nodes: [this.web[3]], DNS: { TTL: '17s' } });
    return url.pathname.startsWith('/v1/query/') ? { status: 404, body: 'Query not found' } : said([]);
  });
  async serve(t: TestContext, more = '', rest = '') {
    await this.api.open(t);
    const line = `consul {\naddress ${this.api.url}\ntoken secret\nttl 9 60\n${more}\n}`;
    const ours = await serve(`consul {\nbind 127.0.0.1\n${line}\n${rest}\n}`, standard);
    t.after(() => ours.close());
    const ask = (name: string, type = 'A') => askOnce(ours.port, `${name}.consul`, type);
    const data = async (name: string, type = 'A') => {
      const { rcode, answer } = await ask(name, type);
      return answer.length === 0 ? rcode : answer.map((each) => each.split(' ').slice(4).join(' '));
    };
    return { ours, ask, data };
  }
}

test('services, tags, RFC 2782, nodes, queries, addresses and datacenters are answered by Consul\'s own names', async (t) => {
  const { ask, data } = await new Consul().serve(t);
  assert.deepEqual(await data('web.service'), ['192.0.2.1', '192.0.2.2']);
  assert.deepEqual(await data('web.service', 'AAAA'), ['2001:db8::4']);
  assert.deepEqual(await data('V1.web.service', 'AAAA'), ['2001:db8::4']);
  assert.deepEqual(await data('eu.west.web.service'), ['192.0.2.1']);
  assert.deepEqual(await data('v2.web.service.dc1'), ['192.0.2.2']);
  assert.deepEqual(await data('_web._v2.service.dc1.dc'), ['192.0.2.2']);
  assert.equal(await data('v3.web.service'), 'NXDOMAIN');
  const { answer, additional } = await ask('_web._tcp', 'SRV');
  assert.deepEqual(answer, ['_web._tcp.consul. 9 IN SRV 1 10 8080 node1.node.dc1.consul.',
    '_web._tcp.consul. 9 IN SRV 1 2 8080 node2.node.dc1.consul.',
    '_web._tcp.consul. 9 IN SRV 1 10 8080 20010db8000000000000000000000004.addr.dc1.consul.']);
  assert.deepEqual(additional.map((each) => each.split(' ').slice(3).join(' ')), ['A 192.0.2.1', 'A 192.0.2.2', 'AAAA 2001:db8::4']);
  assert.deepEqual(await data('20010db8000000000000000000000004.addr.dc1', 'AAAA'), ['2001:db8::4']);
  assert.deepEqual((await ask('NODE1.node')).answer, ['NODE1.node.consul. 60 IN A 192.0.2.1']);
  assert.deepEqual(await data('node1.node', 'TXT'), ['"os=linux"', '"a`=b=\\195\\169"', '"v=1"']);
  assert.deepEqual((await ask('_near._tcp.query', 'SRV')).answer,
    ['_near._tcp.query.consul. 17 IN SRV 1 10 8080 20010db8000000000000000000000004.addr.dc1.consul.']);
  assert.equal(await data('none.node'), 'NXDOMAIN');
  assert.deepEqual((await ask('near.query', 'AAAA')).answer, ['near.query.consul. 17 IN AAAA 2001:db8::4']);
  assert.equal(await data('none.query'), 'NXDOMAIN');
  assert.equal(await data('none.service'), 'NXDOMAIN');
  assert.equal(await data('web.service.dc9'), 'SERVFAIL');
  assert.equal(await data('web.service', 'TXT'), 'NOERROR');
});

test('a service is watched: what turns critical is gone at once, by a cache too; without Consul what is known stays', async (t) => {
  const consul = new Consul();
  const { data, ask, ours } = await consul.serve(t, '', 'cache');
  assert.deepEqual(await data('web.service'), ['192.0.2.1', '192.0.2.2']);
  await eventually(() => consul.api.held === 1, 'it waits');
  consul.web = [instance('node1', '192.0.2.1', 'critical'), instance('node2', '192.0.2.2')];
  consul.index++;
  consul.api.release();
  await eventually(() => consul.api.held === 1, 'it waits again');
  assert.deepEqual(await data('web.service'), ['192.0.2.2']);
  const asked = consul.api.asked.length;
  assert.deepEqual(await data('web.service'), ['192.0.2.2']);
  assert.equal(consul.api.asked.length, asked);
  consul.fails = true;
  consul.api.release();
  await eventually(() => consul.api.asked.length > asked, 'it asks again');
  await eventually(() => consul.api.asked.length > asked + 1, 'and again');
  const { answer, ede } = await ask('web.service', 'SRV');
  assert.deepEqual([answer.length, ede], [1, 3]);
  assert.match(ours.log(), /plugin\/consul: Consul does not answer: Consul answered 500 \(No cluster leader\)/);
  assert.equal((await ask('other.service')).rcode, 'SERVFAIL');
});

test('what warns is left out where the line says so, tags are required, and what is not there falls through', async (t) => {
  const { data } = await new Consul().serve(t, 'only_passing\ntags v1\ndatacenter dc1\nnear _agent\nfallthrough', 'whoami');
  assert.deepEqual(await data('web.service'), ['192.0.2.1']);
  assert.equal(await data('none.service'), 'NOERROR');
});

test('names that are none of Consul\'s', () => {
  const kinds = (name: string) => readName(name.split('.'))?.kind;
  const names = ['web.service', 'a.b.c.node.dc1', 'q.query', 'c0000201.addr', '_a._tcp', '_a._tcp.dc2', '_a._tcp.service', '_a._tcp.query'];
  assert.deepEqual(names.map(kinds), ['service', 'node', 'query', 'address', 'service', 'service', 'service', 'query']);
  for (const name of ['service', 'web', 'x.y', 'c000020.addr', 'web.service.a.b', 'web.service.a.dc.b', '_._tcp', '_a._udp.query']) {
    assert.equal(kinds(name), undefined, name);
  }
});
