// What one field of record data is, in four directions, with the fields that are numbers and names.
// Knows one value at a time, nothing of types.

import { RRError, type Words } from './words.ts';
import { Name, NameError } from './name.ts';
import type { Reader, Writer } from './wire.ts';

/**
 * Where a field ends and whether a name lies in it, so that a message can be read and compressed without looking at values:
 * a number of octets, one character-string, a name (`shorten` where it may be written as a pointer), or all that is left.
 */
export type Extent = number | 'string' | 'name' | 'shorten' | 'rest';

/** One field of record data. */
export interface Field<T> {
  readonly extent: Extent;
  /** Takes the value off the wire; throws WireError. */
  read(reader: Reader): T;
  /** Puts the value on the wire, uncompressed; throws WireError where it does not fit its field. */
  write(writer: Writer, value: T): void;
  /** Reads presentation form; throws RRError or NameError. */
  parse(words: Words): T;
  /** Presentation form, the empty string where there is nothing to show. Throws RRError where text cannot carry the value. */
  print(value: T): string;
  /** Whether any octets will do, so that there is nothing to check in a message. */
  readonly opaque?: boolean;
  /** The value that a text means, where people may give one in its place: addresses and names. Throws RRError or NameError. */
  ofText?(text: string): T;
}

/** A decimal number of at most `max`; throws RRError. */
export function decimal(text: string, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= max)) throw new RRError(`"${text}" is no number from 0 to ${max}`);
  return value;
}

/** A time to live: seconds, or units as in `1h30m` (LIBD-5); undefined where it is none, or above 32 bits. */
export function parseTTL(text: string): number | undefined {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  if (!/^[0-9smhdw]+$/i.test(text)) return undefined;
  let total = 0;
  for (const [, digits, unit] of text.matchAll(/(\d*)([smhdw]?)/gi)) {
    total += Number(digits) * (UNITS[(unit ?? '').toLowerCase()] as number);
  }
  return total > 0xffffffff ? undefined : total;
}

const UNITS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86400, w: 604800 };

/** An octet. */
export const u8: Field<number> = {
  extent: 1,
  read: (reader) => reader.u8(),
  write: (writer, value) => writer.u8(value),
  parse: (words) => decimal(words.text(), 0xff),
  print: String,
};

/** A number of 16 bits. */
export const u16: Field<number> = {
  extent: 2,
  read: (reader) => reader.u16(),
  write: (writer, value) => writer.u16(value),
  parse: (words) => decimal(words.text(), 0xffff),
  print: String,
};

/** A number of 32 bits. */
export const u32: Field<number> = {
  extent: 4,
  read: (reader) => reader.u32(),
  write: (writer, value) => writer.u32(value),
  parse: (words) => decimal(words.text(), 0xffffffff),
  print: String,
};

/** A number of 48 bits. */
export const u48: Field<number> = {
  extent: 6,
  read: (reader) => reader.u48(),
  write: (writer, value) => writer.u48(value),
  parse: (words) => decimal(words.text(), 0xffffffffffff),
  print: String,
};

/** Seconds of 32 bits, in text also with units. */
export const duration: Field<number> = {
  ...u32,
  parse: (words) => {
    const text = words.text();
    const value = parseTTL(text);
    if (value === undefined) throw new RRError(`"${text}" is no duration`);
    return value;
  },
};

/** Seconds since 1970 modulo 2^32; in text `YYYYMMDDHHmmSS` (RFC 4034 section 3.2) or the plain number. */
export const timestamp: Field<number> = {
  ...u32,
  parse: (words) => {
    const text = words.text();
    const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text);
    if (parts === null) return decimal(text, 0xffffffff);
    const [year, month, day, hour, minute, second] = parts.slice(1).map(Number) as [number, number, number, number, number, number];
    const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
    if (printTime(date) !== text) throw new RRError(`"${text}" is no time`);
    return (date.getTime() / 1000) % 0x100000000;
  },
  print: (value) => printTime(new Date(value * 1000)),
};

function printTime(date: Date): string {
  return date.toISOString().slice(0, 19).replace(/[-:T]/g, '');
}

/** The name that a word stands for; throws NameError. */
export function parseName(words: Words): Name {
  const word = words.take();
  if (word.quoted) throw new NameError(`bad name "${word.text}": quoted`);
  return Name.parse(word.text, words.origin);
}

/** A name that is never written as a pointer (RFC 3597 section 4). */
export const name: Field<Name> = {
  extent: 'name',
  read: (reader) => reader.name(),
  write: (writer, value) => writer.name(value, false),
  parse: parseName,
  print: (value) => value.text,
  ofText: (text) => Name.parse(text, Name.root),
};

/** A name that a message may write as a pointer: those in types of RFC 1035. */
export const compressedName: Field<Name> = { ...name, extent: 'shorten' };
