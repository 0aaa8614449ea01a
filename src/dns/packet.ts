// A message as the bytes it travels in: offsets of its records, lengths, folded bytes. Knows the wire format; makes no objects.

import { TYPE } from './type-name.ts';

/** Bytes of the fixed header (RFC 1035 section 4.1.1). */
export const HEADER = 12;

/** Most records that are looked at in one message; one with more counts as malformed. */
const MOST = 4096;

/** Four bytes with A-Z folded to a-z, everything else untouched. */
export function fold(word: number): number {
  const low = word & 0x7f7f7f7f;
  return word | ((((low + 0x3f3f3f3f) ^ (low + 0x25252525)) & ~word & 0x80808080) >>> 2);
}
/** One byte with A-Z folded to a-z. */
export const foldByte = (byte: number): number => (byte >= 65 && byte <= 90 ? byte | 32 : byte);

/** The two bytes at `at`, most significant first. */
export const u16 = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;
/** The four bytes at `at`, as an unsigned number. */
export const u32 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
/** Writes two bytes, most significant first. */
export function setU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value;
}
/** Writes four bytes, most significant first. */
export function setU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** Octets one behind the other, as a copy. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The offset after the name at `at`, which may end in a pointer; -1 where it runs past `end` or has a reserved label type. */
export function skipName(bytes: Uint8Array, at: number, end: number): number {
  for (;;) {
    if (at >= end) return -1;
    const size = bytes[at]!;
    if (size === 0) return at + 1;
    if (size >= 192) return at + 2 <= end ? at + 2 : -1;
    if (size > 63) return -1;
    at += size + 1;
  }
}

/** How many bytes the name at `at` has when written without pointers; -1 where it cannot be followed. `start` is the message's. */
export function nameLength(bytes: Uint8Array, at: number, start: number, end: number): number {
  let length = 0;
  for (let hops = 0; hops < 128; ) {
    if (at >= end) return -1;
    const size = bytes[at]!;
    if (size >= 192) {
      hops++;
      at = start + (((size & 63) << 8) | bytes[at + 1]!);
      continue;
    }
    if (size > 63) return -1;
    length += size + 1;
    if (length > 255) return -1;
    if (size === 0) return length;
    at += size + 1;
  }
  return -1;
}

/**
 * Where the records of one message lie. One object is used again and again: what it says holds until the next `read`.
 * All offsets are into the buffer that was read, not relative to the message.
 */
export class Records {
  /** Offset of each record's owner name. */
  readonly ownerAt = new Int32Array(MOST);
  /** Offset of each record's type: class is at +2, TTL at +4, length at +8, data at +10. */
  readonly fixedAt = new Int32Array(MOST);
  /** All records, in the order of the message. */
  count = 0;
  /** The index of the first record of the authority section. */
  authority = 0;
  /** The index of the first record of the additional section. */
  additional = 0;
  /** The index of the last OPT, or -1. */
  opt = -1;
  /** How many OPTs there are, in any section. */
  opts = 0;
  /** The smallest TTL of all records but OPT; 0xffffffff where there is none. */
  leastTtl = 0xffffffff;

  /** Walks the message; false where a record runs past its end, or bytes are left behind the last one. */
  read(bytes: Uint8Array, at: number, length: number, questionEnd: number): boolean {
    const answers = u16(bytes, at + 6);
    this.authority = answers;
    this.additional = answers + u16(bytes, at + 8);
    const count = this.additional + u16(bytes, at + 10);
    this.count = 0;
    this.opt = -1;
    this.opts = 0;
    this.leastTtl = 0xffffffff;
    if (count > MOST) return false;
    const end = at + length;
    let i = at + questionEnd;
    for (let r = 0; r < count; r++) {
      this.ownerAt[r] = i;
      i = skipName(bytes, i, end);
      if (i < 0 || i + 10 > end) return false;
      this.fixedAt[r] = i;
      if (u16(bytes, i) === TYPE.OPT) {
        this.opt = r;
        this.opts++;
      } else {
        const ttl = u32(bytes, i + 4);
        if (ttl < this.leastTtl) this.leastTtl = ttl;
      }
      i += 10 + u16(bytes, i + 8);
      if (i > end) return false;
    }
    this.count = count;
    return i === end;
  }
}

/** For each type whose data holds names that RFC 1035 lets be compressed: the bytes before the first name, and how many names follow. */
const NAMES_IN: { readonly [type: number]: readonly [before: number, names: number] } = {
  2: [0, 1], 3: [0, 1], 4: [0, 1], 5: [0, 1], 6: [0, 2], 7: [0, 1], 8: [0, 1], 9: [0, 1], 12: [0, 1], 14: [0, 2], 15: [2, 1],
};

/** How long the message would be without compression (SIZE-1, and the size that `log` and `prometheus` tell); 0 where it cannot be read. */
export function plainLength(bytes: Uint8Array, at: number, length: number, questionEnd: number, records: Records): number {
  if (!records.read(bytes, at, length, questionEnd)) return 0;
  const end = at + length;
  let total = questionEnd;
  for (let r = 0; r < records.count; r++) {
    const fixed = records.fixedAt[r]!;
    const owner = records.ownerAt[r]!;
    const size = nameLength(bytes, owner, at, end);
    if (size < 0) return 0;
    const rdlength = u16(bytes, fixed + 8);
    total += size + 10 + rdlength;
    const names = NAMES_IN[u16(bytes, fixed)];
    if (names === undefined) continue;
    let from = fixed + 10 + names[0];
    for (let n = 0; n < names[1]; n++) {
      const after = skipName(bytes, from, end);
      const whole = nameLength(bytes, from, at, end);
      if (after < 0 || whole < 0) return 0;
      total += whole - (after - from);
      from = after;
    }
  }
  return total;
}
