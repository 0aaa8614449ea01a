// Record types from text to numbers, and lists of them to bitmaps (RFC 4034 section 4.1.2), octet by octet. Knows the names of types,
// nothing of their data.

import { latin1 } from '../dns/latin1.ts';
import { allShapes } from '../dns/shapes.ts';
import { typeByName } from '../dns/type-name.ts';
import type { Tokens } from './tokens.ts';

const SLOTS = 1024;
const numbers = new Int32Array(SLOTS);
const names = new Array<string>(SLOTS).fill('');

function step(hash: number, octet: number): number {
  return Math.imul(hash ^ octet, 0x01000193);
}

function slotOf(hash: number): number {
  return (hash ^ (hash >>> 15)) & (SLOTS - 1);
}

for (const { name, type } of allShapes.values()) {
  let hash = 0;
  for (let i = 0; i < name.length; i++) hash = step(hash, name.charCodeAt(i));
  let slot = slotOf(hash);
  while (names[slot] !== '') slot = (slot + 1) & (SLOTS - 1);
  names[slot] = name;
  numbers[slot] = type;
}

/** The number of the type whose name, in any case, is `bytes[from..end)`, or `TYPE` and a number; -1 where it is none (LIBD-2). */
export function readType(bytes: Uint8Array, from: number, end: number): number {
  if (end - from > 16) return -1;
  let hash = 0;
  for (let p = from; p < end; p++) hash = step(hash, upper(bytes[p] as number));
  for (let slot = slotOf(hash); ; slot = (slot + 1) & (SLOTS - 1)) {
    const name = names[slot] as string;
    if (name === '') break;
    if (same(name, bytes, from, end)) return numbers[slot] as number;
  }
  return typeByName(latin1(bytes, from, end)) ?? -1;
}

function upper(octet: number): number {
  return octet >= 0x61 && octet <= 0x7a ? octet - 32 : octet;
}

function same(name: string, bytes: Uint8Array, from: number, end: number): boolean {
  if (name.length !== end - from) return false;
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) !== upper(bytes[from + i] as number)) return false;
  return true;
}

/** The bits of the types of one list, 8,192 octets, all 0 between two lists; one for all. */
export class TypeBitmap {
  private readonly bits = new Uint8Array(8192);

  /** Writes the bitmap of the types that the tokens from `token` on name at `at` of `out`; the octet behind it, -1 where one is no type. */
  write(tokens: Tokens, token: number, out: Uint8Array, at: number): number {
    const { bits } = this;
    const { bytes, starts, ends, count } = tokens;
    let highest = -1;
    let lowest = 0x10000;
    let whole = true;
    for (; token < count && whole; token++) {
      const type = tokens.isQuoted(token) ? -1 : readType(bytes, starts[token] as number, ends[token] as number);
      if (type < 0) {
        whole = false;
        break;
      }
      bits[type >> 3] = (bits[type >> 3] as number) | (0x80 >> (type & 7));
      if (type > highest) highest = type;
      if (type < lowest) lowest = type;
    }
    if (!whole) {
      if (highest >= 0) bits.fill(0, lowest >> 3, (highest >> 3) + 1);
      return -1;
    }
    for (let window = lowest >> 8; window <= highest >> 8; window++) at = this.block(window, out, at);
    return at;
  }

  private block(window: number, out: Uint8Array, at: number): number {
    const { bits } = this;
    const from = window * 32;
    let length = 32;
    while (length > 0 && bits[from + length - 1] === 0) length--;
    if (length === 0) return at;
    out[at++] = window;
    out[at++] = length;
    for (let i = from; i < from + length; i++) {
      out[at++] = bits[i] as number;
      bits[i] = 0;
    }
    return at;
  }
}
