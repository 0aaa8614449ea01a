// Objects of a small cluster, thrown with dice: services of every kind, endpoint slices, pods and imports, some of them odd. Knows the
// shape of objects; keeps none.
import type { KubeObject } from '../../src/testing/index.ts';
import {
  CLUSTERS, CLUSTER_IPS, CLUSTER_IPS6, EXTERNAL_NAMES, HOSTNAMES, IMPORTS, IMPORT_IPS, OUTSIDE_IPS, OUTSIDE_NAMES, PODS, POD_IPS, POD_IPS6,
  SERVICES, TOPOLOGY_ZONES,
} from './universe.ts';

/** Choices from a source of numbers between 0 and 1. */
export class Dice {
  readonly #random: () => number;
  constructor(random: () => number) {
    this.#random = random;
  }
  /** True with this probability. */
  often(probability: number): boolean {
    return this.#random() < probability;
  }
  one<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.#random() * choices.length)]!;
  }
  /** From 0 to `most`. */
  upTo(most: number): number {
    return Math.floor(this.#random() * (most + 1));
  }
  weighted<T>(choices: readonly (readonly [T, number])[]): T {
    let left = this.#random() * choices.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [choice, weight] of choices) if ((left -= weight) < 0) return choice;
    return choices[0]![0];
  }
}
/** Where an object lies. */
export interface Place {
  readonly namespace: string;
  readonly name: string;
}

/** How often an object has a field that no cluster would let in. */
const ODD = 0.03;
/** Slices are named after the service that they begin with, and may move to another. */
export const SLICES: readonly string[] = SERVICES.flatMap((service) => [1, 2, 3].map((i) => `${service}-${i}`));

const PORTS = {
  http: { name: 'http', port: 80, protocol: 'TCP' }, dns: { name: 'dns', port: 53, protocol: 'UDP' },
  upper: { name: 'metrics', port: 9090, protocol: 'TCP' }, unnamed: { port: 8080, protocol: 'TCP' },
  both: { name: 'http', port: 80, protocol: 'UDP' },
} as const;
const ports = (dice: Dice): readonly object[] => dice.one([
  [PORTS.http], [PORTS.http, PORTS.dns], [PORTS.unnamed], [], [PORTS.upper, PORTS.http], [PORTS.http, PORTS.both],
]);

/** A service: of a ClusterIP that no other has, dual stack or not, headless, or an ExternalName. */
export function service(dice: Dice, place: Place, others: ReadonlyMap<string, KubeObject>): KubeObject {
  const metadata = { ...place, labels: dice.often(0.5) ? { app: dice.one(['one', 'two']) } : {} };
  const of = (spec: KubeObject) => ({ metadata, spec: { ports: ports(dice), ...spec }, status: {} });
  const headless = (ipFamilies: readonly string[], more = {}) =>
    of({ type: 'ClusterIP', clusterIP: 'None', clusterIPs: ['None'], ipFamilies, ...more });
  if (dice.often(ODD)) return odd(dice, metadata);
  if (dice.often(0.2)) return balanced(dice, of(addressed([free(dice, CLUSTER_IPS, others)])));
  switch (dice.one(['one', 'one', 'six', 'dual', 'headless', 'headless', 'headless', 'unready', 'external'])) {
    case 'external': return of({ type: 'ExternalName', externalName: dice.one(EXTERNAL_NAMES) });
    case 'headless': return headless(dice.one([['IPv4'], ['IPv4', 'IPv6']]));
    case 'unready': return headless(['IPv4'], { publishNotReadyAddresses: true });
    case 'dual': return of(addressed([free(dice, CLUSTER_IPS, others), free(dice, CLUSTER_IPS6, others)]));
    case 'six': return of(addressed([free(dice, CLUSTER_IPS6, others)]));
    default: return of({ ...addressed([free(dice, CLUSTER_IPS, others)]), type: dice.one(['ClusterIP', 'NodePort', 'LoadBalancer']) });
  }
}
/** A service that has addresses or host names outside of the cluster, or both. */
function balanced(dice: Dice, object: KubeObject): KubeObject {
  const ingress = Array.from({ length: dice.upTo(2) }, () =>
    (dice.often(0.5) ? { ip: dice.one(OUTSIDE_IPS) } : { hostname: dice.one(OUTSIDE_NAMES) }));
  const externalIPs = dice.often(0.3) ? [dice.one(OUTSIDE_IPS)] : [];
  return { ...object, spec: { ...(object['spec'] as object), type: 'LoadBalancer', externalIPs }, status: { loadBalancer: { ingress } } };
}
const addressed = (clusterIPs: readonly string[]): KubeObject => ({
  type: 'ClusterIP', clusterIP: clusterIPs[0], clusterIPs, ipFamilies: clusterIPs.map((ip) => (ip.includes(':') ? 'IPv6' : 'IPv4')),
});
/** An address that no service has now: a cluster gives each one once. */
function free(dice: Dice, pool: readonly string[], services: ReadonlyMap<string, KubeObject>): string {
  const addressesOf = ({ spec }: KubeObject) => (spec as { clusterIPs?: readonly string[] } | null)?.clusterIPs ?? [];
  const taken = new Set([...services.values()].flatMap(addressesOf));
  return dice.one(pool.filter((address) => !taken.has(address)));
}
const odd = (dice: Dice, metadata: KubeObject): KubeObject => dice.one<KubeObject>([
  { metadata }, { metadata, spec: {} }, { metadata, spec: null },
  { metadata, spec: { type: 'ClusterIP', clusterIP: 'no address', clusterIPs: ['no address'], ports: [PORTS.http] } },
  { metadata, spec: { type: 'ClusterIP', clusterIP: '', clusterIPs: [], ports: null } },
  { metadata, spec: { type: 'ExternalName', externalName: 'not..a name', ports: [] } },
]);

const ODD_SLICES: readonly KubeObject[] = [{ endpoints: null }, { ports: null }, { endpoints: [{}] }, { endpoints: 'many' }];
const CONDITIONS: readonly KubeObject[] = [
  { ready: true }, { ready: true, serving: true, terminating: false }, {}, { ready: false, serving: true }, { ready: null },
];

/** A slice of a service, mostly of the one whose name it has; of none; or of an import. */
export function slice(dice: Dice, place: Place): KubeObject {
  const six = dice.often(0.25);
  const named = dice.often(0.1);
  const imported = dice.often(0.15) ? {
    'multicluster.kubernetes.io/service-name': dice.one(IMPORTS), 'multicluster.kubernetes.io/source-cluster': dice.one(CLUSTERS),
  } : undefined;
  const own = place.name.replace(/-\d$/, '');
  const labels = imported ?? (dice.often(0.05) ? {} : { 'kubernetes.io/service-name': dice.often(0.15) ? dice.one(SERVICES) : own });
  const endpoints = Array.from({ length: dice.upTo(3) }, () => endpoint(dice, place, named ? OUTSIDE_NAMES : six ? POD_IPS6 : POD_IPS));
  const whole = { metadata: { ...place, labels }, addressType: named ? 'FQDN' : six ? 'IPv6' : 'IPv4', endpoints, ports: ports(dice) };
  return dice.often(ODD) ? { ...whole, ...dice.one(ODD_SLICES) } : whole;
}
function endpoint(dice: Dice, { namespace }: Place, pool: readonly string[]): KubeObject {
  const addresses = [dice.often(ODD) ? 'no address' : dice.one(pool)];
  return {
    addresses, conditions: dice.one(CONDITIONS), ...(dice.often(0.3) ? { hostname: dice.one(HOSTNAMES) } : {}),
    ...(dice.often(0.5) ? { zone: dice.one(TOPOLOGY_ZONES) } : {}),
    ...(dice.often(0.5) ? { targetRef: { kind: 'Pod', name: dice.one(PODS), namespace } } : {}),
  };
}

/** A pod. */
export function pod(dice: Dice, place: Place, phase: string, addressed: boolean): KubeObject {
  const podIPs = dice.one([[dice.one(POD_IPS)], [dice.one(POD_IPS6)], [dice.one(POD_IPS), dice.one(POD_IPS6)]]);
  const address = addressed ? { podIP: podIPs[0], podIPs: podIPs.map((ip) => ({ ip })) } : {};
  const spec = { nodeName: 'node', ...(dice.often(0.1) ? { hostNetwork: true } : {}) };
  return { metadata: { ...place, labels: { app: dice.one(['one', 'two']) } }, spec, status: { phase, ...address } };
}
/** A node: addresses of pods are among its own, as with pods on its network. */
export function node(dice: Dice, name: string): KubeObject {
  const addresses = Array.from({ length: dice.upTo(3) }, () => ({
    type: dice.one(['InternalIP', 'InternalIP', 'ExternalIP', 'Hostname']), address: dice.one([...POD_IPS, ...POD_IPS6, ...OUTSIDE_IPS]),
  }));
  return dice.often(ODD) ? { metadata: { name }, status: null } : { metadata: { name }, status: { addresses } };
}
/** A pod that runs some time later: with other labels, about to go, or at its end. */
export function later(dice: Dice, object: KubeObject): KubeObject {
  const metadata = object['metadata'] as KubeObject;
  const status = object['status'] as KubeObject;
  switch (dice.one(['labels', 'going', 'phase', 'address'])) {
    case 'labels': return { ...object, metadata: { ...metadata, labels: { app: dice.one(['one', 'two']) } } };
    case 'going': return { ...object, metadata: { ...metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
    case 'address': return pod(dice, metadata as unknown as Place, 'Running', true);
    default: return { ...object, status: { ...status, phase: dice.one(['Succeeded', 'Failed', 'Unknown', 'Running']) } };
  }
}

/** A service of the cluster set. */
export function serviceImport(dice: Dice, place: Place): KubeObject {
  const kind = dice.often(0.5) ? { type: 'Headless' } : { type: 'ClusterSetIP', ips: [dice.one(IMPORT_IPS)] };
  return { metadata: { ...place, labels: {} }, spec: { ...kind, ports: ports(dice) } };
}
