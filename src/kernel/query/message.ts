// A reply as the bytes that are sent, changed in place. Knows the wire format; knows nothing of sockets or plugins.
import { writeLatin1 } from '../../dns/latin1.ts';
import { decodeMessage, encodeInto, encodeMessage, plainLength as plainLengthOf } from '../../dns/message.ts';
import type { Parts } from '../../dns/message.ts';
import { decodeEdns, encodeEdns } from '../../dns/opt.ts';
import type { Edns } from '../../dns/opt.ts';
import { HEADER, Records, plainLength, setU16, u16 } from '../../dns/packet.ts';
import type { RR } from '../../dns/rr.ts';
import { TYPE } from '../../dns/type-name.ts';

/** Flag bits of a header's second word (RFC 1035 section 4.1.1, RFC 4035 section 3.1.6). */
export const AA = 0x0400, TC = 0x0200, RD = 0x0100, RA = 0x0080, AD = 0x0020, CD = 0x0010;

/** Room that every message can grow to, and what over-reads by words may touch. */
const LARGEST = 65535 + 65;
/** The longest message. The server's own OPT is made room for at the end, as much as it takes. */
export const FULL = 65535;
/** The records of the message that was looked at last. */
const records = new Records();

/**
 * A reply. Its bytes lie in the seat of its query, or in a buffer of its own when it grew. Whoever has it may change it: it is
 * the query's own copy, never anybody's data.
 */
export class Message {
  readonly kind = 'reply';
  bytes: Uint8Array;
  words: Int32Array;
  /** Offset of the message in `bytes`, a multiple of 4. */
  at = 0;
  /** Bytes of the message. */
  length = 0;
  /** Bytes that it may take where it lies. */
  room = 0;
  /** Bytes of header and question. */
  questionEnd = HEADER;
  /** Offset of the last OPT from `at`, or 0 where there is none. */
  optAt = 0;
  /** An error met on the way, never on the wire: what `errors` logs. */
  cause: unknown = undefined;
  /** Length without compression and as it is before the server adds an OPT; 0 until it is known. */
  plain = 0;
  /** The upper eight bits of an extended rcode, from the OPT (RFC 6891 section 6.1.3). */
  extended = 0;

  constructor(bytes: Uint8Array, words: Int32Array) {
    this.bytes = bytes;
    this.words = words;
  }

  get id(): number {
    return u16(this.bytes, this.at);
  }
  /** QR to CD as a number, without opcode and rcode: compare with QR, AA and so on. */
  get flags(): number {
    return u16(this.bytes, this.at + 2) & 0x87f0;
  }
  /** Sets the bits of `set`, then clears those of `clear`. */
  setFlags(set: number, clear = 0): void {
    setU16(this.bytes, this.at + 2, (u16(this.bytes, this.at + 2) | set) & ~clear);
  }
  get rcode(): number {
    return (this.bytes[this.at + 3]! & 15) | (this.extended << 4);
  }
  /** Sets the four bits of the header. */
  set rcode(rcode: number) {
    this.extended = rcode >> 4;
    this.bytes[this.at + 3] = (this.bytes[this.at + 3]! & 0xf0) | (rcode & 15);
    if (this.optAt !== 0) this.bytes[this.at + this.optAt + 5] = this.extended;
  }
  /** How many records the answer section has. */
  get answers(): number {
    return u16(this.bytes, this.at + 6);
  }
  get authorities(): number {
    return u16(this.bytes, this.at + 8);
  }
  /** How many records the additional section has, an OPT among them. */
  get additionals(): number {
    return u16(this.bytes, this.at + 10);
  }
  get truncated(): boolean {
    return (this.bytes[this.at + 2]! & 2) !== 0;
  }

  /** Where its records lie, or undefined where it is malformed. The object is shared: use it before anybody else asks. */
  records(): Records | undefined {
    return records.read(this.bytes, this.at, this.length, this.questionEnd) ? records : undefined;
  }
  /** Length without compression, as CoreDNS counts it in logs and metrics. */
  get plainLength(): number {
    if (this.plain === 0) {
      this.plain = plainLength(this.bytes, this.at, this.length, this.questionEnd, records) || this.length;
    }
    return this.plain;
  }

  /** Makes sure that `more` bytes can be written behind the message; moves it to a larger buffer where it must. */
  ensure(more: number): void {
    if (this.length + more <= this.room) return;
    if (this.length + more > LARGEST) throw new RangeError('a message has at most 65535 bytes');
    this.#move(new Uint8Array(LARGEST + 1 & ~3));
  }
  #move(to: Uint8Array): void {
    to.set(this.bytes.subarray(this.at, this.at + this.length));
    this.bytes = to;
    this.words = new Int32Array(to.buffer);
    this.at = 0;
    this.room = LARGEST;
  }

  /** Every section decoded (a copy): costs microseconds, for parts that change records. Throws WireError. */
  parts(): Parts {
    return decodeMessage(this.bytes, this.at, this.length);
  }
  /**
   * Makes these parts the message, in the same place; id and what `change` does not name stay. Records that do not fit are left out from
   * the end, and TC is set.
   */
  with(change: Partial<Parts>): this {
    const parts = { ...this.parts(), ...change };
    let length = encodeInto(parts, this.bytes, this.at, this.room, false);
    if (length < 0) {
      this.#move(new Uint8Array(LARGEST + 1 & ~3));
      length = encodeInto(parts, this.bytes, this.at, this.room, true);
      if (length < 0) length = this.#cut(parts);
    }
    this.length = length;
    this.plain = plainLengthOf(parts);
    this.questionEnd = parts.question === undefined ? HEADER : HEADER + parts.question.name.raw.length + 4;
    this.extended = parts.rcode >> 4;
    this.optAt = 0;
    if (parts.edns !== undefined) this.#findOpt();
    return this;
  }
  #cut(parts: Parts): number {
    const whole = encodeMessage(parts, { compress: true, limit: FULL });
    this.bytes.set(whole, this.at);
    return whole.length;
  }
  #findOpt(): void {
    const found = this.records();
    this.optAt = found === undefined || found.opt < 0 ? 0 : found.ownerAt[found.opt]! - this.at;
  }

  /** Adds a record behind the last one. `section` 6 is answer, 8 authority, 10 additional; sections are filled in this order. */
  append(record: RR, section: 6 | 8 | 10): void {
    const { raw } = record.name;
    const { rdata } = record;
    this.ensure(raw.length + 10 + rdata.length);
    const { bytes } = this;
    const start = this.at + this.length;
    let i = start;
    if (this.#isQuestion(raw)) {
      bytes[i++] = 0xc0;
      bytes[i++] = HEADER;
    } else i = writeLatin1(raw, bytes, i);
    setU16(bytes, i, record.type);
    setU16(bytes, i + 2, record.class);
    setU16(bytes, i + 4, record.ttl >>> 16);
    setU16(bytes, i + 6, record.ttl);
    setU16(bytes, i + 8, rdata.length);
    bytes.set(rdata, i + 10);
    this.length += i + 10 + rdata.length - start;
    this.plain = 0;
    const at = this.at + section;
    setU16(bytes, at, u16(bytes, at) + 1);
  }
  /** Adds records as `append` does; false, and TC is set, where the message is full before all are in it. */
  appendAll(records: readonly RR[], section: 6 | 8 | 10): boolean {
    for (const record of records) {
      if (this.length + record.name.raw.length + 10 + record.rdata.length > FULL) {
        this.setFlags(TC);
        return false;
      }
      this.append(record, section);
    }
    return true;
  }
  #isQuestion(raw: string): boolean {
    if (raw.length < 3 || raw.length !== this.questionEnd - HEADER - 4) return false;
    const { bytes } = this;
    for (let k = 0, i = this.at + HEADER; k < raw.length; k++, i++) if (bytes[i] !== raw.charCodeAt(k)) return false;
    return true;
  }

  /** The OPT of the message, decoded, or undefined. */
  get edns(): Edns | undefined {
    if (this.optAt === 0) return undefined;
    return decodeEdns(this.bytes, this.at + this.optAt);
  }
  /** Gives the message this OPT in place of the one it has; undefined takes it away. */
  setEdns(edns: Edns | undefined): void {
    this.plain = 0;
    this.removeOpt();
    if (edns === undefined) return;
    const record = encodeEdns(edns);
    this.ensure(record.length);
    this.optAt = this.length;
    this.bytes.set(record, this.at + this.length);
    this.length += record.length;
    setU16(this.bytes, this.at + 10, this.additionals + 1);
  }
  /** Takes the OPT away, wherever it stands. Nothing that is kept may point behind it: an OPT is no target of compression. */
  removeOpt(): void {
    if (this.optAt === 0) return;
    const { bytes, at, additionals, extended } = this;
    const from = at + this.optAt;
    const size = 11 + u16(bytes, from + 9);
    this.optAt = 0;
    if (bytes[from] !== 0 || u16(bytes, from + 1) !== TYPE.OPT || from + size !== at + this.length || additionals === 0) {
      // Records behind it, whose compression pointers could point at one another; or it is not where it should be.
      this.with({ edns: undefined, rcode: this.rcode & 15 });
      this.extended = extended;
      return;
    }
    this.length -= size;
    this.plain = 0;
    setU16(bytes, at + 10, additionals - 1);
  }
}
