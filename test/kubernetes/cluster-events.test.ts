// That the generator of clusters is the same for a seed, makes what it promises, and never what a cluster could not do.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeKubeApi } from '../../src/testing/index.ts';
import { parseAsk } from '../../src/testing/question.ts';
import { ClusterEvents, apply } from './cluster-events.ts';
import { questions, reverse } from './universe.ts';

const RESOURCES = ['namespaces', 'services', 'endpointslices', 'pods', 'nodes', 'serviceimports'] as const;
const kindOf = (spec: { type?: string; clusterIP?: string; clusterIPs?: readonly string[] } | null | undefined): string => {
  if (spec?.type === 'ExternalName') return 'ExternalName';
  if (spec?.clusterIP === 'None') return 'headless';
  return `${spec?.clusterIPs?.length ?? 0} addresses`;
};

test('a seed makes one sequence, another seed another', () => {
  const events = (seed: number) => JSON.stringify(new ClusterEvents(seed).some(500));
  assert.equal(events(1), events(1));
  assert.notEqual(events(1), events(2));
});

test('everything happens: kinds of services that change, slices that move, pods that end, namespaces that come again', () => {
  const seen = new Set<string>();
  const before = new Map<string, string>();
  for (const { op, resource, key, object } of new ClusterEvents(3).some(20_000)) {
    seen.add(`${op} ${resource}`);
    if (resource === 'services' && op !== 'delete') {
      const kind = kindOf(object['spec'] as Parameters<typeof kindOf>[0]);
      if (op === 'update') seen.add(`${before.get(key)} to ${kind}`);
      before.set(key, kind);
    }
    if (resource === 'endpointslices') {
      const service = (object as { metadata: { labels: Record<string, string> } }).metadata.labels['kubernetes.io/service-name'] ?? 'none';
      if (op === 'update' && before.get(`slice ${key}`) !== service) seen.add('moved');
      before.set(`slice ${key}`, service);
    }
    if (resource === 'pods') seen.add((object as { status: { phase: string } }).status.phase);
  }
  const kinds = ['headless', 'ExternalName', '0 addresses', '1 addresses', '2 addresses'];
  const wanted = [
    ...['add', 'update', 'delete'].flatMap((op) => RESOURCES.map((resource) => `${op} ${resource}`)),
    ...kinds.flatMap((from) => kinds.filter((to) => to !== from).map((to) => `${from} to ${to}`)),
    'moved', 'Pending', 'Running', 'Failed', 'Succeeded', 'Unknown',
  ];
  assert.deepEqual(wanted.filter((each) => !seen.has(each)), []);
});

test('each change is possible after the one before, and the API ends with the same objects', () => {
  const api = new FakeKubeApi();
  const events = new ClusterEvents(4);
  for (const event of events.some(5000)) apply(api, event);
  for (const resource of RESOURCES) {
    assert.deepEqual(api.store.list(resource).map(([key]) => key), [...events.objects(resource).keys()].sort(), resource);
  }
  const addresses = [...events.objects('services').values()]
    .flatMap(({ spec }) => (spec as { clusterIPs?: string[] } | null)?.clusterIPs ?? []).filter((ip) => /[.:]/.test(ip));
  assert.equal(new Set(addresses).size, addresses.length, 'an address that two services have');
});

test('all questions can be asked, once each', () => {
  const all = questions();
  for (const question of all) parseAsk(question);
  assert.equal(new Set(all).size, all.length);
  assert.ok(all.length > 1000);
  assert.equal(reverse('fd00:1::2'), `2.0.0.0.${'0.0.0.0.'.repeat(5)}1.0.0.0.0.0.d.f.ip6.arpa`);
  assert.equal(reverse('10.1.0.3'), '3.0.1.10.in-addr.arpa');
});
