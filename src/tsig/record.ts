// The TSIG record of a message where it lies, and written (RFC 8945 section 4.2). Knows octets; knows no key.
import { latin1Bytes } from '../dns/latin1.ts';
import { HEADER, setU16, setU32, skipName, u16, u32 } from '../dns/packet.ts';
import { Name } from '../dns/name.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';

const NOTHING = new Uint8Array(0);

/** What a TSIG record says. */
export interface TsigRecord {
  /** The key's name on the wire, as it was written. */
  readonly key: Uint8Array;
  /** The algorithm's name on the wire, as it was written. */
  readonly algorithm: Uint8Array;
  /** Seconds since 1970. */
  readonly time: number;
  /** Seconds. */
  readonly fudge: number;
  readonly mac: Uint8Array;
  readonly originalId: number;
  readonly error: number;
  readonly other: Uint8Array;
}

/** What is written. */
export interface TsigFields extends Omit<TsigRecord, 'mac' | 'other'> {
  readonly mac?: Uint8Array;
  readonly other?: Uint8Array;
}

/**
 * Where the TSIG record of a message lies, from its start; -1 where it has none, -2 where it is not the last record or the message is
 * malformed.
 */
export function findTsig(bytes: Uint8Array, at: number, length: number): number {
  const end = at + length;
  if (length < HEADER) return -2;
  let i = at + HEADER;
  for (let questions = u16(bytes, at + 4); questions > 0; questions--) {
    i = skipName(bytes, i, end);
    if (i < 0 || (i += 4) > end) return -2;
  }
  const count = u16(bytes, at + 6) + u16(bytes, at + 8) + u16(bytes, at + 10);
  let found = -1;
  for (let r = 0; r < count; r++) {
    const owner = i;
    i = skipName(bytes, i, end);
    if (i < 0 || i + 10 > end || found >= 0) return -2;
    if (u16(bytes, i) === TYPE.TSIG) found = owner - at;
    i += 10 + u16(bytes, i + 8);
    if (i > end) return -2;
  }
  return found >= 0 && u16(bytes, at + 10) === 0 ? -2 : found;
}

/** The record at `from`, octets of its own; undefined where it is malformed. `at` is the message's start. */
export function readTsig(bytes: Uint8Array, at: number, length: number, from: number): TsigRecord | undefined {
  try {
    const end = at + length;
    const key = wireOf(Name.read(bytes, from, end, at));
    const fixed = skipName(bytes, from, end);
    if (fixed < 0 || u16(bytes, fixed) !== TYPE.TSIG) return undefined;
    const data = fixed + 10;
    const behind = data + u16(bytes, fixed + 8);
    const algorithm = wireOf(Name.read(bytes, data, behind, at));
    let i = skipName(bytes, data, behind);
    if (i < 0 || i + 10 > behind || behind > end) return undefined;
    const time = u16(bytes, i) * 0x1_0000_0000 + u32(bytes, i + 2);
    const fudge = u16(bytes, i + 6);
    const size = u16(bytes, i + 8);
    const mac = bytes.slice(i + 10, i + 10 + size);
    i += 10 + size;
    if (i + 6 > behind || i + 6 + u16(bytes, i + 4) !== behind) return undefined;
    // What has another class or TTL was not signed as what it is (RFC 8945 section 4.2): it gets a MAC that nothing has.
    const signed = u16(bytes, fixed + 2) === CLASS.ANY && u32(bytes, fixed + 4) === 0 ? mac : NOTHING;
    const originalId = u16(bytes, i);
    return { key, algorithm, time, fudge, mac: signed, originalId, error: u16(bytes, i + 2), other: bytes.slice(i + 6, behind) };
  } catch {
    return undefined;
  }
}
const wireOf = (name: Name): Uint8Array => latin1Bytes(name.raw);

/** Octets of a record with a MAC of so many. */
export const tsigLength = (key: Uint8Array, algorithm: Uint8Array, mac: number, other = 0): number =>
  key.length + 10 + algorithm.length + 16 + mac + other;

/** Writes the record at `to`, behind a message; the offset after it. The message's count is the caller's. */
export function writeTsig(bytes: Uint8Array, to: number, fields: TsigFields): number {
  const { key, algorithm, mac = NOTHING, other = NOTHING } = fields;
  bytes.set(key, to);
  let i = to + key.length;
  setU16(bytes, i, TYPE.TSIG);
  setU16(bytes, i + 2, CLASS.ANY);
  setU32(bytes, i + 4, 0);
  setU16(bytes, i + 8, algorithm.length + 16 + mac.length + other.length);
  i += 10;
  bytes.set(algorithm, i);
  i = writeTime(bytes, i + algorithm.length, fields.time, fields.fudge);
  setU16(bytes, i, mac.length);
  bytes.set(mac, i + 2);
  i += 2 + mac.length;
  setU16(bytes, i, fields.originalId);
  setU16(bytes, i + 2, fields.error);
  setU16(bytes, i + 4, other.length);
  bytes.set(other, i + 6);
  return i + 6 + other.length;
}

/** Time and fudge as they stand in the record; the offset after them. */
export function writeTime(bytes: Uint8Array, to: number, time: number, fudge: number): number {
  setU16(bytes, to, Math.floor(time / 0x1_0000_0000));
  setU32(bytes, to + 2, time % 0x1_0000_0000);
  setU16(bytes, to + 6, fudge);
  return to + 8;
}
