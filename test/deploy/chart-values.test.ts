// Values as people have them: of the chart `coredns` with leftovers, of YAML with empty places, numbers as text; what an upgrade keeps,
// and what the notes say of it. Knows values, objects and notes. Where Helm is not installed, what needs it is skipped and says so.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { read, root } from '../gates/checkout.ts';
import { chart, program, template } from './deploy-files.ts';
import { withDiscovery } from './discovery.ts';
import { type Manifest, as } from './kinds.ts';
import { sense } from './manifest-sense.ts';
import { typeComplaints } from './manifest-types.ts';

type Known = true | { readonly [word: string]: Known } | readonly [Known];
interface Schema { $ref?: string; properties?: Record<string, Schema>; items?: Schema }
const schema = JSON.parse(read('deploy/helm/coredns-ts/values.schema.json')) as Schema & { $defs: Record<string, Schema> };

const resolved = (node: Schema): Schema => (node.$ref === undefined ? node : schema.$defs[node.$ref.replace('#/$defs/', '')]!);

/** What known.json has to say of a part of the schema. */
function known(node: Schema): Known {
  const { properties, items } = resolved(node);
  if (properties !== undefined) return Object.fromEntries(Object.entries(properties).map(([word, inner]) => [word, known(inner)]));
  return items !== undefined && resolved(items).properties !== undefined ? [known(items)] : true;
}

test('known.json lists the values of the schema, and no other', () => {
  assert.deepEqual(JSON.parse(read('deploy/helm/coredns-ts/known.json')), known(schema));
});

const helmTest = (what: string, run: (helm: string) => void | Promise<void>) => test(what, (t: TestContext) => {
  const helm = program('helm', 'HELM');
  return helm === undefined ? t.skip('Helm is not installed (HELM names it)') : run(helm);
});

/** Writes values into a file that is gone after `use`. */
async function withValues<T>(yaml: string, use: (file: string) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'values-'));
  try {
    const file = path.join(folder, 'values.yaml');
    writeFileSync(file, yaml);
    return await use(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What Helm prints of an installation that it only plays: the notes are at its end. */
function notes(helm: string, ...args: string[]): Promise<string> {
  return withDiscovery((url) => new Promise((resolve) => {
    const words = ['install', 'dns', chart, '--dry-run=client', '--disable-openapi-validation', '--kube-apiserver', url, ...args];
    const child = spawn(helm, words, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { printed += text; });
    child.on('close', () => resolve(printed.slice(Math.max(0, printed.indexOf('NOTES:')))));
  }));
}

/** What people have: leftovers of other charts, comments as keys, empty places of YAML, numbers as text. */
const odd = `
coredns: {enabled: true}
preStopSleep: 5
autoscaling: {enabled: false}
replicaCount: "2"
tolerations:
podLabels:
readinessProbe: {periodSeconds: "7", path: /x}
servers:
  - zones:
    port: "53"
    comment: what it is for
    plugins:
      - name: loop
        parameters:
        configBlock:
        why: because
      - {name: cache, parameters: 30}
  - zones: [{zone: a.test, scheme: }]
  - plugins:
`;

/** Whose ports are the node's already: a port of the host besides would say the same twice. */
const onEachNode = `
daemonSet: {enabled: true}
hostNetwork: true
servers: [{zones: [{zone: ., use_tcp: true}], port: 53, hostPort: 53, plugins: [{name: whoami}]}]
`;

const find = (objects: readonly Manifest[], kind: string) => objects.find((each) => each.kind === kind);
const container = (objects: readonly Manifest[]) => as(find(objects, 'Deployment'), 'Deployment').spec!.template.spec!.containers[0]!;

/** The objects of these values. They are sound, or the test fails. */
function objectsOf(helm: string, ...args: string[]): Manifest[] {
  const { objects, failed } = template(helm, 'dns', ...args);
  assert.equal(failed, '');
  assert.deepEqual(typeComplaints(new Map(objects.map((object) => [`${object.kind} ${object.metadata.name}`, object]))), []);
  assert.deepEqual(sense(objects), []);
  return objects;
}

helmTest('leftovers, empty places and numbers as text are taken', (helm) => withValues(odd, (file) => {
  const objects = objectsOf(helm, '-f', file);
  assert.equal(as(find(objects, 'Deployment'), 'Deployment').spec!.replicas, 2);
  assert.equal(container(objects).readinessProbe!.periodSeconds, 7);
  assert.deepEqual(Object.keys(container(objects).readinessProbe!).filter((word) => word === 'path'), []);
  assert.equal(as(find(objects, 'ConfigMap'), 'ConfigMap').data!['Corefile'],
    '.:53 {\n    loop\n    cache 30\n}\na.test {\n}\n. {\n}\n');
}));

helmTest('the notes name the values that the chart does not know', (helm) => withValues(odd, async (file) => {
  const said = await notes(helm, '-f', file);
  const named = said.split('\n').filter((line) => /^ {2}[a-z][\w[\].]*$/.test(line)).map((line) => line.trim());
  assert.deepEqual(named.sort(), ['autoscaling', 'coredns', 'preStopSleep', 'readinessProbe.path', 'servers[0].comment',
    'servers[0].plugins[0].why']);
}));

helmTest('the notes of the chart alone warn of nothing', async (helm) => {
  const said = await notes(helm);
  assert.match(said, /runs coredns-ts:/);
  assert.doesNotMatch(said, /WARNING/);
});

helmTest('an upgrade with --reuse-values keeps the limits of the chart coredns, and the notes say so', async (helm) => {
  const old = path.join(root, 'test/deploy/values/coredns-defaults.yaml');
  assert.equal(container(objectsOf(helm, '-f', old)).resources!.limits!['cpu'], '100m');
  const said = await notes(helm, '-f', old);
  assert.match(said, /WARNING: the limit of 100m of a processor/);
  assert.match(said, /WARNING: 128Mi of memory/);
});

helmTest('with --reset-then-reuse-values a person keeps what they said, and the rest is what the chart promises', (helm) =>
  withValues('servers: [{zones: [{zone: .}], port: 53, plugins: [{name: whoami}]}]\nreplicaCount: 3\n', (file) => {
    const objects = objectsOf(helm, '-f', file);
    assert.deepEqual(container(objects).resources!.limits, { memory: '170Mi' });
    assert.equal(container(objects).securityContext!.runAsNonRoot, true);
    assert.equal(as(find(objects, 'Deployment'), 'Deployment').spec!.template.spec!.serviceAccountName, 'dns-coredns');
    assert.equal(as(find(objects, 'Deployment'), 'Deployment').spec!.replicas, 3);
  }));

test('the page says --reset-then-reuse-values', () => {
  const page = read('deploy/helm/coredns-ts/README.md');
  assert.match(page, /^helm upgrade coredns [^\n]*--reset-then-reuse-values/m);
  assert.doesNotMatch(page, /^helm upgrade [^\n]* --reuse-values/m);
});

helmTest('an image by its digest, families of addresses', (helm) => {
  const digest = `sha256:${'ab'.repeat(32)}`;
  const objects = objectsOf(helm, '--set', `image.tag=v1.15.0,image.digest=${digest}`, '--set-json', 'service.ipFamilies=["IPv6","IPv4"]');
  assert.equal(container(objects).image, `coredns-ts:v1.15.0@${digest}`);
  assert.deepEqual(as(find(objects, 'Service'), 'Service').spec!.ipFamilies, ['IPv6', 'IPv4']);
  assert.notEqual(template(helm, 'dns', '--set', 'image.digest=sha256:1').failed, '');
});

helmTest('a server on each node, in its network', (helm) => withValues(onEachNode, (file) => {
  const objects = objectsOf(helm, '-f', file);
  assert.equal(find(objects, 'Deployment'), undefined);
  const { spec } = as(find(objects, 'DaemonSet'), 'DaemonSet');
  assert.equal(spec!.template.spec!.hostNetwork, true);
  assert.deepEqual(spec!.template.spec!.containers[0]!.ports!.map(({ hostPort }) => hostPort), [undefined, undefined]);
  assert.deepEqual(spec!.updateStrategy, { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } });
  assert.match(template(helm, 'dns', '--set', 'daemonSet.enabled=true,hpa.enabled=true').failed, /one pod on each node/);
}));
