// A node's bytes from the records of its name: sets as they go on the wire, the ends of names cut where they are the zone's. Knows the
// layout of sets (record-sets.ts); knows nothing of other names.
import { setU16, u16, u32 } from '../../dns/packet.ts';
import { TYPE, typeName } from '../../dns/type-name.ts';
import { CUT, OWNER_END, RECORD_HEAD, SET_HEAD, ZONE_END } from '../record-sets.ts';
import { putFixed } from '../record-head.ts';
import { Expiries } from './expiries.ts';
import { writeWire } from './name-key.ts';
import { SIGNATURES } from './scratch.ts';
import type { Scratch } from './scratch.ts';
import { ZoneError, printKey } from './zone-error.ts';

const { NS, CNAME, SOA, PTR, MX, RRSIG, SVCB, HTTPS } = TYPE;
/** Where the data of a signature say when it ends (RFC 4034 section 3.1). */
export const EXPIRATION = 8;
const STAR = 42;
/** The most bytes of a set: its length is written in 16 bits. */
const MOST = 65_535;

/** Whose names are shortened: newer types may not be (RFC 3597 section 4). Where the name begins in the data; -1: it is not shortened. */
const shortened = (type: number): number => (type === NS || type === CNAME || type === PTR ? 0 : type === MX ? 2 : -1);

/** Packs one name after the other into the same bytes. */
export class Packer {
  /** What was packed last, `length` bytes of it. */
  bytes = new Uint8Array(1 << 13);
  length = 0;
  readonly #types: number[] = [];
  readonly #owner = new Uint8Array(600);
  #ownerLength = 0;
  /** Records that were packed in all. */
  records = 0;
  /** When signatures among them end. */
  readonly expiries = new Expiries();

  /** Packs the records of a name, without those that `keep` does not want. 0 stands for a name that owns nothing. */
  pack(scratch: Scratch, name: number, keep: (type: number, covered: number) => boolean = all): void {
    this.length = 0;
    const isSigned = name !== 0 && (scratch.marks(name) & SIGNATURES) !== 0;
    if (name !== 0 && !isSigned && scratch.hasOne(name)) {
      const type = scratch.type(scratch.first(name));
      if (keep(type, 0)) this.#set(scratch, name, type, 0);
    } else if (name !== 0) {
      const types = this.#typesOf(scratch, name, keep);
      if (isSigned) this.#orphans(scratch, name, keep, types);
      for (const type of types) {
        this.#set(scratch, name, type, 0);
        if (isSigned) this.#set(scratch, name, RRSIG, type);
      }
    }
    this.#ensure(2);
    this.bytes[this.length++] = 0;
    this.bytes[this.length++] = 0;
  }
  /** Types but signatures, in their order, SOA before all. */
  #typesOf(scratch: Scratch, name: number, keep: (type: number, covered: number) => boolean): readonly number[] {
    const types = this.#types;
    types.length = 0;
    for (let record = scratch.first(name); record !== 0; record = scratch.next(record)) {
      const type = scratch.type(record);
      if (type !== 0 && type !== RRSIG && keep(type, 0) && !types.includes(type)) types.push(type);
    }
    return types.length < 2 ? types : types.sort(byType);
  }
  /** Signatures of what is not there stand before everything, where no set takes them for its own. */
  #orphans(scratch: Scratch, name: number, keep: (type: number, covered: number) => boolean, types: readonly number[]): void {
    const set = this.#begin();
    for (let record = scratch.first(name); record !== 0; record = scratch.next(record)) {
      if (scratch.type(record) !== RRSIG) continue;
      const covered = coveredBy(scratch, record);
      if (keep(RRSIG, covered) && !types.includes(covered)) this.#record(scratch, name, record, set, RRSIG);
    }
    this.#end(set, RRSIG);
  }
  /** The set of a type; of signatures those that cover a type. */
  #set(scratch: Scratch, name: number, type: number, covered: number): void {
    const set = this.#begin();
    const signed = (type === SVCB || type === HTTPS) && isSigned(scratch, name, type);
    for (let record = scratch.first(name); record !== 0; record = scratch.next(record)) {
      if (scratch.type(record) !== type || (covered !== 0 && coveredBy(scratch, record) !== covered)) continue;
      this.#record(scratch, name, record, set, type, signed);
    }
    if (shortened(type) >= 0) {
      this.#own(scratch, name);
      this.#cut(set, shortened(type), scratch.zone);
    }
    this.#end(set, type);
  }

  #begin(): number {
    this.#ensure(SET_HEAD);
    const set = this.length;
    this.bytes.fill(0, set, set + SET_HEAD);
    this.length = set + SET_HEAD;
    return set;
  }
  #end(set: number, type: number): void {
    const size = this.length - set - SET_HEAD;
    if (size === 0) this.length = set;
    else {
      setU16(this.bytes, set, type);
      setU16(this.bytes, set + 4, size);
      this.records += u16(this.bytes, set + 2);
    }
  }
  #record(scratch: Scratch, name: number, record: number, set: number, type: number, signed = false): void {
    const size = scratch.size(record);
    this.#ensure(RECORD_HEAD + size);
    const { bytes } = this;
    const start = this.length;
    const from = scratch.dataAt(record);
    bytes[start] = 0xc0;
    bytes[start + 1] = 12;
    const to = putFixed(bytes, start + 2, type, scratch.ttl(record), size);
    for (let i = 0; i < size; i++) bytes[to + i] = scratch.bytes[from + i]!;
    foldNames(bytes, to, to + size, type, signed);
    if (this.#isThere(set, start, to, size)) return;
    if (type === RRSIG) this.expiries.add(u32(bytes, to + EXPIRATION));
    this.length = to + size;
    if (this.length - set - SET_HEAD > MOST) {
      const where = printKey(scratch.bytes, scratch.keyAt(name), scratch.keyLength(name), scratch.zone);
      throw new ZoneError(`the records of type ${typeName(type)} at ${where} take more than ${MOST} bytes`);
    }
    setU16(bytes, set + 2, u16(bytes, set + 2) + 1);
  }
  /** Whether the set has these data already: equal records are one (RFC 2181 section 5). */
  #isThere(set: number, end: number, data: number, size: number): boolean {
    const { bytes } = this;
    for (let at = set + SET_HEAD; at < end;) {
      const length = u16(bytes, at + 10);
      const from = at + RECORD_HEAD;
      if (length === size) {
        let i = 0;
        while (i < size && bytes[from + i] === bytes[data + i]) i++;
        if (i === size) return true;
      }
      at = from + length;
    }
    return false;
  }
  /**
   * Cuts the names of a set at the owner where they are below it, else at the zone, unless one that stays whole ends as if it were cut. A
   * wildcard is told with the name that was asked for: nothing is cut at it.
   */
  #cut(set: number, skip: number, zone: Uint8Array): void {
    const { bytes } = this;
    for (let at = set + SET_HEAD; at < this.length; at += RECORD_HEAD + u16(bytes, at + 10)) {
      const end = at + RECORD_HEAD + u16(bytes, at + 10);
      if (bytes[end - 2] === 0xc0 && bytes[end - 1] === 0 && !endsIn(bytes, at + RECORD_HEAD + skip, end, zone, zone.length)) return;
    }
    let to = set + SET_HEAD;
    for (let at = to; at < this.length;) {
      const size = u16(bytes, at + 10);
      const end = at + RECORD_HEAD + size;
      const from = at + RECORD_HEAD + skip;
      const isBelow = this.#ownerLength > 0 && from + this.#ownerLength < end && endsIn(bytes, from, end, this.#owner, this.#ownerLength);
      const cut = isBelow ? this.#ownerLength : zone.length > 2 && endsIn(bytes, from, end, zone, zone.length) ? zone.length : 0;
      const less = cut > 2 ? cut - 2 : 0;
      bytes.copyWithin(to, at, end - less);
      if (less > 0) {
        setU16(bytes, to + 10, size - less);
        bytes[to + RECORD_HEAD + size - less - 2] = 0xc0;
        bytes[to + RECORD_HEAD + size - less - 1] = isBelow ? OWNER_END : ZONE_END;
        setU16(bytes, set + 6, CUT);
      }
      to += RECORD_HEAD + size - less;
      at = end;
    }
    this.length = to;
  }
  /** The name of the records: nothing where no name is cut at it. */
  #own(scratch: Scratch, name: number): void {
    const at = scratch.keyAt(name);
    const length = scratch.keyLength(name);
    this.#ownerLength = 0;
    const isWild = length > 1 && scratch.bytes[at + length - 2] === STAR && (length === 2 || scratch.bytes[at + length - 3] === 0);
    if (length === 0 || isWild) return;
    const labels = writeWire(scratch.bytes, at, length, this.#owner, 0);
    this.#owner.set(scratch.zone, labels);
    this.#ownerLength = labels + scratch.zone.length;
  }
  #ensure(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + more));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}

const all = (): boolean => true;
const byType = (a: number, b: number): number => (a === SOA ? -1 : b === SOA ? 1 : a - b);
/** The type that a signature covers (RFC 4034 section 3.1.1). */
const coveredBy = (scratch: Scratch, record: number): number => u16(scratch.bytes, scratch.dataAt(record));
function isSigned(scratch: Scratch, name: number, type: number): boolean {
  for (let record = scratch.first(name); record !== 0; record = scratch.next(record)) {
    if (scratch.type(record) === RRSIG && coveredBy(scratch, record) === type) return true;
  }
  return false;
}
/** Whether a name is another one, `length` bytes of it, or ends in it. */
function endsIn(bytes: Uint8Array, from: number, end: number, name: Uint8Array, length: number): boolean {
  let at = from;
  while (end - at > length) at += bytes[at]! + 1;
  if (end - at !== length) return false;
  for (let i = 0; i < length; i++) if (bytes[at + i] !== name[i]) return false;
  return true;
}
/**
 * Names in these data are in lower case (FILE-3). A signature is over the letters of a service's target as they are (RFC 6840 section 5.1),
 * so those of a signed one stay.
 */
function foldNames(bytes: Uint8Array, at: number, end: number, type: number, signed: boolean): void {
  if (type === NS || type === CNAME) foldName(bytes, at, end);
  else if (type === SOA) foldName(bytes, foldName(bytes, at, end), end);
  else if (type === MX || (!signed && (type === SVCB || type === HTTPS))) foldName(bytes, at + 2, end);
}
function foldName(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  for (let size = bytes[at]!; size !== 0 && at + size < end; size = bytes[at]!) {
    for (let i = at + 1; i <= at + size; i++) if (bytes[i]! >= 65 && bytes[i]! <= 90) bytes[i]! |= 32;
    at += size + 1;
  }
  return at + 1;
}
