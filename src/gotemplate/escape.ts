// Text made safe for HTML, JavaScript and URL queries, as Go's templates make it.

import { isPrintable } from '../wording/quote.ts';

const HTML: Readonly<Record<string, string>> = { '\0': '\uFFFD', '"': '&#34;', "'": '&#39;', '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** For HTML. */
export function escapeHtml(text: string): string {
  return text.replace(/[\0"'&<>]/g, (character) => HTML[character] ?? character);
}

const JAVASCRIPT: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '<': '\\u003C',
  '>': '\\u003E',
  '&': '\\u0026',
  '=': '\\u003D',
};

/** For a JavaScript string. */
export function escapeJavaScript(text: string): string {
  return Array.from(text, (character) => {
    const known = JAVASCRIPT[character];
    if (known !== undefined) return known;
    const code = character.codePointAt(0) ?? 0;
    const plain = code >= 32 && (code < 128 || isPrintable(character));
    return plain ? character : `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`;
  }).join('');
}

/** For a URL query: all but letters, digits and `-_.~` as bytes in percent form, a space as `+`. */
export function escapeQuery(text: string): string {
  let result = '';
  for (const byte of Buffer.from(text)) {
    const character = String.fromCharCode(byte);
    if (/[A-Za-z0-9\-_.~]/.test(character)) result += character;
    else result += byte === 32 ? '+' : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return result;
}
