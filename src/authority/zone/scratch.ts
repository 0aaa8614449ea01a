// Records as they are read, before they are a zone: names in a hash, the records of each in a chain, all in one piece of memory that is
// used for one zone after the other. Knows wire form; knows no file, no order and no shared memory.
//
// In words: a name is 0 hash, 1 first record, 2 last record, 3 bytes of its key with marks above them, then the key (name-key.ts). A
// record is 0 the next of the name, 1 type and bytes of data (16 bits each), 2 TTL, then the data.
import { setU32, u32 } from '../../dns/packet.ts';
import { TYPE } from '../../dns/type-name.ts';
import type { Hash } from '../../store/hash.ts';
import { MOST_LABELS, labelsAt } from '../../kernel/site/zones.ts';
import { NameKey } from './name-key.ts';
import { MOST_ITERATIONS } from './version.ts';

const HASH = 0, FIRST = 1, LAST = 2;
/** Of a name: the word with the bytes of its key, and where the key begins. */
export const KEY_BYTES = 3, NAME = 4;
/** What a name owns: signatures, hashes of names, other records; NS, DNAME and CNAME among these. */
export const SIGNATURES = 1, HASHES = 2, OTHERS = 4, SERVERS = 8, RENAMING = 16, ALIASES = 32;
const NEXT = 0, KIND = 1, TTL = 2, RECORD = 3;
const NOWHERE = new Uint8Array(1);
/** Words at first, and how many remain from one zone to the next: a large zone's memory is let go. */
const ROOM = 1 << 14, KEPT = 1 << 22;
/** Words for each byte of text: pages that are not touched cost nothing. */
const WORDS_A_BYTE = 0.3;
/** The most words: more records than any memory that is shared can hold. */
const MOST = 1 << 29;

/** All that a scratch holds. */
export interface ScratchState {
  readonly zone: Uint8Array;
  readonly words: Int32Array<ArrayBuffer>;
  readonly slots: Int32Array<ArrayBuffer>;
  readonly order: Int32Array<ArrayBuffer>;
  /** Names, records, the place of the SOA, words that are used, the mask of the slots, and the most iterations. */
  readonly numbers: readonly [names: number, records: number, soa: number, top: number, mask: number, iterations: number];
}

/** One zone's records. Offsets are in words. */
export class Scratch {
  words: Int32Array<ArrayBuffer> = new Int32Array(ROOM);
  bytes = new Uint8Array(this.words.buffer);
  /** The zone as a wire name in lower case. */
  zone: Uint8Array = new Uint8Array(1);
  /** How many names and records there are. */
  names = 0;
  records = 0;
  /** The most iterations of hashes that the zone may have. */
  mostIterations: number = MOST_ITERATIONS;
  #soa = 0;
  #top = 2;
  #slots: Int32Array<ArrayBuffer> = new Int32Array(256);
  /** Names in the order in which they came. */
  #order: Int32Array<ArrayBuffer> = new Int32Array(256);
  #mask = 255;
  readonly #hash: Hash;
  readonly #key = new NameKey();
  readonly #starts = new Int32Array(MOST_LABELS + 1);

  constructor(hash: Hash) {
    this.#hash = hash;
  }

  /** All that it holds, for another thread; it holds nothing from then on. */
  release(): ScratchState {
    const { words, zone, names, records } = this;
    const numbers = [names, records, this.#soa, this.#top, this.#mask, this.mostIterations] as const;
    const state = { zone, words, slots: this.#slots, order: this.#order, numbers };
    this.words = new Int32Array(ROOM);
    this.bytes = new Uint8Array(this.words.buffer);
    this.#slots = new Int32Array(256);
    this.#order = new Int32Array(256);
    this.begin(NOWHERE);
    return state;
  }
  /** Takes what another one held. */
  adopt({ zone, words, slots, order, numbers }: ScratchState): this {
    this.zone = zone;
    this.words = words;
    this.bytes = new Uint8Array(words.buffer);
    this.#slots = slots;
    this.#order = order;
    [this.names, this.records, this.#soa, this.#top, this.#mask, this.mostIterations] = numbers;
    return this;
  }

  /** Forgets all, for a zone of this lower-case wire name, whose text has about so many bytes. */
  begin(zone: Uint8Array, size = 0): this {
    const wanted = Math.min(MOST >> 1, Math.max(ROOM, Math.ceil(size * WORDS_A_BYTE)));
    if (this.words.length > KEPT || this.words.length < wanted) {
      this.words = new Int32Array(wanted);
      this.bytes = new Uint8Array(this.words.buffer);
    }
    if (this.#slots.length > KEPT) this.#slots = new Int32Array(256);
    if (this.#order.length > KEPT) this.#order = new Int32Array(256);
    this.#mask = 255;
    this.#slots.fill(0, 0, 256);
    this.#top = 2;
    this.zone = zone;
    this.names = this.records = this.#soa = 0;
    return this;
  }

  /** The handle of a wire name, letters as they are; -1: it is outside of the zone. */
  owner(name: Uint8Array, length: number): number {
    const { zone } = this;
    const below = length - zone.length;
    if (below < 0) return -1;
    for (let i = 0; i < zone.length; i++) {
      const byte = name[below + i]!;
      if ((byte >= 65 && byte <= 90 ? byte | 32 : byte) !== zone[i]) return -1;
    }
    let labels = labelsAt(name, 0, this.#starts);
    while (this.#starts[labels]! > below) labels--;
    if (this.#starts[labels] !== below) return -1;
    const key = this.#key.read(name, this.#starts, 0, labels);
    key.hash(this.#hash, labels);
    return this.#find(key.hashes[labels]!, key.bytes, key.length);
  }
  /** The handle of a name of the zone by its key, `length` bytes at `at`, whose hash is known. */
  named(hash: number, key: Uint8Array, at: number, length: number): number {
    return this.#find(hash, key.subarray(at, at + length), length);
  }
  #find(hash: number, key: Uint8Array, length: number): number {
    for (let slot = hash & this.#mask, name: number; (name = this.#slots[slot]!) !== 0; slot = (slot + 1) & this.#mask) {
      if (this.words[name + HASH] !== hash || (this.words[name + KEY_BYTES]! & 0xffff) !== length) continue;
      const from = (name + NAME) * 4;
      let i = 0;
      while (i < length && this.bytes[from + i] === key[i]) i++;
      if (i === length) return name;
    }
    const name = this.#take(NAME + ((length + 3) >> 2));
    const { words, bytes } = this;
    words[name + HASH] = hash;
    words[name + FIRST] = words[name + LAST] = 0;
    words[name + KEY_BYTES] = length;
    for (let i = 0, from = (name + NAME) * 4; i < length; i++) bytes[from + i] = key[i]!;
    if (this.names === this.#order.length) this.#order = longer(this.#order);
    this.#order[this.names++] = name;
    if (this.names * 2 > this.#mask) this.#grow();
    this.#put(name);
    return name;
  }
  #put(name: number): void {
    let slot = this.words[name + HASH]! & this.#mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
    this.#slots[slot] = name;
  }
  #grow(): void {
    const old = this.#slots.slice(0, this.#mask + 1);
    this.#mask = this.#mask * 2 + 1;
    if (this.#slots.length <= this.#mask) this.#slots = new Int32Array((this.#mask + 1) * 2);
    else this.#slots.fill(0, 0, this.#mask + 1);
    for (const name of old) if (name !== 0) this.#put(name);
  }
  #take(words: number): number {
    const at = this.#top;
    if (at + words > this.words.length) {
      if (at + words > MOST) throw new RangeError('the zone has too many records');
      const larger = new Int32Array(Math.max(at + words, Math.min(MOST, this.words.length * 2)));
      larger.set(this.words.subarray(0, at));
      this.words = larger;
      this.bytes = new Uint8Array(larger.buffer);
    }
    this.#top = at + words;
    return at;
  }

  /** Adds a record of a name: uncompressed data of `length` bytes, a TTL in seconds. */
  add(owner: number, type: number, ttl: number, data: Uint8Array, length: number): void {
    const record = this.#take(RECORD + ((length + 3) >> 2));
    const { words, bytes } = this;
    words[record + NEXT] = 0;
    words[record + KIND] = (type << 16) | length;
    words[record + TTL] = ttl;
    for (let i = 0, from = (record + RECORD) * 4; i < length; i++) bytes[from + i] = data[i]!;
    if (words[owner + FIRST] === 0) words[owner + FIRST] = record;
    else words[words[owner + LAST]! + NEXT] = record;
    words[owner + LAST] = record;
    this.records++;
    words[owner + KEY_BYTES]! |= markOf(type) << 16;
    if (type !== TYPE.SOA || (words[owner + KEY_BYTES]! & 0xffff) !== 0) return;
    if (this.#soa !== 0) words[this.#soa + KIND]! &= 0xffff;
    this.#soa = record;
  }
  /** Takes a record of a name away. */
  remove(owner: number, record: number): void {
    const { words } = this;
    let before = 0;
    let marks = 0;
    for (let at = words[owner + FIRST]!, last = 0; at !== 0; last = at, at = words[at + NEXT]!) {
      if (at === record) before = last;
      else marks |= markOf(this.type(at));
    }
    if (before === 0) words[owner + FIRST] = words[record + NEXT]!;
    else words[before + NEXT] = words[record + NEXT]!;
    if (words[owner + LAST] === record) words[owner + LAST] = before;
    words[owner + KEY_BYTES] = (words[owner + KEY_BYTES]! & 0xffff) | (marks << 16);
    this.records--;
    if (record === this.#soa) this.#soa = 0;
  }
  /** Whether the zone has an SOA. Of several the last one counts (FILE-3): the others have type 0. */
  get hasSoa(): boolean {
    return this.#soa !== 0;
  }
  /** The serial of the SOA (RFC 1035 section 3.3.13). */
  get serial(): number {
    return u32(this.bytes, this.#serialAt);
  }
  set serial(serial: number) {
    setU32(this.bytes, this.#serialAt, serial);
  }
  get #serialAt(): number {
    return this.dataAt(this.#soa) + this.size(this.#soa) - 20;
  }

  /** All names that were asked for, in the order in which they were. */
  known(): Int32Array {
    return this.#order.slice(0, this.names);
  }
  /** All names that own something, in the order in which they came. */
  list(): Int32Array {
    const list = new Int32Array(this.names);
    let count = 0;
    for (let i = 0; i < this.names; i++) {
      const name = this.#order[i]!;
      if (this.words[name + FIRST] !== 0) list[count++] = name;
    }
    return list.subarray(0, count);
  }
  hashOf(name: number): number {
    return this.words[name + HASH]!;
  }
  /** Where the key of a name lies in `bytes`, and how many bytes it has. */
  keyAt(name: number): number {
    return (name + NAME) * 4;
  }
  keyLength(name: number): number {
    return this.words[name + KEY_BYTES]! & 0xffff;
  }
  /** What a name owns: see `SIGNATURES`. */
  marks(name: number): number {
    return this.words[name + KEY_BYTES]! >>> 16;
  }
  /** Whether a name owns one record alone. */
  hasOne(name: number): boolean {
    return this.words[name + FIRST] === this.words[name + LAST];
  }
  /** The first record of a name, and the one behind another; 0: there is none. */
  first(name: number): number {
    return this.words[name + FIRST]!;
  }
  next(record: number): number {
    return this.words[record + NEXT]!;
  }
  type(record: number): number {
    return this.words[record + KIND]! >>> 16;
  }
  ttl(record: number): number {
    return this.words[record + TTL]!;
  }
  /** Where the data of a record lie in `bytes`, and how many bytes. */
  dataAt(record: number): number {
    return (record + RECORD) * 4;
  }
  size(record: number): number {
    return this.words[record + KIND]! & 0xffff;
  }
}

/** Whether the zone itself owns a record of a type. */
export function apexHas(scratch: Scratch, type: number): boolean {
  const apex = scratch.owner(scratch.zone, scratch.zone.length);
  for (let record = scratch.first(apex); record !== 0; record = scratch.next(record)) if (scratch.type(record) === type) return true;
  return false;
}
/** The same, with room for twice as many. */
function longer(list: Int32Array): Int32Array<ArrayBuffer> {
  const other = new Int32Array(list.length * 2);
  other.set(list);
  return other;
}
/** What a record of this type says of its owner. */
function markOf(type: number): number {
  if (type === TYPE.RRSIG) return SIGNATURES;
  if (type === TYPE.NSEC3) return HASHES;
  return OTHERS | (type === TYPE.NS ? SERVERS : type === TYPE.DNAME ? RENAMING : type === TYPE.CNAME ? ALIASES : 0);
}
