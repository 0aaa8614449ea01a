// Record data from tokens to wire form for the fifteen types of large zones, without a string. Knows the fields of those types. What is
// not written the usual way gives -1: then the type's own parser reads it, or says what is wrong.

import { TYPE } from '../dns/type-name.ts';
import { writeName } from './text-name.ts';
import { readNumber, readTime, readTTL, writeIPv4, writeIPv6 } from './text-number.ts';
import { writeBase32, writeBase64, writeHex, writeSalt, writeStrings } from './text-octets.ts';
import { readType, TypeBitmap } from './text-type.ts';
import type { Tokens } from './tokens.ts';

const bitmap = new TypeBitmap();

/**
 * Writes the data of a record whose data is the tokens from `token` on to the beginning of `out`, which has room for 65,535 octets and
 * what a name can have. Names without a last dot end in `origin`. Returns its length; -1 where the type's own parser has to look at it.
 */
export function writeData(type: number, tokens: Tokens, token: number, origin: Uint8Array, out: Uint8Array): number {
  const { bytes, starts, ends, count } = tokens;
  const words = count - token;
  switch (type) {
    case TYPE.A: return words === 1 ? writeIPv4(bytes, starts[token] as number, ends[token] as number, out) : -1;
    case TYPE.AAAA: return words === 1 ? writeIPv6(bytes, starts[token] as number, ends[token] as number, out) : -1;
    case TYPE.NS:
    case TYPE.CNAME:
    case TYPE.PTR:
    case TYPE.DNAME: return words === 1 ? nameOf(tokens, token, origin, out, 0) : -1;
    case TYPE.SOA: return words === 7 ? soa(tokens, token, origin, out) : -1;
    case TYPE.MX: return words === 2 && number(tokens, token, 2, out, 0) ? nameOf(tokens, token + 1, origin, out, 2) : -1;
    case TYPE.TXT: return words > 0 && !isOpaque(tokens, token) ? writeStrings(tokens, token, out) : -1;
    case TYPE.SRV: return words === 4 ? srv(tokens, token, origin, out) : -1;
    case TYPE.DS:
    case TYPE.CDS: return words > 3 ? digest(tokens, token, out) : -1;
    case TYPE.DNSKEY:
    case TYPE.CDNSKEY: return words > 3 ? key(tokens, token, out) : -1;
    case TYPE.RRSIG: return words > 8 ? signature(tokens, token, origin, out) : -1;
    case TYPE.NSEC: return words > 0 ? nsec(tokens, token, origin, out) : -1;
    case TYPE.NSEC3: return words > 4 ? nsec3(tokens, token, out) : -1;
    default: return -1;
  }
}

/** Whether the token is `\\#`, behind which any type's data may be written in hexadecimal (RFC 3597 section 5). */
function isOpaque(tokens: Tokens, token: number): boolean {
  const from = tokens.starts[token] as number;
  return tokens.bytes[from] === 0x5c && tokens.bytes[from + 1] === 0x23 && tokens.ends[token] === from + 2;
}

function nameOf(tokens: Tokens, token: number, origin: Uint8Array, out: Uint8Array, at: number): number {
  return writeName(tokens.bytes, tokens.starts[token] as number, tokens.ends[token] as number, origin, out, at);
}

/** Puts a number of 1, 2 or 4 octets at `at`; whether the token is one. */
function number(tokens: Tokens, token: number, size: 1 | 2 | 4, out: Uint8Array, at: number): boolean {
  const max = size === 4 ? 0xffffffff : size === 2 ? 0xffff : 0xff;
  return put(readNumber(tokens.bytes, tokens.starts[token] as number, tokens.ends[token] as number, max), size, out, at);
}

function put(value: number, size: 1 | 2 | 4, out: Uint8Array, at: number): boolean {
  if (value < 0) return false;
  if (size === 4) {
    out[at++] = value >>> 24;
    out[at++] = value >>> 16;
  }
  if (size > 1) out[at++] = value >>> 8;
  out[at] = value;
  return true;
}

function soa(tokens: Tokens, token: number, origin: Uint8Array, out: Uint8Array): number {
  const { bytes, starts, ends } = tokens;
  let at = nameOf(tokens, token, origin, out, 0);
  if (at < 0) return -1;
  at = nameOf(tokens, token + 1, origin, out, at);
  if (at < 0 || !number(tokens, token + 2, 4, out, at)) return -1;
  for (let i = 3; i < 7; i++) {
    at += 4;
    if (!put(readTTL(bytes, starts[token + i] as number, ends[token + i] as number), 4, out, at)) return -1;
  }
  return at + 4;
}

function srv(tokens: Tokens, token: number, origin: Uint8Array, out: Uint8Array): number {
  for (let i = 0; i < 3; i++) if (!number(tokens, token + i, 2, out, 2 * i)) return -1;
  return nameOf(tokens, token + 3, origin, out, 6);
}

function digest(tokens: Tokens, token: number, out: Uint8Array): number {
  if (!number(tokens, token, 2, out, 0) || !number(tokens, token + 1, 1, out, 2) || !number(tokens, token + 2, 1, out, 3)) return -1;
  return writeHex(tokens, token + 3, out, 4);
}

function key(tokens: Tokens, token: number, out: Uint8Array): number {
  if (!number(tokens, token, 2, out, 0) || !number(tokens, token + 1, 1, out, 2) || !number(tokens, token + 2, 1, out, 3)) return -1;
  return writeBase64(tokens, token + 3, out, 4);
}

function signature(tokens: Tokens, token: number, origin: Uint8Array, out: Uint8Array): number {
  const { bytes, starts, ends } = tokens;
  if (tokens.isQuoted(token) || !put(readType(bytes, starts[token] as number, ends[token] as number), 2, out, 0)) return -1;
  if (!number(tokens, token + 1, 1, out, 2) || !number(tokens, token + 2, 1, out, 3) || !number(tokens, token + 3, 4, out, 4)) return -1;
  if (!put(readTime(bytes, starts[token + 4] as number, ends[token + 4] as number), 4, out, 8)) return -1;
  if (!put(readTime(bytes, starts[token + 5] as number, ends[token + 5] as number), 4, out, 12)) return -1;
  if (!number(tokens, token + 6, 2, out, 16)) return -1;
  const at = nameOf(tokens, token + 7, origin, out, 18);
  return at < 0 ? -1 : writeBase64(tokens, token + 8, out, at);
}

function nsec(tokens: Tokens, token: number, origin: Uint8Array, out: Uint8Array): number {
  const at = nameOf(tokens, token, origin, out, 0);
  return at < 0 ? -1 : bitmap.write(tokens, token + 1, out, at);
}

function nsec3(tokens: Tokens, token: number, out: Uint8Array): number {
  const { bytes, starts, ends } = tokens;
  if (!number(tokens, token, 1, out, 0) || !number(tokens, token + 1, 1, out, 1) || !number(tokens, token + 2, 2, out, 2)) return -1;
  let at = writeSalt(bytes, starts[token + 3] as number, ends[token + 3] as number, out, 4);
  if (at < 0) return -1;
  at = writeBase32(bytes, starts[token + 4] as number, ends[token + 4] as number, out, at);
  return at < 0 ? -1 : bitmap.write(tokens, token + 5, out, at);
}
