// Fields that are strings, hex, base64 and base32. Knows octets and their text, nothing of types.

import { escapeString, quote, unescape } from './escape.ts';
import type { Field } from './field.ts';
import { latin1, latin1Bytes } from './latin1.ts';
import { RRError, type Words } from './words.ts';
import { WireError } from './wire-error.ts';

/** One character-string (RFC 1035 section 3.3), a character for each octet. */
export const string: Field<string> = {
  extent: 'string',
  read: (reader) => reader.string(),
  write: (writer, value) => writer.string(value),
  parse: (words) => words.octets(),
  print: quote,
};

/** One character-string that is printed without quotes where it can be. */
export const bareString: Field<string> = {
  ...string,
  print: (value) => (/^[!#-'*-:<-[\]-~]+$/.test(value) ? value : quote(value)),
};

/** The last of several character-strings: words that are left over in text are part of it, and none is the empty string. */
export const lastString: Field<string> = {
  ...string,
  parse: (words) => {
    const parts: string[] = [];
    while (words.more) parts.push(words.octets());
    return parts.join(' ');
  },
};

/** Character-strings up to the end; in text, one of more than 255 octets is cut into several (RFC 1035 section 3.3.14). */
export const strings: Field<readonly string[]> = {
  extent: 'rest',
  read: (reader) => {
    const values: string[] = [];
    while (!reader.done) values.push(reader.string());
    return values;
  },
  write: (writer, values) => {
    for (const value of values) writer.string(value);
  },
  parse: (words) => {
    const values: string[] = [];
    while (words.more) values.push(...cut(words.octets()));
    return values;
  },
  print: (values) => values.map(quote).join(' '),
};

/** A string's octets in pieces of at most 255, one piece at least. */
export function cut(octets: string): string[] {
  const pieces: string[] = [];
  for (let at = 0; at === 0 || at < octets.length; at += 255) pieces.push(octets.slice(at, at + 255));
  return pieces;
}

/** All octets that are left, in text one quoted string of any length. */
export const octetString: Field<string> = {
  extent: 'rest',
  opaque: true,
  read: (reader) => {
    const bytes = reader.rest();
    return latin1(bytes, 0, bytes.length);
  },
  write: (writer, value) => writer.latin1(value),
  parse: (words) => words.octets(),
  print: quote,
};

/** Octets of hexadecimal digits; throws RRError. */
export function parseHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) throw new RRError(`"${text}" is no hexadecimal`);
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** Octets as hexadecimal digits, a to f small. */
export function printHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += (byte < 16 ? '0' : '') + byte.toString(16);
  return text;
}

/** Octets of base64 with its padding (RFC 4648 section 4); throws RRError. */
export function parseBase64(text: string): Uint8Array {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new RRError(`"${text}" is no base64`);
  return latin1Bytes(atob(text));
}

/** Octets as base64 with its padding. */
export function printBase64(bytes: Uint8Array): string {
  return btoa(latin1(bytes, 0, bytes.length));
}

const BASE32 = '0123456789ABCDEFGHIJKLMNOPQRSTUV';

/** Octets of base32hex without padding (RFC 4648 section 7), in any case; throws RRError. */
export function parseBase32(text: string): Uint8Array {
  const bytes = new Uint8Array((text.length * 5) >> 3);
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const char of text.toUpperCase()) {
    const value = BASE32.indexOf(char);
    if (value < 0) throw new RRError(`"${text}" is no base32`);
    held = ((held << 5) | value) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = held >> bits;
    }
  }
  return bytes;
}

/** Octets as base32hex without padding, in capitals. */
export function printBase32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += BASE32[(held >> bits) & 31];
    }
  }
  return bits > 0 ? text + BASE32[(held << (5 - bits)) & 31] : text;
}

function rest(parse: (text: string) => Uint8Array, print: (bytes: Uint8Array) => string): Field<Uint8Array> {
  return {
    extent: 'rest',
    opaque: true,
    read: (reader) => reader.rest(),
    write: (writer, value) => writer.octets(value),
    parse: (words) => parse(words.joined()),
    print,
  };
}

/** All octets that are left, as hexadecimal in small letters. */
export const hex: Field<Uint8Array> = rest(parseHex, printHex);
/** All octets that are left, as hexadecimal in capitals. */
export const upperHex: Field<Uint8Array> = rest(parseHex, (bytes) => printHex(bytes).toUpperCase());
/** All octets that are left, as hexadecimal in pieces of 1024 digits. */
export const longHex: Field<Uint8Array> = rest(
  parseHex,
  (bytes) =>
    printHex(bytes)
      .match(/.{1,1024}/g)
      ?.join(' ') ?? '',
);
/** All octets that are left, as base64. */
export const base64: Field<Uint8Array> = rest(parseBase64, printBase64);

/** Octets behind their length. `-` stands for none in text. */
function counted(width: 1 | 2, parse: (words: Words) => Uint8Array, print: (bytes: Uint8Array) => string): Field<Uint8Array> {
  return {
    extent: width === 1 ? 'string' : 'rest',
    read: (reader) => reader.take(width === 1 ? reader.u8() : reader.u16()),
    write: (writer, value) => {
      if (value.length >= 2 ** (8 * width)) throw new WireError('data longer than its length can say', writer.at);
      if (width === 1) writer.u8(value.length);
      else writer.u16(value.length);
      writer.octets(value);
    },
    parse,
    print: (bytes) => (bytes.length === 0 ? '-' : print(bytes)),
  };
}

const dashed =
  (parse: (text: string) => Uint8Array) =>
  (words: Words): Uint8Array => {
    const text = words.text();
    return text === '-' ? new Uint8Array(0) : parse(text);
  };

/** A salt (RFC 5155 section 3.3): hexadecimal in capitals, `-` for none. */
export const salt: Field<Uint8Array> = counted(1, dashed(parseHex), (bytes) => printHex(bytes).toUpperCase());
/** A hashed owner name (RFC 5155 section 3.3): base32. */
export const hashedOwner: Field<Uint8Array> = counted(1, dashed(parseBase32), printBase32);
/** Octets behind a length of 16 bits, as base64 (RFC 8945 section 4.2). */
export const countedBase64: Field<Uint8Array> = counted(2, dashed(parseBase64), printBase64);

/** The octets of a parameter's text: escapes decoded; throws RRError. */
export function parseEscaped(text: string): string {
  const octets = unescape(text);
  if (octets === undefined) throw new RRError(`bad escape in "${text}"`);
  return octets;
}

/** A parameter's octets between quotes: `"`, `\`, `;` and the space after a backslash (RFC 9460 section 2.1). */
export function escapeParameter(octets: string): string {
  return escapeString(octets).replace(/[; ]/g, '\\$&');
}
