// Reading and writing the octets of one message in order. Knows integers, strings and names, nothing of records.

import { latin1, writeLatin1 } from './latin1.ts';
import { Name } from './name.ts';
import { skipName } from './name-wire.ts';
import { WireError } from './wire-error.ts';

export { WireError } from './wire-error.ts';

/** Reads big-endian values one after another, up to `end`. Every method throws WireError where `end` is in the way. */
export class Reader {
  readonly bytes: Uint8Array;
  /** The next octet. */
  at: number;
  /** The first octet that is not to be read. */
  end: number;
  /** How far a name's pointers may lead: the end of the message, which is behind `end` while record data is read. */
  readonly limit: number;

  constructor(bytes: Uint8Array, at = 0, end: number = bytes.length, limit: number = end) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    this.limit = limit;
  }

  /** Whether all is read. */
  get done(): boolean {
    return this.at >= this.end;
  }

  private advance(count: number): number {
    const at = this.at;
    if (at + count > this.end) throw new WireError('data runs over the end', at);
    this.at = at + count;
    return at;
  }

  u8(): number {
    return this.bytes[this.advance(1)] as number;
  }

  u16(): number {
    const at = this.advance(2);
    return ((this.bytes[at] as number) << 8) | (this.bytes[at + 1] as number);
  }

  u32(): number {
    const at = this.advance(4);
    const bytes = this.bytes;
    return (
      (bytes[at] as number) * 0x1000000 + (((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number))
    );
  }

  u48(): number {
    return this.u16() * 0x100000000 + this.u32();
  }

  /** A copy of the next octets. */
  take(count: number): Uint8Array {
    const at = this.advance(count);
    return this.bytes.slice(at, at + count);
  }

  /** A copy of what is left. */
  rest(): Uint8Array {
    return this.take(this.end - this.at);
  }

  skip(count: number): void {
    this.advance(count);
  }

  /** A character-string (RFC 1035 section 3.3): a length octet and that many octets, one character for each. */
  string(): string {
    const length = this.u8();
    const at = this.advance(length);
    return latin1(this.bytes, at, at + length);
  }

  skipString(): void {
    this.advance(this.u8());
  }

  /** A name, its compression pointers followed; they count from the first octet of `bytes`. */
  name(): Name {
    const at = this.at;
    this.at = skipName(this.bytes, at, this.end);
    return Name.read(this.bytes, at, this.limit);
  }
}

/** Octets that may be pointed to: 14 bits (RFC 1035 section 4.1.4). */
const MAX_POINTER = 0x4000;

/**
 * Writes big-endian values one after another. Without an end it grows; with one, what does not fit is left out and `full`
 * says so. Where `compress` is asked for, names are shortened by pointers that count from `base`.
 */
export class Writer {
  bytes: Uint8Array;
  /** Where the next octet goes. */
  at: number;
  /** Whether something did not fit; nothing is written from then on. */
  full: boolean;
  private readonly base: number;
  private readonly end: number;
  private readonly offsets: Map<string, number> | undefined;
  /** The name that was written last with all its labels in `offsets`, and where: records of one set repeat their owner. */
  private last: string;
  private lastOffset: number;

  constructor(room?: { bytes: Uint8Array; at: number; end: number }, compress = false) {
    this.bytes = room === undefined ? new Uint8Array(64) : room.bytes;
    this.at = room === undefined ? 0 : room.at;
    this.base = this.at;
    this.end = room === undefined ? Number.POSITIVE_INFINITY : room.end;
    this.full = false;
    this.offsets = compress ? new Map() : undefined;
    this.last = '';
    this.lastOffset = 0;
  }

  /** Makes sure of room for `count` octets, or sets `full`. */
  private room(count: number): boolean {
    if (this.full || this.at + count > this.end) {
      this.full = true;
      return false;
    }
    if (this.at + count > this.bytes.length) this.grow(this.at + count);
    return true;
  }

  private grow(length: number): void {
    const bytes = new Uint8Array(Math.max(length, this.bytes.length * 2));
    bytes.set(this.bytes);
    this.bytes = bytes;
  }

  u8(value: number): void {
    if (this.room(1)) this.bytes[this.at++] = value;
  }

  u16(value: number): void {
    if (!this.room(2)) return;
    this.bytes[this.at++] = value >> 8;
    this.bytes[this.at++] = value;
  }

  u32(value: number): void {
    if (!this.room(4)) return;
    this.bytes[this.at++] = value >>> 24;
    this.bytes[this.at++] = value >>> 16;
    this.bytes[this.at++] = value >>> 8;
    this.bytes[this.at++] = value;
  }

  u48(value: number): void {
    this.u16(Math.floor(value / 0x100000000));
    this.u32(value % 0x100000000);
  }

  /** Octets `from` up to `end` of `source`. */
  octets(source: Uint8Array, from = 0, end: number = source.length): void {
    if (!this.room(end - from)) return;
    if (end - from > 48) {
      this.bytes.set(source.subarray(from, end), this.at);
      this.at += end - from;
    } else {
      for (let i = from; i < end; i++) this.bytes[this.at++] = source[i] as number;
    }
  }

  /** Each character as one octet. */
  latin1(text: string): void {
    if (this.room(text.length)) this.at = writeLatin1(text, this.bytes, this.at);
  }

  /** A character-string; throws WireError when it is longer than 255 octets. */
  string(text: string): void {
    if (text.length > 255) throw new WireError('string longer than 255 octets', this.at);
    this.u8(text.length);
    this.latin1(text);
  }

  /**
   * A name. With a table of offsets its labels are remembered for later names, and `shorten` says whether it may itself end in
   * a pointer (RFC 3597 section 4: owners and the names in records of RFC 1035). Case must match, as in CoreDNS.
   */
  name(name: Name, shorten: boolean): void {
    const raw = name.raw;
    const offsets = this.offsets;
    if (offsets === undefined) {
      this.latin1(raw);
      return;
    }
    if (shorten && raw === this.last) {
      this.u16(0xc000 | this.lastOffset);
      return;
    }
    let at = 0;
    while (at < raw.length - 1) {
      const suffix = at === 0 ? raw : raw.slice(at);
      const known = offsets.get(suffix);
      if (known === undefined) {
        const offset = this.at - this.base + at;
        if (offset < MAX_POINTER) offsets.set(suffix, offset);
        if (at === 0 && offset < MAX_POINTER) {
          this.last = raw;
          this.lastOffset = offset;
        }
      } else if (shorten) {
        if (at === 0) {
          this.last = raw;
          this.lastOffset = known;
        }
        this.latin1(raw.slice(0, at));
        this.u16(0xc000 | known);
        return;
      }
      at += 1 + raw.charCodeAt(at);
    }
    this.latin1(raw);
  }

  /** Whether names are shortened. */
  get compresses(): boolean {
    return this.offsets !== undefined;
  }

  /** Writes over what stands at `at`. */
  setU16(at: number, value: number): void {
    if (this.full) return;
    this.bytes[at] = value >> 8;
    this.bytes[at + 1] = value;
  }

  /** What was written since `from`, in a copy. */
  slice(from: number = this.base): Uint8Array {
    return this.bytes.slice(from, this.at);
  }
}
