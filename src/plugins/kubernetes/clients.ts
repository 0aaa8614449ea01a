// Who asks: the pod that has the client's address, its search path (K8S-17) and its labels (K8S-18). Knows the store; knows no schema.
import { Name } from '../../dns/name.ts';
import type { Query } from '../../kernel/query/query.ts';
import { POD, ownerAt, ownersAt } from './cluster/address-index.ts';
import type { Settings } from './config.ts';
import { podLabels } from './cluster/layout.ts';
import { ObjectKey } from './cluster/maps.ts';
import type { Maps } from './cluster/maps.ts';
import { rawName } from './cluster/wire-text.ts';

/** A pod that asks. */
export interface ClientPod {
  readonly name: string;
  readonly namespace: string;
}

/** Namespaces whose search paths are kept. */
const MOST_PATHS = 4096;

/** Knows the pods of one cluster as clients, in one thread. */
export class Clients {
  readonly #maps: Maps;
  readonly #settings: Settings;
  readonly #key = new ObjectKey();
  readonly #paths = new Map<string, readonly Name[]>();

  constructor(maps: Maps, settings: Settings) {
    this.#maps = maps;
    this.#settings = settings;
  }

  /**
   * The first pod with the client's address, undefined where there is none or pods are not verified. A pod on the network of its node is
   * none: what asks from there may be any other, or no pod at all.
   */
  pod({ bytes, clientAt, clientLength }: Query): ClientPod | undefined {
    if (this.#settings.pods !== 'verified') return undefined;
    const map = this.#maps.podAddresses;
    const entry = this.#key.copy(bytes, clientAt, clientLength).in(map);
    if (entry === 0) return undefined;
    for (const item of ownersAt(map, entry)) {
      const owner = ownerAt(map.bytes, item);
      if (owner.kind === POD) return owner;
    }
    return undefined;
  }
  /** One of the pod's labels. */
  label({ name, namespace }: ClientPod, key: string): string | undefined {
    const map = this.#maps.pods;
    const entry = this.#key.of(name, namespace).in(map);
    if (entry === 0) return undefined;
    const at = map.bytesAt(entry);
    const text = Buffer.from(map.bytes.slice(podLabels(map.bytes, at), at + map.valueSize(entry))).toString();
    if (text === '') return undefined;
    const labels: { readonly [key: string]: string } = JSON.parse(text);
    return Object.hasOwn(labels, key) ? labels[key] : undefined;
  }
  /** The search path of a client that asks for this name; undefined where the name is in none of the zones, or no pod asks. */
  searchPath(query: Query): readonly Name[] | undefined {
    const zone = this.#settings.zones.match(query.name);
    const pod = zone === undefined ? undefined : this.pod(query);
    if (zone === undefined || pod === undefined) return undefined;
    const key = `${pod.namespace}.${zone.key}`;
    const known = this.#paths.get(key);
    if (known !== undefined) return known;
    if (this.#paths.size >= MOST_PATHS) this.#paths.clear();
    const services = Name.wire(`\x03svc${zone.key}`);
    const path = [Name.wire(rawName(pod.namespace) + services.raw), services, zone, ...this.#settings.searchList, Name.root];
    this.#paths.set(key, path);
    return path;
  }
}
