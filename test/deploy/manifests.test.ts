// deploy/kubernetes: every object is one of the Kubernetes API, the whole makes sense, the rights are the least, and what kubeadm
// installs differs by the image alone. Knows objects; starts nothing but `check`.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { pathsIn, read, root, sourcesIn } from '../gates/checkout.ts';
import { cluster, documents, manifests, yamlFiles } from './deploy-files.ts';
import { type Manifest, as } from './kinds.ts';
import { sense } from './manifest-sense.ts';
import { typeComplaints } from './manifest-types.ts';

const one = (file: string) => manifests(`kubernetes/${file}.yaml`)[0];
const deployment = () => as(one('deployment'), 'Deployment');

test('every file is YAML, and every object one that the API knows', () => {
  const files = yamlFiles();
  assert.ok(files.length > 10);
  const objects = files.flatMap((file) => documents(read(file), file).map((object, at) => [`${file} ${at}`, object] as const))
    .filter(([name]) => name.startsWith('deploy/kubernetes/'));
  assert.deepEqual(typeComplaints(new Map(objects)), []);
});

test('an unknown field, a wrong type, a missing field and an unknown kind are refused', () => {
  const sound = deployment() as unknown as { spec: { template: { spec: { containers: object[] } } } };
  const changed = (change: (container: Record<string, unknown>) => void) => {
    const copy = structuredClone(sound);
    change(copy.spec.template.spec.containers[0] as Record<string, unknown>);
    return copy;
  };
  const complaints = typeComplaints(new Map<string, unknown>([
    ['sound', sound],
    ['unknown', changed((container) => Object.assign(container, { readinesProbe: {} }))],
    ['wrong', changed((container) => Object.assign(container, { args: '-conf' }))],
    ['missing', changed((container) => delete container['name'])],
    ['kind', { ...sound, apiVersion: 'apps/v2' }],
  ]));
  const about = [...new Set(complaints.map((said) => said.split(':')[0]))];
  assert.deepEqual(about, ['unknown', 'wrong', 'missing', 'kind'], complaints.join('\n'));
});

test('names, labels, ports and references are sound', () => {
  const all = cluster();
  assert.deepEqual(sense(all), []);
  const broken = structuredClone(all) as Manifest[];
  const service = as(broken.find((each) => each.kind === 'Service'), 'Service');
  service.spec!.ports![0]!.targetPort = 54;
  as(broken.find((each) => each.kind === 'Deployment' && each.metadata.name === 'coredns'), 'Deployment')
    .spec!.template.spec!.containers[0]!.ports![1]!.name = 'a-name-that-is-too-long';
  assert.deepEqual(sense(broken).map((said) => said.replace(/^\S+ \S+: /, '')),
    ['port name a-name-that-is-too-long', 'no pod listens on 54 UDP']);
});

test('kustomize finds each file that it names', () => {
  const [{ resources }] = documents(read('deploy/kubernetes/kustomization.yaml'), 'kustomization') as [{ resources: string[] }];
  const here = pathsIn('deploy/kubernetes').map((file) => file.slice('deploy/kubernetes/'.length));
  assert.deepEqual(resources.filter((file) => !here.includes(file)), []);
});

/** What kubeadm's Deployment says of its one container, apart from the image. */
const kubeadm = {
  name: 'coredns',
  imagePullPolicy: 'IfNotPresent',
  args: ['-conf', '/etc/coredns/Corefile'],
  resources: { limits: { memory: '170Mi' }, requests: { cpu: '100m', memory: '70Mi' } },
  ports: [
    { name: 'dns', containerPort: 53, protocol: 'UDP' }, { name: 'dns-tcp', containerPort: 53, protocol: 'TCP' },
    { name: 'metrics', containerPort: 9153, protocol: 'TCP' }, { name: 'liveness-probe', containerPort: 8080, protocol: 'TCP' },
    { name: 'readiness-probe', containerPort: 8181, protocol: 'TCP' },
  ],
  livenessProbe: {
    httpGet: { path: '/health', port: 'liveness-probe', scheme: 'HTTP' },
    initialDelaySeconds: 60, timeoutSeconds: 5, successThreshold: 1, failureThreshold: 5,
  },
  readinessProbe: { httpGet: { path: '/ready', port: 'readiness-probe', scheme: 'HTTP' } },
  securityContext: {
    allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
  },
  volumeMounts: [{ name: 'config-volume', mountPath: '/etc/coredns', readOnly: true }],
};

test("the Deployment is kubeadm's with another image, and not root", () => {
  const { metadata, spec } = deployment();
  assert.deepEqual([metadata.name, metadata.namespace, metadata.labels], ['coredns', 'kube-system', { 'k8s-app': 'kube-dns' }]);
  assert.deepEqual([spec!.selector, spec!.strategy], [{ matchLabels: { 'k8s-app': 'kube-dns' } },
    { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } }]);
  const pod = spec!.template.spec!;
  assert.deepEqual([pod.serviceAccountName, pod.dnsPolicy, pod.priorityClassName, pod.nodeSelector],
    ['coredns', 'Default', 'system-cluster-critical', { 'kubernetes.io/os': 'linux' }]);
  assert.deepEqual(pod.tolerations, [{ key: 'CriticalAddonsOnly', operator: 'Exists' },
    { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }]);
  const configMap = { name: 'coredns', items: [{ key: 'Corefile', path: 'Corefile' }] };
  assert.deepEqual(pod.volumes, [{ name: 'config-volume', configMap }]);
  assert.equal(pod.containers.length, 1);
  const { image, securityContext, ...container } = pod.containers[0]!;
  const { runAsNonRoot, runAsUser, runAsGroup, ...rights } = securityContext!;
  assert.deepEqual({ ...container, securityContext: rights }, kubeadm);
  assert.deepEqual([runAsNonRoot, runAsUser, runAsGroup], [true, 65532, 65532]);
  assert.equal(image, `coredns-ts:${JSON.parse(read('package.json')).version}`);
});

test('the Service keeps the name, label and ports that a cluster relies on', () => {
  const { metadata, spec } = as(one('service'), 'Service');
  assert.deepEqual([metadata.name, metadata.namespace, metadata.labels!['k8s-app']], ['kube-dns', 'kube-system', 'kube-dns']);
  assert.deepEqual(spec!.ports!.map((port) => [port.name, port.port, port.protocol, port.targetPort]),
    [['dns', 53, 'UDP', 53], ['dns-tcp', 53, 'TCP', 53], ['metrics', 9153, 'TCP', 9153]]);
  assert.equal(spec!.clusterIP, undefined);
});

/** Collections of the API that a DNS server could want, each in its group. */
const collections: Readonly<Record<string, string>> = {
  services: '', namespaces: '', pods: '', endpoints: '', nodes: '', secrets: '', configmaps: '',
  endpointslices: 'discovery.k8s.io', serviceimports: 'multicluster.x-k8s.io', serviceexports: 'multicluster.x-k8s.io',
};

/** The collections that the sources name, as literals; the fields of messages are no collections. */
function asked(): string[] {
  const sources = [...sourcesIn('src/plugins/kubernetes', 'src/kube-api')].filter(([file]) => !/\.test\.ts$|\/shapes\.ts$/.test(file));
  const text = sources.map(([, each]) => each).join('\n');
  return Object.keys(collections).filter((name) => new RegExp(`(?:'|/v1[a-z0-9]*/)${name}['/?\`]`).test(text)).sort();
}

test('the rights are those that the plugin uses, and no more', () => {
  const granted = (file: string) => as(one(file), 'ClusterRole').rules!.flatMap(({ apiGroups, resources, verbs }) =>
    resources!.map((resource) => `${verbs.toSorted().join('+')} ${apiGroups!.join()}/${resource}`));
  const rights = ['clusterrole', 'clusterrole-multicluster', 'clusterrole-nodes'].flatMap(granted).sort();
  assert.deepEqual(rights, asked().map((name) => `list+watch ${collections[name]}/${name}`).sort());
});

test('check finds nothing wrong with the Corefile of the ConfigMap', () => {
  const { data } = as(one('configmap'), 'ConfigMap');
  const launcher = `${root}bin/coredns-ts`;
  const { status, stdout, stderr } = spawnSync(launcher, ['check', '-'], { encoding: 'utf8', input: data!['Corefile']! });
  assert.equal(status, 0, stdout + stderr);
});
