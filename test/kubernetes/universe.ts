// A small world of Kubernetes names and addresses, and every question worth asking of it. Knows how names are made (K8S-5, 7, 10, 11,
// 14); knows no objects.

export const NAMESPACES: readonly string[] = ['default', 'prod', 'kube-system'];
export const SERVICES: readonly string[] = ['web', 'api', 'db', 'cache', 'mail', 'x1'];
export const IMPORTS: readonly string[] = ['shared', 'web'];
export const CLUSTERS: readonly string[] = ['east', 'west', 'north.pole'];
export const HOSTNAMES: readonly string[] = ['db-0', 'db-1'];
export const TOPOLOGY_ZONES: readonly string[] = ['zone-a', 'zone.b'];
export const PODS: readonly string[] = Array.from({ length: 10 }, (_, i) => `pod-${i}`);
/** Names of nodes: one has several labels, and another is their end. */
export const NODES: readonly string[] = ['node-1', 'node-2', 'ip-10-1-0-3.east.internal', 'internal'];
/** Where ExternalNames point: outside, to a service, and to nothing. */
export const EXTERNAL_NAMES: readonly string[] = ['www.example.test', 'web.default.svc.cluster.local', 'gone.default.svc.cluster.local'];

const numbered = (count: number, make: (i: number) => string): string[] => Array.from({ length: count }, (_, i) => make(i + 1));
/** Addresses of endpoints and pods; there are fewer of them than of endpoints, so that some are shared. */
export const POD_IPS: readonly string[] = numbered(12, (i) => `10.1.0.${i}`);
export const POD_IPS6: readonly string[] = [...numbered(5, (i) => `fd00:1::${i}`), 'fd00:1::'];
export const CLUSTER_IPS: readonly string[] = numbered(24, (i) => `10.96.0.${i}`);
export const CLUSTER_IPS6: readonly string[] = numbered(24, (i) => `fd00:96::${i}`);
export const IMPORT_IPS: readonly string[] = numbered(8, (i) => `10.97.0.${i}`);

/** Addresses and names of load balancers, and of endpoints that are names. */
export const OUTSIDE_IPS: readonly string[] = [...numbered(6, (i) => `203.0.113.${i}`), '2001:db8:1::1'];
export const OUTSIDE_NAMES: readonly string[] = ['lb.example.test', 'lb2.example.test'];

/** The Corefile's zones. */
export const ZONE = 'cluster.local', CLUSTERSET = 'clusterset.local';

/** A question as a scenario asks it. */
export type QuestionText = `${string} ${string}`;
const ask = (name: string, ...types: readonly string[]): QuestionText[] => types.map((type): QuestionText => `${name} ${type}`);

/** The label of an endpoint that has no name. */
export const dashed = (address: string): string => address.replace(/[.:]/g, '-').replace(/-$/, '-0');
/** The name whose PTR record tells who has an address. */
export function reverse(address: string): string {
  if (!address.includes(':')) return `${address.split('.').reverse().join('.')}.in-addr.arpa`;
  const [left = '', right = ''] = address.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':').map((group) => group.padStart(4, '0')));
  const missing = 8 - groups(left).length - groups(right).length;
  const whole = [...groups(left), ...Array.from({ length: missing }, () => '0000'), ...groups(right)];
  return `${[...whole.join('')].reverse().join('.')}.ip6.arpa`;
}

/** Every question, about what may be there and what never is. */
export function questions(): QuestionText[] {
  return [
    ...ask(ZONE, 'SOA', 'A', 'NS', 'TXT'), ...ask(`svc.${ZONE}`, 'A'), ...ask(`pod.${ZONE}`, 'A'), ...ask(`dns-version.${ZONE}`, 'TXT'),
    ...ask(`nothing.${ZONE}`, 'A'), ...ask(CLUSTERSET, 'A'),
    ...[...NODES, 'east.internal', 'nothing'].flatMap((name) => ask(`${name}.node.${ZONE}`, 'A', 'AAAA', 'TXT')),
    ...ask(`node.${ZONE}`, 'A'),
    ...[...NAMESPACES, 'nowhere'].flatMap(ofNamespace),
    ...[...CLUSTER_IPS, ...CLUSTER_IPS6, ...POD_IPS, ...POD_IPS6, ...IMPORT_IPS].flatMap((address) => ask(reverse(address), 'PTR')),
    ...ask(reverse('10.1.0.1'), 'A'),
  ];
}
function ofNamespace(namespace: string): QuestionText[] {
  return [
    ...ask(`${namespace}.svc.${ZONE}`, 'A', 'TXT'), ...ask(`${namespace}.pod.${ZONE}`, 'A'),
    ...POD_IPS.flatMap((address) => ask(`${dashed(address)}.${namespace}.pod.${ZONE}`, 'A')),
    ...POD_IPS6.flatMap((address) => ask(`${dashed(address)}.${namespace}.pod.${ZONE}`, 'AAAA')),
    ...[...SERVICES, 'nothing'].flatMap((service) => ofService(`${service}.${namespace}.svc.${ZONE}`)),
    ...IMPORTS.flatMap((name) => ofImport(`${name}.${namespace}.svc.${CLUSTERSET}`)),
  ];
}
function ofService(name: string): QuestionText[] {
  return [
    ...ask(name, 'A', 'AAAA', 'SRV', 'TXT', 'CNAME', 'MX'),
    ...['_http._tcp', '_dns._udp', '_http._udp', '_metrics._tcp'].flatMap((port) => ask(`${port}.${name}`, 'SRV')),
    ...ask(`_http._tcp.${name}`, 'A'),
    ...endpoints(name),
    ...TOPOLOGY_ZONES.flatMap((zone) => ['pin', 'prefer'].flatMap((how) => ask(`${zone}.${how}._zone.${name}`, 'A'))),
  ];
}
function ofImport(name: string): QuestionText[] {
  return [
    ...ask(name, 'A', 'AAAA', 'SRV'), ...ask(`_http._tcp.${name}`, 'SRV'),
    ...CLUSTERS.flatMap((cluster) => endpoints(`${cluster}.${name}`)),
  ];
}
const endpoints = (name: string): QuestionText[] => [
  ...HOSTNAMES.flatMap((host) => ask(`${host}.${name}`, 'A', 'SRV')),
  ...POD_IPS.flatMap((address) => ask(`${dashed(address)}.${name}`, 'A')),
  ...POD_IPS6.flatMap((address) => ask(`${dashed(address)}.${name}`, 'AAAA')),
];
