// Names with their records as they are to be signed, in a scratch: copied from a version that is not signed, joined by what a plan of keys
// brings and by what denies, and signed set by set. Knows versions and scratches; knows nothing of which names are wanted.
import { latin1Bytes } from '../../dns/latin1.ts';
import { u16, u32 } from '../../dns/packet.ts';
import { TYPE } from '../../dns/type-name.ts';
import type { KeyPlan } from '../../dnssec/key-plan.ts';
import { SetForm } from '../../dnssec/set-form.ts';
import type { SigningKey } from '../../dnssec/signing-key.ts';
import { KEY_AT, keyLength } from '../../store/ordered-entry.ts';
import type { Memory } from '../../store/memory.ts';
import { OrderedPages } from '../../store/ordered-pages.ts';
import { findSet, nextSet, signaturesOf, typeAt } from '../record-sets.ts';
import { writeWire } from '../zone/name-key.ts';
import { setsAt } from '../zone/nodes.ts';
import type { Scratch } from '../zone/scratch.ts';
import { isMade, isOwnAtCut, nsec3ParamData } from './chain.ts';
import type { Chain } from './chain.ts';
import type { SetSigner } from './set-signer.ts';
import { StoredRecords } from './stored-records.ts';

const { SOA, NSEC3, NSEC3PARAM, RRSIG } = TYPE;

/** How a zone is to be signed. */
export interface How {
  readonly plan: KeyPlan;
  readonly chain: Chain;
  /** The serial of the version. */
  readonly serial: number;
}

/** Whether a plan makes signatures. */
export const isSigning = ({ forKeys, forOthers }: KeyPlan): boolean => forKeys.length > 0 || forOthers.length > 0;

/** The names of one pass. */
export class SignedScratch {
  readonly scratch: Scratch;
  readonly #memory: Memory;
  readonly #how: How;
  readonly #signer: SetSigner;
  readonly #pages: OrderedPages;
  readonly #form = new SetForm();
  /** A name as wire octets: see `own`. */
  readonly owner: Uint8Array = new Uint8Array(600);
  ownerLength = 0;
  readonly #key = new Uint8Array(512);
  readonly #copied: StoredRecords;
  readonly #old: StoredRecords;
  readonly #oldSignatures: StoredRecords;
  readonly #types: number[] = [];
  /** TTL of what denies (RFC 9077). */
  #ttl = 0;

  /** `scratch` is begun for the zone. */
  constructor(memory: Memory, scratch: Scratch, how: How, signer: SetSigner) {
    this.#memory = memory;
    this.scratch = scratch;
    this.#how = how;
    this.#signer = signer;
    this.#pages = new OrderedPages(memory);
    this.#copied = new StoredRecords(scratch.zone);
    this.#old = new StoredRecords(scratch.zone);
    this.#oldSignatures = new StoredRecords(scratch.zone);
  }

  /** Has the name of a key, `length` bytes at `at`, at hand as wire octets. */
  own(key: Uint8Array, at: number, length: number): void {
    const labels = writeWire(key, at, length, this.owner, 0);
    this.owner.set(this.scratch.zone, labels);
    this.ownerLength = labels + this.scratch.zone.length;
  }
  /** Adds a record of a name. */
  add(name: number, type: number, ttl: number, data: Uint8Array): void {
    this.scratch.add(name, type, ttl, data, data.length);
  }
  /** Adds the record by which a name, or its hash, denies. */
  deny(name: number, type: number, data: Uint8Array): void {
    this.add(name, type, this.#ttl, data);
  }
  /** Copies what a node has that is not made here, with one TTL a set; says the name, 0 where that is nothing. */
  copy(node: number): number {
    const { words, bytes } = this.#memory;
    const { scratch } = this;
    const records = this.#copied;
    const length = keyLength(words, node);
    this.own(bytes, node * 4 + KEY_AT, length);
    let name = 0;
    for (let set = setsAt(words, node), type: number; (type = typeAt(bytes, set)) !== 0; set = nextSet(bytes, set)) {
      if (isMade(type, length === 0)) continue;
      if (name === 0) name = scratch.owner(this.owner, this.ownerLength);
      records.read(bytes, set, this.owner, this.ownerLength);
      for (let i = 0; i < records.count; i++) {
        this.add(name, type, records.ttl, records.bytes.subarray(records.starts[i]!, records.starts[i + 1]!));
      }
    }
    return name;
  }
  /** Adds what the plan of keys brings in, and what the zone's own name alone has; that was copied before. */
  planned(): void {
    const { scratch } = this;
    const { plan, chain, serial } = this.#how;
    const apex = scratch.owner(scratch.zone, scratch.zone.length);
    scratch.serial = serial;
    this.#ttl = denialTtl(scratch, apex);
    for (const { name, type, data } of plan.records) {
      const owner = scratch.owner(latin1Bytes(name.raw), name.raw.length);
      if (owner >= 0) this.add(owner, type, plan.ttl, data);
    }
    if (chain !== 'nsec' && isSigning(plan)) this.add(apex, NSEC3PARAM, 0, nsec3ParamData());
  }
  /** The types that a name has, but for what is made of hashes and for signatures; the list is filled anew by the next call. */
  typesOf(name: number): readonly number[] {
    const { scratch } = this;
    const types = this.#types;
    types.length = 0;
    for (let record = scratch.first(name); record !== 0; record = scratch.next(record)) {
      const type = scratch.type(record);
      if (type !== 0 && type !== RRSIG && type !== NSEC3 && !types.includes(type)) types.push(type);
    }
    return types;
  }

  /** Signs the sets of a name; signatures that the version before has of the same under this root (0: none) are taken over. */
  sign(name: number, isCut: boolean, root: number): void {
    const node = this.find(name, root);
    for (const type of this.typesOf(name)) if (!isCut || isOwnAtCut(type)) this.#set(name, type, node);
  }
  /** Likewise the NSEC3 of a name that is a hash. */
  signHash(name: number, root: number): void {
    this.#set(name, NSEC3, this.find(name, root));
  }
  /** Has the name's wire form at hand; says its node under this root of the version before, or 0. */
  find(name: number, root: number): number {
    const { scratch } = this;
    const at = scratch.keyAt(name);
    const length = scratch.keyLength(name);
    for (let i = 0; i < length; i++) this.#key[i] = scratch.bytes[at + i]!;
    this.own(this.#key, 0, length);
    return root === 0 ? 0 : this.#pages.find(root, scratch.hashOf(name), this.#key, length);
  }
  #set(name: number, type: number, node: number): void {
    const { scratch } = this;
    const keys = this.#signer.keysOf(type, this.ownerLength === scratch.zone.length);
    let ttl = 0;
    const form = this.#form.begin(type, 1, this.owner.subarray(0, this.ownerLength));
    for (let record = scratch.first(name); record !== 0; record = scratch.next(record)) {
      if (scratch.type(record) !== type) continue;
      ttl = scratch.ttl(record);
      const at = scratch.dataAt(record);
      form.add(scratch.bytes, at, scratch.size(record), at + scratch.size(record), at);
    }
    if (node !== 0 && this.#keep(name, keys, type, ttl, node)) return;
    this.#signer.sign(form.sort(), keys, ttl, scratch.hashOf(name), (data) => this.add(name, RRSIG, ttl, data));
  }
  /** Takes over the signatures of the same set, where they will do. */
  #keep(name: number, keys: readonly SigningKey[], type: number, ttl: number, node: number): boolean {
    const { words, bytes } = this.#memory;
    const set = findSet(bytes, setsAt(words, node), type);
    const signatures = set === 0 ? 0 : signaturesOf(bytes, set);
    if (signatures === 0 || !this.isSame(name, type, 0, this.#old.read(bytes, set, this.owner, this.ownerLength))) return false;
    const old = this.#oldSignatures.read(bytes, signatures, this.owner, this.ownerLength);
    if (!this.#signer.keeps(old, keys, type, ttl, this.scratch.hashOf(name))) return false;
    for (let i = 0; i < old.count; i++) this.add(name, RRSIG, ttl, old.bytes.subarray(old.starts[i]!, old.starts[i + 1]!));
    return true;
  }
  /** Whether the set of a name, of signatures those that cover a type, is record by record what is stored. */
  isSame(name: number, type: number, covered: number, old: StoredRecords): boolean {
    const { scratch } = this;
    if (!old.isEven) return false;
    let i = 0;
    for (let record = scratch.first(name); record !== 0; record = scratch.next(record)) {
      if (scratch.type(record) !== type) continue;
      const at = scratch.dataAt(record);
      if (covered !== 0 && u16(scratch.bytes, at) !== covered) continue;
      const from = old.starts[i]!;
      const size = scratch.size(record);
      if (i >= old.count || old.ttl !== scratch.ttl(record) || old.starts[i + 1]! - from !== size) return false;
      for (let k = 0; k < size; k++) if (scratch.bytes[at + k] !== old.bytes[from + k]) return false;
      i++;
    }
    return i === old.count;
  }
}

/** The lower of the SOA's TTL and its MINIMUM (RFC 9077 section 3). */
function denialTtl(scratch: Scratch, apex: number): number {
  for (let record = scratch.first(apex); record !== 0; record = scratch.next(record)) {
    if (scratch.type(record) !== SOA) continue;
    return Math.min(scratch.ttl(record), u32(scratch.bytes, scratch.dataAt(record) + scratch.size(record) - 4));
  }
  return 0;
}
