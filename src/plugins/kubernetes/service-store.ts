// Services and their slices as they are kept: put, changed and taken away, with the index of their addresses. Knows the layout and the
// maps; knows nothing of the API.
import type { ByteMap } from '../../store/bytemap.ts';
import { AddressIndex, CLUSTER, ENDPOINT, EXTERNAL } from './address-index.ts';
import type { ServiceFacts, SliceFacts } from './facts.ts';
import { ADDRESSES, DUPLICATE, DUPLICATES, HEAD, SERVICE, SIZE, SLICES, SLICE_NAME, Writer, endpointsAt, externalsAt, le32, setLe32,
  slicesAt, textAt, writeService, writeSlice } from './layout.ts';
import { ObjectKey, namesOf } from './maps.ts';

/** What a change was: nothing, something, or something that external names tell (KEXT-5). */
export const SAME = 0, CHANGED = 1, CHANGED_EXTERNALLY = 2;

const EMPTY = new Uint8Array(0);

/** The services of a cluster, or its imports. Written by the main thread alone. */
export class ServiceStore {
  readonly #services: ByteMap;
  readonly #slices: ByteMap;
  readonly #index: AddressIndex | undefined;
  readonly #key = new ObjectKey();
  readonly #head = new Writer();
  readonly #tail = new Writer();
  /** Set where the memory was full: something is missing. */
  full = false;

  constructor(services: ByteMap, slices: ByteMap, addresses: ByteMap | undefined) {
    this.#services = services;
    this.#slices = slices;
    this.#index = addresses === undefined ? undefined : new AddressIndex(addresses);
  }

  /** Puts a service, with the round of the list that it was seen in. */
  put(name: string, namespace: string, facts: ServiceFacts, round: number): number {
    const old = this.#value(name, namespace);
    writeService(this.#head, facts);
    return this.#replaceHead(name, namespace, old, round);
  }
  /** Takes a service away; its slices stay, as they do in the API. */
  remove(name: string, namespace: string): number {
    const old = this.#value(name, namespace);
    if (old === undefined || (old[0]! & SERVICE) === 0) return SAME;
    writeService(this.#head, undefined);
    return this.#replaceHead(name, namespace, old, 0);
  }
  #replaceHead(name: string, namespace: string, old: Uint8Array | undefined, round: number): number {
    const tail = old === undefined ? EMPTY : old.subarray(le32(old, SLICES));
    const head = this.#head;
    if (old !== undefined) setLe32(head.bytes, DUPLICATES, le32(old, DUPLICATES));
    const value = new Uint8Array(head.length + Math.max(2, tail.length));
    value.set(head.bytes.subarray(0, head.length));
    value.set(tail, head.length);
    if (old !== undefined && same(old, value)) {
      this.#mark(name, namespace, round);
      return SAME;
    }
    this.#publish(name, namespace, value, round);
    this.#reindex(old, value, { name, namespace });
    return externals(old) === externals(value) ? CHANGED : CHANGED | CHANGED_EXTERNALLY;
  }

  /** Puts a slice of this service, in place of the one of the same name, whosever it was. */
  putSlice(slice: string, service: string, namespace: string, cluster: string, facts: SliceFacts, round: number): number {
    const owner = this.#ownerOf(slice, namespace);
    const moved = owner !== undefined && owner !== service ? this.removeSlice(slice, namespace) : SAME;
    const tail = this.#tail;
    tail.length = 0;
    writeSlice(tail, slice, cluster, facts);
    const changed = this.#replaceSlice(slice, service, namespace, tail.bytes.subarray(0, tail.length)) | moved;
    this.#own(slice, service, namespace, round);
    return changed;
  }
  /** Takes a slice away. */
  removeSlice(slice: string, namespace: string): number {
    const service = this.#ownerOf(slice, namespace);
    if (service === undefined) return SAME;
    const key = this.#key.of(slice, namespace);
    this.#slices.remove(key.hash, 0, key.words, 0, key.length);
    return this.#replaceSlice(slice, service, namespace, undefined);
  }

  /** Takes away what was not put in this round: services, or slices. */
  sweep(round: number): number {
    let changed = SAME;
    for (const [name, namespace] of this.#unseen(this.#services, round)) changed |= this.remove(name, namespace);
    return changed;
  }
  sweepSlices(round: number): number {
    let changed = SAME;
    for (const [name, namespace] of this.#unseen(this.#slices, round)) changed |= this.removeSlice(name, namespace);
    return changed;
  }
  #unseen(map: ByteMap, round: number): [string, string][] {
    return [...map.walk()].filter((entry) => map.words[map.ownedAt(entry)] !== round).map((entry) => namesOf(map, entry));
  }

  #replaceSlice(slice: string, service: string, namespace: string, block: Uint8Array | undefined): number {
    const old = this.#value(service, namespace);
    if (old === undefined && block === undefined) return SAME;
    if (old === undefined) writeService(this.#head, undefined);
    const head = old === undefined ? this.#head.bytes.subarray(0, this.#head.length) : old.subarray(0, le32(old, SLICES));
    const kept = old === undefined ? [] : [...slicesAt(old, 0)].map((at) => old.subarray(at, at + le32(old, at)));
    const at = kept.findIndex((each) => textAt(each, SLICE_NAME) === slice);
    if (at >= 0 && block !== undefined && sameSlice(kept[at]!, block)) return SAME;
    if (at < 0 && block === undefined) return SAME;
    const blocks = at < 0 ? [...kept, block!] : kept.flatMap((each, i) => (i !== at ? [each] : block ?? []));
    const value = new Uint8Array(blocks.reduce((sum, each) => sum + each.length, head.length + 2));
    value.set(head);
    value[head.length] = blocks.length;
    value[head.length + 1] = blocks.length >> 8;
    let to = head.length + 2;
    for (const each of blocks) {
      value.set(each, to);
      to += each.length;
    }
    markDuplicates(value);
    this.#publish(service, namespace, value, this.#round(service, namespace));
    this.#reindex(old, value, { name: service, namespace });
    return CHANGED;
  }

  /** The bytes of a service, a copy; undefined where there is none. */
  #value(name: string, namespace: string): Uint8Array | undefined {
    const map = this.#services;
    const entry = this.#key.of(name, namespace).in(map);
    if (entry === 0) return undefined;
    const at = map.valueAt(entry) * 4;
    return map.bytes.slice(at, at + map.valueSize(entry));
  }
  #round(name: string, namespace: string): number {
    const entry = this.#key.of(name, namespace).in(this.#services);
    return entry === 0 ? 0 : this.#services.words[this.#services.ownedAt(entry)]!;
  }
  #mark(name: string, namespace: string, round: number): void {
    const entry = this.#key.of(name, namespace).in(this.#services);
    if (entry !== 0) this.#services.words[this.#services.ownedAt(entry)] = round;
  }
  #publish(name: string, namespace: string, value: Uint8Array, round: number): void {
    // What neither is a service nor has slices is gone.
    const key = this.#key.of(name, namespace);
    const map = this.#services;
    if ((value[0]! & SERVICE) === 0 && value.length === le32(value, SLICES) + 2) {
      map.remove(key.hash, 0, key.words, 0, key.length);
      return;
    }
    const entry = map.prepare(key.hash, 0, key.words, 0, key.length, value.length);
    if (entry === 0) {
      this.full = true;
      return;
    }
    map.words[map.ownedAt(entry)] = round;
    map.bytes.set(value, map.valueAt(entry) * 4);
    if (!map.publish(entry)) this.full = true;
  }

  #ownerOf(slice: string, namespace: string): string | undefined {
    const map = this.#slices;
    const entry = this.#key.of(slice, namespace).in(map);
    return entry === 0 ? undefined : textAt(map.bytes, map.valueAt(entry) * 4);
  }
  #own(slice: string, service: string, namespace: string, round: number): void {
    const map = this.#slices;
    const key = this.#key.of(slice, namespace);
    let entry = key.in(map);
    if (entry === 0) {
      entry = map.prepare(key.hash, 0, key.words, 0, key.length, service.length + 1);
      if (entry === 0) {
        this.full = true;
        return;
      }
      const at = map.valueAt(entry) * 4;
      map.bytes[at] = service.length;
      for (let i = 0; i < service.length; i++) map.bytes[at + 1 + i] = service.charCodeAt(i);
      if (!map.publish(entry)) this.full = true;
    }
    map.words[map.ownedAt(entry)] = round;
  }

  #reindex(old: Uint8Array | undefined, value: Uint8Array, owner: { name: string; namespace: string }): void {
    const index = this.#index;
    if (index === undefined) return;
    const before = old === undefined ? new Map<string, number>() : addressesOf(old);
    const after = addressesOf(value);
    for (const [text, kinds] of after) change(text, kinds & ~(before.get(text) ?? 0), (address, kind) => {
      if (!index.add(address, { kind, ...owner })) this.full = true;
    });
    for (const [text, kinds] of before) {
      change(text, kinds & ~(after.get(text) ?? 0), (address, kind) => index.remove(address, { kind, ...owner }));
    }
  }
}

function change(text: string, kinds: number, call: (address: Uint8Array, kind: number) => void): void {
  if (kinds === 0) return;
  const address = Uint8Array.from(text, (c) => c.charCodeAt(0));
  for (const kind of [CLUSTER, ENDPOINT, EXTERNAL]) if ((kinds & (1 << kind)) !== 0) call(address, kind);
}
/** Every address in a service's bytes, with its kinds as bits. */
function addressesOf(value: Uint8Array): Map<string, number> {
  const found = new Map<string, number>();
  const add = (at: number, size: number, kind: number) => {
    let text = '';
    for (let i = at; i < at + size; i++) text += String.fromCharCode(value[i]!);
    found.set(text, (found.get(text) ?? 0) | (1 << kind));
  };
  let at = HEAD;
  for (let left = value[ADDRESSES]!; left > 0; left--) {
    add(at + 1, value[at]!, CLUSTER);
    at += 1 + value[at]!;
  }
  for (const external of externalsAt(value, 0)) {
    if (!(external instanceof Uint8Array)) continue;
    const text = String.fromCharCode(...external);
    found.set(text, (found.get(text) ?? 0) | (1 << EXTERNAL));
  }
  for (const slice of slicesAt(value, 0)) {
    for (const endpoint of endpointsAt(value, slice)) {
      if ((value[endpoint]! & DUPLICATE) === 0) add(endpoint + 1, value[endpoint]! & SIZE, ENDPOINT);
    }
  }
  return found;
}
/** Marks each endpoint whose address another one before it has. */
function markDuplicates(value: Uint8Array): void {
  const seen = new Set<string>();
  let duplicates = 0;
  for (const slice of slicesAt(value, 0)) {
    for (const endpoint of endpointsAt(value, slice)) {
      const size = value[endpoint]! & SIZE;
      let text = '';
      for (let i = endpoint + 1; i <= endpoint + size; i++) text += String.fromCharCode(value[i]!);
      value[endpoint] = seen.has(text) ? size | DUPLICATE : size;
      if (seen.has(text)) duplicates++;
      else seen.add(text);
    }
  }
  setLe32(value, DUPLICATES, duplicates);
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
  return found.length === 0 ? '' : Buffer.from(value.subarray(0, le32(value, SLICES))).toString('latin1');
}
