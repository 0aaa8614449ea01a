// Texts in Go's quotes, and in bytes of hexadecimal digits: what the verbs q, x and X make of them.

import { quoted } from '../wording/quote.ts';

/** The text in back quotes where that can be, else in double ones: `%#q`. */
export function rawQuote(text: string, ascii: boolean): string {
  const plain = ![...text].some(
    (character) => character === '`' || character === '\uFEFF' || (/\p{Cc}/u.test(character) && character !== '\t'),
  );
  return plain ? `\`${text}\`` : quoted(text, '"', ascii);
}

/** The bytes as hexadecimal digits; `space` sets them apart, `prefix` goes before each group. */
export function hexadecimal(bytes: Uint8Array, upper: boolean, space: boolean, prefix: boolean): string {
  const mark = prefix ? (upper ? '0X' : '0x') : '';
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'));
  if (digits.length === 0) return '';
  const text = space
    ? digits.map((pair) => mark + (upper ? pair.toUpperCase() : pair)).join(' ')
    : mark + (upper ? digits.join('').toUpperCase() : digits.join(''));
  return text;
}
