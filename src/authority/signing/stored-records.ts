// The records of a set that is stored, whole again: names in their data get the ends that were cut. Knows the layout of sets; knows no
// node, and keeps nothing.
import { u16, u32 } from '../../dns/packet.ts';
import { OWNER_END, RECORD_HEAD, SET_HEAD, ZONE_END, isCut, lackingEnd, nextSet } from '../record-sets.ts';

/** Bytes that one record may have: its data, and a name. */
const MOST = 65_536 + 256;

/** One set at a time. */
export class StoredRecords {
  /** The data of all records, one behind the other; of record `i` from `starts[i]` to `starts[i + 1]`. */
  bytes = new Uint8Array(1 << 12);
  starts = new Int32Array(65);
  count = 0;
  /** The least of their times to live: that of the set (RFC 2181 section 5.2). And whether all have that one. */
  ttl = 0;
  isEven = true;
  readonly #zone: Uint8Array;

  /** `zone` is the lower-case wire name. */
  constructor(zone: Uint8Array) {
    this.#zone = zone;
  }

  /** Reads the set at `set`; `owner` is its owner's wire name, `length` bytes of it. */
  read(from: Uint8Array, set: number, owner: Uint8Array, length: number): this {
    const mayLack = isCut(from, set);
    const zone = this.#zone;
    let to = 0;
    this.count = 0;
    this.ttl = -1;
    this.isEven = true;
    for (let at = set + SET_HEAD, end = nextSet(from, set); at < end;) {
      const size = u16(from, at + 10);
      const data = at + RECORD_HEAD;
      const last = data + size;
      this.#ensure(to);
      const ttl = u32(from, at + 6);
      if (this.ttl >= 0 && ttl !== this.ttl) this.isEven = false;
      if (this.ttl < 0 || ttl < this.ttl) this.ttl = ttl;
      const lacking = lackingEnd(from, mayLack, last);
      for (let i = data, own = lacking < 0 ? last : last - 2; i < own; i++) this.bytes[to++] = from[i]!;
      if (lacking === ZONE_END) for (let i = 0; i < zone.length; i++) this.bytes[to++] = zone[i]!;
      else if (lacking === OWNER_END) for (let i = 0; i < length; i++) this.bytes[to++] = owner[i]!;
      this.starts[++this.count] = to;
      at = last;
    }
    return this;
  }
  #ensure(used: number): void {
    if (used + MOST > this.bytes.length) {
      const larger = new Uint8Array((used + MOST) * 2);
      larger.set(this.bytes.subarray(0, used));
      this.bytes = larger;
    }
    if (this.count + 2 > this.starts.length) {
      const longer = new Int32Array(this.starts.length * 2);
      longer.set(this.starts);
      this.starts = longer;
    }
  }
}
