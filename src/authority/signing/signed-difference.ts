// What names of a signed version have no more and have new, from the scratch in which they were signed anew. Knows sets and lists of
// records; knows nothing of why.
import { u16 } from '../../dns/packet.ts';
import { TYPE } from '../../dns/type-name.ts';
import { KEY_AT, keyLength } from '../../store/ordered-entry.ts';
import type { Memory } from '../../store/memory.ts';
import { nextSet, typeAt } from '../record-sets.ts';
import { RecordList } from '../zone/difference.ts';
import type { Difference } from '../zone/difference.ts';
import { setsAt } from '../zone/nodes.ts';
import type { SignedScratch } from './signed-scratch.ts';
import { StoredRecords } from './stored-records.ts';

const { RRSIG, SOA } = TYPE;

/** Compares names, one after the other. */
export class SignedDifference implements Difference {
  readonly removed = new RecordList();
  readonly added = new RecordList();
  readonly #memory: Memory;
  readonly #to: SignedScratch;
  readonly #zone: Uint8Array;
  readonly #old: StoredRecords;
  /** Sets of the name that are as they were: types, and with `SIGNED` above them those of their signatures. */
  readonly #same = new Set<number>();

  constructor(memory: Memory, to: SignedScratch) {
    this.#memory = memory;
    this.#to = to;
    this.#zone = to.scratch.zone;
    this.#old = new StoredRecords(this.#zone);
  }

  /** A name of the scratch (0: it is gone) against its node in the signed version (0: it is new). */
  compare(name: number, node: number): void {
    const { words, bytes } = this.#memory;
    const to = this.#to;
    this.#same.clear();
    if (node !== 0) to.own(bytes, node * 4 + KEY_AT, keyLength(words, node));
    else to.find(name, 0);
    const isApex = to.ownerLength === this.#zone.length;
    if (node !== 0) {
      let covered = 0;
      for (let set = setsAt(words, node), type: number; (type = typeAt(bytes, set)) !== 0; set = nextSet(bytes, set)) {
        const of = type === RRSIG ? covered : 0;
        covered = type;
        if (isApex && type === SOA) continue;
        const old = this.#old.read(bytes, set, to.owner, to.ownerLength);
        if (name !== 0 && to.isSame(name, type, of, old)) this.#same.add(type === RRSIG ? SIGNED | of : type);
        else this.#remove(type, old);
      }
    }
    if (name !== 0) this.#add(name);
  }
  #remove(type: number, { count, ttl, bytes, starts }: StoredRecords): void {
    for (let i = 0; i < count; i++) this.#list(this.removed, type, ttl, bytes.subarray(starts[i]!, starts[i + 1]!));
  }
  #add(name: number): void {
    const { scratch } = this.#to;
    for (let record = scratch.first(name); record !== 0; record = scratch.next(record)) {
      const type = scratch.type(record);
      const at = scratch.dataAt(record);
      if (type === 0 || this.#same.has(type === RRSIG ? SIGNED | u16(scratch.bytes, at) : type)) continue;
      this.#list(this.added, type, scratch.ttl(record), scratch.bytes.subarray(at, at + scratch.size(record)));
    }
  }
  #list(list: RecordList, type: number, ttl: number, data: Uint8Array): void {
    list.add(this.#to.owner, this.#to.ownerLength - this.#zone.length, type, ttl, data, data.length);
  }
}
const SIGNED = 1 << 16;
