// The verbs `kube` and `until` of scenarios, without a plugin that reads a Kubernetes API: the API is looked at with `get`.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readKubeBlock } from './kube-lines.ts';
import { definePlugin } from '../kernel/site/plugin.ts';
import { standard } from '../plugins/index.ts';
import { runScenario } from './scenario.ts';

const objects = (text: string): { readonly [member: string]: unknown }[] =>
  readKubeBlock(text.split('\n'), '').map(({ resource, object }) => ({ resource, ...object }));
const play = (steps: string) => runScenario(`. {\n    whoami\n}\n----\n${steps}\n`);
const NAMESPACES = 'http://127.0.0.1:{{KUBE}}/api/v1/namespaces';
const whole = (items: string, version: number) =>
  `    200\n    {"kind":"NamespaceList","apiVersion":"v1","metadata":{"resourceVersion":"${version}"},"items":[${items}]}`;
const namespace = (name: string, version: number) => `{"kind":"Namespace","apiVersion":"v1","metadata":{"uid":"uid-${version}",`
  + `"creationTimestamp":"2026-01-01T00:00:00Z","name":"${name}","labels":{},"resourceVersion":"${version}"}}`;

test('lines stand for objects', () => {
  assert.deepEqual(objects('namespace a env=test\n\nservice a/s 10.0.0.1 fd00::1 http:80/UDP 81 app.x/y=one'), [
    { resource: 'namespaces', metadata: { name: 'a', labels: { env: 'test' } } },
    {
      resource: 'services', metadata: { name: 's', namespace: 'a', labels: { 'app.x/y': 'one' } }, status: {},
      spec: {
        type: 'ClusterIP', clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1', 'fd00::1'], ipFamilies: ['IPv4', 'IPv6'],
        ports: [{ name: 'http', port: 80, protocol: 'UDP' }, { port: 81, protocol: 'TCP' }],
      },
    },
  ]);
  assert.deepEqual(objects('service a/s None ready-or-not')[0]!['spec'], {
    type: 'ClusterIP', clusterIP: 'None', clusterIPs: ['None'], ipFamilies: ['IPv4'], ports: [], publishNotReadyAddresses: true,
  });
  assert.deepEqual(objects('service a/s ExternalName www.example.org')[0]!['spec'],
    { type: 'ExternalName', externalName: 'www.example.org', ports: [] });
  assert.deepEqual(objects('pod a/p 10.0.0.1 Failed')[0]!['status'], { phase: 'Failed', podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }] });
  assert.deepEqual(objects('import a/i Headless http:80')[0]!['spec'],
    { type: 'Headless', ips: [], ports: [{ name: 'http', port: 80, protocol: 'TCP' }] });
});

test('a slice has its service as a label, and endpoints with what is said of them', () => {
  const [slice] = objects('slice a/s-1 s http:80 10.0.0.2 fd00::1=host^pod@zone!');
  assert.deepEqual(slice!['metadata'], { name: 's-1', namespace: 'a', labels: { 'kubernetes.io/service-name': 's' } });
  assert.deepEqual(slice!['endpoints'], [
    { addresses: ['10.0.0.2'], conditions: { ready: true, serving: true, terminating: false } },
    {
      addresses: ['fd00::1'], conditions: { ready: false, serving: false, terminating: false }, hostname: 'host', zone: 'zone',
      targetRef: { kind: 'Pod', name: 'pod', namespace: 'a' },
    },
  ]);
});

test('JSON stands for objects too, and what is neither is said', () => {
  assert.deepEqual(objects('{"services": [{"a": 1}], "endpointSlices": []}'), [{ resource: 'services', a: 1 }]);
  assert.deepEqual(objects('[{"kind": "Pod"}]'), [{ resource: 'pods', kind: 'Pod' }]);
  assert.throws(() => objects('volume a'), /"volume" is no object; there are namespace, /);
  assert.throws(() => objects('service s 10.0.0.1'), /"s" is no place for a service/);
  assert.throws(() => objects('service a/s 10.0.0.1 what'), /cannot read "what"/);
  assert.throws(() => objects('slice a/s-1 s what'), /"what" is no endpoint/);
});

test('changes are seen by who asks the API', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kube-'));
  const file = join(folder, 'cluster.json');
  writeFileSync(file, '{"namespaces": [{"metadata": {"name": "a", "labels": {}}}]}');
  await play([
    `kube load ${file}`, 'kube add', '    namespace b', `get ${NAMESPACES}`, whole(`${namespace('a', 1001)},${namespace('b', 1002)}`, 1002),
    'kube delete namespaces a', 'kube delete', '    namespace b', `get ${NAMESPACES}`, whole('', 1004),
    `get ${NAMESPACES}?labelSelector=x`, whole('', 1004),
    'kube asked name', '    /api/v1/namespaces', '    /api/v1/namespaces x',
    'kube at other add namespaces', '    {"metadata": {"name": "c", "labels": {}}}',
    `get ${NAMESPACES.replace('KUBE', 'KUBE:other')}`, whole(namespace('c', 1001), 1001),
  ].join('\n'));
  rmSync(folder, { recursive: true });
});

test('until waits for what comes, and says what was wrong last', async () => {
  const steps = (word: string) => ['kube fail namespaces 500 times=3', `${word} ${NAMESPACES}`, whole('', 1000)].join('\n');
  await play(steps('until get'));
  await assert.rejects(play(steps('get')), /line 6: get .*another response/);
  await assert.rejects(play('until log x'), /what follows until is/);
  await assert.rejects(play(`kube sleep\nget ${NAMESPACES}\n    200`), /unknown "kube sleep"; there are load, add, /);
});

test('time passes while a server with an API starts', async () => {
  const slow = definePlugin({
    name: 'slow', parse: () => ({}),
    create: () => ({ start: ({ clock }) => new Promise<void>((resolve) => void clock.after(100, resolve)) }),
  });
  const scenario = `. {\n    slow\n    whoami\n}\n----\nkube down\nask a.example.org A\n    NOERROR aa\n    ignore additional\n`;
  await runScenario(scenario, { plugins: [slow, ...standard] });
});
