// Names as NSEC3 hashes them (RFC 5155 section 5), and the label that a hash is written as. Knows octets; knows nothing of zones.
import { foldByte } from '../dns/packet.ts';
import { sha1 } from './sha1.ts';

/** Octets of a hash: SHA-1's. */
export const HASH_LENGTH = 20;
/** Characters of a hash in base32hex. */
export const HASHED_LABEL = 32;
const DIGITS = '0123456789abcdefghijklmnopqrstuv';

/** A name, a salt and what the hash puts behind them. */
const work = new Uint8Array(255 + 255 + 128);
const hash = new Uint8Array(HASH_LENGTH);

/**
 * The hash of the uncompressed wire name at `at`, letters of any case, written to `out` at `to`: SHA-1 of the name and the salt, then
 * `iterations` times of the hash and the salt.
 */
export function hashName(name: Uint8Array, at: number, salt: Uint8Array, iterations: number, out: Uint8Array, to: number): void {
  let length = 0;
  for (let size = name[at] ?? 0; ; size = name[at] ?? 0) {
    for (let i = 0; i <= size; i++) work[length++] = i === 0 ? size : foldByte(name[at + i]!);
    if (size === 0) break;
    at += size + 1;
  }
  work.set(salt, length);
  sha1(work, length + salt.length, hash, 0);
  for (let i = 0; i < iterations; i++) {
    work.set(hash, 0);
    work.set(salt, HASH_LENGTH);
    sha1(work, HASH_LENGTH + salt.length, hash, 0);
  }
  out.set(hash, to);
}

/** Writes a hash as base32hex without padding (RFC 4648 section 7), in lower case: the 32 characters of a label. */
export function writeHashedLabel(from: Uint8Array, at: number, out: Uint8Array, to: number): void {
  for (let i = 0; i < HASHED_LABEL; i++) {
    const bit = i * 5;
    const two = (from[at + (bit >> 3)]! << 8) | (bit + 8 < HASH_LENGTH * 8 ? from[at + (bit >> 3) + 1]! : 0);
    out[to + i] = DIGITS.charCodeAt((two >> (11 - (bit & 7))) & 31);
  }
}
