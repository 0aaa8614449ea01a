// What the API says, taken into a cluster's maps as it comes (K8S-3). Knows resources and what is kept of them; asks nobody.
import type { ApiObject, Sink } from '../../../kube-api/sink.ts';
import type { ByteMap } from '../../../store/bytemap.ts';
import { AddressIndex, HOST_POD, POD, itemOf } from './address-index.ts';
import type { CountedNames } from './counted-names.ts';
import { addressLabel, fields, importFacts, isLabel, podFacts, serviceFacts, sliceFacts, text } from './facts.ts';
import type { Latency } from './latency.ts';
import { NO_LABEL, podLabels } from './layout.ts';
import { EXTERNAL_MODIFIED, IMPORTS_MODIFIED, MODIFIED, ObjectKey, REVISION, unseen } from './maps.ts';
import type { Maps } from './maps.ts';
import { CHANGED_EXTERNALLY, SAME } from './service-store.ts';
import type { ServiceStore } from './service-store.ts';

const SERVICE_LABEL = 'kubernetes.io/service-name', CHANGED = 'endpoints.kubernetes.io/last-change-trigger-time';
const IMPORT_LABEL = 'multicluster.kubernetes.io/service-name', CLUSTER_LABEL = 'multicluster.kubernetes.io/source-cluster';

/** The labels of slices that are read. */
export const SLICE_LABELS: readonly string[] = [SERVICE_LABEL, IMPORT_LABEL, CLUSTER_LABEL];

/** What sinks need of the cluster that they fill. */
export interface Filled {
  readonly maps: Maps;
  /** Seconds since 1970. */
  now(): number;
  /** Hears of names that are others. */
  readonly names?: CountedNames;
  /** Says what is odd about an object, once for each kind of oddity. */
  complain(resource: string, object: string, what: string): void;
}

/** Names of slices, pods and nodes by the API's own rules. What is no such name, or no label of one, can never be asked for. */
export const NAME = /^[a-z0-9._-]{1,253}$/;
const LABEL = /^[a-z0-9_-]{1,63}$/;

/** What all sinks of a cluster have in common. */
export abstract class ObjectSink implements Sink {
  readonly #resource: string;
  readonly #names: RegExp;
  protected readonly cluster: Filled;
  protected round = 0;
  #listing = false;
  readonly #pending = new Set<number>();

  constructor(resource: string, cluster: Filled, names: RegExp) {
    this.#resource = resource;
    this.cluster = cluster;
    this.#names = names;
  }

  begin(): void {
    this.round = (this.round + 1) | 0;
    this.#listing = true;
  }
  put(object: ApiObject): void {
    const [name, namespace] = namesIn(object);
    this.cluster.maps.flags.add(REVISION, 1);
    if (this.#names.test(name) && (namespace === '' || LABEL.test(namespace))) this.keep(name, namespace, object);
    else this.complain('', object)('its name can be no part of a DNS name');
  }
  remove(object: ApiObject): void {
    const [name, namespace] = namesIn(object);
    this.cluster.maps.flags.add(REVISION, 1);
    this.drop(name, namespace);
  }
  synced(): void {
    this.cluster.maps.flags.add(REVISION, 1);
    this.sweep();
    this.#listing = false;
    for (const which of this.#pending) this.modified(which);
    this.#pending.clear();
  }
  protected complain(name: string, object: ApiObject): (what: string) => void {
    return (what) => {
      this.cluster.complain(this.#resource, `${text(object.metadata?.namespace)}/${name || text(object.metadata?.name)}`, what);
    };
  }
  /** The serial is now. A list of many changes is one. */
  protected modified(which: number): void {
    if (this.#listing) this.#pending.add(which);
    else this.cluster.maps.flags.set(which, this.cluster.now());
  }
  protected abstract keep(name: string, namespace: string, object: ApiObject): void;
  protected abstract drop(name: string, namespace: string): void;
  protected abstract sweep(): void;
}

const namesIn = ({ metadata }: ApiObject): [name: string, namespace: string] => [text(metadata?.name), text(metadata?.namespace)];

/** Services. */
export class ServiceSink extends ObjectSink {
  readonly #store: ServiceStore;
  constructor(cluster: Filled, store: ServiceStore) {
    super('services', cluster, LABEL);
    this.#store = store;
  }
  protected keep(name: string, namespace: string, object: ApiObject): void {
    this.#changed(this.#store.put(name, namespace, serviceFacts(object, this.complain(name, object)), this.round));
  }
  protected drop(name: string, namespace: string): void {
    this.#changed(this.#store.remove(name, namespace));
  }
  protected sweep(): void {
    this.#changed(this.#store.sweep(this.round));
  }
  #changed(change: number): void {
    if (change === SAME) return;
    this.modified(MODIFIED);
    if ((change & CHANGED_EXTERNALLY) !== 0) this.modified(EXTERNAL_MODIFIED);
  }
}

/** ServiceImports. */
export class ImportSink extends ObjectSink {
  readonly #store: ServiceStore;
  constructor(cluster: Filled, store: ServiceStore) {
    super('serviceimports', cluster, LABEL);
    this.#store = store;
  }
  protected keep(name: string, namespace: string, object: ApiObject): void {
    this.#changed(this.#store.put(name, namespace, importFacts(object, this.complain(name, object)), this.round));
  }
  protected drop(name: string, namespace: string): void {
    this.#changed(this.#store.remove(name, namespace));
  }
  protected sweep(): void {
    this.#changed(this.#store.sweep(this.round));
  }
  #changed(change: number): void {
    if (change !== SAME) this.modified(IMPORTS_MODIFIED);
  }
}

/** What a stanza wants of slices. */
export interface SliceWishes {
  readonly podNames: boolean;
  readonly zones: boolean;
}

/** EndpointSlices: those of services, and those of imports where they are wanted. */
export class SliceSink extends ObjectSink {
  readonly #services: ServiceStore | undefined;
  readonly #imports: ServiceStore | undefined;
  readonly #wishes: SliceWishes;
  readonly #latency: Latency;

  constructor(cluster: Filled, services: ServiceStore | undefined, imports: ServiceStore | undefined, wishes: SliceWishes,
    latency: Latency) {
    super('endpointslices', cluster, NAME);
    this.#services = services;
    this.#imports = imports;
    this.#wishes = wishes;
    this.#latency = latency;
  }
  protected keep(name: string, namespace: string, object: ApiObject): void {
    const labels = fields(object.metadata?.labels);
    const facts = sliceFacts(object, this.#wishes.podNames, this.#wishes.zones, this.complain(name, object));
    const [service, imported, cluster] = [text(labels[SERVICE_LABEL]), text(labels[IMPORT_LABEL]), text(labels[CLUSTER_LABEL])];
    if (this.#services !== undefined) {
      this.#changed(LABEL.test(service) ? this.#services.putSlice(name, service, namespace, '', facts, this.round)
        : this.#services.removeSlice(name, namespace), MODIFIED);
    }
    if (this.#imports !== undefined) {
      // An id with a dot can be no label, so that endpoints there have no names.
      const isNamed = cluster === '' || isLabel(cluster);
      if (!isNamed) this.complain(name, object)('the id of its cluster can be no label, so its endpoints have no names');
      const of = isNamed ? cluster : NO_LABEL;
      this.#changed(LABEL.test(imported) ? this.#imports.putSlice(name, imported, namespace, of, facts, this.round)
        : this.#imports.removeSlice(name, namespace), IMPORTS_MODIFIED);
    }
    this.#latency.seen(service, namespace, name, text(fields(object.metadata?.annotations)[CHANGED]));
  }
  protected drop(name: string, namespace: string): void {
    this.#changed(this.#services?.removeSlice(name, namespace) ?? SAME, MODIFIED);
    this.#changed(this.#imports?.removeSlice(name, namespace) ?? SAME, IMPORTS_MODIFIED);
  }
  protected sweep(): void {
    this.#changed(this.#services?.sweepSlices(this.round) ?? SAME, MODIFIED);
    this.#changed(this.#imports?.sweepSlices(this.round) ?? SAME, IMPORTS_MODIFIED);
  }
  #changed(change: number, which: number): void {
    if (change !== SAME) this.modified(which);
  }
}

/** Puts an entry with this value and round; one that has the value is only marked. False: nothing changed. */
function putValue(map: ByteMap, key: ObjectKey, value: Uint8Array, round: number): boolean {
  const known = key.in(map);
  if (known !== 0) {
    const at = map.bytesAt(known);
    if (Buffer.compare(map.bytes.subarray(at, at + map.valueSize(known)), value) === 0) {
      map.words[map.ownedAt(known)] = round;
      return false;
    }
  }
  const entry = map.prepare(key, value.length);
  if (entry === 0) return false;
  map.words[map.ownedAt(entry)] = round;
  map.bytes.set(value, map.bytesAt(entry));
  map.publish(entry);
  return true;
}
/** Namespaces. */
export class NamespaceSink extends ObjectSink {
  readonly #key = new ObjectKey();
  constructor(cluster: Filled) {
    super('namespaces', cluster, LABEL);
  }
  protected keep(name: string): void {
    if (putValue(this.cluster.maps.namespaces, this.#key.name(name), new Uint8Array(0), this.round)) this.cluster.names?.all();
  }
  protected drop(name: string): void {
    const key = this.#key.name(name);
    if (this.cluster.maps.namespaces.remove(key)) this.cluster.names?.all();
  }
  protected sweep(): void {
    for (const [name] of unseen(this.cluster.maps.namespaces, this.round)) this.drop(name);
  }
}

/** Pods, where they are verified. */
export class PodSink extends ObjectSink {
  readonly #key = new ObjectKey();
  readonly #addresses: AddressIndex;
  readonly #labels: boolean;

  constructor(cluster: Filled, labels: boolean) {
    super('pods', cluster, NAME);
    this.#addresses = new AddressIndex(cluster.maps.podAddresses);
    this.#labels = labels;
  }
  protected keep(name: string, namespace: string, object: ApiObject): void {
    const facts = podFacts(object, this.#labels);
    if (facts === undefined || facts.addresses.length === 0) return this.drop(name, namespace);
    const { addresses, onHost } = facts;
    const labels = this.#labels ? Buffer.from(JSON.stringify(facts.labels)) : Buffer.alloc(0);
    const head = Uint8Array.of(onHost ? 1 : 0, addresses.length, ...addresses.flatMap((address) => [address.length, ...address]));
    const before = this.#head(name, namespace);
    if (!putValue(this.cluster.maps.pods, this.#key.of(name, namespace), Buffer.concat([head, labels]), this.round)) return;
    if (before !== undefined && Buffer.compare(before, head) === 0) return;
    if (before !== undefined) this.#unindex(before, name, namespace);
    for (const address of addresses) {
      this.#addresses.add(address, 0, address.length, itemOf(onHost ? HOST_POD : POD, name, namespace));
      this.#tell(address, namespace);
    }
    this.modified(MODIFIED);
  }
  protected drop(name: string, namespace: string): void {
    const before = this.#head(name, namespace);
    if (before === undefined) return;
    const key = this.#key.of(name, namespace);
    this.cluster.maps.pods.remove(key);
    this.#unindex(before, name, namespace);
    this.modified(MODIFIED);
  }
  #unindex(head: Uint8Array, name: string, namespace: string): void {
    const item = itemOf(head[0] === 1 ? HOST_POD : POD, name, namespace);
    for (let at = 2; at < head.length; at += 1 + head[at]!) {
      this.#addresses.remove(head, at + 1, head[at]!, item);
      this.#tell(head.subarray(at + 1, at + 1 + head[at]!), namespace);
    }
  }
  /** While a list comes in nobody hears of one, and its label is not made. */
  #tell(address: Uint8Array, namespace: string): void {
    const { names } = this.cluster;
    if (names !== undefined && !names.paused) names.pod(addressLabel(address), namespace);
  }
  protected sweep(): void {
    for (const [name, namespace] of unseen(this.cluster.maps.pods, this.round)) this.drop(name, namespace);
  }
  /** All of a pod but its labels, a copy. */
  #head(name: string, namespace: string): Uint8Array | undefined {
    const map = this.cluster.maps.pods;
    const entry = this.#key.of(name, namespace).in(map);
    if (entry === 0) return undefined;
    const at = map.bytesAt(entry);
    return map.bytes.slice(at, podLabels(map.bytes, at));
  }
}
