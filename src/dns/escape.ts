// Backslash escapes of presentation form (RFC 1035 section 5.1), for names and for strings. Knows characters, no structure.

import { octets } from './latin1.ts';

const NAME_SPECIAL = /[^\x21-\x7e]|[.'@;()"\\]/;
const NAME_SPECIALS = /[^\x21-\x7e]|[.'@;()"\\]/g;
const STRING_SPECIAL = /[^\x20-\x7e]|["\\]/;
const STRING_SPECIALS = /[^\x20-\x7e]|["\\]/g;

function decimal(octet: string): string {
  return `\\${octet.charCodeAt(0).toString().padStart(3, '0')}`;
}

function escapeOctet(octet: string): string {
  const code = octet.charCodeAt(0);
  return code < 0x20 || code > 0x7e ? decimal(octet) : `\\${octet}`;
}

/** One label's octets as people read them: `. ' @ ; ( ) " \` and the space after a backslash, unprintable ones as `\DDD`. */
export function escapeLabel(label: string): string {
  return NAME_SPECIAL.test(label) ? label.replace(NAME_SPECIALS, escapeOctet) : label;
}

/** A string's octets as they stand between quotes: `"` and `\` after a backslash, unprintable ones as `\DDD`. */
export function escapeString(text: string): string {
  return STRING_SPECIAL.test(text) ? text.replace(STRING_SPECIALS, escapeOctet) : text;
}

/** A quoted string, escaped. */
export function quote(text: string): string {
  return `"${escapeString(text)}"`;
}

/** The code of a decimal digit at `at`, or -1. */
function digit(text: string, at: number): number {
  const code = text.charCodeAt(at) - 0x30;
  return code >= 0 && code <= 9 ? code : -1;
}

/**
 * Reads the escape whose backslash stands at `at` of a string of octets. Returns the octet times 8 plus the length of the
 * escape (2 or 4 characters), or -1 when the backslash is the last character or the number is above 255.
 */
export function readEscape(text: string, at: number): number {
  if (at + 1 >= text.length) return -1;
  const first = digit(text, at + 1);
  const second = digit(text, at + 2);
  const third = digit(text, at + 3);
  if (first < 0 || second < 0 || third < 0) return text.charCodeAt(at + 1) * 8 + 2;
  const octet = first * 100 + second * 10 + third;
  return octet > 255 ? -1 : octet * 8 + 4;
}

/** The octets that a text with escapes stands for, or undefined when an escape is not whole. */
export function unescape(text: string): string | undefined {
  const source = octets(text);
  if (!source.includes('\\')) return source;
  let result = '';
  for (let i = 0; i < source.length; ) {
    if (source.charCodeAt(i) !== 0x5c) {
      result += source[i];
      i++;
      continue;
    }
    const escape = readEscape(source, i);
    if (escape < 0) return undefined;
    result += String.fromCharCode(escape >> 3);
    i += escape & 7;
  }
  return result;
}
