// Signatures in shared memory, found by what they are over: a keyed hash of 128 bits of the set's canonical form, and the key. A set that
// has changed has another hash, so it never gets the signature of what it was. Knows the memory; knows nothing of replies.
import { u32 } from '../../dns/packet.ts';
import type { CacheMap } from '../../store/cache-map.ts';
import { Key } from '../../store/key.ts';
import type { Mac } from '../../store/mac.ts';
import type { Space } from '../../store/space.ts';
import type { ZoneKey } from './signers.ts';

/** Where the times stand in an RRSIG's data. */
const EXPIRATION = 8, INCEPTION = 12;
/** Seconds that a signature must hold yet to be given again (DSEC-5). */
const AHEAD = 2 * 86_400;
/** Bytes of a key. */
const KEY = 24;
/** Bytes that an entry has on average, with those of the memory's own. */
const AVERAGE = 320;

/** The signatures of one block. */
export class KeptSignatures {
  readonly #map: CacheMap;
  readonly #mac: Mac;
  readonly #key = new Key(new Int32Array(KEY / 4));

  constructor(space: Space, capacity: number, mac: Mac) {
    this.#map = space.cache('dnssec', { entries: capacity, bytes: Math.max(1 << 16, capacity * AVERAGE), owned: 0 });
    this.#mac = mac;
  }

  /** How many there are. */
  get count(): number {
    return this.#map.entries;
  }
  /**
   * Names the set whose canonical form are `length` octets of `bytes` from `from` on, with 16 octets of room behind them: what `take` and
   * `keep` are about. One for each key.
   */
  name(bytes: Uint8Array, from: number, length: number): void {
    const { words } = this.#key;
    const hash = this.#mac.of(bytes, from, length);
    for (let i = 0; i < 4; i++) words[i] = hash[i]!;
  }
  #of({ id }: ZoneKey): Key {
    const { words } = this.#key;
    words[4] = id[0];
    words[5] = id[1];
    return this.#key.reset(KEY);
  }
  /** The name of the set and the key as words of one's own, to `keep` by later. */
  named(key: ZoneKey): Int32Array {
    return this.#of(key).words.slice();
  }
  /** Writes the data of the key's RRSIG over the set to `out` at `at`; false where there is none that holds for long enough. */
  take(key: ZoneKey, now: number, out: Uint8Array, at: number): boolean {
    const entry = this.#map.find(this.#of(key));
    if (entry === 0 || this.#map.valueSize(entry) !== key.size) return false;
    const { bytes } = this.#map;
    const from = this.#map.bytesAt(entry);
    if (u32(bytes, from + EXPIRATION) - now <= AHEAD || u32(bytes, from + INCEPTION) > now) return false;
    for (let i = 0; i < key.size; i++) out[at + i] = bytes[from + i]!;
    return true;
  }
  /** Keeps the data of an RRSIG under the name of its set. */
  keep(name: Int32Array, data: Uint8Array, at: number, size: number): void {
    this.#key.words.set(name);
    const entry = this.#map.prepare(this.#key.reset(KEY), size);
    if (entry === 0) return;
    const { bytes } = this.#map;
    const to = this.#map.bytesAt(entry);
    for (let i = 0; i < size; i++) bytes[to + i] = data[at + i]!;
    this.#map.publish(entry);
  }
}
