// What one version of a zone has no more and the next one has new, record by record (RFC 1995). Knows nodes and sets; keeps nothing.
//
// A record is written as: bytes of the owner's labels before the zone, these, type (16 bits), TTL (32), bytes of data (16), the data whole.
import { setU16, setU32, u16, u32 } from '../../dns/packet.ts';
import { TYPE } from '../../dns/type-name.ts';
import { KEY_AT, keyLength } from '../../store/ordered-entry.ts';
import { OrderedPages } from '../../store/ordered-pages.ts';
import type { Memory } from '../../store/memory.ts';
import { OWNER_END, RECORD_HEAD, SET_HEAD, findSet, isCut, lackingEnd, nextSet, recordsIn, typeAt } from '../record-sets.ts';
import { writeWire } from './name-key.ts';
import { setsAt } from './nodes.ts';
import { HASHED, NAMES, SOA_SET } from './version.ts';

const { RRSIG } = TYPE;

/** Records one after the other. */
export class RecordList {
  bytes = new Uint8Array(1 << 10);
  length = 0;
  count = 0;

  /** Adds a record: its owner without the zone, `ownerLength` bytes of a wire name, and its data whole. */
  add(owner: Uint8Array, ownerLength: number, type: number, ttl: number, data: Uint8Array, size: number): void {
    this.ensure(1 + ownerLength + 8 + size);
    const { bytes } = this;
    let out = this.length;
    bytes[out++] = ownerLength;
    for (let i = 0; i < ownerLength; i++) bytes[out++] = owner[i]!;
    setU16(bytes, out, type);
    setU32(bytes, out + 2, ttl);
    setU16(bytes, out + 6, size);
    out += 8;
    for (let i = 0; i < size; i++) bytes[out++] = data[i]!;
    this.length = out;
    this.count++;
  }
  /** Makes room for so many bytes more. */
  ensure(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + more));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}
/** Where the parts of a record lie in such a list. */
export interface ListedRecord {
  readonly owner: number;
  readonly ownerLength: number;
  readonly type: number;
  readonly ttl: number;
  readonly data: number;
  readonly size: number;
}
/** The records of a list, one after the other. */
export function* recordsOf(bytes: Uint8Array, from: number, end: number): Generator<ListedRecord> {
  for (let at = from; at < end;) {
    const ownerLength = bytes[at]!;
    const head = at + 1 + ownerLength;
    const size = u16(bytes, head + 6);
    yield { owner: at + 1, ownerLength, type: u16(bytes, head), ttl: u32(bytes, head + 2), data: head + 8, size };
    at = head + 8 + size;
  }
}

/** What differs between two versions, but for the zone's SOA. */
export interface Difference {
  readonly removed: RecordList;
  readonly added: RecordList;
}

/** Compares versions of one zone, whose name is given in lower case. */
export class Differences {
  readonly #memory: Memory;
  readonly #zone: Uint8Array;
  readonly #owner = new Uint8Array(600);
  #ownerLength = 0;

  constructor(memory: Memory, zone: Uint8Array) {
    this.#memory = memory;
    this.#zone = zone;
  }

  /**
   * The difference; undefined where it takes more than `most` bytes: then it is better not to know it. Where it is known which nodes differ
   * (`Changed.pairs`) no others are looked at.
   */
  between(before: number, version: number, most: number, pairs?: Int32Array): Difference | undefined {
    const { words } = this.#memory;
    const difference = { removed: new RecordList(), added: new RecordList() };
    const pages = new OrderedPages(this.#memory);
    const soas = [words[before + SOA_SET]!, words[version + SOA_SET]!];
    if (pairs !== undefined) {
      for (let i = 0; i < pairs.length; i += 2) this.#pair(pairs[i]!, pairs[i + 1]!, soas, difference);
      return difference.removed.length + difference.added.length <= most ? difference : undefined;
    }
    for (const tree of [NAMES, HASHED]) {
      const from = words[before + tree]!;
      const to = words[version + tree]!;
      if (from === to) continue;
      if (!this.#tree(pages, from, to, soas, difference, most)) return undefined;
    }
    return difference;
  }
  #pair(old: number, node: number, soas: readonly number[], { removed, added }: Difference): void {
    if (old !== 0) this.#node(old, node, soas, removed);
    if (node !== 0) this.#node(node, old, soas, added);
  }
  #tree(pages: OrderedPages, from: number, to: number, soas: readonly number[], difference: Difference, most: number): boolean {
    const { removed, added } = difference;
    if (to === 0) for (const node of pages.entries(from)) this.#node(node, 0, soas, removed);
    else {
      pages.differ(from, to, (old, node) => {
        if (removed.length + added.length <= most) this.#pair(old, node, soas, difference);
      });
    }
    return removed.length + added.length <= most;
  }

  /** The SOA of a version, as a list of its own. */
  soaOf(version: number): RecordList {
    const list = new RecordList();
    const set = this.#memory.words[version + SOA_SET]!;
    this.#ownerLength = 0;
    this.#record(set, set + SET_HEAD, list);
    return list;
  }

  /** Lists what one node has and the other (0: none) has not. */
  #node(node: number, other: number, soas: readonly number[], list: RecordList): void {
    const { words, bytes } = this.#memory;
    this.#ownerLength = writeWire(bytes, node * 4 + KEY_AT, keyLength(words, node), this.#owner, 0);
    const others = other === 0 ? 0 : setsAt(words, other);
    let covered = 0;
    for (let set = setsAt(words, node), type: number; (type = typeAt(bytes, set)) !== 0; set = nextSet(bytes, set)) {
      // Signatures stand behind what they cover; those of nothing before everything.
      const same = others === 0 ? 0 : this.#counterpart(others, type, covered);
      covered = type;
      if (!soas.includes(set) && (same === 0 || !this.#isSame(set, same))) this.#set(set, same, list);
    }
  }
  #counterpart(others: number, type: number, covered: number): number {
    const { bytes } = this.#memory;
    if (type !== RRSIG) return findSet(bytes, others, type);
    const signed = covered === 0 ? others : findSet(bytes, others, covered);
    if (signed === 0) return 0;
    const at = covered === 0 ? signed : nextSet(bytes, signed);
    return typeAt(bytes, at) === RRSIG ? at : 0;
  }
  #isSame(one: number, other: number): boolean {
    const { bytes } = this.#memory;
    for (let i = 0, n = nextSet(bytes, one) - one; i < n; i++) if (bytes[one + i] !== bytes[other + i]) return false;
    return true;
  }
  #set(set: number, other: number, list: RecordList): void {
    const { bytes } = this.#memory;
    for (let at = set + SET_HEAD, end = nextSet(bytes, set); at < end; at += RECORD_HEAD + u16(bytes, at + 10)) {
      if (other === 0 || !this.#has(other, at)) this.#record(set, at, list);
    }
  }
  #has(set: number, record: number): boolean {
    const { bytes } = this.#memory;
    const size = RECORD_HEAD + u16(bytes, record + 10);
    for (let at = set + SET_HEAD, left = recordsIn(bytes, set); left > 0; left--, at += RECORD_HEAD + u16(bytes, at + 10)) {
      let i = 0;
      while (i < size && bytes[at + i] === bytes[record + i]) i++;
      if (i === size) return true;
    }
    return false;
  }
  #record(set: number, at: number, list: RecordList): void {
    const { bytes } = this.#memory;
    const data = at + RECORD_HEAD;
    const end = data + u16(bytes, at + 10);
    const lacking = lackingEnd(bytes, isCut(bytes, set), end);
    const own = lacking < 0 ? end - data : end - data - 2;
    const size = own + (lacking < 0 ? 0 : this.#zone.length + (lacking === OWNER_END ? this.#ownerLength : 0));
    list.ensure(1 + this.#ownerLength + 8 + size);
    const { bytes: to } = list;
    let out = list.length;
    to[out++] = this.#ownerLength;
    for (let i = 0; i < this.#ownerLength; i++) to[out++] = this.#owner[i]!;
    setU16(to, out, typeAt(bytes, set));
    setU32(to, out + 2, u32(bytes, at + 6));
    setU16(to, out + 6, size);
    out += 8;
    for (let i = 0; i < own; i++) to[out++] = bytes[data + i]!;
    if (lacking === OWNER_END) for (let i = 0; i < this.#ownerLength; i++) to[out++] = this.#owner[i]!;
    if (lacking >= 0) for (let i = 0; i < this.#zone.length; i++) to[out++] = this.#zone[i]!;
    list.length = out;
    list.count++;
  }
}
