// Records that are put behind those of a reply's sections, where it lies: what stands behind them moves, and the pointers that lead there
// are set right (RFC 1035 section 4.1.4). Knows the wire format; knows nothing of signatures.
import { setU16, setU32, skipName, u16 } from '../../dns/packet.ts';
import type { Records } from '../../dns/packet.ts';
import { CLASS } from '../../dns/type-name.ts';
import { namesInData } from '../../dnssec/canonical.ts';
import { FULL, TC } from '../../kernel/query/message.ts';
import type { Message } from '../../kernel/query/message.ts';

/** The sections of a reply. */
export const ANSWER = 0, AUTHORITY = 1, ADDITIONAL = 2;
/** So far a pointer leads. */
export const FARTHEST = 0x3fff;
/** A pointer, type, class, TTL and length. */
const FIXED = 12;

/** Records to be added to one reply. One object is used for one reply after the other. */
export class Additions {
  /** The records one after the other, each as it will be sent but for its pointer. */
  bytes: Uint8Array = new Uint8Array(4096);
  count = 0;
  #used = 0;
  readonly #section: number[] = [];
  /** Where each begins, where its owner's pointer stands and where it leads: from the beginning of the message. */
  readonly #start: number[] = [];
  readonly #pointer: number[] = [];
  readonly #target: number[] = [];

  /** Forgets what was added. */
  begin(): void {
    this.count = 0;
    this.#used = 0;
  }
  /**
   * A record whose owner is the name at `target` of the message, behind the octets of `label` (its length first) where there is one. Says
   * where its data, of `size` octets, is to be written to `bytes`: at once, since another record may move them.
   */
  add(section: number, target: number, type: number, ttl: number, size: number, label: Uint8Array | undefined = undefined): number {
    const before = label === undefined ? 0 : label.length;
    this.#grow(before + FIXED + size);
    const i = this.count++;
    let at = this.#used;
    this.#section[i] = section;
    this.#start[i] = at;
    for (let k = 0; k < before; k++) this.bytes[at++] = label![k]!;
    this.#pointer[i] = at;
    this.#target[i] = target;
    setU16(this.bytes, at + 2, type);
    setU16(this.bytes, at + 4, CLASS.IN);
    setU32(this.bytes, at + 6, ttl);
    setU16(this.bytes, at + 10, size);
    this.#used = at + FIXED + size;
    return at + FIXED;
  }
  #grow(more: number): void {
    if (this.#used + more <= this.bytes.length) return;
    const bytes = new Uint8Array((this.#used + more) * 2);
    bytes.set(this.bytes.subarray(0, this.#used));
    this.bytes = bytes;
  }
  #end(i: number): number {
    return i + 1 === this.count ? this.#used : this.#start[i + 1]!;
  }
  #size(section: number): number {
    let size = 0;
    for (let i = 0; i < this.count; i++) if (this.#section[i] === section) size += this.#end(i) - this.#start[i]!;
    return size;
  }

  /** Puts the records into the reply. What does not fit is left out, and TC is set (RFC 4035 section 3.1.1). */
  into(reply: Message): void {
    if (this.count === 0) return;
    const records = reply.records();
    if (records === undefined) return;
    const sections = new Sections(reply, records, this.#size(ANSWER), this.#size(AUTHORITY));
    const more = this.#used;
    if (reply.length + more > FULL) {
      reply.setFlags(TC);
      return;
    }
    if (reply.length + more > FARTHEST && sections.moves && !(sections.reachable(reply, records) && this.#reachable(sections))) {
      // Pointers cannot be set right any more: what stands behind the answer goes, and whoever needs it hears that it is missing.
      cut(reply, sections.answerEnd);
      reply.setFlags(TC);
      return;
    }
    if (sections.moves) sections.point(reply, records);
    reply.ensure(more);
    sections.move(reply, more);
    this.#write(reply, sections);
  }
  #reachable(sections: Sections): boolean {
    for (let i = 0; i < this.count; i++) if (sections.moved(this.#target[i]!) > FARTHEST) return false;
    return true;
  }
  #write(reply: Message, sections: Sections): void {
    const { bytes, at } = reply;
    const places = sections.places;
    for (let i = 0; i < this.count; i++) {
      const section = this.#section[i]!;
      let to = at + places[section]!;
      const start = this.#start[i]!;
      const pointer = this.#pointer[i]!;
      const end = this.#end(i);
      const target = sections.moved(this.#target[i]!);
      for (let k = start; k < pointer; k++) bytes[to++] = this.bytes[k]!;
      setU16(bytes, to, 0xc000 | target);
      to += 2;
      for (let k = pointer + 2; k < end; k++) bytes[to++] = this.bytes[k]!;
      places[section]! += end - start;
      const counter = at + 6 + section * 2;
      setU16(bytes, counter, u16(bytes, counter) + 1);
    }
    reply.plain = 0;
  }
}

/** Leaves of a reply what stands before `end`, which is where its answers end. */
export function cut(reply: Message, end: number): void {
  reply.length = end;
  reply.optAt = 0;
  reply.plain = 0;
  setU16(reply.bytes, reply.at + 8, 0);
  setU16(reply.bytes, reply.at + 10, 0);
}

/** Where the sections of a reply end, and what moves when records are put behind the first two. Offsets are from its beginning. */
class Sections {
  readonly answerEnd: number;
  /** Where records are written next, in each section. */
  readonly places: [number, number, number];
  readonly #authorityEnd: number;
  /** The end of the additional section, or an OPT that is its last record. */
  readonly #end: number;
  readonly #answers: number;
  readonly #authorities: number;
  readonly #length: number;

  constructor(reply: Message, { count, authority, additional, ownerAt, opt }: Records, answers: number, authorities: number) {
    const { at, length } = reply;
    this.answerEnd = authority < count ? ownerAt[authority]! - at : length;
    this.#authorityEnd = additional < count ? ownerAt[additional]! - at : length;
    this.#end = opt >= 0 && opt === count - 1 ? ownerAt[opt]! - at : length;
    this.#answers = answers;
    this.#authorities = authorities;
    this.#length = length;
    this.places = [this.answerEnd, this.#authorityEnd + answers, this.#end + answers + authorities];
  }
  /** Whether records move that others could point to. */
  get moves(): boolean {
    return (this.#answers > 0 && this.answerEnd < this.#length) || (this.#authorities > 0 && this.#authorityEnd < this.#length);
  }
  /** Where what stands at `offset` stands afterwards. */
  moved(offset: number): number {
    if (offset < this.answerEnd) return offset;
    return offset + this.#answers + (offset < this.#authorityEnd ? 0 : this.#authorities);
  }
  /** Whether every pointer can still lead to where it does. */
  reachable(reply: Message, records: Records): boolean {
    let farthest = 0;
    pointers(reply, records, (_, target) => {
      farthest = Math.max(farthest, this.moved(target));
    });
    return farthest <= FARTHEST;
  }
  point(reply: Message, records: Records): void {
    pointers(reply, records, (at, target) => {
      if (target >= this.answerEnd) setU16(reply.bytes, at, 0xc000 | this.moved(target));
    });
  }
  move(reply: Message, more: number): void {
    const { bytes, at } = reply;
    const shift = this.#answers + this.#authorities;
    const length = this.#length;
    bytes.copyWithin(at + this.#end + more, at + this.#end, at + length);
    bytes.copyWithin(at + this.#authorityEnd + shift, at + this.#authorityEnd, at + this.#end);
    bytes.copyWithin(at + this.answerEnd + this.#answers, at + this.answerEnd, at + this.#authorityEnd);
    if (reply.optAt !== 0) reply.optAt += reply.optAt >= this.#end ? more : reply.optAt >= this.#authorityEnd ? shift : 0;
    reply.length = length + more;
  }
}

/** Shows each pointer behind the answers: where it stands in the bytes, and how far from the beginning of the message it leads. */
function pointers({ bytes, at: base, length }: Message, records: Records, each: (at: number, target: number) => void): void {
  const end = base + length;
  const look = (at: number): number => {
    const after = skipName(bytes, at, end);
    if (after >= 2 && bytes[after - 2]! >= 0xc0 && isPointer(bytes, at, after)) each(after - 2, u16(bytes, after - 2) & FARTHEST);
    return after;
  };
  for (let r = records.authority; r < records.count; r++) {
    look(records.ownerAt[r]!);
    const fixed = records.fixedAt[r]!;
    const names = namesInData(u16(bytes, fixed));
    if (names === undefined) continue;
    const data = fixed + 10;
    const dataEnd = data + u16(bytes, fixed + 8);
    let from = data + names[0];
    for (let n = 0; n < names[1]; n++) from += 1 + (bytes[from] ?? 0);
    for (let n = 0; n < names[2] && from >= 0 && from < dataEnd; n++) from = look(from);
  }
}
/** Whether the name from `at` up to `end` ends in a pointer, and not in a label whose octets look like one. */
function isPointer(bytes: Uint8Array, at: number, end: number): boolean {
  while (at < end) {
    if (bytes[at]! >= 0xc0) return at === end - 2;
    if (bytes[at] === 0) return false;
    at += bytes[at]! + 1;
  }
  return false;
}
