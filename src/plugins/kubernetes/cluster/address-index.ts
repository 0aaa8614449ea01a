// Who has an address: services by their own, their external and their endpoints' addresses, pods and nodes by theirs. Knows lists of
// owners; knows nothing of answers.
//
// Key: the address. Value: for each owner u8 kind, u8 size, name, u8 size, namespace.
import { writeLatin1 } from '../../../dns/latin1.ts';
import type { Entry } from '../../../store/key.ts';
import type { ByteMap } from '../../../store/bytemap.ts';
import { ObjectKey } from './maps.ts';
import { textAt } from './layout.ts';
import { PrefixIndex } from './prefix-index.ts';

/**
 * What an address is to its owner. A pod on the network of its node shares the node's with all that runs there: HOST_POD. IMPORT is the
 * address under which a service of several clusters is reached from this one. NODE is a node's own: its name is there as wire labels.
 */
export const CLUSTER = 1, ENDPOINT = 2, EXTERNAL = 3, POD = 4, HOST_POD = 5, IMPORT = 6, NODE = 7;

/** One owner of an address. */
export interface Owner {
  readonly kind: number;
  readonly name: string;
  readonly namespace: string;
}

/** The writer of such a map. */
export class AddressIndex {
  readonly #map: ByteMap;
  readonly #prefixes: PrefixIndex | undefined;
  readonly #external: PrefixIndex | undefined;
  readonly #key = new ObjectKey();

  /** `prefixes`: what the addresses begin with that lead to names in the cluster; `external`: those that lead to names outside. */
  constructor(map: ByteMap, prefixes?: ByteMap, external?: ByteMap) {
    this.#map = map;
    this.#prefixes = prefixes === undefined ? undefined : new PrefixIndex(prefixes);
    this.#external = external === undefined ? undefined : new PrefixIndex(external);
  }
  #prefixesOf(item: Uint8Array): PrefixIndex | undefined {
    return item[0] === EXTERNAL ? this.#external : this.#prefixes;
  }
  /** Makes the map of prefixes anew, which is empty. */
  restorePrefixes(): void {
    const map = this.#map;
    for (const entry of map.list()) {
      const at = map.keyAt(entry) * 4;
      const size = map.keyWords(entry) * 4;
      if (leads(map, entry, false)) this.#prefixes?.add(map.bytes, at, size);
      if (leads(map, entry, true)) this.#external?.add(map.bytes, at, size);
    }
  }

  /**
   * Adds an owner, made by `itemOf`, to the address of `size` bytes at `from`; one that is there already stays as it is. False where the
   * memory is full.
   */
  add(address: Uint8Array, from: number, size: number, item: Uint8Array): boolean {
    const map = this.#map;
    const key = this.#key.copy(address, from, size);
    const entry = key.in(map);
    const prefixes = this.#prefixesOf(item);
    if (prefixes !== undefined && !leads(map, entry, item[0] === EXTERNAL)) prefixes.add(address, from, size);
    if (entry === 0) return map.put(key, item);
    if (find(map, entry, item) >= 0) return true;
    const at = map.bytesAt(entry);
    const value = new Uint8Array(map.valueSize(entry) + item.length);
    value.set(map.bytes.subarray(at, at + map.valueSize(entry)));
    value.set(item, map.valueSize(entry));
    return map.put(key, value);
  }
  /** Takes an owner away. */
  remove(address: Uint8Array, from: number, length: number, item: Uint8Array): void {
    const map = this.#map;
    const key = this.#key.copy(address, from, length);
    const entry = key.in(map);
    if (entry === 0) return;
    const found = find(map, entry, item);
    if (found < 0) return;
    const at = map.bytesAt(entry);
    const size = map.valueSize(entry);
    const after = next(map.bytes, found);
    if (after - found === size) {
      map.remove(key);
      this.#prefixesOf(item)?.remove(address, from, length);
      return;
    }
    const value = new Uint8Array(size - (after - found));
    value.set(map.bytes.subarray(at, found));
    value.set(map.bytes.subarray(after, at + size), found - at);
    map.put(key, value);
    const prefixes = this.#prefixesOf(item);
    if (prefixes !== undefined && !leads(map, key.in(map), item[0] === EXTERNAL)) prefixes.remove(address, from, length);
  }
}

/** Whether an address leads to a name in the cluster, or to one outside of it. */
function leads(map: ByteMap, entry: Entry | 0, outside: boolean): boolean {
  if (entry === 0) return false;
  const { bytes } = map;
  const at = map.bytesAt(entry);
  const end = at + map.valueSize(entry);
  for (let item = at; item < end; item = next(bytes, item)) if ((bytes[item] === EXTERNAL) === outside) return true;
  return false;
}
/** Offsets of the owners in an entry's value. */
export function* ownersAt(map: ByteMap, entry: Entry): Generator<number> {
  const at = map.bytesAt(entry);
  const end = at + map.valueSize(entry);
  for (let item = at; item < end; item = next(map.bytes, item)) yield item;
}
/** The owner at this offset. */
export function ownerAt(bytes: Uint8Array, item: number): Owner {
  const namespace = item + 2 + bytes[item + 1]!;
  return { kind: bytes[item]!, name: textAt(bytes, item + 1), namespace: textAt(bytes, namespace) };
}

function next(bytes: Uint8Array, item: number): number {
  const namespace = item + 2 + bytes[item + 1]!;
  return namespace + 1 + bytes[namespace]!;
}
/** An owner as it stands in the value of its addresses. */
export function itemOf(kind: number, name: string, namespace: string): Uint8Array {
  const item = new Uint8Array(3 + name.length + namespace.length);
  item[0] = kind;
  item[1] = name.length;
  writeLatin1(name, item, 2);
  item[2 + name.length] = namespace.length;
  writeLatin1(namespace, item, 3 + name.length);
  return item;
}
/** The offset of this owner in an entry's value, or -1. */
function find(map: ByteMap, entry: Entry, item: Uint8Array): number {
  const { bytes } = map;
  const from = map.bytesAt(entry);
  const end = from + map.valueSize(entry);
  for (let at = from; at < end; at = next(bytes, at)) {
    let i = 0;
    while (i < item.length && bytes[at + i] === item[i]) i++;
    if (i === item.length) return at;
  }
  return -1;
}
