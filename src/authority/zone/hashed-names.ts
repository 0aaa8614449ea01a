// Which NSEC3 of a zone matches or covers a name (RFC 5155 section 7.2). Knows the pages of hashes of a version; knows nothing of why it
// is asked.
import { latin1Bytes } from '../../dns/latin1.ts';
import { u16 } from '../../dns/packet.ts';
import { TYPE } from '../../dns/type-name.ts';
import { HASHED_LABEL, HASH_LENGTH, hashName, writeHashedLabel } from '../../dnssec/hashed-name.ts';
import type { Memory } from '../../store/memory.ts';
import { compareKey } from '../../store/ordered-entry.ts';
import { OrderedPages } from '../../store/ordered-pages.ts';
import type { Proof } from '../finding.ts';
import { RECORD_HEAD, SET_HEAD, findSet } from '../record-sets.ts';
import { setsAt } from './nodes.ts';
import { HASHED, PARAM } from './version.ts';

/** `*` as a label, before a name. */
const STAR = latin1Bytes('\x01*');

/** A name that was asked for last, and what was found: names that are denied mostly lie below one and the same. */
interface Known {
  /** Which zone's, and how many versions that had had. */
  zone: number;
  loads: number;
  readonly name: Uint8Array;
  length: number;
  node: number;
  set: number;
  matches: boolean;
}
const nobody = (): Known => ({ zone: -1, loads: 0, name: new Uint8Array(256), length: 0, node: 0, set: 0, matches: false });
/** A zone of a thread: its number, its version, and how many it had had before. */
interface HashedZone {
  readonly zone: number;
  readonly version: number;
  readonly loads: number;
}

/** Finds NSEC3 records of zones. One object a thread. */
export class HashedNames {
  readonly #memory: Memory;
  readonly #pages: OrderedPages;
  readonly #name = new Uint8Array(256 + STAR.length);
  readonly #hash = new Uint8Array(HASH_LENGTH);
  /** A hash as a label, then the 0 that ends a key. */
  readonly #key = new Uint8Array(HASHED_LABEL + 1);
  #salt: Uint8Array = new Uint8Array(0);
  /** The name that exists, and the wildcard below it. */
  readonly #above = nobody();
  readonly #star = nobody();

  constructor(memory: Memory) {
    this.#memory = memory;
    this.#pages = new OrderedPages(memory);
  }

  /** For the name at `at` in `bytes`, `length` bytes of it, or, where `wildcard`, the wildcard below it. */
  prove(of: HashedZone, bytes: Uint8Array, at: number, length: number, wildcard: boolean, proof: Proof): void {
    const known = wildcard ? this.#star : this.#above;
    if (isOf(known, of, bytes, at, length)) return this.#tell(known.node, known.set, known.matches, proof);
    const { version } = of;
    const { words } = this.#memory;
    const param = words[version + PARAM]! + SET_HEAD + RECORD_HEAD;
    const root = words[version + HASHED]!;
    const name = this.#name;
    let size = 0;
    if (wildcard) for (let i = 0; i < STAR.length; i++) name[size++] = STAR[i]!;
    for (let i = 0; i < length; i++) name[size++] = bytes[at + i]!;
    this.#readSalt(param);
    hashName(name, 0, this.#salt, u16(this.#memory.bytes, param + 2), this.#hash, 0);
    const key = this.#key;
    writeHashedLabel(this.#hash, 0, key, 0);
    let node = this.#pages.before(root, key, key.length);
    // What stands before the first one is covered by the last one.
    if (node === 0) node = this.#pages.last(root);
    for (let left = this.#pages.count(root); left > 0; left--, node = this.#pages.previous(root) || this.#pages.last(root)) {
      const set = findSet(this.#memory.bytes, setsAt(words, node), TYPE.NSEC3);
      if (set === 0 || !this.#isOfChain(set + SET_HEAD + RECORD_HEAD, param)) continue;
      const matches = compareKey(words, this.#memory.bytes, node, key, key.length) === 0;
      // What does not exist is asked for once.
      if (wildcard || matches) keep(known, of, bytes, at, length, node, set, matches);
      return this.#tell(node, set, matches, proof);
    }
  }
  #readSalt(param: number): void {
    const { bytes } = this.#memory;
    const size = bytes[param + 4]!;
    if (this.#salt.length !== size) this.#salt = new Uint8Array(size);
    for (let i = 0; i < size; i++) this.#salt[i] = bytes[param + 5 + i]!;
  }
  /** Whether an NSEC3 was made as the zone says: while another salt is introduced there are two chains. */
  #isOfChain(data: number, param: number): boolean {
    const { bytes } = this.#memory;
    for (let i = 0, end = 5 + bytes[param + 4]!; i < end; i++) if (i !== 1 && bytes[data + i] !== bytes[param + i]) return false;
    return true;
  }
  #tell(node: number, set: number, matches: boolean, proof: Proof): void {
    const { bytes } = this.#memory;
    proof.bytes = bytes;
    proof.set = set;
    proof.matches = matches;
    proof.length = HASHED_LABEL + 1;
    proof.owner[0] = HASHED_LABEL;
    for (let i = 0; i < HASHED_LABEL; i++) proof.owner[i + 1] = bytes[node * 4 + 8 + i]!;
  }
}

/** Whether this is what was asked for last, and the zone is the same since. */
function isOf(known: Known, { zone, loads }: HashedZone, bytes: Uint8Array, at: number, length: number): boolean {
  if (known.zone !== zone || known.loads !== loads || known.length !== length) return false;
  for (let i = 0; i < length; i++) if (known.name[i] !== bytes[at + i]) return false;
  return true;
}
function keep(
  known: Known, { zone, loads }: HashedZone, bytes: Uint8Array, at: number, length: number, node: number, set: number, matches: boolean,
): void {
  known.zone = zone;
  known.loads = loads;
  known.length = length;
  known.node = node;
  known.set = set;
  known.matches = matches;
  for (let i = 0; i < length; i++) known.name[i] = bytes[at + i]!;
}
