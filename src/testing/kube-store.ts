// The objects of a scripted Kubernetes API and their history, as etcd keeps them: one counter of versions, and what each change changed.
// Knows the resources that DNS reads; knows no HTTP.

/** An API object: nothing of its shape is certain. */
export interface KubeObject {
  readonly [field: string]: unknown;
}
/** What the lists and watches of one collection are called. */
export interface KubeKind {
  readonly kind: string;
  readonly apiVersion: string;
  /** The path of the API group and its version. */
  readonly group: string;
}

/** The collections that are served, by their plural. */
export const KUBE_KINDS = {
  namespaces: { kind: 'Namespace', apiVersion: 'v1', group: '/api/v1' },
  services: { kind: 'Service', apiVersion: 'v1', group: '/api/v1' },
  ingresses: { kind: 'Ingress', apiVersion: 'networking.k8s.io/v1', group: '/apis/networking.k8s.io/v1' },
  gateways: { kind: 'Gateway', apiVersion: 'gateway.networking.k8s.io/v1', group: '/apis/gateway.networking.k8s.io/v1' },
  httproutes: { kind: 'HTTPRoute', apiVersion: 'gateway.networking.k8s.io/v1', group: '/apis/gateway.networking.k8s.io/v1' },
  tlsroutes: { kind: 'TLSRoute', apiVersion: 'gateway.networking.k8s.io/v1', group: '/apis/gateway.networking.k8s.io/v1' },
  grpcroutes: { kind: 'GRPCRoute', apiVersion: 'gateway.networking.k8s.io/v1', group: '/apis/gateway.networking.k8s.io/v1' },
  nodes: { kind: 'Node', apiVersion: 'v1', group: '/api/v1' },
  pods: { kind: 'Pod', apiVersion: 'v1', group: '/api/v1' },
  endpointslices: { kind: 'EndpointSlice', apiVersion: 'discovery.k8s.io/v1', group: '/apis/discovery.k8s.io/v1' },
  serviceimports: { kind: 'ServiceImport', apiVersion: 'multicluster.x-k8s.io/v1alpha1', group: '/apis/multicluster.x-k8s.io/v1alpha1' },
} as const satisfies { readonly [plural: string]: KubeKind };
/** The plural of a collection that is served. */
export type KubeResource = keyof typeof KUBE_KINDS;

/** Reads `services`, `Service` or `endpointSlices` as a collection. Throws Error for others. */
export function kubeResource(word: string): KubeResource {
  const plural = word.toLowerCase().replace(/(ss)$/, '$1es').replace(/s?$/, 's');
  if (!(plural in KUBE_KINDS)) throw new Error(`"${word}" is no kind; there are ${Object.keys(KUBE_KINDS).join(', ')}`);
  return plural as KubeResource;
}

/** One change: an object that came, changed or went. */
export interface KubeChange {
  readonly version: number;
  readonly resource: KubeResource;
  /** `namespace/name`, or the name. */
  readonly key: string;
  readonly before: KubeObject | undefined;
  readonly after: KubeObject | undefined;
}

interface Metadata {
  readonly name?: unknown;
  readonly namespace?: unknown;
  readonly uid?: unknown;
  readonly creationTimestamp?: unknown;
}
/** When every object was made. */
const BORN = '2026-01-01T00:00:00Z';
const FIRST_VERSION = 1000;

const metadataOf = (object: KubeObject): Metadata | undefined =>
  (typeof object['metadata'] === 'object' && object['metadata'] !== null ? object['metadata'] : undefined);

/** Where an object lies: `namespace/name`, or its name alone; undefined where it says no name. */
export function kubeKey(object: KubeObject): string | undefined {
  const { name, namespace } = metadataOf(object) ?? {};
  if (typeof name !== 'string') return undefined;
  return typeof namespace === 'string' ? `${namespace}/${name}` : name;
}

/** Objects by collection, and what changed. Versions begin at 1000, so that there are some that are too old. */
export class KubeStore {
  readonly #objects = new Map<KubeResource, Map<string, KubeObject>>();
  readonly #sorted = new Map<KubeResource, readonly (readonly [string, KubeObject])[]>();
  readonly #longest: number;
  #history: KubeChange[] = [];
  #compacted = FIRST_VERSION;
  #version = FIRST_VERSION;

  /** `longest` is how many changes are remembered at least. */
  constructor(longest: number) {
    this.#longest = longest;
  }
  /** The version of the last change. */
  get version(): number {
    return this.#version;
  }
  /** The oldest version from which changes are still known. */
  get compacted(): number {
    return this.#compacted;
  }
  /** Forgets what happened before this version. */
  compact(version = this.#version): void {
    this.#compacted = Math.max(this.#compacted, Math.min(version, this.#version));
    this.#history = this.#history.filter((change) => change.version > this.#compacted);
  }

  get(resource: KubeResource, key: string): KubeObject | undefined {
    return this.#objects.get(resource)?.get(key);
  }
  /** Puts an object where there is none. Throws Error where there is. */
  add(resource: KubeResource, object: KubeObject): KubeChange {
    const key = kubeKey(object) ?? `nameless-${this.#version + 1}`;
    if (this.get(resource, key) !== undefined) throw new Error(`there is a ${resource} ${key} already`);
    return this.#change(resource, key, this.#stamp(resource, object, undefined));
  }
  /** Puts an object in place of the one with its name. Throws Error where there is none. */
  update(resource: KubeResource, object: KubeObject): KubeChange {
    const key = kubeKey(object);
    const before = key === undefined ? undefined : this.get(resource, key);
    if (key === undefined || before === undefined) throw new Error(`there is no ${resource} ${key ?? 'without a name'} to update`);
    return this.#change(resource, key, this.#stamp(resource, object, before));
  }
  /** Takes an object away. Throws Error where there is none. */
  delete(resource: KubeResource, key: string): KubeChange {
    if (this.get(resource, key) === undefined) throw new Error(`there is no ${resource} ${key} to delete`);
    return this.#change(resource, key, undefined);
  }
  /** Puts an object just as it is, without kind, version or uid where it has none; `key` is where it lies. */
  putAsIs(resource: KubeResource, key: string, object: KubeObject): KubeChange {
    return this.#change(resource, key, object);
  }

  /** The objects of a collection as they were at a version that is not compacted, in the order of their keys. */
  list(resource: KubeResource, version = this.#version): readonly (readonly [string, KubeObject])[] {
    const later = this.since(version).filter((change) => change.resource === resource);
    if (later.length > 0) {
      const then = new Map(this.#objects.get(resource));
      for (const { key, before } of later.reverse()) {
        if (before === undefined) then.delete(key);
        else then.set(key, before);
      }
      return inOrder(then);
    }
    let sorted = this.#sorted.get(resource);
    if (sorted === undefined) this.#sorted.set(resource, sorted = inOrder(this.#objects.get(resource) ?? new Map()));
    return sorted;
  }
  /** What changed after a version, in order. */
  since(version: number): KubeChange[] {
    if (version >= this.#version) return [];
    const first = this.#history.findIndex((change) => change.version > version);
    return first < 0 ? [] : this.#history.slice(first);
  }

  #stamp(resource: KubeResource, object: KubeObject, before: KubeObject | undefined): KubeObject {
    const { kind, apiVersion } = KUBE_KINDS[resource];
    const metadata = object['metadata'] ?? {};
    if (typeof metadata !== 'object') return { kind, apiVersion, ...object };
    const version = String(this.#version + 1);
    const { uid = `uid-${version}`, creationTimestamp = BORN } = (before && metadataOf(before)) ?? {};
    return { kind, apiVersion, ...object, metadata: { uid, creationTimestamp, ...metadata, resourceVersion: version } };
  }
  #change(resource: KubeResource, key: string, after: KubeObject | undefined): KubeChange {
    let all = this.#objects.get(resource);
    if (all === undefined) this.#objects.set(resource, all = new Map());
    const before = all.get(key);
    if (after === undefined) all.delete(key);
    else all.set(key, after);
    this.#sorted.delete(resource);
    const change = { version: ++this.#version, resource, key, before, after };
    this.#history.push(change);
    if (this.#history.length > 2 * this.#longest) this.compact(this.#history.at(-this.#longest - 1)!.version);
    return change;
  }
}
const inOrder = (objects: ReadonlyMap<string, KubeObject>): readonly (readonly [string, KubeObject])[] =>
  [...objects].sort(([a], [b]) => (a < b ? -1 : 1));
