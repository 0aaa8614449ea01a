// Names where they lie in a message: labels and compression pointers (RFC 1035 section 4.1.4). Knows octets, no text.

import { latin1 } from './latin1.ts';
import { WireError } from './wire-error.ts';

/** The longest name, in octets with the root's (RFC 1035 section 2.3.4). */
export const MAX_NAME = 255;
/** The longest label, in octets. */
export const MAX_LABEL = 63;
/** More pointers than a name of 255 octets can need; the bound of every loop (LIBD-1). */
const MAX_POINTERS = 126;

/**
 * The offset behind the name at `at`, pointers not followed.
 * Throws WireError when the name runs over `end` or has a reserved label type.
 */
export function skipName(bytes: Uint8Array, at: number, end: number): number {
  for (;;) {
    if (at >= end) throw new WireError('name runs over the end', at);
    const length = bytes[at] as number;
    if (length === 0) return at + 1;
    if (length >= 0xc0) {
      if (at + 2 > end) throw new WireError('name runs over the end', at);
      return at + 2;
    }
    if (length > MAX_LABEL) throw new WireError('reserved label type', at);
    at += length + 1;
  }
}

/**
 * The uncompressed wire form of the name at `at`, a character for each octet. Pointers count from `base`, the message's
 * beginning, and may lead anywhere before `end`, forwards as well, as CoreDNS has it; how many is bounded.
 * Throws WireError.
 */
export function readRawName(bytes: Uint8Array, at: number, end: number, base = 0): string {
  let raw = '';
  let start = at;
  let pointers = 0;
  for (;;) {
    if (at >= end) throw new WireError('name runs over the end', at);
    const length = bytes[at] as number;
    if (length === 0) {
      if (raw.length + at + 1 - start > MAX_NAME) throw new WireError('name longer than 255 octets', at);
      return raw.length === 0 ? latin1(bytes, start, at + 1) : raw + latin1(bytes, start, at + 1);
    }
    if (length <= MAX_LABEL) {
      at += length + 1;
      if (raw.length + at - start >= MAX_NAME) throw new WireError('name longer than 255 octets', at);
      continue;
    }
    if (length < 0xc0) throw new WireError('reserved label type', at);
    if (at + 2 > end) throw new WireError('name runs over the end', at);
    if (++pointers > MAX_POINTERS) throw new WireError('too many compression pointers', at);
    if (at > start) raw += latin1(bytes, start, at);
    at = base + (((length & 0x3f) << 8) | (bytes[at + 1] as number));
    start = at;
  }
}
