// The names of a zone that a change touches, as they are signed, in a scratch: those that are others, and those before them in the chain.
// Knows versions and both chains; knows nothing of keys, and publishes nothing.
import { latin1 } from '../../dns/latin1.ts';
import { u16, u32 } from '../../dns/packet.ts';
import { TYPE } from '../../dns/type-name.ts';
import { HASH_LENGTH, hashName } from '../../dnssec/hashed-name.ts';
import { KEY_AT, keyLength } from '../../store/ordered-entry.ts';
import type { Memory } from '../../store/memory.ts';
import { OrderedPages } from '../../store/ordered-pages.ts';
import { RECORD_HEAD, SET_HEAD, findSet, nextSet, typeAt } from '../record-sets.ts';
import { BELOW, CUT, EMPTY, flagsOf, setsAt } from '../zone/nodes.ts';
import { HASHED, NAMES } from '../zone/version.ts';
import { ITERATIONS, SALT, nsecData } from './chain.ts';
import type { Chain } from './chain.ts';
import { HashChain } from './hash-chain.ts';
import type { SetSigner } from './set-signer.ts';
import { SignedDifference } from './signed-difference.ts';
import type { How, SignedScratch } from './signed-scratch.ts';

const { DS, NSEC, RRSIG } = TYPE;
/** Where the data of a signature say when it ends (RFC 4034 section 3.1). */
const EXPIRATION = 8;

/** A name that is to be looked at. */
export interface Touched {
  readonly key: Uint8Array;
  readonly hash: number;
  /** Its node in the version that is not signed, and in the signed one before; 0 where it has none. */
  readonly node: number;
  readonly signed: number;
}

/** The versions of a change. */
export interface Change {
  /** The version that is not signed, and the one of which `before` was made. */
  readonly unsigned: number;
  readonly since: number;
  /** The nodes in which these two differ, where that is known (`Changed`). */
  readonly pairs?: Int32Array | undefined;
  /** The signed version that is replaced. */
  readonly before: number;
}

/** Finds and signs them. One object a version. */
export class TouchedNames {
  readonly #memory: Memory;
  readonly #to: SignedScratch;
  readonly #how: How;
  readonly #pages: OrderedPages;
  readonly #names: number;
  readonly #signedNames: number;
  readonly #hashes: number;
  /** By key; in the scratch afterwards. */
  readonly names = new Map<string, Touched>();
  /** Hashes that are others or gone, as keys of the signed version. */
  readonly chain: HashChain | undefined;

  constructor(memory: Memory, to: SignedScratch, how: How, { unsigned, before }: Change) {
    const { words } = memory;
    this.#memory = memory;
    this.#to = to;
    this.#how = how;
    this.#pages = new OrderedPages(memory);
    this.#names = words[unsigned + NAMES]!;
    this.#signedNames = words[before + NAMES]!;
    this.#hashes = words[before + HASHED]!;
    this.chain = how.chain === 'nsec' ? undefined : new HashChain(memory, this.#hashes, how.chain);
    this.#touchNode(this.#pages.first(this.#names));
  }

  /** Touches what two versions that are not signed have otherwise; false where that is more than `most`: then all is to be signed. */
  differ({ since, pairs }: Change, most: number): boolean {
    const { words } = this.#memory;
    let count = 0;
    const take = (old: number, node: number): void => {
      if (++count <= most) this.#touchNode(node === 0 ? old : node);
    };
    if (pairs === undefined) this.#pages.differ(words[since + NAMES]!, this.#names, take);
    else for (let i = 0; i < pairs.length; i += 2) take(pairs[i]!, pairs[i + 1]!);
    return count <= most;
  }
  #touchNode(node: number): void {
    const { words, bytes } = this.#memory;
    const from = node * 4 + KEY_AT;
    this.touch(bytes.slice(from, from + keyLength(words, node)), words[node]!);
  }
  /** Touches what has signatures that are due. */
  renew(signer: SetSigner): void {
    const { words, bytes } = this.#memory;
    for (const root of [this.#signedNames, this.#hashes]) {
      if (root === 0) continue;
      for (const node of this.#pages.entries(root)) {
        if (!this.#isDue(node, signer)) continue;
        if (root === this.#signedNames) this.#touchNode(node);
        else this.chain?.renew(bytes.slice(node * 4 + KEY_AT, node * 4 + KEY_AT + keyLength(words, node)));
      }
    }
  }
  #isDue(node: number, signer: SetSigner): boolean {
    const { words, bytes } = this.#memory;
    let isDue = false;
    let covered = 0;
    for (let set = setsAt(words, node), type: number; (type = typeAt(bytes, set)) !== 0; covered = type, set = nextSet(bytes, set)) {
      if (type !== RRSIG) continue;
      for (let at = set + SET_HEAD, end = nextSet(bytes, set); at < end; at += RECORD_HEAD + u16(bytes, at + 10)) {
        if (signer.isDue(u32(bytes, at + RECORD_HEAD + EXPIRATION), words[node]!, covered)) isDue = true;
      }
    }
    return isDue;
  }
  /** Whether more was touched than the zone's own name, which always is. */
  get isMore(): boolean {
    return this.names.size > 1 || (this.chain?.isMore ?? false);
  }
  /** Has a name looked at. */
  touch(key: Uint8Array, hash: number): void {
    const text = latin1(key, 0, key.length);
    if (this.names.has(text)) return;
    const node = this.#pages.find(this.#names, hash, key, key.length);
    const signed = this.#pages.find(this.#signedNames, hash, key, key.length);
    this.names.set(text, { key, hash, node, signed });
  }

  /** Fills the scratch with all that was touched, signed; says what is another in the signed version. */
  async sign(signer: SetSigner): Promise<SignedDifference> {
    if (this.chain === undefined) this.#before();
    const apex = this.#pages.first(this.#names);
    const owned = new Map<Touched, number>();
    for (const touched of this.names.values()) {
      if (touched.node !== 0) owned.set(touched, this.#to.copy(touched.node));
      if (touched.node === apex) this.#to.planned();
    }
    if (this.chain === undefined) this.#chainNames(owned);
    else this.#chainHashes(owned, this.chain);
    for (const [{ node }, name] of owned) {
      if (name === 0 || (this.#flags(node) & BELOW) !== 0) continue;
      this.#to.sign(name, (this.#flags(node) & CUT) !== 0, this.#signedNames);
      if (signer.isCrowded) await signer.room();
    }
    for (const name of this.chain?.owners ?? []) {
      this.#to.signHash(name, this.#hashes);
      if (signer.isCrowded) await signer.room();
    }
    await signer.finish();
    return this.#difference(owned);
  }
  #difference(owned: ReadonlyMap<Touched, number>): SignedDifference {
    const difference = new SignedDifference(this.#memory, this.#to);
    for (const touched of this.names.values()) {
      const name = owned.get(touched) ?? 0;
      if (name !== 0 || touched.signed !== 0) difference.compare(name, touched.signed);
    }
    for (const name of this.chain?.owners ?? []) difference.compare(name, this.#to.find(name, this.#hashes));
    for (const node of this.chain?.gone ?? []) difference.compare(0, node);
    return difference;
  }
  #flags(node: number): number {
    return flagsOf(this.#memory.words, node);
  }

  /** Whether a name has an NSEC: it is this zone's, and owns something. */
  #isProven(node: number): boolean {
    return node !== 0 && (this.#flags(node) & (BELOW | EMPTY)) === 0;
  }
  /** Touches the names before those that came or went: their NSECs lead elsewhere. */
  #before(): void {
    const { bytes, words } = this.#memory;
    for (const { key, node, signed } of [...this.names.values()]) {
      const was = signed !== 0 && findSet(bytes, setsAt(words, signed), NSEC) !== 0;
      if (was === this.#isProven(node)) continue;
      let before = this.#pages.before(this.#names, key, key.length);
      while (before === node || !this.#isProven(before)) before = this.#pages.previous(this.#names);
      this.#touchNode(before);
    }
  }
  #chainNames(owned: ReadonlyMap<Touched, number>): void {
    const { words, bytes } = this.#memory;
    for (const [{ key, node }, name] of owned) {
      if (!this.#isProven(node)) continue;
      this.#pages.before(this.#names, key, key.length);
      let next = this.#pages.next(this.#names);
      while (next !== 0 && !this.#isProven(next)) next = this.#pages.next(this.#names);
      if (next === 0) next = this.#pages.first(this.#names);
      this.#to.own(bytes, next * 4 + KEY_AT, keyLength(words, next));
      this.#to.deny(name, NSEC, nsecData(this.#to.owner, this.#to.ownerLength, this.#to.typesOf(name), (this.#flags(node) & CUT) !== 0));
    }
  }

  /** Hashes of names that were touched, and of what is empty above them where that depends on these. */
  #chainHashes(owned: ReadonlyMap<Touched, number>, chain: HashChain): void {
    const looked = new Set<string>();
    for (const { key, node } of this.names.values()) {
      this.#hash(key, node, owned, chain);
      looked.add(latin1(key, 0, key.length));
    }
    if (this.#how.chain === 'opt-out') {
      for (const { key } of this.names.values()) this.#above(key, looked, owned, chain);
    }
    chain.settle(this.#to);
  }
  /** With opt-out what is empty is proven where something below it is: it may be another now although it is the same. */
  #above(key: Uint8Array, looked: Set<string>, owned: ReadonlyMap<Touched, number>, chain: HashChain): void {
    for (let end = key.lastIndexOf(0, key.length - 2); end > 0; end = key.lastIndexOf(0, end - 1)) {
      const above = key.slice(0, end + 1);
      const text = latin1(above, 0, above.length);
      if (looked.has(text)) continue;
      looked.add(text);
      const node = this.#exactly(above);
      if (node === 0 || (this.#flags(node) & EMPTY) !== 0) this.#hash(above, node, owned, chain);
    }
  }
  #exactly(key: Uint8Array): number {
    const node = this.#pages.before(this.#names, key, key.length);
    return node !== 0 && keyLength(this.#memory.words, node) === key.length && isBeginning(this.#memory, node, key) ? node : 0;
  }
  #hash(key: Uint8Array, node: number, owned: ReadonlyMap<Touched, number>, chain: HashChain): void {
    const touched = this.names.get(latin1(key, 0, key.length));
    const name = touched === undefined ? 0 : owned.get(touched) ?? 0;
    this.#to.own(key, 0, key.length);
    const hash = new Uint8Array(HASH_LENGTH);
    hashName(this.#to.owner, 0, SALT, ITERATIONS, hash, 0);
    const isIn = node !== 0 && (this.#flags(node) & BELOW) === 0 && this.#isHashProven(key, node, this.#how.chain);
    if (isIn) chain.put(hash, name === 0 ? [] : [...this.#to.typesOf(name)], (this.#flags(node) & CUT) !== 0);
    else chain.drop(hash);
  }
  #isHashProven(key: Uint8Array, node: number, chain: Chain): boolean {
    if (chain !== 'opt-out') return true;
    if ((this.#flags(node) & EMPTY) === 0) return !this.#isInsecure(node);
    // The first below it that is proven makes it so.
    const pages = new OrderedPages(this.#memory);
    pages.before(this.#names, key, key.length);
    for (let below = pages.next(this.#names); below !== 0 && isBeginning(this.#memory, below, key); below = pages.next(this.#names)) {
      if ((this.#flags(below) & (BELOW | EMPTY)) === 0 && !this.#isInsecure(below)) return true;
    }
    return false;
  }
  #isInsecure(node: number): boolean {
    const { words, bytes } = this.#memory;
    return (this.#flags(node) & CUT) !== 0 && findSet(bytes, setsAt(words, node), DS) === 0;
  }
}

/** Whether the key of a node begins with another. */
function isBeginning({ words, bytes }: Memory, node: number, key: Uint8Array): boolean {
  if (keyLength(words, node) < key.length) return false;
  for (let i = 0, from = node * 4 + KEY_AT; i < key.length; i++) if (bytes[from + i] !== key[i]) return false;
  return true;
}
