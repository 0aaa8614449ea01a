// Which reverse names have names below them: beginnings of addresses, each as long as there is an address that begins so (RFC 8020). Knows
// octets and nibbles; knows no names and no owners.
import type { ByteMap } from '../../../store/bytemap.ts';
import { ObjectKey } from './maps.ts';

/** Beside the number of nibbles in a key: they are those of IPv6. */
const SIX = 0x40;
/** Octets and nibbles of the longest beginning that is no whole address. */
const DEEPEST = { 4: 3, 16: 31 } as const;

/** Room for a beginning as a key: its kind and length, and the octets, those that are not in it 0. */
class Beginning {
  readonly #bytes = new Uint8Array(17);
  readonly #key = new ObjectKey();

  /** `count` octets of the address of 4 bytes at `from`, or nibbles of one of 16. */
  of(address: Uint8Array, from: number, size: number, count: number): ObjectKey {
    const bytes = this.#bytes.fill(0);
    bytes[0] = size === 4 ? count : SIX | count;
    const whole = size === 4 ? count : count >> 1;
    for (let i = 0; i < whole; i++) bytes[1 + i] = address[from + i]!;
    if (size === 16 && (count & 1) === 1) bytes[1 + whole] = address[from + whole]! & 0xf0;
    return this.#key.copy(bytes, 0, 1 + size);
  }
}

/** The writer of such a map. Each entry's own word is how many there are of the next longer ones. */
export class PrefixIndex {
  readonly #map: ByteMap;
  readonly #beginning = new Beginning();

  constructor(map: ByteMap) {
    this.#map = map;
  }
  /** One more address of 4 or 16 bytes. */
  add(address: Uint8Array, from: number, size: number): void {
    const map = this.#map;
    for (let count = DEEPEST[size as 4 | 16]; count > 0; count--) {
      const key = this.#beginning.of(address, from, size, count);
      const known = key.in(map);
      if (known !== 0) {
        map.words[map.ownedAt(known)]!++;
        return;
      }
      const entry = map.prepare(key, 0);
      if (entry === 0) return;
      map.words[map.ownedAt(entry)] = 1;
      if (!map.publish(entry)) return;
    }
  }
  /** One address less. */
  remove(address: Uint8Array, from: number, size: number): void {
    const map = this.#map;
    for (let count = DEEPEST[size as 4 | 16]; count > 0; count--) {
      const key = this.#beginning.of(address, from, size, count);
      const entry = key.in(map);
      if (entry === 0 || --map.words[map.ownedAt(entry)]! > 0) return;
      map.remove(key);
    }
  }
}

/** Whether an address begins so. */
export class Prefixes {
  readonly #map: ByteMap;
  readonly #beginning = new Beginning();

  constructor(map: ByteMap) {
    this.#map = map;
  }
  has(address: Uint8Array, size: number, count: number): boolean {
    return count === 0 ? this.#map.entries > 0 : this.#beginning.of(address, 0, size, count).in(this.#map) !== 0;
  }
}
