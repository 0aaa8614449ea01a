// The reply of a zone with sets in the making: sets under the name of a step, a part of it, or the zone's, with their signatures. It knows
// which of these names stand in the message, in lower case as the zone has them. Knows walks and the writer; knows no state of a look-up.
import { HEADER, setU32, u16, u32 } from '../dns/packet.ts';
import { TYPE } from '../dns/type-name.ts';
import { FULL } from '../kernel/query/message.ts';
import type { Message } from '../kernel/query/message.ts';
import type { Proof } from './finding.ts';
import { findSet, recordsIn, signaturesOf, sizeOf } from './record-sets.ts';
import { ANSWER, AUTHORITY, Owner, hasRoom, recordBy, writeSet } from './records.ts';
import { LONGEST_NAME, isLowerCase } from './spelling.ts';
import type { Walk } from './walk.ts';

/** Begun anew for each question. What it writes says where the data of the first record is; 0: it does not fit, and TC is set. */
export class ZoneReply {
  readonly #walk: Walk;
  readonly #owner = new Owner();
  /** Whether signatures are sent along. */
  signed = false;
  /** Where the zone's name stands, and the name of this step; 0: nowhere yet. */
  #zoneAt = 0;
  #stepAt = 0;
  /** Whether the labels of the name of this step stand one after the other there. */
  #isWhole = true;

  constructor(walk: Walk) {
    this.#walk = walk;
  }

  get message(): Message {
    return this.#walk.reply;
  }
  /** Where the zone's name stands in the message. */
  get zoneAt(): number {
    return this.#zoneAt;
  }
  /** Another question begins, or what is written to its reply goes on, when the zone's name stands at `zoneAt`. */
  begin(zoneAt?: number): void {
    const { query, zone } = this.#walk;
    this.signed = query.wantsDnssec;
    const plain = isLowerCase(query);
    this.#stepAt = plain ? HEADER : 0;
    this.#isWhole = true;
    this.#zoneAt = zoneAt ?? (plain ? HEADER + query.nameLength - zone.bytes.length : 0);
  }
  /** The next step begins: its name is what stands at this offset. */
  step(at: number): void {
    this.#stepAt = at;
    this.#isWhole = false;
  }

  /** A set of the name of this step; `label`: of the one that begins there. */
  set(section: number, set: number, label = 0): number {
    const { finding: { bytes }, place: { at, labels } } = this.#walk;
    const { message } = this;
    const owner = this.#own(label);
    const start = message.length;
    const zone = this.#zoneAt === 0 ? start + at[labels]! - at[label]! : this.#zoneAt;
    const data = writeSet(message, section, bytes, set, owner, zone);
    if (data > 0) this.#stands(start, label);
    return data;
  }
  /** The same with its signatures, where they are wanted and there. */
  signedSet(section: number, set: number, label = 0): number {
    const data = this.set(section, set, label);
    const { bytes } = this.#walk.finding;
    const signatures = data > 0 && this.signed ? signaturesOf(bytes, set) : 0;
    if (signatures > 0) this.set(section, signatures, label);
    return data;
  }
  /** All signatures that a name has. Says whether there were any. */
  signatures(): boolean {
    const { bytes, sets } = this.#walk.finding;
    const first = findSet(bytes, sets, TYPE.RRSIG);
    for (let at = first; at > 0; at = findSet(bytes, at + 8 + u16(bytes, at + 4), TYPE.RRSIG)) this.set(ANSWER, at);
    return first > 0;
  }
  /** The zone's SOA as a denial has it, its TTL the lower of its own and MINIMUM (RFC 2308 section 3); its signatures so, too. */
  soa(): void {
    const { finding: { bytes, soa }, place } = this.#walk;
    if (soa === 0) return;
    const data = this.set(AUTHORITY, soa, place.labels);
    if (data === 0) return;
    const { bytes: out, at } = this.message;
    const ttl = Math.min(u32(out, at + data - 6), u32(out, at + data + u16(out, at + data - 2) - 4));
    setU32(out, at + data - 6, ttl);
    const signatures = this.signed ? signaturesOf(bytes, soa) : 0;
    if (signatures === 0) return;
    let next = this.set(AUTHORITY, signatures, place.labels);
    for (let left = next === 0 ? 0 : recordsIn(bytes, signatures); left > 0; left--) {
      setU32(out, at + next - 6, Math.min(ttl, u32(out, at + next - 6)));
      next += u16(out, at + next - 2) + 12;
    }
  }
  /** Who serves the zone: nobody asked, so it is left out where there is no room. */
  ns(): void {
    const { finding: { bytes, ns }, place } = this.#walk;
    if (ns === 0) return;
    const signatures = this.signed ? signaturesOf(bytes, ns) : 0;
    const size = sizeOf(bytes, ns) + (signatures === 0 ? 0 : sizeOf(bytes, signatures));
    if (this.message.length + size + LONGEST_NAME <= FULL) this.signedSet(AUTHORITY, ns, place.labels);
  }
  /** An NSEC or NSEC3 with its signatures. */
  proof({ bytes, set, owner, length }: Proof): void {
    const own = this.#owner;
    for (let at = set; at > 0; at = at === set ? signaturesOf(bytes, set) : 0) {
      own.at = length === 0 ? this.#zoneAt : 0;
      own.bytes = owner;
      own.from = 0;
      own.length = length;
      own.end = this.#zoneAt;
      if (writeSet(this.message, AUTHORITY, bytes, at, own, this.#zoneAt) === 0) return;
    }
  }
  /** That the name of this step is another one for `length` octets of a name. */
  alias(target: Uint8Array, length: number, ttl: number): number {
    const { message } = this;
    const owner = this.#own(0);
    if (!hasRoom(message, owner.size + 12 + length)) return 0;
    const start = message.length;
    const to = recordBy(message, ANSWER, owner, TYPE.CNAME, ttl, length);
    for (let i = 0; i < length; i++) message.bytes[to + i] = target[i]!;
    this.#stands(start, 0);
    return to - message.at;
  }

  /** The name of this step from a label on. */
  #own(label: number): Owner {
    const { place, asked } = this.#walk;
    const owner = this.#owner;
    const from = place.at[label]!;
    const zone = place.at[place.labels]!;
    owner.bytes = asked.bytes;
    owner.from = from;
    owner.end = this.#zoneAt;
    owner.length = this.#zoneAt > 0 ? zone - from : place.at[place.total]! + 1 - from;
    if (label === place.labels) owner.at = this.#zoneAt;
    else owner.at = this.#stepAt > 0 && (label === 0 || this.#isWhole) ? this.#stepAt + from - place.at[0]! : 0;
    return owner;
  }
  /** Its owner was written out at `start`, if it stood nowhere: from now on it is pointed at. */
  #stands(start: number, label: number): void {
    if (this.#owner.at !== start) return;
    const { at, labels } = this.#walk.place;
    if (this.#zoneAt === 0) this.#zoneAt = start + at[labels]! - at[label]!;
    if (label > 0) return;
    this.#stepAt = start;
    this.#isWhole = true;
  }
}
