// A zone from the records of a scratch: a version in the shared memory in which what is as it was before stays where it is. Knows how a
// version is made; knows no file, and publishes nothing.
import { TYPE } from '../../dns/type-name.ts';
import { KEY_AT, compareBytes, keyLength } from '../../store/ordered-entry.ts';
import { OrderedPages, PagesDraft } from '../../store/ordered-pages.ts';
import type { Memory } from '../../store/memory.ts';
import { Packer } from './packer.ts';
import { Plan } from './plan.ts';
import { HASHES, OTHERS } from './scratch.ts';
import type { Scratch } from './scratch.ts';
import { sortNames } from './sort-names.ts';
import { ENDS, HASHED, NAMES, writeVersion } from './version.ts';
import { ZoneError, printKey } from './zone-error.ts';

const { NSEC3 } = TYPE;
/** Where more than this part of the names differ, pages are made anew. */
const FEW = 8;

/** A version that was made. */
export interface Built {
  readonly version: number;
  /** Blocks that this version has and the one before has not. */
  readonly taken: Int32Array;
  /** Blocks that the version before had and this one has not: to be given back when nobody reads that one. */
  readonly gone: Int32Array;
  /** How many names are another now, new or gone. */
  readonly changed: number;
}

/** Makes versions. One object a thread. */
export class Builder {
  readonly #memory: Memory;
  readonly #pages: OrderedPages;
  readonly #packer = new Packer();
  /** What was taken for the version in the making. */
  #taken: number[] = [];
  #gone: number[] = [];
  #words = 0;
  #changed = 0;

  constructor(memory: Memory) {
    this.#memory = memory;
    this.#pages = new OrderedPages(memory);
  }

  /**
   * The version of these records, that follows another (0: none). Throws ZoneError where they are no zone, and RangeError where the shared
   * memory is full: then nothing was taken, and the version before is as it was.
   */
  build(scratch: Scratch, before: number): Built {
    this.#taken = [];
    this.#gone = [];
    this.#words = this.#changed = this.#packer.records = 0;
    this.#packer.expiries.begin();
    try {
      return this.#build(scratch, before);
    } catch (error) {
      for (const at of this.#taken) this.#memory.give(at);
      throw error;
    } finally {
      this.#taken = [];
      this.#gone = [];
    }
  }
  #build(scratch: Scratch, before: number): Built {
    const { hash } = this.#memory;
    const [plain, hashed] = split(scratch);
    sortNames(plain, scratch);
    const apex = plain[0];
    if (apex === undefined || scratch.keyLength(apex) !== 0 || !scratch.hasSoa) throw new ZoneError('there is no SOA record');
    const { words } = this.#memory;
    const names = this.#tree(new Plan(plain, scratch, hash), scratch, before === 0 ? 0 : words[before + NAMES]!, isNamed);
    let hashes = 0;
    const old = before === 0 ? 0 : words[before + HASHED]!;
    if (hashed.length > 0) {
      sortNames(hashed, scratch);
      hashes = this.#tree(flat(hashed, scratch), scratch, old, isHashed);
    } else if (old !== 0) this.#dropTree(old);
    return this.#describe(names, hashes, before, scratch.mostIterations);
  }
  #describe(names: number, hashes: number, before: number, mostIterations: number): Built {
    const bytes = this.#words * 4 + this.#pages.size(names) + (hashes === 0 ? 0 : this.#pages.size(hashes));
    const { records, expiries } = this.#packer;
    const parts = { names, hashes, records, bytes, expiries, mostIterations };
    const version = writeVersion(this.#memory, (words) => this.#take(words), parts);
    const { words } = this.#memory;
    if (before !== 0) this.#gone.push(before);
    if (before !== 0 && words[before + ENDS] !== 0) this.#gone.push(words[before + ENDS]!);
    return { version, taken: Int32Array.from(this.#taken), gone: Int32Array.from(this.#gone), changed: this.#changed };
  }

  /** The version shall not be: what was taken for it is given back. */
  discard({ taken }: Pick<Built, 'taken'>): void {
    for (const at of taken) this.#memory.give(at);
  }

  /** Names in their order, beside those of the version before: who is equal stays. */
  #tree(plan: Names, scratch: Scratch, before: number, keep: Keep): number {
    const old = before === 0 ? new Int32Array(0) : this.#pages.entries(before);
    const entries = new Int32Array(plan.count);
    const fresh: number[] = [];
    const lost: number[] = [];
    let j = 0;
    for (let i = 0; i < plan.count; i++) {
      let order = 1;
      while (j < old.length && (order = this.#compare(old[j]!, plan, i, scratch)) < 0) lost.push(old[j++]!);
      const there = j < old.length && order === 0 ? old[j++]! : 0;
      this.#packer.pack(scratch, plan.name[i]!, keep);
      if (there !== 0 && this.#isSame(there, plan.flags[i]!)) {
        entries[i] = there;
        this.#words += this.#size(there);
        continue;
      }
      entries[i] = this.#node(plan, i, scratch);
      fresh.push(entries[i]!);
      if (there !== 0) this.#gone.push(there);
    }
    while (j < old.length) lost.push(old[j++]!);
    this.#changed += fresh.length + lost.length;
    return this.#publishTree(before, entries, fresh, lost);
  }
  #publishTree(before: number, entries: Int32Array, fresh: readonly number[], lost: readonly number[]): number {
    if (before !== 0 && fresh.length + lost.length === 0) return before;
    const isAnew = before === 0 || (fresh.length + lost.length) * FEW > entries.length;
    const draft = new PagesDraft(this.#memory, isAnew ? entries : before);
    try {
      if (!isAnew) {
        for (const entry of lost) draft.remove(entry);
        for (const entry of fresh) draft.put(entry);
      }
      const { root, taken, dropped } = draft.commit();
      for (const block of taken) this.#taken.push(block);
      for (const block of dropped) this.#gone.push(block);
      for (const entry of lost) this.#gone.push(entry);
      if (isAnew && before !== 0) for (const [block] of this.#pages.blocks(before)) this.#gone.push(block);
      return root;
    } catch (error) {
      draft.abort();
      throw error;
    }
  }
  #dropTree(root: number): void {
    for (const entry of this.#pages.entries(root)) this.#gone.push(entry);
    for (const [block] of this.#pages.blocks(root)) this.#gone.push(block);
  }

  #compare(entry: number, plan: Names, i: number, scratch: Scratch): number {
    const { words, bytes } = this.#memory;
    return compareBytes(bytes, entry * 4 + KEY_AT, keyLength(words, entry), scratch.bytes, plan.at[i]!, plan.length[i]!);
  }
  /** Whether a node has these flags and what was packed. What is packed says where it ends, so no length is needed. */
  #isSame(entry: number, flags: number): boolean {
    const { words, bytes } = this.#memory;
    if (words[entry + 1]! >>> 16 !== flags) return false;
    const from = entry * 4 + KEY_AT + keyLength(words, entry);
    const { bytes: packed, length } = this.#packer;
    for (let i = 0; i < length; i++) if (bytes[from + i] !== packed[i]) return false;
    return true;
  }
  #size(entry: number): number {
    return (KEY_AT + keyLength(this.#memory.words, entry) + this.#packer.length + 3) >> 2;
  }
  #node(plan: Names, i: number, scratch: Scratch): number {
    const size = plan.length[i]!;
    const { bytes: packed, length } = this.#packer;
    const count = (KEY_AT + size + length + 3) >> 2;
    const node = this.#take(count);
    this.#words += count;
    const { words, bytes } = this.#memory;
    words[node] = plan.hash[i]!;
    words[node + 1] = size | (plan.flags[i]! << 16);
    let to = node * 4 + KEY_AT;
    for (let k = 0, from = plan.at[i]!; k < size; k++) bytes[to++] = scratch.bytes[from + k]!;
    if (length > 64) bytes.set(packed.subarray(0, length), to);
    else for (let k = 0; k < length; k++) bytes[to + k] = packed[k]!;
    return node;
  }
  #take(words: number): number {
    const at = this.#memory.take(words);
    if (at === 0) throw new RangeError('the shared memory is full');
    this.#taken.push(at);
    return at;
  }
}

/** What a tree is made of: a plan, or names that have no marks. */
type Names = Pick<Plan, 'count' | 'at' | 'length' | 'hash' | 'flags' | 'name'>;
/** Whether a record of this type, or a signature of it, is kept. */
type Keep = (type: number, covered: number) => boolean;
/** Of records of hashes. */
export const isHashed: Keep = (type, covered) => type === NSEC3 || covered === NSEC3;
/** Of all others. */
export const isNamed: Keep = (type, covered) => !isHashed(type, covered);

/** Names that own more than hashes do, and those that own an NSEC3: these are hashes, and nobody can ask for them (RFC 5155 7.2.8). */
function split(scratch: Scratch): [Int32Array, Int32Array] {
  const all = scratch.list();
  const hashed: number[] = [];
  let plain = 0;
  for (let i = 0; i < all.length; i++) {
    const name = all[i]!;
    const others = (scratch.marks(name) & OTHERS) !== 0;
    const isHash = (scratch.marks(name) & HASHES) !== 0;
    if (isHash && scratch.keyLength(name) === 0) {
      throw new ZoneError(`${printKey(scratch.bytes, 0, 0, scratch.zone)} owns an NSEC3 record, which belongs to a hash`);
    }
    if (isHash) hashed.push(name);
    if (others || !isHash) all[plain++] = name;
  }
  return [all.subarray(0, plain), Int32Array.from(hashed)];
}
function flat(names: Int32Array, scratch: Scratch): Names {
  return {
    count: names.length, name: names, flags: new Int32Array(names.length),
    at: names.map((name) => scratch.keyAt(name)), length: names.map((name) => scratch.keyLength(name)),
    hash: names.map((name) => scratch.hashOf(name)),
  };
}
