// A record set in canonical form (RFC 4034 section 6.3): its data lowered, sorted, each once. One object is used again and again. Knows
// octets and their order; knows nothing of keys or times.
import { setU16, setU32 } from '../dns/packet.ts';
import { writeCanonicalData, writeCanonicalName } from './canonical.ts';

/** What data may grow by while names in it are written out: two names of 255 octets, less what stood there. */
const GROWTH = 512;

/** A record set whose records are of one name, type, class and time to live. */
export interface RRset {
  /** The owner's uncompressed wire form. */
  readonly owner: Uint8Array;
  readonly type: number;
  readonly class: number;
  /** Seconds. */
  readonly ttl: number;
  /** The data of each record, names uncompressed. */
  readonly data: readonly Uint8Array[];
}

/** The canonical form of one set at a time. */
export class SetForm {
  /** The owner, lowered; `ownerLength` octets of it. */
  readonly owner = new Uint8Array(256);
  ownerLength = 0;
  type = 0;
  class = 0;
  /** How many records there are; those that are the same count once after `sort`. */
  count = 0;
  #bytes = new Uint8Array(4096);
  #used = 0;
  #starts: Int32Array = new Int32Array(64);
  #ends: Int32Array = new Int32Array(64);

  /** Begins a set. The owner stands at `at`; pointers count from `base` and lead anywhere before `limit`. Throws WireError. */
  begin(type: number, klass: number, bytes: Uint8Array, at = 0, limit: number = bytes.length, base = 0): this {
    this.ownerLength = writeCanonicalName(bytes, at, limit, base, this.owner, 0);
    this.type = type;
    this.class = klass;
    this.count = 0;
    this.#used = 0;
    return this;
  }
  /** Adds a record's data, which stands at `at`. Throws WireError where it is not what its type says. */
  add(bytes: Uint8Array, at = 0, length: number = bytes.length, limit: number = bytes.length, base = 0): void {
    if (this.#used + length + GROWTH > this.#bytes.length) this.#grow(length);
    if (this.count === this.#starts.length) {
      this.#starts = doubled(this.#starts);
      this.#ends = doubled(this.#ends);
    }
    this.#starts[this.count] = this.#used;
    this.#used = writeCanonicalData(this.type, bytes, at, length, limit, base, this.#bytes, this.#used);
    this.#ends[this.count++] = this.#used;
  }
  #grow(length: number): void {
    const bytes = new Uint8Array((this.#used + length + GROWTH) * 2);
    bytes.set(this.#bytes.subarray(0, this.#used));
    this.#bytes = bytes;
  }

  /** Puts the records in order, by their octets, and takes those out that are there already. */
  sort(): this {
    if (this.count > 16) this.#sortMany();
    else for (let i = 1; i < this.count; i++) for (let j = i; j > 0 && this.#compare(j - 1, j) > 0; j--) this.#swap(j - 1, j);
    let kept = Math.min(1, this.count);
    for (let i = 1; i < this.count; i++) {
      if (this.#compare(kept - 1, i) === 0) continue;
      this.#starts[kept] = this.#starts[i]!;
      this.#ends[kept++] = this.#ends[i]!;
    }
    this.count = kept;
    return this;
  }
  #sortMany(): void {
    const places = Array.from({ length: this.count }, (_, i) => i).sort((a, b) => this.#compare(a, b));
    const starts = places.map((i) => this.#starts[i]!);
    const ends = places.map((i) => this.#ends[i]!);
    this.#starts.set(starts);
    this.#ends.set(ends);
  }
  #compare(a: number, b: number): number {
    const bytes = this.#bytes;
    const endA = this.#ends[a]!;
    const endB = this.#ends[b]!;
    for (let i = this.#starts[a]!, j = this.#starts[b]!; ; i++, j++) {
      if (i === endA || j === endB) return endA - i - (endB - j);
      if (bytes[i] !== bytes[j]) return bytes[i]! - bytes[j]!;
    }
  }
  #swap(a: number, b: number): void {
    const start = this.#starts[a]!;
    const end = this.#ends[a]!;
    this.#starts[a] = this.#starts[b]!;
    this.#ends[a] = this.#ends[b]!;
    this.#starts[b] = start;
    this.#ends[b] = end;
  }

  /** Octets that `write` writes. */
  get size(): number {
    let size = (this.ownerLength + 10) * this.count;
    for (let i = 0; i < this.count; i++) size += this.#ends[i]! - this.#starts[i]!;
    return size;
  }
  /**
   * Writes each record whole, with this time to live, to `out` from `at` on; says where they end. With fewer `labels` than the owner has,
   * the owner is the wildcard that it came from (RFC 4035 section 5.3.2).
   */
  write(out: Uint8Array, at: number, ttl: number, labels = 255): number {
    let from = 0;
    let left = 0;
    for (let i = 0; this.owner[i] !== 0; i += this.owner[i]! + 1) left++;
    for (; left > labels; left--) from += this.owner[from]! + 1;
    const star = from > 0;
    for (let i = 0; i < this.count; i++) {
      if (star) {
        out[at++] = 1;
        out[at++] = 0x2a;
      }
      for (let k = from; k < this.ownerLength; k++) out[at++] = this.owner[k]!;
      setU16(out, at, this.type);
      setU16(out, at + 2, this.class);
      setU32(out, at + 4, ttl);
      const start = this.#starts[i]!;
      const length = this.#ends[i]! - start;
      setU16(out, at + 8, length);
      at += 10;
      for (let k = 0; k < length; k++) out[at + k] = this.#bytes[start + k]!;
      at += length;
    }
    return at;
  }
}

function doubled(places: Int32Array): Int32Array {
  const more = new Int32Array(places.length * 2);
  more.set(places);
  return more;
}

const form = new SetForm();

/** The canonical form of a set, sorted: one object, which the next call fills anew. Throws WireError. */
export function formOf(set: RRset): SetForm {
  form.begin(set.type, set.class, set.owner);
  for (const data of set.data) form.add(data);
  return form.sort();
}
