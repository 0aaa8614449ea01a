// All names of a zone as they are signed, in a scratch: what the zone has, its keys, its chain, and signatures, of which those of the
// version before stay that still do. Knows versions, names in their order and the chain; publishes nothing.
import { latin1Bytes } from '../../dns/latin1.ts';
import { u32 } from '../../dns/packet.ts';
import { TYPE } from '../../dns/type-name.ts';
import type { KeyPlan } from '../../dnssec/key-plan.ts';
import { HASH_LENGTH, hashName } from '../../dnssec/hashed-name.ts';
import { SetForm } from '../../dnssec/set-form.ts';
import type { SigningKey } from '../../dnssec/signing-key.ts';
import { KEY_AT, keyLength } from '../../store/ordered-entry.ts';
import type { Memory } from '../../store/memory.ts';
import { OrderedPages } from '../../store/ordered-pages.ts';
import { findSet, nextSet, signaturesOf, typeAt } from '../record-sets.ts';
import { writeWire } from '../zone/name-key.ts';
import { BELOW, CUT, setsAt } from '../zone/nodes.ts';
import { Plan } from '../zone/plan.ts';
import type { Scratch } from '../zone/scratch.ts';
import { sortNames } from '../zone/sort-names.ts';
import { HASHED, NAMES } from '../zone/version.ts';
import {
  ITERATIONS, SALT, isMade, isOwnAtCut, nsec3Data, nsec3ParamData, nsecData, provenByHash, sortHashes, writeHashOwner,
} from './chain.ts';
import type { Chain } from './chain.ts';
import type { SetSigner } from './set-signer.ts';
import { StoredRecords } from './stored-records.ts';

const { DS, SOA, NSEC, NSEC3, NSEC3PARAM, RRSIG } = TYPE;

/** How a zone is to be signed. */
export interface How {
  readonly plan: KeyPlan;
  readonly chain: Chain;
  /** The serial of the version. */
  readonly serial: number;
}

/** Signs into a scratch. One object a version. */
export class WholeSigning {
  readonly #memory: Memory;
  readonly #scratch: Scratch;
  readonly #how: How;
  readonly #signer: SetSigner;
  readonly #pages: OrderedPages;
  readonly #form = new SetForm();
  readonly #owner = new Uint8Array(600);
  #ownerLength = 0;
  readonly #key = new Uint8Array(512);
  readonly #old: StoredRecords;
  readonly #oldSignatures: StoredRecords;
  readonly #types: number[] = [];
  /** TTL of what denies (RFC 9077). */
  #ttl = 0;
  /** Names that are hashes. */
  readonly #hashed: number[] = [];

  /** `scratch` is begun for the zone. */
  constructor(memory: Memory, scratch: Scratch, how: How, signer: SetSigner) {
    this.#memory = memory;
    this.#scratch = scratch;
    this.#how = how;
    this.#signer = signer;
    this.#pages = new OrderedPages(memory);
    this.#old = new StoredRecords(scratch.zone);
    this.#oldSignatures = new StoredRecords(scratch.zone);
  }

  /** Fills the scratch with what the version that is not signed has, signed; `before` is the signed one that is replaced, or 0. */
  async sign(unsigned: number, before: number): Promise<void> {
    const { forKeys, forOthers } = this.#how.plan;
    this.#copy(unsigned);
    this.#planned();
    if (forKeys.length === 0 && forOthers.length === 0) return;
    const scratch = this.#scratch;
    const names = scratch.list();
    sortNames(names, scratch);
    const plan = new Plan(names, scratch, this.#memory.hash);
    if (this.#how.chain === 'nsec') this.#names(plan);
    else this.#hashes(plan);
    const { words } = this.#memory;
    const old = before === 0 ? 0 : words[before + NAMES]!;
    for (let i = 0; i < plan.count; i++) {
      if (plan.name[i] === 0 || (plan.flags[i]! & BELOW) !== 0) continue;
      this.#sets(plan.name[i]!, (plan.flags[i]! & CUT) !== 0, old);
      await this.#signer.crowd;
    }
    const oldHashes = before === 0 ? 0 : words[before + HASHED]!;
    for (const name of this.#hashed) {
      const node = this.#begin(name, oldHashes);
      this.#set(name, NSEC3, node);
      await this.#signer.crowd;
    }
    await this.#signer.finish();
  }

  /** What is not made here, with one TTL a set. */
  #copy(version: number): void {
    const { words, bytes } = this.#memory;
    const records = new StoredRecords(this.#scratch.zone);
    for (const node of this.#pages.entries(words[version + NAMES]!)) {
      const length = keyLength(words, node);
      this.#own(bytes, node * 4 + KEY_AT, length);
      let name = 0;
      for (let set = setsAt(words, node), type: number; (type = typeAt(bytes, set)) !== 0; set = nextSet(bytes, set)) {
        if (isMade(type, length === 0)) continue;
        if (name === 0) name = this.#scratch.owner(this.#owner, this.#ownerLength);
        records.read(bytes, set, this.#owner, this.#ownerLength);
        for (let i = 0; i < records.count; i++) {
          this.#add(name, type, records.ttl, records.bytes.subarray(records.starts[i]!, records.starts[i + 1]!));
        }
      }
    }
  }
  #own(key: Uint8Array, at: number, length: number): void {
    const labels = writeWire(key, at, length, this.#owner, 0);
    this.#owner.set(this.#scratch.zone, labels);
    this.#ownerLength = labels + this.#scratch.zone.length;
  }
  #add(name: number, type: number, ttl: number, data: Uint8Array): void {
    this.#scratch.add(name, type, ttl, data, data.length);
  }
  /** What the plan of keys brings in, and what the zone's own name alone has. */
  #planned(): void {
    const scratch = this.#scratch;
    const { plan, chain, serial } = this.#how;
    const apex = scratch.owner(scratch.zone, scratch.zone.length);
    scratch.serial = serial;
    this.#ttl = denialTtl(scratch, apex);
    for (const { name, type, data } of plan.records) {
      const owner = scratch.owner(latin1Bytes(name.raw), name.raw.length);
      if (owner >= 0) this.#add(owner, type, plan.ttl, data);
    }
    if (chain !== 'nsec' && plan.forOthers.length > 0) this.#add(apex, NSEC3PARAM, 0, nsec3ParamData());
  }

  #names(plan: Plan): void {
    const own: number[] = [];
    for (let i = 0; i < plan.count; i++) if (plan.name[i] !== 0 && (plan.flags[i]! & BELOW) === 0) own.push(i);
    for (let k = 0; k < own.length; k++) {
      const i = own[k]!;
      const next = own[(k + 1) % own.length]!;
      this.#own(this.#scratch.bytes, plan.at[next]!, plan.length[next]!);
      const types = this.#typesOf(plan.name[i]!);
      this.#add(plan.name[i]!, NSEC, this.#ttl, nsecData(this.#owner, this.#ownerLength, types, (plan.flags[i]! & CUT) !== 0));
    }
  }
  #hashes(plan: Plan): void {
    const { chain } = this.#how;
    const own = provenByHash(plan, chain, (name) => this.#typesOf(name).includes(DS));
    const hashes = new Uint8Array(own.length * HASH_LENGTH);
    own.forEach((i, k) => {
      this.#own(this.#scratch.bytes, plan.at[i]!, plan.length[i]!);
      hashName(this.#owner, 0, SALT, ITERATIONS, hashes, k * HASH_LENGTH);
    });
    const order = sortHashes(hashes, own.length);
    for (let k = 0; k < order.length; k++) {
      const i = own[order[k]!]!;
      const name = plan.name[i]!;
      const next = order[(k + 1) % order.length]! * HASH_LENGTH;
      const data = nsec3Data(hashes, next, name === 0 ? [] : this.#typesOf(name), (plan.flags[i]! & CUT) !== 0, chain);
      const length = writeHashOwner(hashes, order[k]! * HASH_LENGTH, this.#scratch.zone, this.#owner);
      const hashed = this.#scratch.owner(this.#owner, length);
      this.#add(hashed, NSEC3, this.#ttl, data);
      this.#hashed.push(hashed);
    }
  }
  /** The types that a name has, but for what is made of hashes and for signatures; the list is filled anew by the next call. */
  #typesOf(name: number): readonly number[] {
    const scratch = this.#scratch;
    const types = this.#types;
    types.length = 0;
    for (let record = scratch.first(name); record !== 0; record = scratch.next(record)) {
      const type = scratch.type(record);
      if (type !== 0 && type !== RRSIG && type !== NSEC3 && !types.includes(type)) types.push(type);
    }
    return types;
  }

  /** Signs the sets of a name; signatures that the version before has of the same are taken over. */
  #sets(name: number, isCut: boolean, root: number): void {
    const node = this.#begin(name, root);
    for (const type of this.#typesOf(name)) if (!isCut || isOwnAtCut(type)) this.#set(name, type, node);
  }
  /** Has the name's wire form at hand; says its node under this root of the version before, or 0. */
  #begin(name: number, root: number): number {
    const scratch = this.#scratch;
    const at = scratch.keyAt(name);
    const length = scratch.keyLength(name);
    for (let i = 0; i < length; i++) this.#key[i] = scratch.bytes[at + i]!;
    this.#own(this.#key, 0, length);
    return root === 0 ? 0 : this.#pages.find(root, scratch.hashOf(name), this.#key, length);
  }
  #set(name: number, type: number, node: number): void {
    const scratch = this.#scratch;
    const keys = this.#signer.keysOf(type, this.#ownerLength === scratch.zone.length);
    let ttl = 0;
    const form = this.#form.begin(type, 1, this.#owner.subarray(0, this.#ownerLength));
    for (let record = scratch.first(name); record !== 0; record = scratch.next(record)) {
      if (scratch.type(record) !== type) continue;
      ttl = scratch.ttl(record);
      const at = scratch.dataAt(record);
      form.add(scratch.bytes, at, scratch.size(record), at + scratch.size(record), at);
    }
    if (node !== 0 && this.#keep(name, keys, type, ttl, node)) return;
    this.#signer.sign(form.sort(), keys, ttl, scratch.hashOf(name), (data) => this.#add(name, RRSIG, ttl, data));
  }
  /** Takes over the signatures of the same set, where they will do. */
  #keep(name: number, keys: readonly SigningKey[], type: number, ttl: number, node: number): boolean {
    const { words, bytes } = this.#memory;
    const set = findSet(bytes, setsAt(words, node), type);
    const signatures = set === 0 ? 0 : signaturesOf(bytes, set);
    if (signatures === 0 || !this.#isSame(name, type, ttl, this.#old.read(bytes, set, this.#owner, this.#ownerLength))) return false;
    const old = this.#oldSignatures.read(bytes, signatures, this.#owner, this.#ownerLength);
    if (!this.#signer.keeps(old, keys, type, ttl, this.#scratch.hashOf(name))) return false;
    for (let i = 0; i < old.count; i++) this.#add(name, RRSIG, ttl, old.bytes.subarray(old.starts[i]!, old.starts[i + 1]!));
    return true;
  }
  /** Whether the set of a name is record by record what is stored. */
  #isSame(name: number, type: number, ttl: number, old: StoredRecords): boolean {
    const scratch = this.#scratch;
    if (old.ttl !== ttl || !old.isEven) return false;
    let i = 0;
    for (let record = scratch.first(name); record !== 0; record = scratch.next(record)) {
      if (scratch.type(record) !== type) continue;
      const from = old.starts[i]!;
      const size = scratch.size(record);
      if (i >= old.count || old.starts[i + 1]! - from !== size) return false;
      const at = scratch.dataAt(record);
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
