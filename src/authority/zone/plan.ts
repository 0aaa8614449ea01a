// The names of a zone in their order, with what is marked at each: found in one walk, with the ancestors of a name on a stack. Knows how
// names lie below each other (RFC 4592, RFC 1034 section 4.3.2); knows no bytes of records.
import type { Hash } from '../../store/hash.ts';
import { compareBytes } from '../../store/ordered-entry.ts';
import { NameKey } from './name-key.ts';
import { ALIAS, BELOW, CUT, EMPTY, FIRST, RENAMED, WILD } from './nodes.ts';
import { ALIASES, RENAMING, SERVERS } from './scratch.ts';
import type { Scratch } from './scratch.ts';

const STAR = 42;

/** What a name with a key of so many bytes is by what it owns (scratch.ts). */
export function flagsBy(marks: number, length: number): number {
  const cut = (marks & SERVERS) !== 0 && length > 0 ? CUT : 0;
  return cut | ((marks & RENAMING) !== 0 ? RENAMED : 0) | ((marks & ALIASES) !== 0 ? ALIAS : 0);
}
/** Names with all that lie between them and the zone, in order. */
export class Plan {
  count = 0;
  /** Of each: where its key is in the scratch's bytes and how long, its hash, its flags, the scratch's name (0: it owns nothing). */
  at: Int32Array;
  length: Int32Array;
  hash: Int32Array;
  flags: Int32Array;
  name: Int32Array;
  /** The ancestors of the name that was added last, the zone first, and itself. */
  readonly #stack: number[] = [];
  readonly #scratch: Scratch;
  readonly #hash: Hash;
  readonly #key = new NameKey();

  /** Of names in the order of their keys, of which the zone's own is the first. */
  constructor(names: Int32Array, scratch: Scratch, hash: Hash) {
    this.#scratch = scratch;
    this.#hash = hash;
    const room = names.length + 64;
    this.at = new Int32Array(room);
    this.length = new Int32Array(room);
    this.hash = new Int32Array(room);
    this.flags = new Int32Array(room);
    this.name = new Int32Array(room);
    for (let i = 0; i < names.length; i++) this.#place(names[i]!);
    this.#markFirst();
  }

  /** Whether a name is below another one, or is it; both by their places. */
  isAbove(i: number, below: number): boolean {
    return this.#isBeginning(i, this.at[below]!, this.length[below]!);
  }

  #place(name: number): void {
    const scratch = this.#scratch;
    const { bytes } = scratch;
    const at = scratch.keyAt(name);
    const length = scratch.keyLength(name);
    const stack = this.#stack;
    let above = stack.at(-1) ?? -1;
    // By their keys, not by their length: names of one length need not lie below the same.
    while (above >= 0 && !this.#isBeginning(above, at, length)) {
      stack.pop();
      above = stack.at(-1) ?? -1;
    }
    let from = above < 0 ? 0 : this.length[above]!;
    if (above >= 0 && bytes.indexOf(0, at + from) < at + length - 1) {
      const key = this.#read(at, length);
      for (let labels = 1; labels < key.labels; labels++) {
        const end = key.ends[labels]!;
        if (end <= from) continue;
        this.#add(at, end, key.hashes[labels]!, EMPTY, 0);
        from = end;
      }
    }
    this.#add(at, length, scratch.hashOf(name), flagsBy(scratch.marks(name), length), name);
  }
  #isBeginning(node: number, at: number, length: number): boolean {
    const { bytes } = this.#scratch;
    const size = this.length[node]!;
    return size <= length && compareBytes(bytes, this.at[node]!, size, bytes, at, size) === 0;
  }
  #read(at: number, length: number): NameKey {
    const key = this.#key;
    const { bytes } = this.#scratch;
    key.labels = 0;
    for (let i = 0; i < length; i++) {
      key.bytes[i] = bytes[at + i]!;
      if (bytes[at + i] === 0) key.ends[++key.labels] = i + 1;
    }
    return key.hash(this.#hash);
  }
  #add(at: number, length: number, hash: number, flags: number, name: number): void {
    if (this.count === this.at.length) this.#grow();
    const stack = this.#stack;
    const above = stack.at(-1) ?? -1;
    const hidden = above >= 0 && (this.flags[above]! & (CUT | BELOW | RENAMED)) !== 0 ? BELOW : 0;
    const { bytes } = this.#scratch;
    const isStar = above >= 0 && length === this.length[above]! + 2 && bytes[at + length - 2] === STAR;
    if (isStar) this.flags[above]! |= WILD;
    const i = this.count++;
    this.at[i] = at;
    this.length[i] = length;
    this.hash[i] = hash;
    this.flags[i] = flags | hidden;
    this.name[i] = name;
    stack.push(i);
  }
  #grow(): void {
    const longer = (from: Int32Array): Int32Array => {
      const to = new Int32Array(from.length * 2);
      to.set(from);
      return to;
    };
    this.at = longer(this.at);
    this.length = longer(this.length);
    this.hash = longer(this.hash);
    this.flags = longer(this.flags);
    this.name = longer(this.name);
  }
  /** The next name, whatever it is, is not below it, or its first label there does not stand before `*`. */
  #markFirst(): void {
    const { bytes } = this.#scratch;
    for (let i = 0; i < this.count; i++) {
      const size = this.length[i]!;
      const isBelow = i + 1 < this.count && this.length[i + 1]! > size && this.#isBeginning(i, this.at[i + 1]!, this.length[i + 1]!);
      if (!isBelow || bytes[this.at[i + 1]! + size]! > STAR) this.flags[i]! |= FIRST;
    }
  }
}
