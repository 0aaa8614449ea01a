// The Helm chart: it takes the values of the chart `coredns`, its schema knows each of them, and what Helm makes of it is sound. Knows
// values and objects. Where Helm is not installed, what needs it is skipped and says so.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { read, root } from '../gates/checkout.ts';
import { chart, documents, program, template } from './deploy-files.ts';
import { type Manifest, as } from './kinds.ts';
import { sense } from './manifest-sense.ts';
import { typeComplaints } from './manifest-types.ts';

interface Schema { $ref?: string; properties?: Record<string, Schema>; items?: Schema; additionalProperties?: unknown }
const whole = JSON.parse(read('deploy/helm/coredns-ts/values.schema.json')) as Schema & { $defs: Record<string, Schema> };
const [values] = documents(read('deploy/helm/coredns-ts/values.yaml'), 'values.yaml') as [Record<string, unknown>];
const version = JSON.parse(read('package.json')).version as string;

const resolved = (schema: Schema): Schema => (schema.$ref ? whole.$defs[schema.$ref.replace('#/$defs/', '')]! : schema);

/** The names that a schema lists, with dots between levels; those of lists end in []. */
function listed(schema: Schema, before = ''): string[] {
  return Object.entries(resolved(schema).properties ?? {}).flatMap(([key, inner]) => {
    const at = resolved(inner);
    const item = at.items ? resolved(at.items) : undefined;
    return [`${before}${key}`, ...listed(at, `${before}${key}.`), ...(item ? listed(item, `${before}${key}[].`) : [])];
  });
}

/** Values of the chart `coredns`, 1.46: words of one level after their parent. */
const coredns = `image.repository image.tag image.pullPolicy image.pullSecrets replicaCount resources rollingUpdate.maxUnavailable
  rollingUpdate.maxSurge terminationGracePeriodSeconds podAnnotations podLabels serviceType prometheus.service.enabled
  prometheus.service.annotations prometheus.service.selector prometheus.monitor.enabled prometheus.monitor.additionalLabels
  prometheus.monitor.namespace prometheus.monitor.interval prometheus.monitor.scrapeTimeout prometheus.monitor.scheme
  prometheus.monitor.honorLabels prometheus.monitor.tlsConfig prometheus.monitor.relabelings prometheus.monitor.metricRelabelings
  prometheus.monitor.selector service.name service.annotations service.selector service.clusterIP service.clusterIPs service.loadBalancerIP
  service.loadBalancerClass service.externalIPs service.externalTrafficPolicy service.ipFamilyPolicy service.trafficDistribution
  serviceAccount.create serviceAccount.name serviceAccount.annotations rbac.create rbac.multiclusterEnable rbac.pspEnable
  clusterRole.nameOverride isClusterService priorityClassName podSecurityContext securityContext servers[].zones[].zone
  servers[].zones[].scheme servers[].zones[].use_tcp servers[].port servers[].servicePort servers[].nodePort servers[].hostPort
  servers[].plugins[].name servers[].plugins[].parameters servers[].plugins[].configBlock extraConfig livenessProbe.enabled
  livenessProbe.initialDelaySeconds livenessProbe.periodSeconds livenessProbe.timeoutSeconds livenessProbe.failureThreshold
  livenessProbe.successThreshold readinessProbe.enabled readinessProbe.successThreshold affinity topologySpreadConstraints nodeSelector
  tolerations podDisruptionBudget zoneFiles[].filename zoneFiles[].domain zoneFiles[].contents extraContainers extraVolumes
  extraVolumeMounts extraSecrets[].name extraSecrets[].mountPath extraSecrets[].defaultMode env k8sAppLabelOverride customLabels
  customAnnotations hpa.enabled hpa.minReplicas hpa.maxReplicas hpa.metrics hpa.behavior autoscaler.enabled autoscaler.coresPerReplica
  autoscaler.nodesPerReplica autoscaler.min autoscaler.max autoscaler.includeUnschedulableNodes autoscaler.preventSinglePointFailure
  autoscaler.podAnnotations autoscaler.podSecurityContext autoscaler.securityContext autoscaler.customFlags autoscaler.image.repository
  autoscaler.image.tag autoscaler.image.pullPolicy autoscaler.image.pullSecrets autoscaler.priorityClassName autoscaler.affinity
  autoscaler.nodeSelector autoscaler.tolerations autoscaler.resources autoscaler.configmap.annotations autoscaler.livenessProbe.enabled
  autoscaler.extraContainers deployment.skipConfig deployment.enabled deployment.name deployment.annotations deployment.selector
  deployment.dnsPolicy deployment.dnsConfig initContainers nameOverride fullnameOverride automountServiceAccountToken`.split(/\s+/);

test('the schema knows every value of the chart coredns', () => {
  const ours = new Set(listed(whole));
  assert.deepEqual(coredns.filter((name) => !ours.has(name)), []);
});

test('values.yaml says every value that the schema lists, and no other', () => {
  const compare = (schema: Schema, said: unknown, at: string): string[] => {
    const { properties } = resolved(schema);
    if (properties === undefined) return [];
    const keys = Object.keys(said as object);
    return [
      ...keys.filter((key) => !(key in properties)).map((key) => `${at}${key} is not in the schema`),
      ...Object.keys(properties).filter((key) => !keys.includes(key)).map((key) => `${at}${key} is not in values.yaml`),
      ...keys.filter((key) => key in properties)
        .flatMap((key) => compare(properties[key]!, (said as Record<string, unknown>)[key], `${at}${key}.`)),
    ];
  };
  assert.deepEqual(compare(whole, values, ''), ['global is not in values.yaml', 'rbac.pspEnable is not in values.yaml']);
});

test('the chart has the version of the program', () => {
  const [about] = documents(read('deploy/helm/coredns-ts/Chart.yaml'), 'Chart.yaml') as [{ version: string; appVersion: string }];
  assert.deepEqual([about.version, about.appVersion], [version, version]);
});

const named = (name: string) => path.join(root, 'test/deploy/values', `${name}.yaml`);

/** A test of what Helm makes of the chart; skipped, with a word, where there is no Helm. */
const rendered = (what: string, run: (make: (...args: string[]) => Manifest[], helm: string) => void) =>
  test(what, (t: TestContext) => {
    const helm = program('helm', 'HELM');
    if (helm === undefined) return t.skip('Helm is not installed (HELM names it)');
    run((...args) => {
      const { objects, failed } = template(helm, 'dns', ...args);
      assert.equal(failed, '');
      return objects;
    }, helm);
  });

const find = (objects: readonly Manifest[], kind: string, name?: string) =>
  objects.find((each) => each.kind === kind && (name === undefined || each.metadata.name === name));

for (const name of ['values.yaml', 'coredns-defaults', 'every-value', 'outside-cluster']) {
  rendered(`rendered with ${name}, every object is one that the API knows, and the whole makes sense`, (make) => {
    const objects = name === 'values.yaml' ? make() : make('-f', named(name));
    assert.ok(objects.length >= 3);
    assert.deepEqual(typeComplaints(new Map(objects.map((object) => [`${object.kind} ${object.metadata.name}`, object]))), []);
    assert.deepEqual(sense(objects), []);
  });
}

rendered('helm lint has nothing to say but about the icon', (_, helm) => {
  const { status, stdout } = spawnSync(helm, ['lint', '--strict', chart], { encoding: 'utf8', timeout: 60_000 });
  assert.equal(status, 0, stdout);
});

rendered('without values it is a DNS of the cluster, with the names and labels of the chart coredns', (make) => {
  const objects = make();
  const { metadata, spec } = as(find(objects, 'Deployment'), 'Deployment');
  assert.equal(metadata.name, 'dns-coredns');
  assert.deepEqual(spec!.selector.matchLabels,
    { 'app.kubernetes.io/instance': 'dns', 'app.kubernetes.io/name': 'coredns', 'k8s-app': 'coredns' });
  const [container] = spec!.template.spec!.containers;
  assert.equal(container!.image, `coredns-ts:${version}`);
  assert.deepEqual(container!.args, ['-conf', '/etc/coredns/Corefile']);
  assert.equal(container!.securityContext!.readOnlyRootFilesystem, true);
  assert.deepEqual(as(find(objects, 'ClusterRole'), 'ClusterRole').rules, [
    { apiGroups: [''], resources: ['services', 'namespaces', 'pods'], verbs: ['list', 'watch'] },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
  ]);
  const ports = as(find(objects, 'Service'), 'Service').spec!.ports!;
  assert.deepEqual(ports.map(({ port, protocol }) => [port, protocol]), [[53, 'UDP'], [53, 'TCP']]);
  const corefile = as(find(objects, 'ConfigMap'), 'ConfigMap').data!['Corefile']!;
  const { status, stdout, stderr } = spawnSync(`${root}bin/coredns-ts`, ['check', '-'], { encoding: 'utf8', input: corefile });
  assert.equal(status, 0, stdout + stderr);
});

rendered('servers become blocks, and their ports those of the pod and of the service', (make) => {
  const objects = make('-f', named('every-value'));
  const { data } = as(find(objects, 'ConfigMap', 'dns-coredns'), 'ConfigMap');
  assert.deepEqual(Object.keys(data!), ['Corefile', 'example.db']);
  assert.match(data!['example.db']!, /^example\.test\. IN SOA [^\n]*\nwww +IN A +192\.0\.2\.3\n$/);
  const blocks = data!['Corefile']!.split('\n').filter((line) => /^\S.*\{$|^import/.test(line));
  assert.deepEqual(blocks,
    ['import /opt/coredns/*.conf', '.:5353 {', 'tls://a.example.test:853 tls://b.example.test:853 {', 'quic://.:853 {',
      'https://.:443 https3://.:443 {', '. {']);
  const [container] = as(find(objects, 'Deployment', 'dns'), 'Deployment').spec!.template.spec!.containers;
  assert.deepEqual(container!.ports!.map(({ containerPort, protocol, hostPort }) => [containerPort, protocol, hostPort]), [
    [53, 'UDP', undefined], [443, 'UDP', undefined], [443, 'TCP', undefined], [853, 'UDP', undefined], [853, 'TCP', undefined],
    [5353, 'UDP', 53], [5353, 'TCP', 53], [9253, 'TCP', undefined], [8453, 'TCP', undefined], [8053, 'TCP', undefined],
  ]);
  assert.deepEqual([container!.livenessProbe!.httpGet!.port, container!.readinessProbe!.httpGet!.port], [8090, 8191]);
  const ports = as(find(objects, 'Service', 'kube-dns'), 'Service').spec!.ports!;
  assert.deepEqual(ports.map(({ port, protocol, targetPort, nodePort }) => [port, protocol, targetPort, nodePort]), [
    [53, 'UDP', 53, undefined], [443, 'UDP', 443, undefined], [443, 'TCP', 443, undefined],
    [853, 'UDP', 853, undefined], [853, 'TCP', 853, undefined],
    [5300, 'UDP', 5353, 30053], [5300, 'TCP', 5353, 30053], [8053, 'TCP', 8053, undefined],
  ]);
  const resources = as(find(objects, 'ClusterRole', 'system:coredns'), 'ClusterRole').rules!.flatMap((rule) => rule.resources);
  assert.ok(resources.includes('serviceimports'));
});

rendered('the pods roll when the Corefile changes, and not when the number of servers does', (make) => {
  const sum = (...args: string[]) =>
    as(find(make(...args), 'Deployment'), 'Deployment').spec!.template.metadata!.annotations!['checksum/config'];
  assert.equal(sum(), sum('--set', 'replicaCount=5'));
  assert.notEqual(sum(), sum('--set', 'servers[0].plugins[0].name=log'));
});

rendered('a scaler decides alone how many servers there are', (make) => {
  const replicas = (...args: string[]) => as(find(make(...args), 'Deployment', 'dns-coredns'), 'Deployment').spec!.replicas;
  assert.deepEqual([replicas(), replicas('--set', 'hpa.enabled=true'), replicas('--set', 'autoscaler.enabled=true')],
    [1, undefined, undefined]);
});

rendered('values that mean nothing are refused', (_, helm) => {
  const refused = (...args: string[]) => template(helm, 'dns', ...args).failed;
  for (const value of ['replicaCount=many', 'servers[0].zones[0].scheme=dot://', 'servers[0].port=99999', 'serviceType=Node',
    'livenessProbe.periodSeconds=0', 'autoscaler.coresPerReplica=0', 'servers=null']) {
    assert.notEqual(refused('--set', value), '', value);
  }
  assert.match(refused('--set', 'hpa.enabled=true,autoscaler.enabled=true'), /exclude each other/);
  assert.match(refused('--set', 'deployment.dnsPolicy=None'), /needs deployment\.dnsConfig/);
});

rendered('APIs have their ports; a network policy lets in who is named, over UDP for QUIC, metrics and admin apart', (make) => {
  const objects = make('-f', named('every-value'));
  const ports = as(find(objects, 'Service', 'kube-dns'), 'Service').spec!.ports!.map(({ name, port, protocol }) => [name, port, protocol]);
  for (const each of [['udp-853', 853, 'UDP'], ['udp-443', 443, 'UDP'], ['tcp-443', 443, 'TCP'], ['registry', 8053, 'TCP']]) {
    assert.ok(ports.some((port) => port.join() === each.join()), each.join());
  }
  assert.ok(!ports.some(([name]) => name === 'admin'), 'nobody but whom the policy names');
  const { spec } = as(find(objects, 'NetworkPolicy'), 'NetworkPolicy');
  const [clients, metrics, admin] = spec!.ingress!.map((rule) => ({
    from: rule.from, ports: rule.ports!.map(({ protocol, port }) => `${String(port)}/${protocol}`),
  }));
  assert.deepEqual(clients!.from, [{ namespaceSelector: {} }]);
  assert.deepEqual(['853/UDP', '853/TCP', '443/UDP', '443/TCP', '8053/TCP'].filter((port) => !clients!.ports.includes(port)), []);
  assert.deepEqual(metrics, { from: [{ podSelector: { matchLabels: { 'example.test/scrapes': 'yes' } } }], ports: ['9253/TCP'] });
  assert.deepEqual(admin, { from: [{ ipBlock: { cidr: '192.0.2.0/24' } }], ports: ['8453/TCP'] });
  assert.deepEqual(spec!.policyTypes, ['Ingress', 'Egress']);
  const open = as(find(make('--set', 'networkPolicy.enabled=true'), 'NetworkPolicy'), 'NetworkPolicy').spec!;
  assert.deepEqual([open.policyTypes, open.ingress!.map(({ from }) => from)], [['Ingress'], [undefined, undefined]]);
  assert.equal(find(make(), 'NetworkPolicy'), undefined);
});
