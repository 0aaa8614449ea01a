// Octets from text: hexadecimal, base64, base32hex and character-strings, octet by octet. Knows tokens, nothing of records. Each gives -1
// where the text is none, or is written in a way that the field's own parser has to look at.

import { escaped } from './text-name.ts';
import { hexDigit } from './text-number.ts';
import type { Tokens } from './tokens.ts';

const PAD = 0x3d;

/** What a character stands for, 255 where it is none of the alphabet. */
function alphabet(chars: string): Uint8Array {
  const values = new Uint8Array(256).fill(255);
  for (let i = 0; i < chars.length; i++) values[chars.charCodeAt(i)] = i;
  return values;
}

const BASE64 = alphabet('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
const BASE32 = alphabet('0123456789ABCDEFGHIJKLMNOPQRSTUV');
for (let i = 0x61; i <= 0x76; i++) BASE32[i] = BASE32[i - 32] as number;

/** Writes the octets of the hexadecimal tokens from `token` on at `at` of `out`; the octet behind them. */
export function writeHex(tokens: Tokens, token: number, out: Uint8Array, at: number): number {
  const { bytes, starts, ends, count } = tokens;
  let high = -1;
  for (; token < count; token++) {
    const end = ends[token] as number;
    for (let p = starts[token] as number; p < end; p++) {
      const digit = hexDigit(bytes[p] as number);
      if (digit < 0 || at >= 0xffff) return -1;
      if (high < 0) high = digit;
      else {
        out[at++] = (high << 4) | digit;
        high = -1;
      }
    }
  }
  return high < 0 ? at : -1;
}

/** Writes the octets of the base64 tokens from `token` on (RFC 4648 section 4) at `at` of `out`; the octet behind them. */
export function writeBase64(tokens: Tokens, token: number, out: Uint8Array, at: number): number {
  const { bytes, starts, ends, count } = tokens;
  let held = 0;
  let chars = 0;
  let pads = 0;
  for (; token < count; token++) {
    const end = ends[token] as number;
    for (let p = starts[token] as number; p < end; p++) {
      const octet = bytes[p] as number;
      const value = BASE64[octet] as number;
      if (value < 64 && pads === 0) held = (held << 6) | value;
      else if (octet === PAD && ++pads < 3) held <<= 6;
      else return -1;
      if ((++chars & 3) !== 0) continue;
      if (at > 0xfffc) return -1;
      out[at++] = held >> 16;
      out[at++] = held >> 8;
      out[at++] = held;
      held = 0;
    }
  }
  return (chars & 3) === 0 ? at - pads : -1;
}

/** Writes the octets of base32hex without padding (RFC 4648 section 7) behind their length; the octet behind them. */
export function writeBase32(bytes: Uint8Array, from: number, end: number, out: Uint8Array, at: number): number {
  const mark = at++;
  let held = 0;
  let bits = 0;
  if (end - from > 400 || (end - from === 1 && bytes[from] === 0x2d)) return -1;
  for (let p = from; p < end; p++) {
    const value = BASE32[bytes[p] as number] as number;
    if (value > 31) return -1;
    held = ((held << 5) | value) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    out[at++] = held >> bits;
  }
  out[mark] = at - mark - 1;
  return at;
}

/** Writes a salt (RFC 5155 section 3.3) behind its length: hexadecimal, `-` for none; the octet behind it. */
export function writeSalt(bytes: Uint8Array, from: number, end: number, out: Uint8Array, at: number): number {
  const length = (end - from) >> 1;
  if (end - from === 1 && bytes[from] === 0x2d) {
    out[at] = 0;
    return at + 1;
  }
  if ((end - from) % 2 !== 0 || length > 255) return -1;
  out[at++] = length;
  for (let p = from; p < end; p += 2) {
    const high = hexDigit(bytes[p] as number);
    const low = hexDigit(bytes[p + 1] as number);
    if (high < 0 || low < 0) return -1;
    out[at++] = (high << 4) | low;
  }
  return at;
}

/** Writes the tokens from `token` on as character-strings, one above 255 octets as several; the octet behind them. */
export function writeStrings(tokens: Tokens, token: number, out: Uint8Array): number {
  const { bytes, starts, ends, count } = tokens;
  let at = 0;
  for (; token < count; token++) {
    const quote = tokens.isQuoted(token) ? 1 : 0;
    const end = (ends[token] as number) - quote;
    let mark = at++;
    for (let p = (starts[token] as number) + quote; p < end; p++) {
      let octet = bytes[p] as number;
      if (octet === 0x5c) {
        octet = escaped(bytes, p, end);
        if (octet < 0) return -1;
        p += octet > 0xff ? 3 : 1;
      }
      if (at - mark === 256) {
        out[mark] = 255;
        mark = at++;
      }
      if (at >= 0xffff) return -1;
      out[at++] = octet;
    }
    out[mark] = at - mark - 1;
    if (at >= 0xffff) return -1;
  }
  return at;
}
