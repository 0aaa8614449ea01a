// Objects of a small cluster as they are written to a real API, and the rights of our own user there. Knows the shape of objects.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { root } from '../gates/checkout.ts';
import type { Json, RealCluster } from './real-cluster.ts';

const HTTP = { name: 'http', port: 80, protocol: 'TCP' };

/** Where objects of a kind are created. */
const at = { service: 'api/v1', pod: 'api/v1', endpointslice: 'apis/discovery.k8s.io/v1' } as const;
type Kind = keyof typeof at;
/** The path of an object of the namespace, or of its collection where no name is given. */
export const pathOf = (kind: Kind, namespace: string, name?: string): string =>
  `/${at[kind]}/namespaces/${namespace}/${kind}s${name === undefined ? '' : `/${name}`}`;

/** Writes to one namespace of a cluster. */
export class Namespace {
  readonly name: string;
  readonly #cluster: RealCluster;
  constructor(cluster: RealCluster, name: string) {
    this.#cluster = cluster;
    this.name = name;
  }
  async create(): Promise<this> {
    await this.#cluster.ask('POST', '/api/v1/namespaces', { metadata: { name: this.name } });
    return this;
  }
  /** A service; `spec` says what is not one port `http` on an address of the API's choice. Resolves to what was made. */
  service(name: string, spec: Json = {}): Promise<Json> {
    return this.#make('service', { metadata: { name }, spec: { ports: [HTTP], ...spec } });
  }
  /** A slice of a service: `addresses` are ready, by host name where there is one. */
  slice(name: string, service: string, addresses: Readonly<Record<string, string | undefined>>, more: Json = {}): Promise<Json> {
    return this.#make('endpointslice', {
      metadata: { name, labels: { 'kubernetes.io/service-name': service } },
      addressType: Object.keys(addresses)[0]!.includes(':') ? 'IPv6' : 'IPv4', ports: [HTTP],
      endpoints: Object.entries(addresses).map(([address, hostname]) => ({
        addresses: [address], conditions: { ready: true }, ...(hostname === undefined ? {} : { hostname }),
      })), ...more,
    });
  }
  /** A running pod with this address. */
  async pod(name: string, podIP: string): Promise<void> {
    await this.#make('pod', { metadata: { name }, spec: { containers: [{ name: 'one', image: 'none' }] } });
    await this.#cluster.patch(`${pathOf('pod', this.name, name)}/status`, { status: { phase: 'Running', podIP, podIPs: [{ ip: podIP }] } });
  }
  change(kind: Kind, name: string, change: Json): Promise<Json> {
    return this.#cluster.patch(pathOf(kind, this.name, name), change);
  }
  remove(kind: Kind, name: string): Promise<Json> {
    return this.#cluster.ask('DELETE', `${pathOf(kind, this.name, name)}?gracePeriodSeconds=0`);
  }
  #make(kind: Kind, object: Json): Promise<Json> {
    return this.#cluster.ask('POST', pathOf(kind, this.name), object);
  }
}

/** The address that the API gave to a service. */
export const addressOf = (service: Json): string => (service['spec'] as { readonly clusterIP: string }).clusterIP;

/** The account and the rights that deploy/kubernetes gives to the pods, as they stand there. */
export async function grantLeast(cluster: RealCluster): Promise<void> {
  await cluster.ask('GET', '/api/v1/namespaces/kube-system').catch(() =>
    cluster.ask('POST', '/api/v1/namespaces', { metadata: { name: 'kube-system' } }));
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  for (const [file, collection] of [['serviceaccount', '/api/v1/namespaces/kube-system/serviceaccounts'],
    ['clusterrole', `${rbac}/clusterroles`], ['clusterrolebinding', `${rbac}/clusterrolebindings`]] as const) {
    const text = readFileSync(path.join(root, `deploy/kubernetes/${file}.yaml`), 'utf8');
    for (const document of parseAllDocuments(text)) await cluster.ask('POST', collection, document.toJS() as Json);
  }
}
/** The rules of that role; the rights change within moments. */
export async function rulesOf(cluster: RealCluster): Promise<readonly { readonly resources: readonly string[] }[]> {
  return (await cluster.ask('GET', ROLE))['rules'] as readonly { readonly resources: readonly string[] }[];
}
export const setRules = (cluster: RealCluster, rules: readonly object[]): Promise<Json> => cluster.patch(ROLE, { rules });
const ROLE = '/apis/rbac.authorization.k8s.io/v1/clusterroles/system:coredns';

/** A token of the account, good until the Secret with this name is gone. */
export async function tokenOf(cluster: RealCluster, secret: string): Promise<string> {
  const base = '/api/v1/namespaces/kube-system';
  const { metadata } = await cluster.ask('POST', `${base}/secrets`, { metadata: { name: secret } });
  const made = await cluster.ask('POST', `${base}/serviceaccounts/coredns/token`, {
    spec: { expirationSeconds: 3600, boundObjectRef: { kind: 'Secret', apiVersion: 'v1', name: secret, uid: (metadata as Json)['uid'] } },
  });
  return (made['status'] as { readonly token: string }).token;
}
/** Makes the token bound to that Secret worthless. */
export const revoke = (cluster: RealCluster, secret: string): Promise<Json> =>
  cluster.ask('DELETE', `/api/v1/namespaces/kube-system/secrets/${secret}`);
