// The names in lists: how long one is, and which octets it has. Knows labels and their limits; knows no list.
import { domainToASCII } from 'node:url';
import { latin1Bytes } from '../dns/latin1.ts';

/** What stands in names of hosts, and what others write too: letters, digits, `-` and `_`. */
const PLAIN = new Uint8Array(256);
for (const letter of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_') PLAIN[letter.charCodeAt(0)] = 1;
const DOT = 0x2e, LABEL = 63, NAME = 253;

/**
 * How many octets from `at` on are a name of plain letters, with a last dot or without: the whole of `at` to `end` where it is one, else up
 * to where it is none any more; 0 where a label or the name is too long, or empty in its middle.
 */
export function plainLength(bytes: Uint8Array, at: number, end: number): number {
  let label = at;
  let i = at;
  for (; i < end; i++) {
    const byte = bytes[i]!;
    if (PLAIN[byte] === 1) continue;
    if (byte !== DOT) break;
    if (i === label || i - label > LABEL) return 0;
    label = i + 1;
  }
  const length = i - (i === label && i > at ? 1 : 0) - at;
  return i - label > LABEL || length > NAME ? 0 : i - at;
}

/** Whether all of it is a name of plain letters, with a last dot or without. */
export const isPlain = (bytes: Uint8Array, at: number, end: number): boolean => end > at && plainLength(bytes, at, end) === end - at;

const encoder = new TextEncoder();
/** The octets of a name that is written in any script, without a last dot; undefined where it is none. `text` has an octet a letter. */
export function nameIn(text: string): Uint8Array | undefined {
  const isAscii = /^[\x21-\x7e]+$/.test(text);
  const ascii = isAscii ? text : toASCII(text);
  const bytes = encoder.encode(ascii.endsWith('.') ? ascii.slice(0, -1) : ascii);
  return isPlain(bytes, 0, bytes.length) && bytes[bytes.length - 1] !== DOT ? bytes : undefined;
}
function toASCII(text: string): string {
  try {
    return domainToASCII(new TextDecoder('utf-8', { fatal: true }).decode(latin1Bytes(text)));
  } catch {
    return '';
  }
}
