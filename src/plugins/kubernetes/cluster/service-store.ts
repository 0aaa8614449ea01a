// Services and their slices as they are kept: put, changed and taken away, with the index of their addresses. Knows the layout and the
// maps; knows nothing of the API.
import { latin1, writeLatin1 } from '../../../dns/latin1.ts';
import type { Entry } from '../../../store/key.ts';
import type { ByteMap } from '../../../store/bytemap.ts';
import { AddressIndex, CLUSTER, ENDPOINT, IMPORT, itemOf } from './address-index.ts';
import { AddressList, markDuplicates } from './address-list.ts';
import type { ServiceFacts, SliceFacts } from './facts.ts';
import { DUPLICATES, SERVICE, SIZE, SLICES, SLICE_ENDPOINTS, SLICE_NAME, Writer, afterEndpoint, endpointsAt, externalsAt, le16, le32,
  setLe32, sliceEndpoints, textAt, writeService, writeSlice } from './layout.ts';
import { ObjectKey, namesOf, unseen } from './maps.ts';

/** What a change was: nothing, something, or something that external names tell (KEXT-5). */
export const SAME = 0, CHANGED = 1, CHANGED_EXTERNALLY = 2;

/** How many slices there are: none. */
const NO_SLICES = new Uint8Array(2);

/** Hears of what changed, after it was published: the bytes before and now. */
export interface Hearing {
  service(name: string, namespace: string, before: Uint8Array | undefined, now: Uint8Array): void;
  slice(name: string, namespace: string, before: Uint8Array | undefined, now: Uint8Array | undefined): void;
}

/** The services of a cluster, or its imports. Written by the main thread alone. */
export class ServiceStore {
  readonly #services: ByteMap;
  readonly #slices: ByteMap;
  readonly #index: AddressIndex | undefined;
  readonly #hearing: Hearing | undefined;
  /** Imports: of their addresses none but their own lead to them, and those as IMPORT. */
  readonly #imported: boolean;
  readonly #key = new ObjectKey();
  readonly #sliceKey = new ObjectKey();
  readonly #before = new AddressList();
  readonly #after = new AddressList();
  readonly #head = new Writer();
  readonly #tail = new Writer();

  constructor(services: ByteMap, slices: ByteMap, addresses: ByteMap | undefined, prefixes?: ByteMap, external?: ByteMap,
    hearing?: Hearing, imported = false) {
    this.#hearing = hearing;
    this.#imported = imported;
    this.#services = services;
    this.#slices = slices;
    this.#index = addresses === undefined ? undefined : new AddressIndex(addresses, prefixes, external);
  }

  /** What can be made of the other maps, which were restored. */
  restored(): void {
    if (!this.#imported) return this.#index?.restorePrefixes();
    // Those who kept it may not have known what imports are to addresses.
    for (const entry of this.#services.list()) {
      const [name, namespace] = namesOf(this.#services, entry);
      this.#reindex(undefined, this.#copy(entry)!, name, namespace);
    }
  }
  /** Puts a service, with the round of the list that it was seen in. */
  put(name: string, namespace: string, facts: ServiceFacts, round: number): number {
    writeService(this.#head, facts);
    return this.#replaceHead(name, namespace, round);
  }
  /** Takes a service away; its slices stay, as they do in the API. */
  remove(name: string, namespace: string): number {
    const map = this.#services;
    const entry = this.#key.of(name, namespace).in(map);
    if (entry === 0 || (map.bytes[map.bytesAt(entry)]! & SERVICE) === 0) return SAME;
    writeService(this.#head, undefined);
    return this.#replaceHead(name, namespace, 0);
  }
  /** Puts what was written to the head in place of what there is. */
  #replaceHead(name: string, namespace: string, round: number): number {
    const entry = this.#key.of(name, namespace).in(this.#services);
    const head = this.#head;
    if (entry === 0) return this.#first(name, namespace, round);
    const old = this.#copy(entry);
    const tail = old === undefined ? NO_SLICES : old.subarray(le32(old, SLICES));
    if (old !== undefined) setLe32(head.bytes, DUPLICATES, le32(old, DUPLICATES));
    const value = new Uint8Array(head.length + tail.length);
    value.set(head.written);
    value.set(tail, head.length);
    if (old !== undefined && same(old, value)) {
      this.#services.words[this.#services.ownedAt(entry)] = round;
      return SAME;
    }
    if (!this.#publish(value, round)) return SAME;
    this.#reindex(old, value, name, namespace);
    this.#hearing?.service(name, namespace, old, value);
    return externals(old) === externals(value) ? CHANGED : CHANGED | CHANGED_EXTERNALLY;
  }

  /** Publishes what was written to the head, of a service that nothing was known of. */
  #first(name: string, namespace: string, round: number): number {
    this.#head.u16(0);
    const value = this.#head.written;
    if (!this.#publish(value, round)) return SAME;
    this.#reindex(undefined, value, name, namespace);
    this.#hearing?.service(name, namespace, undefined, value);
    return externals(value) === '' ? CHANGED : CHANGED | CHANGED_EXTERNALLY;
  }

  /** Puts a slice of this service, in place of the one of the same name, whosever it was. */
  putSlice(slice: string, service: string, namespace: string, cluster: string, facts: SliceFacts, round: number): number {
    const owner = this.#ownerOf(slice, namespace);
    const moved = owner !== undefined && owner !== service ? this.removeSlice(slice, namespace) : SAME;
    const tail = this.#tail;
    tail.length = 0;
    writeSlice(tail, slice, cluster, facts);
    const entry = this.#key.of(service, namespace).in(this.#services);
    const changed = entry !== 0 && owner === undefined && this.#slicesOf(entry) === 0
      ? this.#append(entry, service, namespace, tail.written) : this.#replaceSlice(slice, service, namespace, tail.written) | moved;
    this.#own(slice, service, namespace, round);
    return changed;
  }
  /** Takes a slice away. */
  removeSlice(slice: string, namespace: string): number {
    const service = this.#ownerOf(slice, namespace);
    if (service === undefined) return SAME;
    const key = this.#sliceKey.of(slice, namespace);
    this.#slices.remove(key);
    return this.#replaceSlice(slice, service, namespace, undefined);
  }

  /** Takes away what was not put in this round: services, or slices. */
  sweep(round: number): number {
    let changed = SAME;
    for (const [name, namespace] of unseen(this.#services, round)) changed |= this.remove(name, namespace);
    return changed;
  }
  sweepSlices(round: number): number {
    let changed = SAME;
    for (const [name, namespace] of unseen(this.#slices, round)) changed |= this.removeSlice(name, namespace);
    return changed;
  }

  #slicesOf(entry: Entry): number {
    const { bytes } = this.#services;
    const at = this.#services.bytesAt(entry);
    return le16(bytes, at + le32(bytes, at + SLICES));
  }
  /** The first slice of a service: most have one and get it while a list comes in, so nothing is copied but to its place. */
  #append(entry: Entry, service: string, namespace: string, block: Uint8Array): number {
    const map = this.#services;
    const size = map.valueSize(entry);
    const fresh = map.prepare(this.#key, size + block.length);
    if (fresh === 0) return SAME;
    const { bytes, words } = map;
    const at = map.bytesAt(fresh);
    bytes.copyWithin(at, map.bytesAt(entry), map.bytesAt(entry) + size);
    bytes.set(block, at + size);
    const slices = at + le32(bytes, at + SLICES);
    bytes[slices] = 1;
    markDuplicates(bytes, at);
    words[map.ownedAt(fresh)] = words[map.ownedAt(entry)]!;
    if (!map.publish(fresh)) return SAME;
    this.#indexSlice(bytes, slices + 2, service, namespace);
    this.#hearing?.slice(service, namespace, undefined, block);
    return CHANGED;
  }
  /** Its addresses lead to the service; none of them did before. */
  #indexSlice(bytes: Uint8Array, slice: number, name: string, namespace: string): void {
    const index = this.#index;
    if (index === undefined || this.#imported) return;
    const item = itemOf(ENDPOINT, name, namespace);
    let at = sliceEndpoints(bytes, slice);
    for (let left = le32(bytes, slice + SLICE_ENDPOINTS); left > 0; left--, at = afterEndpoint(bytes, at)) {
      // Neither a duplicate nor a name.
      if (bytes[at] === 4 || bytes[at] === 16) index.add(bytes, at + 1, bytes[at]!, item);
    }
  }

  #replaceSlice(slice: string, service: string, namespace: string, block: Uint8Array | undefined): number {
    const entry = this.#key.of(service, namespace).in(this.#services);
    const old = this.#copy(entry);
    const round = entry === 0 ? 0 : this.#services.words[this.#services.ownedAt(entry)]!;
    const [from, to] = old === undefined ? [0, 0] : placeOf(old, slice);
    if (block === undefined ? from === to : old !== undefined && from < to && sameSlice(old.subarray(from, to), block)) return SAME;
    if (old === undefined) writeService(this.#head, undefined);
    const before = old ?? headAlone(this.#head);
    const value = new Uint8Array(before.length - (to - from) + (block?.length ?? 0));
    const at = old === undefined ? before.length : from;
    value.set(before.subarray(0, at));
    if (block !== undefined) value.set(block, at);
    value.set(before.subarray(at + (to - from)), at + (block?.length ?? 0));
    const count = le32(value, SLICES);
    const slices = le16(before, count) + (block === undefined ? 0 : 1) - (from < to ? 1 : 0);
    value[count] = slices;
    value[count + 1] = slices >> 8;
    markDuplicates(value);
    if (!this.#publish(value, round)) return SAME;
    this.#reindex(old, value, service, namespace);
    this.#hearing?.slice(service, namespace, from < to ? old!.subarray(from, to) : undefined, block);
    return CHANGED;
  }

  /** The bytes of an entry, a copy; undefined where there is none. */
  #copy(entry: Entry | 0): Uint8Array | undefined {
    if (entry === 0) return undefined;
    const map = this.#services;
    const at = map.bytesAt(entry);
    return map.bytes.slice(at, at + map.valueSize(entry));
  }
  /** Puts the bytes of the service whose key was made last; false where the memory is full: then what was there before stays. */
  #publish(value: Uint8Array, round: number): boolean {
    const key = this.#key;
    const map = this.#services;
    // What neither is a service nor has slices is gone.
    if ((value[0]! & SERVICE) === 0 && value.length === le32(value, SLICES) + 2) {
      map.remove(key);
      return true;
    }
    const entry = map.prepare(key, value.length);
    if (entry === 0) return false;
    map.words[map.ownedAt(entry)] = round;
    map.bytes.set(value, map.bytesAt(entry));
    return map.publish(entry);
  }

  #ownerOf(slice: string, namespace: string): string | undefined {
    const map = this.#slices;
    const entry = this.#sliceKey.of(slice, namespace).in(map);
    return entry === 0 ? undefined : textAt(map.bytes, map.bytesAt(entry));
  }
  #own(slice: string, service: string, namespace: string, round: number): void {
    const map = this.#slices;
    const key = this.#sliceKey.of(slice, namespace);
    let entry = key.in(map);
    if (entry === 0) {
      entry = map.prepare(key, service.length + 1);
      if (entry === 0) return;
      const at = map.bytesAt(entry);
      map.bytes[at] = service.length;
      writeLatin1(service, map.bytes, at + 1);
      if (!map.publish(entry)) return;
    }
    map.words[map.ownedAt(entry)] = round;
  }

  #reindex(old: Uint8Array | undefined, value: Uint8Array, name: string, namespace: string): void {
    const index = this.#index;
    if (index === undefined) return;
    const before = this.#before.read(old);
    const after = this.#after.read(value);
    const items: Uint8Array[] = [];
    const item = (kind: number) => (items[kind] ??= itemOf(this.#imported ? IMPORT : kind, name, namespace));
    const leads = (kind: number): boolean => !this.#imported || kind === CLUSTER;
    after.without(before, (bytes, at, size, kind) => void (leads(kind) && index.add(bytes, at, size, item(kind))));
    before.without(after, (bytes, at, size, kind) => void (leads(kind) && index.remove(bytes, at, size, item(kind))));
  }
}

/** Where a slice lies in a service's bytes; twice where it would go if it is not there. */
function placeOf(bytes: Uint8Array, name: string): [from: number, to: number] {
  let at = le32(bytes, SLICES);
  let left = le16(bytes, at);
  for (at += 2; left > 0; left--) {
    const size = le32(bytes, at);
    if (textAt(bytes, at + SLICE_NAME) === name) return [at, at + size];
    at += size;
  }
  return [at, at];
}
/** A service that is known by its slices alone, and has none yet. */
function headAlone(head: Writer): Uint8Array {
  head.u16(0);
  return head.written;
}
const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && Buffer.compare(a, b) === 0;
/** Whether two slices are the same but for marks of duplicates. */
function sameSlice(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  const plain = a.slice();
  for (const endpoint of endpointsAt(plain, 0)) plain[endpoint] = plain[endpoint]! & SIZE;
  return Buffer.compare(plain, b) === 0;
}
/** Ports and externals of a service, as something to compare. */
function externals(value: Uint8Array | undefined): string {
  if (value === undefined || (value[0]! & SERVICE) === 0) return '';
  const found = [...externalsAt(value, 0)];
  return found.length === 0 ? '' : latin1(value, 0, le32(value, SLICES));
}
