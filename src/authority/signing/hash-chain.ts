// The chain of hashes of a signed version with what comes, goes and is another now (RFC 5155 section 7.1): which records are made anew.
// Knows hashes and their records; knows no name.
import { latin1 } from '../../dns/latin1.ts';
import { TYPE } from '../../dns/type-name.ts';
import { HASHED_LABEL, HASH_LENGTH, writeHashedLabel } from '../../dnssec/hashed-name.ts';
import { KEY_AT, compareBytes, keyLength } from '../../store/ordered-entry.ts';
import type { Memory } from '../../store/memory.ts';
import { OrderedPages } from '../../store/ordered-pages.ts';
import { RECORD_HEAD, SET_HEAD, findSet } from '../record-sets.ts';
import { setsAt } from '../zone/nodes.ts';
import { nsec3Data, writeHashOwner } from './chain.ts';
import type { Chain } from './chain.ts';
import type { SignedScratch } from './signed-scratch.ts';

const { NSEC3 } = TYPE;
/** Where the hash that comes next stands in the data of an NSEC3 without salt. */
const NEXT = 6;

interface Entry {
  readonly hash: Uint8Array;
  /** As a key of the version: the label, and the 0 that ends it. */
  readonly key: Uint8Array;
  /** The node before, 0: it is new. */
  readonly node: number;
  /** What is there now; undefined where it goes. */
  readonly now: { readonly types: readonly number[]; readonly isCut: boolean } | undefined;
}

/** One chain in the making. */
export class HashChain {
  readonly #memory: Memory;
  readonly #root: number;
  readonly #chain: Chain;
  readonly #pages: OrderedPages;
  readonly #entries = new Map<string, Entry>();
  /** Those whose signatures are to be made anew, whatever they say. */
  readonly #old: Uint8Array[] = [];
  /** Those that are new, in order. */
  #fresh: Uint8Array[] = [];
  /** The names in the scratch that own what is made anew, and the nodes of the version before that go. */
  readonly owners: number[] = [];
  readonly gone: number[] = [];

  /** `root` is that of the hashes of the signed version. */
  constructor(memory: Memory, root: number, chain: Chain) {
    this.#memory = memory;
    this.#root = root;
    this.#chain = chain;
    this.#pages = new OrderedPages(memory);
  }
  /** The name with this hash has these types. */
  put(hash: Uint8Array, types: readonly number[], isCut: boolean): void {
    this.#set(hash, { types, isCut });
  }
  /** No name that is proven has this hash. */
  drop(hash: Uint8Array): void {
    this.#set(hash, undefined);
  }
  /** Whether there is anything to make. */
  get isMore(): boolean {
    return this.#old.length > 0 || this.#entries.size > 0;
  }
  /** The record of this hash, as a key, is signed anew. */
  renew(key: Uint8Array): void {
    this.#old.push(key);
  }
  #set(hash: Uint8Array, now: Entry['now']): void {
    const key = new Uint8Array(HASHED_LABEL + 1);
    writeHashedLabel(hash, 0, key, 0);
    const found = this.#pages.before(this.#root, key, key.length);
    const node = found !== 0 && this.#compare(found, key) === 0 ? found : 0;
    if (node !== 0 || now !== undefined) this.#entries.set(latin1(key, 0, key.length), { hash, key, node, now });
  }
  #compare(node: number, key: Uint8Array): number {
    const { words, bytes } = this.#memory;
    return compareBytes(bytes, node * 4 + KEY_AT, keyLength(words, node), key, 0, key.length);
  }

  /** Puts the records that are made anew into the scratch. */
  settle(to: SignedScratch): void {
    const all = [...this.#entries.values()];
    const byKey = (a: Uint8Array, b: Uint8Array): number => compareBytes(a, 0, a.length, b, 0, b.length);
    this.#fresh = all.filter(({ node, now }) => node === 0 && now !== undefined).map(({ key }) => key).sort(byKey);
    const wanted = new Map<string, Uint8Array>();
    for (const key of this.#old) this.#want(key, wanted);
    for (const { key, node, now } of all) {
      if (now !== undefined) wanted.set(latin1(key, 0, key.length), key);
      else {
        this.gone.push(node);
        wanted.delete(latin1(key, 0, key.length));
      }
      // Who came or went has another before it that leads elsewhere now.
      if ((node === 0) === (now !== undefined)) this.#want(this.#neighbour(key, true), wanted);
    }
    for (const key of wanted.values()) this.#make(key, to);
  }
  #want(key: Uint8Array | undefined, wanted: Map<string, Uint8Array>): void {
    if (key !== undefined) wanted.set(latin1(key, 0, key.length), key);
  }
  /** The record of a hash leads to the one behind it; its types stay where no name was touched that has it. */
  #make(key: Uint8Array, to: SignedScratch): void {
    const { bytes, words } = this.#memory;
    const entry = this.#entries.get(latin1(key, 0, key.length));
    const next = hashOf(this.#neighbour(key, false) ?? key);
    let data: Uint8Array;
    if (entry?.now !== undefined) data = nsec3Data(next, 0, entry.now.types, entry.now.isCut, this.#chain);
    else {
      const set = findSet(bytes, setsAt(words, this.#pages.before(this.#root, key, key.length)), NSEC3);
      const from = set + SET_HEAD + RECORD_HEAD;
      data = bytes.slice(from, from + ((bytes[from - 2]! << 8) | bytes[from - 1]!));
      data.set(next, NEXT);
    }
    const length = writeHashOwner(hashOf(key), 0, to.scratch.zone, to.owner);
    const name = to.scratch.owner(to.owner, length);
    to.deny(name, NSEC3, data);
    this.owners.push(name);
  }

  /** The key before or behind one in the chain as it will be; undefined where there is no other. */
  #neighbour(key: Uint8Array, isBefore: boolean): Uint8Array | undefined {
    const stored = this.#storedNeighbour(key, isBefore);
    const fresh = this.#freshNeighbour(key, isBefore);
    if (stored === undefined || fresh === undefined) return stored ?? fresh;
    // Both are on the same side of the key, or one is beyond the end of the circle.
    const a = this.#isOver(stored, key, isBefore);
    const b = this.#isOver(fresh, key, isBefore);
    if (a !== b) return a ? fresh : stored;
    return compareBytes(stored, 0, stored.length, fresh, 0, fresh.length) > 0 === isBefore ? stored : fresh;
  }
  #isOver(found: Uint8Array, key: Uint8Array, isBefore: boolean): boolean {
    const order = compareBytes(found, 0, found.length, key, 0, key.length);
    return isBefore ? order >= 0 : order <= 0;
  }
  #storedNeighbour(key: Uint8Array, isBefore: boolean): Uint8Array | undefined {
    const pages = this.#pages;
    const root = this.#root;
    const { words, bytes } = this.#memory;
    let node = pages.before(root, key, key.length);
    if (!isBefore) node = node === 0 ? pages.first(root) : pages.next(root) || pages.first(root);
    else if (node === 0) node = pages.last(root);
    for (let left = pages.count(root); left > 0; left--) {
      const at = node * 4 + KEY_AT;
      const found = bytes.slice(at, at + keyLength(words, node));
      const entry = this.#entries.get(latin1(found, 0, found.length));
      const isGone = entry !== undefined && entry.now === undefined;
      if (!isGone && compareBytes(found, 0, found.length, key, 0, key.length) !== 0) return found;
      node = isBefore ? pages.previous(root) || pages.last(root) : pages.next(root) || pages.first(root);
    }
    return undefined;
  }
  #freshNeighbour(key: Uint8Array, isBefore: boolean): Uint8Array | undefined {
    const fresh = this.#fresh;
    let low = 0;
    for (let high = fresh.length; low < high;) {
      const middle = (low + high) >> 1;
      if (compareBytes(fresh[middle]!, 0, HASHED_LABEL, key, 0, HASHED_LABEL) < (isBefore ? 0 : 1)) low = middle + 1;
      else high = middle;
    }
    const found = isBefore ? fresh[low - 1] ?? fresh.at(-1) : fresh[low] ?? fresh[0];
    return found === undefined || compareBytes(found, 0, HASHED_LABEL, key, 0, HASHED_LABEL) === 0 ? undefined : found;
  }
}

const DIGITS = new Map([...'0123456789abcdefghijklmnopqrstuv'].map((digit, value) => [digit.charCodeAt(0), value]));
/** The hash that a label was written from. */
function hashOf(key: Uint8Array): Uint8Array {
  const hash = new Uint8Array(HASH_LENGTH);
  for (let i = 0; i < HASHED_LABEL; i++) {
    const value = DIGITS.get(key[i]!) ?? 0;
    for (let bit = 0; bit < 5; bit++) {
      const to = i * 5 + bit;
      if ((value & (16 >> bit)) !== 0) hash[to >> 3]! |= 0x80 >> (to & 7);
    }
  }
  return hash;
}
