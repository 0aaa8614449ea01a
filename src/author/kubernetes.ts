// Collections of the API of a Kubernetes cluster as authors see them: what is there, cut down to what they keep, and told when it changes.
// Knows lists and watches; knows no kind of object.
import { readApi } from '../kube-api/open-api.ts';
import type { Sink } from '../kube-api/sink.ts';
import type { Run as KernelRun } from '../kernel/site/plugin.ts';
import type { Run } from './plugin.ts';

/** Where the API is: without either it is that of the cluster whose pod this is. */
export interface KubernetesOptions {
  /** A URL. */
  readonly endpoint?: string;
  /** Wins over `endpoint`. */
  readonly kubeconfig?: { readonly file: string; readonly context?: string };
}
/** An object as the API gives it: nothing of its shape is certain. */
export interface KubernetesObject {
  readonly metadata?: { readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}
/** A collection that is listed and then watched. */
export interface KubernetesCollection<Kept> {
  /** `/apis/networking.k8s.io/v1/ingresses`: of all namespaces unless `namespace` is given. */
  readonly path: string;
  /** Its paths in other versions of its group, tried in turn where the API does not have this one. */
  readonly versions?: readonly string[];
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** What is kept of an object; undefined for one that does not count. It may not throw, whatever the object is. */
  keep(object: KubernetesObject): Kept | undefined;
  /** What is there now, by `NAMESPACE/NAME`, or the name of what has no namespace: after each change, and when the first list is whole. */
  changed(kept: ReadonlyMap<string, Kept>): void;
}
/** A collection while it is watched. */
export interface KubernetesWatch {
  /** Whether it was read once. */
  readonly synced: boolean;
  /** What went wrong last; undefined while all is well. It is tried again by itself, and was logged. */
  readonly lastError: string | undefined;
}
/** The API of a cluster, until the load ends. */
export interface KubernetesApi {
  watch<Kept>(collection: KubernetesCollection<Kept>): KubernetesWatch;
}

/**
 * Opens the API, on main: in `control`. Credentials, proxies, back-off and limits are those of the *kubernetes* plugin. `plugin` begins the
 * lines of the log. Rejects with what is wrong about the options; an API that cannot be reached is waited for.
 */
export async function openKubernetes(run: Run, plugin: string, options: KubernetesOptions = {}): Promise<KubernetesApi> {
  const { clock, log, metrics, signal } = run as unknown as KernelRun;
  const { open } = await readApi(options, { clock, log: log.prefix(plugin), metrics });
  const api = open(signal);
  return { watch: ({ keep, changed, ...resource }) => api.watch(resource, new Kept(keep, changed)) };
}

/** What is kept of a collection. */
class Kept<T> implements Sink {
  readonly #keep: (object: KubernetesObject) => T | undefined;
  readonly #changed: (kept: ReadonlyMap<string, T>) => void;
  #kept = new Map<string, T>();
  /** A list that is under way. */
  #listed: Map<string, T> | undefined;

  constructor(keep: (object: KubernetesObject) => T | undefined, changed: (kept: ReadonlyMap<string, T>) => void) {
    this.#keep = keep;
    this.#changed = changed;
  }
  begin(): void {
    this.#listed = new Map();
  }
  put(object: KubernetesObject): void {
    const kept = this.#keep(object);
    const into = this.#listed ?? this.#kept;
    if (kept === undefined) into.delete(keyOf(object));
    else into.set(keyOf(object), kept);
    this.#tell();
  }
  remove(object: KubernetesObject): void {
    (this.#listed ?? this.#kept).delete(keyOf(object));
    this.#tell();
  }
  synced(): void {
    this.#kept = this.#listed ?? this.#kept;
    this.#listed = undefined;
    this.#tell();
  }
  #tell(): void {
    if (this.#listed === undefined) this.#changed(this.#kept);
  }
}
const keyOf = ({ metadata: { name, namespace } = {} }: KubernetesObject): string =>
  (namespace === undefined || namespace === '' ? String(name) : `${String(namespace)}/${String(name)}`);
