// A version from another by what differs: records that go, records that come (RFC 1995, RFC 2136). Only the pages and nodes that are
// touched are made anew. Knows versions, nodes and scratches; knows neither where a difference comes from nor what becomes of the version.
import type { Memory } from '../../store/memory.ts';
import { TYPE } from '../../dns/type-name.ts';
import { u16, u32 } from '../../dns/packet.ts';
import { compareBytes } from '../../store/ordered-entry.ts';
import { OrderedPages } from '../../store/ordered-pages.ts';
import { foldData } from '../incoming/wire-names.ts';
import { RECORD_HEAD, SET_HEAD, nextSet, recordsIn, typeAt } from '../record-sets.ts';
import { isHashed, isNamed } from './build.ts';
import type { Built } from './build.ts';
import { recordsOf } from './difference.ts';
import type { Difference, RecordList } from './difference.ts';
import { setsAt } from './nodes.ts';
import { EXPIRATION, Packer } from './packer.ts';
import { flagsBy } from './plan.ts';
import { HASHES, OTHERS, Scratch } from './scratch.ts';
import { sortNames } from './sort-names.ts';
import { TreeDraft } from './tree-draft.ts';
import type { Effect } from './tree-draft.ts';
import { Unpacker } from './unpack.ts';
import { BYTES, ENDS, EXPIRES, HASHED, MOST_ITERATIONS, NAMES, RECORDS, iterationsOf, writeVersion } from './version.ts';
import { ZoneError, printKey } from './zone-error.ts';

/** A version that was made from another, and the nodes of each name that is another: before, and now (0: none). */
export type Changed = Built & { readonly pairs: Int32Array };

/** Makes versions from others. One object a thread. */
export class Changer {
  readonly #memory: Memory;
  readonly #pages: OrderedPages;
  readonly #scratch: Scratch;
  readonly #unpacker: Unpacker;
  readonly #packer = new Packer();
  readonly #owner = new Uint8Array(256);
  #before = 0;
  #taken: number[] = [];
  #pairs: number[] = [];
  #words = 0;

  constructor(memory: Memory) {
    this.#memory = memory;
    this.#pages = new OrderedPages(memory);
    this.#scratch = new Scratch(memory.hash);
    this.#unpacker = new Unpacker(memory);
  }

  /**
   * The version that another one (`before`, never 0) becomes by a difference; the zone is a lower-case wire name. Equal records are told as
   * RFC 2136 section 1.1.1 does, without TTL and without the case of letters; one that is added and there already stays as it is. An SOA of
   * the zone that is added takes the place of the one there; one that is removed is passed over. Within a reading.
   *
   * Throws ZoneError where records are to go that are not there, or what comes of it is no zone, and RangeError where the shared memory is
   * full: then nothing was taken, and the version before is as it was.
   */
  change(zone: Uint8Array, before: number, { removed, added }: Difference): Changed {
    this.#scratch.begin(zone);
    this.#before = before;
    this.#words = 0;
    this.#pairs = [];
    this.#remove(removed);
    this.#add(added);
    this.#taken = [];
    try {
      return this.#make(before);
    } catch (error) {
      for (const at of this.#taken) this.#memory.give(at);
      throw error;
    } finally {
      this.#taken = [];
    }
  }
  /** The version shall not be: what was taken for it is given back. */
  discard({ taken }: Pick<Built, 'taken'>): void {
    for (const at of taken) this.#memory.give(at);
  }

  #make(before: number): Changed {
    const { words } = this.#memory;
    const packer = this.#packer;
    packer.records = 0;
    packer.expiries.begin(this.#memory, words[before + ENDS]!, words[before + EXPIRES]! >>> 0);
    const touched = this.#scratch.known();
    // What is above is marked before what is below.
    sortNames(touched, this.#scratch);
    const gone: number[] = [before];
    if (words[before + ENDS] !== 0) gone.push(words[before + ENDS]!);
    const roots = [NAMES, HASHED].map((tree) => this.#tree(tree, words[before + tree]!, touched, gone)) as [number, number];
    const [names, hashes] = roots;
    const pages = this.#pages;
    const sizes = (all: readonly number[]): number => all.reduce((sum, root) => sum + (root === 0 ? 0 : pages.size(root)), 0);
    const olds = [words[before + NAMES]!, words[before + HASHED]!];
    const bytes = words[before + BYTES]! - sizes(olds) + sizes(roots) + this.#words * 4;
    const pairs = Int32Array.from(this.#pairs);
    const version = writeVersion(this.#memory, (count) => this.#take(count), {
      names, hashes, records: words[before + RECORDS]! + packer.records, bytes, expiries: packer.expiries,
      // What was allowed stays so.
      mostIterations: Math.max(MOST_ITERATIONS, iterationsOf(this.#memory, before)),
    });
    return { version, taken: Int32Array.from(this.#taken), gone: Int32Array.from(gone), changed: pairs.length / 2, pairs };
  }
  /** One of both trees, its names that were touched as they are now; says its root. */
  #tree(tree: number, root: number, touched: Int32Array, gone: number[]): number {
    const isFlat = tree === HASHED;
    const scratch = this.#scratch;
    if (isFlat && root === 0 && touched.every((name) => (scratch.marks(name) & HASHES) === 0)) return 0;
    const draft = new TreeDraft(this.#memory, root, isFlat);
    try {
      const effects: Effect[] = [];
      for (const name of touched) effects.push(this.#name(draft, name, isFlat));
      for (let i = 0; i < touched.length; i++) {
        if (effects[i] === 'none') continue;
        draft.seek(scratch.bytes, scratch.keyAt(touched[i]!), scratch.keyLength(touched[i]!));
        draft.mark(effects[i]!);
      }
      for (const node of draft.pairs) this.#pairs.push(node);
      const made = draft.finish();
      for (const at of made.taken) this.#taken.push(at);
      for (const at of made.gone) gone.push(at);
      this.#words += draft.words;
      return made.root;
    } catch (error) {
      draft.abort();
      throw error;
    }
  }
  #name(draft: TreeDraft, name: number, isFlat: boolean): Effect {
    const scratch = this.#scratch;
    const marks = scratch.marks(name);
    const length = scratch.keyLength(name);
    const isHash = (marks & HASHES) !== 0;
    if (length === 0) this.#judgeApex(isHash);
    this.#forget(draft.seek(scratch.bytes, scratch.keyAt(name), length));
    const isOwner = isFlat ? isHash : scratch.first(name) !== 0 && ((marks & OTHERS) !== 0 || !isHash);
    if (!isOwner) return draft.clear();
    const packer = this.#packer;
    packer.pack(scratch, name, isFlat ? isHashed : isNamed);
    return draft.put(isFlat ? 0 : flagsBy(marks, length), packer.bytes, packer.length);
  }
  #judgeApex(isHash: boolean): void {
    const { zone, hasSoa } = this.#scratch;
    if (!hasSoa) throw new ZoneError('there is no SOA record');
    if (isHash) throw new ZoneError(`${printKey(zone, 0, 0, zone)} owns an NSEC3 record, which belongs to a hash`);
  }
  #nodeOf(root: number, name: number): number {
    const scratch = this.#scratch;
    const at = scratch.keyAt(name);
    const length = scratch.keyLength(name);
    return root === 0 ? 0 : this.#pages.find(root, scratch.hashOf(name), scratch.bytes.subarray(at, at + length), length);
  }
  /** The records of this node do not count any more. */
  #forget(node: number): void {
    if (node === 0) return;
    const { words, bytes } = this.#memory;
    const { expiries } = this.#packer;
    for (let set = setsAt(words, node), type: number; (type = typeAt(bytes, set)) !== 0; set = nextSet(bytes, set)) {
      this.#packer.records -= recordsIn(bytes, set);
      if (type !== TYPE.RRSIG) continue;
      for (let at = set + SET_HEAD; at < nextSet(bytes, set); at += RECORD_HEAD + u16(bytes, at + 10)) {
        expiries.add(u32(bytes, at + RECORD_HEAD + EXPIRATION), -1);
      }
    }
  }
  #take(words: number): number {
    const at = this.#memory.take(words);
    if (at === 0) throw new RangeError('the shared memory is full');
    this.#taken.push(at);
    return at;
  }

  #remove(list: RecordList): void {
    const { bytes, length } = list;
    let missed = 0;
    for (const { owner, ownerLength, type, data, size } of recordsOf(bytes, 0, length)) {
      if (type === TYPE.SOA && ownerLength === 0) continue;
      const name = this.#named(bytes, owner, ownerLength);
      const record = this.#find(name, type, bytes.subarray(data, data + size));
      if (record === 0) missed++;
      else this.#scratch.remove(name, record);
    }
    if (missed > 0) throw new ZoneError(`the differences take ${missed} records away that are not there`);
  }
  #add(list: RecordList): void {
    const { bytes, length } = list;
    for (const { owner, ownerLength, type, ttl, data, size } of recordsOf(bytes, 0, length)) {
      const name = this.#named(bytes, owner, ownerLength);
      this.#scratch.add(name, type, ttl, bytes.subarray(data, data + size), size);
    }
  }
  #named(bytes: Uint8Array, at: number, length: number): number {
    const { zone } = this.#scratch;
    const owner = this.#owner;
    for (let i = 0; i < length; i++) owner[i] = bytes[at + i]!;
    owner.set(zone, length);
    const { names } = this.#scratch;
    const name = this.#scratch.owner(owner, length + zone.length);
    if (this.#scratch.names > names) this.#load(name);
    return name;
  }
  /** All that a name has before anything of it is changed. */
  #load(name: number): void {
    const { words } = this.#memory;
    for (const tree of [NAMES, HASHED]) {
      const node = this.#nodeOf(words[this.#before + tree]!, name);
      if (node !== 0) this.#unpacker.unpack(node, this.#scratch);
    }
  }
  /** The record of a name with these data: first as they are, then with the letters of names in them folded; 0: it is not there. */
  #find(name: number, type: number, data: Uint8Array): number {
    const scratch = this.#scratch;
    for (let record = scratch.first(name); record !== 0; record = scratch.next(record)) {
      if (scratch.type(record) !== type || scratch.size(record) !== data.length) continue;
      if (isSame(scratch.bytes, scratch.dataAt(record), data)) return record;
    }
    const wanted = foldData(type, data, data.length);
    for (let record = scratch.first(name); record !== 0; record = scratch.next(record)) {
      if (scratch.type(record) !== type || scratch.size(record) !== wanted.length) continue;
      const at = scratch.dataAt(record);
      const folded = foldData(type, scratch.bytes.subarray(at, at + wanted.length), wanted.length);
      if (isSame(folded, 0, wanted)) return record;
    }
    return 0;
  }
}
/** Whether so many bytes are these. */
const isSame = (bytes: Uint8Array, at: number, data: Uint8Array): boolean =>
  compareBytes(bytes, at, data.length, data, 0, data.length) === 0;
