// What of objects of the API is a name, and where it leads. Knows their fields; nothing of their shape is certain.
import type { KubernetesObject } from 'coredns-ts';

/** Names, and the addresses or host names that they lead to. */
export interface Exposed {
  readonly hosts: readonly string[];
  readonly targets: readonly string[];
}
/** A route: its names lead where its gateways are. */
export interface Route {
  readonly hosts: readonly string[];
  readonly parents: readonly { readonly gateway: string; readonly section: string }[];
}
/** A gateway: where it is, and the host names of its listeners. */
export interface Gateway {
  readonly targets: readonly string[];
  readonly listeners: readonly { readonly name: string; readonly host: string }[];
}

/** Annotations of Services by which their names are others. */
const HOST_NAMES = ['coredns.io/hostname', 'external-dns.alpha.kubernetes.io/hostname'];
const CLASS = 'kubernetes.io/ingress.class';

type Fields = { readonly [field: string]: unknown };
const fields = (value: unknown): Fields => (typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Fields : {});
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const texts = (value: unknown): string[] => list(value).map(text).filter((each) => each !== '');
const balanced = (object: KubernetesObject): string[] =>
  list(fields(fields(object['status'])['loadBalancer'])['ingress']).map(fields).map(({ ip, hostname }) => text(ip) || text(hostname))
    .filter((each) => each !== '');

/** An Ingress; of one of these classes, where there are any. */
export function ingress(object: KubernetesObject, classes: readonly string[]): Exposed | undefined {
  const spec = fields(object['spec']);
  const own = text(spec['ingressClassName']) || text(fields(object.metadata?.['annotations'])[CLASS]);
  if (classes.length > 0 && !classes.includes(own)) return undefined;
  return { hosts: list(spec['rules']).map((rule) => text(fields(rule)['host'])).filter((host) => host !== ''), targets: balanced(object) };
}
/** A Service of type LoadBalancer: its own names, absolute, or `NAME.NAMESPACE` below each zone. */
export function service(object: KubernetesObject): Exposed | undefined {
  const spec = fields(object['spec']);
  if (spec['type'] !== 'LoadBalancer') return undefined;
  const annotations = fields(object.metadata?.['annotations']);
  const named = HOST_NAMES.flatMap((key) => text(annotations[key]).split(',')).map((each) => each.trim()).filter((each) => each !== '');
  const hosts = named.length > 0 ? named : [`${text(object.metadata?.['name'])}.${text(object.metadata?.['namespace'])}.*`];
  return { hosts, targets: [...balanced(object), ...texts(spec['externalIPs'])] };
}
/** An HTTPRoute, TLSRoute or GRPCRoute. */
export function route(object: KubernetesObject): Route {
  const spec = fields(object['spec']);
  const parents = list(spec['parentRefs']).map(fields).filter(({ kind }) => kind === undefined || kind === 'Gateway');
  return {
    hosts: texts(spec['hostnames']),
    parents: parents.map(({ namespace, name, sectionName }) => (
      { gateway: `${text(namespace) || text(object.metadata?.['namespace'])}/${text(name)}`, section: text(sectionName) })),
  };
}
/** A Gateway. */
export function addressesOfGateway(object: KubernetesObject): Gateway {
  return {
    targets: list(fields(object['status'])['addresses']).map((each) => text(fields(each)['value'])).filter((each) => each !== ''),
    listeners: list(fields(object['spec'])['listeners']).map(fields)
      .map(({ name, hostname }) => ({ name: text(name), host: text(hostname) })),
  };
}
