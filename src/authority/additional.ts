// Addresses that are sent along (RFC 1034 section 4.3.2 step 6): of what NS, MX, SRV, SVCB and HTTPS name, and glue (RFC 9471). Knows where
// names are in records, walks and the writer; knows no state of a look-up.
import { foldByte, u16 } from '../dns/packet.ts';
import { TYPE } from '../dns/type-name.ts';
import { TC } from '../kernel/query/message.ts';
import { Finding } from './finding.ts';
import { RECORD_HEAD, SET_HEAD, findSet, recordsIn, signaturesOf, sizeOf } from './record-sets.ts';
import { ADDITIONAL, Owner, writeSet } from './records.ts';
import { copyNameAt, isUnder } from './spelling.ts';
import type { Walk } from './walk.ts';
import type { ZoneReply } from './zone-reply.ts';

/** Bytes of an OPT without options, which comes after. */
const OPT_SIZE = 11;
/** Names that are told apart: of more, some may be told twice. */
const MOST = 64;

/** Where in its data a record has the name whose addresses are sent along; -1 where there is none. */
function nameIn(type: number): number {
  switch (type) {
    case TYPE.NS: return 0;
    case TYPE.MX: case TYPE.SVCB: case TYPE.HTTPS: return 2;
    case TYPE.SRV: return 6;
    default: return -1;
  }
}

/** Made once a look-up. */
export class Additional {
  readonly #walk: Walk;
  readonly #reply: ZoneReply;
  readonly #finding = new Finding();
  readonly #owner = new Owner();
  readonly #name = new Uint8Array(256);
  /** The sets of the names that were told. */
  readonly #told = new Int32Array(MOST);
  #count = 0;

  constructor(walk: Walk, reply: ZoneReply) {
    this.#walk = walk;
    this.#reply = reply;
  }

  /** Of a set that was written into the message, the data of its first record at `data`. */
  beside(type: number, set: number, data: number): void {
    const skip = nameIn(type);
    if (skip < 0 || data === 0) return;
    this.#count = 0;
    this.#each(set, data, skip, -1, false);
  }
  /**
   * Of the name servers of a cut that begins at this label: addresses of those below it are part of the referral, those of others come
   * along where there is room.
   */
  glue(set: number, data: number, label: number): void {
    if (data === 0) return;
    this.#count = 0;
    const others = this.#each(set, data, 0, label, true);
    if (others > 0) this.#each(set, data, 0, label, false);
  }

  /** Tells of each name in the set; with a label, of those below what begins there, or of those not. Says how many are left. */
  #each(set: number, data: number, skip: number, label: number, below: boolean): number {
    const { finding: { bytes }, place, asked, reply } = this.#walk;
    let from = set + SET_HEAD;
    let to = data;
    let others = 0;
    for (let left = recordsIn(bytes, set); left > 0 && to < reply.length; left--) {
      const length = copyNameAt(reply, to + skip, this.#name);
      for (let i = 0; i < length; i++) this.#name[i] = foldByte(this.#name[i]!);
      const isMeant = label < 0 || isUnder(this.#name, length, asked.bytes, place.at[label]) === below;
      if (isMeant) this.#tell(to + skip, length, label < 0, below);
      else others++;
      const size = RECORD_HEAD + u16(bytes, from + RECORD_HEAD - 2);
      from += size;
      to += size;
    }
    return others;
  }
  /** The addresses of the name that stands at this offset; `whole`: without them the referral is of no use. */
  #tell(at: number, length: number, signed: boolean, whole: boolean): void {
    const { source, zone } = this.#walk;
    if (length === 0 || !isUnder(this.#name, length, zone.bytes)) return;
    source.exactly?.(zone, this.#name, length, this.#finding);
    const { sets, kind, bytes } = this.#finding;
    if (sets === 0 || this.#isTold(sets)) return;
    this.#address(at, length, findSet(bytes, sets, TYPE.A), signed && kind === 'node', whole);
    this.#address(at, length, findSet(bytes, sets, TYPE.AAAA), signed && kind === 'node', whole);
  }
  #address(at: number, length: number, set: number, signed: boolean, whole: boolean): void {
    if (set === 0) return;
    const { reply, query } = this.#walk;
    const { bytes } = this.#finding;
    const signatures = signed && this.#reply.signed ? signaturesOf(bytes, set) : 0;
    const size = sizeOf(bytes, set) + (signatures === 0 ? 0 : sizeOf(bytes, signatures));
    if (!whole && reply.length + size + (query.journey.edns ? OPT_SIZE : 0) > query.limit) return;
    if (this.#put(at, length, set) === 0) {
      if (whole) reply.setFlags(TC);
    } else if (signatures > 0) this.#put(at, length, signatures);
  }
  #put(at: number, length: number, set: number): number {
    const owner = this.#owner;
    owner.at = at;
    owner.bytes = this.#name;
    owner.length = length;
    return writeSet(this.#walk.reply, ADDITIONAL, this.#finding.bytes, set, owner, this.#reply.zoneAt);
  }
  /** Whether the sets were told already; from now on they were. */
  #isTold(sets: number): boolean {
    for (let i = 0; i < this.#count; i++) if (this.#told[i] === sets) return true;
    if (this.#count < MOST) this.#told[this.#count++] = sets;
    return false;
  }
}
