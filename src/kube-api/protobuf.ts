// Messages of the API in its binary form (https://protobuf.dev/programming-guides/encoding), read into what JSON would have given: of each
// only the fields that somebody needs, the others are stepped over. Knows wire types; knows no object of the API.
import { ApiError } from './api-error.ts';

/** What a field holds: text, a number of 32 bits, yes or no, a message, or entries of a map of texts. */
type Kind = 'text' | 'number' | 'flag' | Shape | Entries;
/** A field, as JSON calls it. */
interface Field {
  readonly name: string;
  readonly kind: Kind;
  /** It may stand several times: a list. */
  readonly many: boolean;
}
/** Entries of a map, those of certain keys or all. */
interface Entries {
  readonly only: readonly string[] | undefined;
}
/** The fields of a message that are read, by their numbers. */
export type Shape = readonly (Field | undefined)[];

/** Fields by their numbers as a shape. */
export function shape(fields: { readonly [number: number]: Field }): Shape {
  const all: (Field | undefined)[] = new Array(Math.max(0, ...Object.keys(fields).map(Number)) + 1).fill(undefined);
  for (const [number, field] of Object.entries(fields)) all[Number(number)] = field;
  return all;
}
/** A field that stands once: the last one counts. */
export const one = (name: string, kind: Exclude<Kind, Entries>): Field => ({ name, kind, many: false });
/** A field that stands as often as its list has items. */
export const many = (name: string, kind: Exclude<Kind, Entries>): Field => ({ name, kind, many: true });
/** A map of texts, or what it has under these keys. */
export const entries = (name: string, keys?: readonly string[]): Field => ({ name, kind: { only: keys }, many: false });

/** A message as JSON would have given it. */
export interface Message {
  [field: string]: unknown;
}
const VARINT = 0, FIXED64 = 1, LENGTH = 2, FIXED32 = 5;
const KEY = 10, VALUE = 18;
const malformed = () => new ApiError('protocol', 'what came is no protobuf of the API');

/** What is being read, and how far: a message is read in one go. Not private fields, which cost a check each before code is hot. */
let bytes: Buffer = Buffer.alloc(0);
let at = 0;

/** The message in `source` from `from` up to `to`. Throws ApiError `protocol`. */
export function readMessage(source: Buffer, from: number, to: number, fields: Shape): Message {
  bytes = source;
  at = from;
  return message(to, fields);
}
/** Where the bytes of field `number` lie in the message from `from` up to `to`, its last one: `to` twice where there is none. Throws. */
export function findBytes(source: Buffer, from: number, to: number, number: number): { readonly from: number; readonly to: number } {
  bytes = source;
  at = from;
  let found = { from: to, to };
  while (at < to) {
    const tag = varint();
    const isLast = tag === ((number << 3) | LENGTH);
    const start = isLast ? bytesUpTo(to) - at : 0;
    if (isLast) found = { from: at, to: at += start };
    else skip(tag & 7, to);
  }
  if (at > to) throw malformed();
  return found;
}

function message(end: number, fields: Shape): Message {
  const found: Message = {};
  while (at < end) {
    const tag = varint();
    const field = fields[tag >>> 3];
    if (field === undefined) skip(tag & 7, end);
    else if ((tag & 7) === LENGTH) put(found, field, bytesUpTo(end));
    else if ((tag & 7) === VARINT) found[field.name] = scalar(field.kind);
    else throw malformed();
  }
  if (at > end) throw malformed();
  return found;
}
function put(found: Message, { name, kind, many: isList }: Field, to: number): void {
  let value: unknown;
  if (kind === 'text') value = text(to);
  else if (typeof kind === 'string') throw malformed();
  else if ('only' in kind) return entry(found, name, kind, to);
  else value = message(to, kind);
  if (!isList) found[name] = value;
  else if (found[name] === undefined) found[name] = [value];
  else (found[name] as unknown[]).push(value);
}
function entry(found: Message, name: string, { only }: Entries, to: number): void {
  let key = '', value = '';
  while (at < to) {
    const tag = varint();
    if (tag === KEY) {
      const end = bytesUpTo(to);
      // Most keys are longer or shorter than those that are wanted.
      key = only?.some(({ length }) => length === end - at) === false ? '' : text(end);
      if (only?.includes(key) === false) {
        at = to;
        return;
      }
    } else if (tag === VALUE) value = text(bytesUpTo(to));
    else skip(tag & 7, to);
  }
  if (at > to) throw malformed();
  const map = (found[name] ??= {}) as Message;
  // As in JSON, `__proto__` is a key like any other.
  if (key !== '__proto__') map[key] = value;
  else Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
}
function text(to: number): string {
  const found = bytes.toString('utf8', at, to);
  at = to;
  return found;
}
function scalar(kind: Kind): number | boolean {
  const value = varint();
  if (kind === 'flag') return value !== 0;
  if (kind === 'number') return value;
  throw malformed();
}
/** Steps over a field of this wire type, which must not reach beyond `end`. */
function skip(type: number, end: number): void {
  if (type === LENGTH) at = bytesUpTo(end);
  else if (type === VARINT) varint();
  else if (type === FIXED64 || type === FIXED32) at += type === FIXED64 ? 8 : 4;
  else throw malformed();
}
/** Where so many bytes end as stand here. */
function bytesUpTo(end: number): number {
  const length = varint();
  const to = at + length;
  if (length < 0 || to > end) throw malformed();
  return to;
}
/** The low 32 bits of a number of up to 64, with their sign: a negative one is written with all of its bits. */
function varint(): number {
  let byte = bytes[at++]!;
  if (byte < 0x80) return byte;
  let value = byte & 0x7f;
  for (let shift = 7; byte >= 0x80; shift += 7) {
    if (shift > 63) throw malformed();
    byte = bytes[at++]!;
    if (shift < 32) value |= (byte & 0x7f) << shift;
  }
  // Behind the last byte there is undefined, and no number any more.
  if (at > bytes.length) throw malformed();
  return value;
}
