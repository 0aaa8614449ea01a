// What the API server refuses, or what cannot work, although the types are right: names, labels, ports, amounts, and references that lead
// nowhere. Knows objects and how they hang together; knows no file.
import type { Container, PodSpec } from 'kubernetes-types/core/v1.js';
import type { Manifest } from './kinds.ts';

const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const objectName = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const roleName = /^[a-z0-9]([-a-z0-9.:]{0,251}[a-z0-9])?$/;
const labelValue = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const labelKey = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const amount = /^\d+(\.\d+)?(m|k|M|G|Ki|Mi|Gi)?$/;

/** Values of which the API takes a few, by the name of the field. */
const few: Readonly<Record<string, readonly string[]>> = {
  protocol: ['UDP', 'TCP', 'SCTP'],
  scheme: ['HTTP', 'HTTPS', 'http', 'https'],
  imagePullPolicy: ['Always', 'IfNotPresent', 'Never'],
  dnsPolicy: ['Default', 'ClusterFirst', 'ClusterFirstWithHostNet', 'None'],
  whenUnsatisfiable: ['DoNotSchedule', 'ScheduleAnyway'],
  effect: ['NoSchedule', 'PreferNoSchedule', 'NoExecute'],
  operator: ['Exists', 'Equal', 'In', 'NotIn', 'DoesNotExist'],
  externalTrafficPolicy: ['Cluster', 'Local'],
  ipFamilyPolicy: ['SingleStack', 'PreferDualStack', 'RequireDualStack'],
};

/** What is wrong with these objects, which belong together. */
export function sense(manifests: readonly Manifest[]): string[] {
  return manifests.flatMap((manifest) => [
    ...head(manifest), ...values(manifest, ''), ...kindOf(manifest, manifests),
  ].map((said) => `${manifest.kind} ${manifest.metadata.name}: ${said}`));
}

function head({ kind, metadata }: Manifest): string[] {
  const name = /Role/.test(kind) ? roleName : kind === 'Service' ? label : objectName;
  const labels = Object.entries(metadata.labels ?? {});
  return [
    ...(name.test(metadata.name) ? [] : ['its name is none']),
    ...(kind.startsWith('Cluster') === (metadata.namespace === undefined) ? [] : ['its namespace is missing, or one too many']),
    ...labels.filter(([key, value]) => !labelKey.test(key) || !labelValue.test(value)).map(([key, value]) => `label ${key}: ${value}`),
  ];
}

/** Amounts and words, wherever they stand. */
function values(value: unknown, key: string): string[] {
  if (Array.isArray(value)) return value.flatMap((each) => values(each, key));
  if (typeof value === 'object' && value !== null) {
    if (key === 'limits' || key === 'requests') {
      return Object.values(value).filter((each) => !amount.test(String(each))).map((each) => `${each} is no amount`);
    }
    return Object.entries(value).flatMap(([name, inner]) => values(inner, name));
  }
  return few[key] !== undefined && !few[key].includes(String(value)) ? [`${key}: ${value}`] : [];
}

function kindOf(manifest: Manifest, all: readonly Manifest[]): string[] {
  switch (manifest.kind) {
    case 'DaemonSet':
    case 'Deployment': {
      const { selector, template } = manifest.spec!;
      const misses = Object.entries(selector.matchLabels ?? {}).filter(([key, value]) => template.metadata?.labels?.[key] !== value);
      const account = template.spec?.serviceAccountName;
      const known = account === 'default' || all.some((each) => each.kind === 'ServiceAccount' && each.metadata.name === account);
      return [
        ...misses.map(([key]) => `its pods lack the label ${key}, by which it finds them`),
        ...(known ? [] : [`there is no account ${account}`]),
        ...pod(template.spec!, all),
      ];
    }
    case 'Service': return service(manifest, all);
    case 'ClusterRoleBinding':
    case 'RoleBinding': {
      const { kind, name } = manifest.roleRef;
      return all.some((each) => each.kind === kind && each.metadata.name === name) ? [] : [`there is no ${kind} ${name}`];
    }
    case 'HorizontalPodAutoscaler': {
      const { name } = manifest.spec!.scaleTargetRef;
      return all.some((each) => each.kind === 'Deployment' && each.metadata.name === name) ? [] : [`there is no Deployment ${name}`];
    }
    default: return [];
  }
}

function service(manifest: Extract<Manifest, { kind: 'Service' }>, all: readonly Manifest[]): string[] {
  const { selector = {}, ports = [] } = manifest.spec!;
  const pods = all.flatMap((each) => (each.kind === 'Deployment' || each.kind === 'DaemonSet' ? [each.spec!.template] : []))
    .filter((template) => Object.entries(selector).every(([key, value]) => template.metadata?.labels?.[key] === value));
  const open = pods.flatMap((template) => template.spec!.containers.flatMap((container) => container.ports ?? []));
  return [
    ...(pods.length === 0 ? ['selects no pod'] : []),
    ...twice(ports.map((port) => `port ${port.port} ${port.protocol}`)),
    ...twice(ports.map((port) => `port name ${port.name}`)),
    ...ports.filter((port) => !open.some((each) => each.protocol === port.protocol
      && (each.containerPort === port.targetPort || each.name === port.targetPort)))
      .map((port) => `no pod listens on ${port.targetPort} ${port.protocol}`),
  ];
}

function pod(spec: PodSpec, all: readonly Manifest[]): string[] {
  const volumes = spec.volumes ?? [];
  const missing = volumes.flatMap(({ configMap }) => {
    const found = all.find((each) => each.kind === 'ConfigMap' && each.metadata.name === configMap?.name);
    const held = found?.kind === 'ConfigMap' ? Object.keys(found.data ?? {}) : undefined;
    return held === undefined ? [] : (configMap?.items ?? []).filter(({ key }) => !held.includes(key)).map(({ key }) => `no key ${key}`);
  });
  return [...missing, ...twice(volumes.map(({ name }) => `volume ${name}`)), ...spec.containers.flatMap((each) => container(each, spec))];
}

function container(each: Container, spec: PodSpec): string[] {
  const ports = each.ports ?? [];
  const probes = [each.livenessProbe, each.readinessProbe].flatMap((probe) => probe?.httpGet?.port ?? []);
  return [
    ...(each.volumeMounts ?? []).filter(({ name }) => !spec.volumes?.some((volume) => volume.name === name))
      .map(({ name }) => `mounts ${name}, which is no volume`),
    ...twice(ports.map((port) => `port ${port.containerPort} ${port.protocol}`)),
    ...twice(ports.map((port) => `port name ${port.name}`)),
    ...ports.filter(({ name }) => name !== undefined && !(label.test(name) && name.length <= 15)).map(({ name }) => `port name ${name}`),
    ...probes.filter((port) => typeof port === 'string' && !ports.some(({ name }) => name === port))
      .map((port) => `no port ${port} to probe`),
  ];
}

const twice = (list: string[]): string[] => list.filter((each, at) => list.indexOf(each) !== at).map((each) => `${each} twice`);
