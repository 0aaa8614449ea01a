// What is in a cluster's maps at one moment, copied block by block while they change. Knows the store's rules for what is replaced; knows
// nothing of files.
import type { Entry } from '../../../store/key.ts';
import type { ByteMap, Listed } from '../../../store/bytemap.ts';
import type { Pin } from '../../../store/reading.ts';
import type { Store } from '../../../store/store.ts';
import { BLOCK_HEAD, ENTRY_HEAD, mapsOf } from './format.ts';
import type { Maps } from '../cluster/maps.ts';

/** Words of a block, unless one entry is longer: what is copied and hashed in one turn. */
const BLOCK = 32768;
/** Words from which on they are copied by the engine. */
const MANY = 48;

/**
 * Entries never change once they can be found, so where they lie is all that has to be written down at once; the pin keeps what is
 * replaced meanwhile. Made by the thread that writes the maps. `release` it.
 */
export class StillMaps {
  readonly #maps: readonly ByteMap[];
  readonly #entries: readonly Listed[];
  readonly #pin: Pin;
  #released = false;

  constructor(maps: Maps, store: Pick<Store, 'pin'>) {
    this.#maps = mapsOf(maps);
    this.#pin = store.pin();
    this.#entries = this.#maps.map((map) => map.list());
  }

  /** How many entries each map has. */
  get counts(): readonly number[] {
    return this.#entries.map(({ length }) => length);
  }
  /** Lets go of the maps: no further block can be had. */
  release(): void {
    this.#released = true;
    this.#pin.release();
  }

  /** All entries. A block holds until the next is asked for. Throws Error once released. */
  *blocks(): Generator<Uint8Array> {
    const block = new Block();
    for (const [number, entries] of this.#entries.entries()) {
      const map = this.#maps[number]!;
      for (let i = 0; i < entries.length;) {
        if (this.#released) throw new Error('it took too long');
        block.begin(number);
        do block.add(map, entries[i++]!);
        while (i < entries.length && block.length < BLOCK);
        yield block.end();
      }
    }
  }
}

class Block {
  #words = new Int32Array(BLOCK + 4096);
  #entries = 0;
  length = 0;

  begin(map: number): void {
    this.#words[1] = map;
    this.length = BLOCK_HEAD;
    this.#entries = 0;
  }
  add(map: ByteMap, entry: Entry): void {
    const size = map.valueSize(entry);
    const keyWords = map.keyWords(entry);
    const count = keyWords + ((size + 3) >> 2);
    const end = this.length + ENTRY_HEAD + count;
    if (end > this.#words.length) this.#grow(end);
    const to = this.#words;
    const from = map.words;
    const at = this.length + ENTRY_HEAD;
    const key = map.keyAt(entry);
    to[this.length] = keyWords;
    to[this.length + 1] = size;
    if (count < MANY) for (let i = 0; i < count; i++) to[at + i] = from[key + i]!;
    else to.set(from.subarray(key, key + count), at);
    // What stands behind the value is left from before.
    if ((size & 3) !== 0) to[end - 1]! &= (1 << ((size & 3) * 8)) - 1;
    this.length = end;
    this.#entries++;
  }
  #grow(end: number): void {
    const larger = new Int32Array(end * 2);
    larger.set(this.#words.subarray(0, this.length));
    this.#words = larger;
  }
  end(): Uint8Array {
    this.#words[0] = this.length;
    this.#words[2] = this.#entries;
    return new Uint8Array(this.#words.buffer, 0, this.length * 4);
  }
}
