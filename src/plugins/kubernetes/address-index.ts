// Who has an address: services by their own, their external and their endpoints' addresses, pods by theirs. Knows lists of owners; knows
// nothing of answers.
//
// Key: the address. Value: for each owner u8 kind, u8 size, name, u8 size, namespace.
import type { ByteMap } from '../../store/bytemap.ts';
import { ObjectKey } from './maps.ts';
import { textAt } from './layout.ts';

/** What an address is to its owner. */
export const CLUSTER = 1, ENDPOINT = 2, EXTERNAL = 3, POD = 4;

/** One owner of an address. */
export interface Owner {
  readonly kind: number;
  readonly name: string;
  readonly namespace: string;
}

/** The writer of such a map. */
export class AddressIndex {
  readonly #map: ByteMap;
  readonly #key = new ObjectKey();

  constructor(map: ByteMap) {
    this.#map = map;
  }

  /** Whether the address has this owner. */
  has(address: Uint8Array, owner: Owner): boolean {
    const entry = this.#key.copy(address, 0, address.length).in(this.#map);
    return entry !== 0 && find(this.#map, entry, owner) >= 0;
  }
  /** Adds an owner; one that is there already stays as it is. False where the memory is full. */
  add(address: Uint8Array, owner: Owner): boolean {
    const map = this.#map;
    const key = this.#key.copy(address, 0, address.length);
    const entry = key.in(map);
    const item = itemOf(owner);
    if (entry === 0) return map.put(key.hash, 0, key.words, 0, key.length, item);
    if (find(map, entry, owner) >= 0) return true;
    const at = map.valueAt(entry) * 4;
    const value = new Uint8Array(map.valueSize(entry) + item.length);
    value.set(map.bytes.subarray(at, at + map.valueSize(entry)));
    value.set(item, map.valueSize(entry));
    return map.put(key.hash, 0, key.words, 0, key.length, value);
  }
  /** Takes an owner away. */
  remove(address: Uint8Array, owner: Owner): void {
    const map = this.#map;
    const key = this.#key.copy(address, 0, address.length);
    const entry = key.in(map);
    const found = entry === 0 ? -1 : find(map, entry, owner);
    if (found < 0) return;
    const at = map.valueAt(entry) * 4;
    const size = map.valueSize(entry);
    const after = next(map.bytes, found);
    if (after - found === size) {
      map.remove(key.hash, 0, key.words, 0, key.length);
      return;
    }
    const value = new Uint8Array(size - (after - found));
    value.set(map.bytes.subarray(at, found));
    value.set(map.bytes.subarray(after, at + size), found - at);
    map.put(key.hash, 0, key.words, 0, key.length, value);
  }
}

/** Offsets of the owners in an entry's value. */
export function* ownersAt(map: ByteMap, entry: number): Generator<number> {
  const at = map.valueAt(entry) * 4;
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
function itemOf({ kind, name, namespace }: Owner): Uint8Array {
  const text = String.fromCharCode(kind, name.length) + name + String.fromCharCode(namespace.length) + namespace;
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}
/** The offset of this owner in an entry's value, or -1. */
function find(map: ByteMap, entry: number, owner: Owner): number {
  const item = itemOf(owner);
  const { bytes } = map;
  for (const at of ownersAt(map, entry)) {
    let i = 0;
    while (i < item.length && bytes[at + i] === item[i]) i++;
    if (i === item.length) return at;
  }
  return -1;
}
