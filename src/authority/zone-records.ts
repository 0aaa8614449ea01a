// The records of a whole zone as they are written: message after message, owners shortened, none longer than it may be (RFC 5936 section
// 2.2, XFR-3). Knows the wire format; knows no zone, client or connection.
import { writeLatin1 } from '../dns/latin1.ts';
import { HEADER, setU16, u16 } from '../dns/packet.ts';
import type { RR } from '../dns/rr.ts';
import { CLASS } from '../dns/type-name.ts';
import { Message } from '../kernel/query/message.ts';
import { putFixed } from './record-head.ts';

/** The most bytes of records that a message takes, counted without compression; one record alone may be larger. */
export const MOST = 63_000;
const LARGEST = 65_535, FARTHEST = 0x3fff, ANSWERS = 6;

/** What every message has around its records. */
export interface Envelope {
  /** Header and question, as they are sent: the counts are those of a message without answers. */
  readonly head: Uint8Array;
  /** What stands behind the answers: an OPT, or nothing. */
  readonly tail: Uint8Array;
}

/** A name as wire bytes, the labels of it known: the owner of what is written. One object is filled again and again. */
class Owner {
  readonly bytes = new Uint8Array(256);
  length = 0;
  /** Where each label begins, from the left, and how many there are but for the root. */
  readonly labels = new Uint8Array(128);
  count = 0;

  read(source: Uint8Array, at: number, length: number): void {
    const { bytes } = this;
    for (let i = 0; i < length; i++) bytes[i] = source[at + i]!;
    this.length = length;
    this.count = 0;
    // A message without a question has no name yet.
    if (length <= 0) return;
    for (let i = 0; bytes[i] !== 0; i += bytes[i]! + 1) this.labels[this.count++] = i;
  }
  /** Whether the label that is `k` from the end (0: the last one) is the same in the other name. */
  sharesLabel(other: Owner, k: number): boolean {
    const from = this.labels[this.count - 1 - k]!;
    const there = other.labels[other.count - 1 - k]!;
    for (let i = 0, n = this.bytes[from]!; i <= n; i++) if (this.bytes[from + i] !== other.bytes[there + i]) return false;
    return true;
  }
}

/**
 * Where nodes and sources write a zone. A node writes into it as into a reply: what it answers is the record of the current owner, and what
 * it would send along is left out. Messages that are full lie in `full`, in order; whoever takes one takes it out.
 */
export class ZoneRecords extends Message {
  readonly full: Uint8Array[] = [];
  readonly #envelope: Envelope;
  readonly #owner = new Owner();
  /** Whether the owner is the one that was written last in this message. */
  #written = false;
  /** The owner that was written last, and where its ends stand in the message: `#ends[k]` the one of k + 1 labels. */
  readonly #last = new Owner();
  readonly #ends = new Uint16Array(128);
  /** What the records take without compression. */
  #plain = 0;
  /** How many records there are in all messages. */
  count = 0;

  constructor(envelope: Envelope) {
    super(new Uint8Array(0), new Int32Array(0));
    this.#envelope = envelope;
  }

  /** What is written from now on is owned by the wire name of `length` bytes at `at`, which is copied. */
  own(bytes: Uint8Array, at: number, length: number): void {
    this.#owner.read(bytes, at, length);
    this.#written = false;
  }
  /** The same for a name as text (`Name.raw`). */
  ownName(raw: string): void {
    const owner = this.#owner;
    writeLatin1(raw, NAME, 0);
    owner.read(NAME, 0, raw.length);
    this.#written = false;
  }
  /**
   * Begins a record of the owner, in class IN, whose data will be `size` bytes. Returns the offset in `bytes` where the data goes. Throws
   * RangeError where it fits into no message.
   */
  begin(type: number, ttl: number, size: number): number {
    const plain = this.#owner.length + 10 + size;
    if (this.#plain + plain > MOST && this.#plain > 0) this.end();
    if (this.#plain === 0) this.#start();
    const { tail } = this.#envelope;
    if (this.length + plain + tail.length > LARGEST) throw new RangeError('a record that fits into no message');
    this.#putOwner();
    const { bytes } = this;
    const at = putFixed(bytes, this.length, type, ttl, size);
    this.length = at + size;
    this.#plain += plain;
    this.count++;
    setU16(bytes, ANSWERS, u16(bytes, ANSWERS) + 1);
    return at;
  }
  /** One whole record. Throws as `begin`. */
  add({ name, type, class: kind, ttl, rdata }: RR): void {
    this.ownName(name.raw);
    const at = this.begin(type, ttl, rdata.length);
    if (kind !== CLASS.IN) setU16(this.bytes, at - 8, kind);
    this.bytes.set(rdata, at);
  }
  /** Puts what there is among the messages that are full. */
  end(): void {
    if (this.#plain === 0) return;
    const { tail } = this.#envelope;
    this.bytes.set(tail, this.length);
    this.full.push(this.bytes.slice(0, this.length + tail.length));
    this.length = 0;
    this.#plain = 0;
  }

  #start(): void {
    // Here, not when it is made: who waits for his turn holds no room.
    if (this.bytes.length === 0) this.bytes = new Uint8Array(LARGEST + 1);
    const { head } = this.#envelope;
    this.bytes.set(head);
    this.length = head.length;
    this.#written = false;
    const last = this.#last;
    last.read(head, HEADER, head.length - HEADER - 4);
    for (let k = 0; k < last.count; k++) this.#ends[k] = HEADER + last.labels[last.count - 1 - k]!;
  }
  /** The owner, its end a pointer to the longest one that stands in the message already (RFC 1035 section 4.1.4). */
  #putOwner(): void {
    const owner = this.#owner;
    const last = this.#last;
    const ends = this.#ends;
    let shared = owner.count;
    if (!this.#written) {
      const most = Math.min(owner.count, last.count);
      for (shared = 0; shared < most && owner.sharesLabel(last, shared);) shared++;
    }
    while (shared > 0 && ends[shared - 1]! > FARTHEST) shared--;
    const { bytes } = this;
    let at = this.length;
    for (let k = shared; k < owner.count; k++) ends[k] = at + owner.labels[owner.count - 1 - k]!;
    const own = shared === 0 ? owner.length - 1 : shared === owner.count ? 0 : owner.labels[owner.count - shared]!;
    for (let i = 0; i < own; i++) bytes[at++] = owner.bytes[i]!;
    if (shared === 0) bytes[at++] = 0;
    else {
      const end = ends[shared - 1]!;
      bytes[at++] = 0xc0 | (end >> 8);
      bytes[at++] = end;
    }
    this.length = at;
    if (!this.#written) last.read(owner.bytes, 0, owner.length);
    this.#written = true;
  }
}
const NAME = new Uint8Array(256);
