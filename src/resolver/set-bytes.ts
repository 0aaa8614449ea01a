// Record sets and steps as octets, in which all threads of a process keep them. Knows the layout; knows no cache.
//
// A time is a double, milliseconds that all threads understand. A set: until 8, leased 8 (0: never), TTL 4, original TTL 4 (all ones: not
// said), type 2, records 2, signatures 1, rank and security 1 (rank << 4), then its name, each record and each signature as length 2 and
// octets. A step: came 8, until 8, kind, rcode, security, 1 each, info code 2 (all ones: none), why 2 and octets, target, answer 1 and
// authority 1 as sets. A name is as on the wire, in the letters that it came with; none is length 0.
import { latin1, octets, writeLatin1 } from '../dns/latin1.ts';
import { Name } from '../dns/name.ts';
import { CLASS } from '../dns/type-name.ts';
import type { KeptSet, Security } from './kept-set.ts';
import type { Step } from './step.ts';

/** Octets of the largest set or step that is shared: a message may have 64 KB, but hardly any needs a quarter of that. */
const ROOM = 16_384;
const UNSAID = 0xffffffff, NO_CODE = 0xffff;
const DECODER = new TextDecoder();
const SECURITIES: readonly Security[] = ['unchecked', 'bogus', 'insecure', 'secure'];
const KINDS: readonly Step['kind'][] = ['answer', 'alias', 'nodata', 'nxdomain'];

/** Writes sets and steps one after the other into octets of its own: each write begins anew. */
export class SetWriter {
  readonly bytes = new Uint8Array(ROOM);
  readonly #view = new DataView(this.bytes.buffer);
  readonly #epoch: number;
  #at = 0;

  /** `epoch` is what is added to this thread's times. */
  constructor(epoch: number) {
    this.#epoch = epoch;
  }
  /** How many octets a set takes; -1 where it is too long. */
  set(set: KeptSet): number {
    this.#at = 0;
    return this.#set(set) ? this.#at : -1;
  }
  /** The same of a step. */
  step(step: Step): number {
    this.#at = 0;
    this.#time(step.came);
    this.#time(step.until);
    const { bytes } = this;
    bytes[this.#at++] = KINDS.indexOf(step.kind);
    bytes[this.#at++] = step.rcode;
    bytes[this.#at++] = SECURITIES.indexOf(step.security);
    this.#short(step.code ?? NO_CODE);
    this.#text(octets(step.why ?? ''));
    this.#text(step.target?.raw ?? '');
    bytes[this.#at++] = step.answer.length;
    bytes[this.#at++] = step.authority.length;
    if (step.answer.length > 255 || step.authority.length > 255) return -1;
    for (const set of step.answer) if (!this.#set(set)) return -1;
    for (const set of step.authority) if (!this.#set(set)) return -1;
    return this.#at;
  }
  #set(set: KeptSet): boolean {
    const { data, signatures } = set;
    let room = 32 + set.name.raw.length;
    for (const each of data) room += 2 + each.length;
    for (const each of signatures) room += 2 + each.length;
    if (this.#at + room > ROOM) return false;
    this.#time(set.until);
    this.#time(set.leased);
    this.#view.setUint32(this.#at, set.ttl);
    this.#view.setUint32(this.#at + 4, set.original ?? UNSAID);
    this.#at += 8;
    this.#short(set.type);
    this.#short(data.length);
    this.bytes[this.#at++] = signatures.length;
    this.bytes[this.#at++] = (set.rank << 4) | SECURITIES.indexOf(set.security);
    this.#text(set.name.raw);
    for (const each of data) this.#octets(each);
    for (const each of signatures) this.#octets(each);
    return true;
  }
  #time(time: number | undefined): void {
    this.#view.setFloat64(this.#at, time === undefined ? 0 : time + this.#epoch);
    this.#at += 8;
  }
  #short(value: number): void {
    this.#view.setUint16(this.#at, value);
    this.#at += 2;
  }
  #text(text: string): void {
    this.#short(text.length);
    this.#at = writeLatin1(text, this.bytes, this.#at);
  }
  #octets(octets: Uint8Array): void {
    this.#short(octets.length);
    this.bytes.set(octets, this.#at);
    this.#at += octets.length;
  }
}

/** Reads what a writer wrote, from octets that nobody else has: records are pieces of them. */
export class SetReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #epoch: number;
  #at = 0;

  constructor(bytes: Uint8Array, epoch: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#epoch = epoch;
  }
  set(): KeptSet {
    const until = this.#time()!;
    const leased = this.#time();
    const ttl = this.#view.getUint32(this.#at);
    const original = this.#view.getUint32(this.#at + 4);
    this.#at += 8;
    const type = this.#short();
    const records = this.#short();
    const signed = this.#bytes[this.#at++]!;
    const marks = this.#bytes[this.#at++]!;
    const name = Name.wire(this.#text());
    const data = Array.from({ length: records }, () => this.#octets());
    const signatures = Array.from({ length: signed }, () => this.#octets());
    return { name, type, class: CLASS.IN, data, signatures, ttl, original: original === UNSAID ? undefined : original, until,
      rank: marks >> 4, security: SECURITIES[marks & 15]!, ...(leased === undefined ? {} : { leased }) };
  }
  step(): Step {
    const came = this.#time()!;
    const until = this.#time()!;
    const kind = KINDS[this.#bytes[this.#at]!]!;
    const rcode = this.#bytes[this.#at + 1]!;
    const security = SECURITIES[this.#bytes[this.#at + 2]!]!;
    this.#at += 3;
    const code = this.#short();
    const why = DECODER.decode(this.#octets());
    const target = this.#text();
    const answers = this.#bytes[this.#at++]!;
    const authorities = this.#bytes[this.#at++]!;
    const answer = Array.from({ length: answers }, () => this.set());
    const authority = Array.from({ length: authorities }, () => this.set());
    return { kind, rcode, answer, authority, target: target === '' ? undefined : Name.wire(target), came, until, security,
      ...(code === NO_CODE ? {} : { code, why }) };
  }
  #time(): number | undefined {
    const time = this.#view.getFloat64(this.#at);
    this.#at += 8;
    return time === 0 ? undefined : time - this.#epoch;
  }
  #short(): number {
    const value = this.#view.getUint16(this.#at);
    this.#at += 2;
    return value;
  }
  #text(): string {
    const length = this.#short();
    const text = latin1(this.#bytes, this.#at, this.#at + length);
    this.#at += length;
    return text;
  }
  #octets(): Uint8Array {
    const length = this.#short();
    const octets = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return octets;
  }
}
