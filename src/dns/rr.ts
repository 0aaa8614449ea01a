// One resource record, the same for all types, and its text (RFC 1035 section 5.1, RFC 3597). Knows one line of zone text;
// what a line inherits from those before it is handed in.

import { decimal, parseTTL } from './field.ts';
import { parseHex, printHex } from './field-text.ts';
import { Name } from './name.ts';
import type { Given, Shape } from './shape.ts';
import { shapeOf } from './shapes.ts';
import { CLASS, classByName, className, typeByName, typeName } from './type-name.ts';
import { RRError, splitEntry, type Word, Words } from './words.ts';

/** A resource record. */
export interface RR {
  readonly name: Name;
  readonly type: number;
  readonly class: number;
  /** Seconds. */
  readonly ttl: number;
  /** The data in wire form, names never compressed. */
  readonly rdata: Uint8Array;
}

/** The time to live of a record whose text has none, in seconds (CoreDNS's own). */
export const DEFAULT_TTL = 3600;

/** A record of its parts. */
export function record(name: Name, type: number, klass: number, ttl: number, rdata: Uint8Array): RR {
  return { name, type, class: klass, ttl, rdata };
}

/**
 * A record of a type's values: `rr(name, A, 60, { address: '192.0.2.1' })`. Text stands for an address or a name. Throws WireError,
 * RRError or NameError where a value does not fit its field.
 */
export function rr<V>(owner: Name, shape: Shape<V>, ttl: number, values: Given<V>, klass: number = CLASS.IN): RR {
  return record(owner, shape.type, klass, ttl, shape.rdata(values));
}

/** What a line of zone text inherits. */
export interface ParseOptions {
  /** What `@` stands for and names without a last dot end in; the root where it is not given. */
  readonly origin?: Name | undefined;
  /** Seconds for a record that has no time to live; 3600 where it is not given. */
  readonly defaultTtl?: number | undefined;
  /** The owner of a line that begins with a blank. */
  readonly owner?: Name | undefined;
}

/** What stands before the data of a record. */
export interface Head {
  readonly type: number;
  readonly class: number;
  /** Undefined where the text has none. */
  readonly ttl: number | undefined;
  /** The index of the first word of the data. */
  readonly next: number;
}

/** Reads time to live and class, in either order and neither needed, and the type. Throws RRError. */
export function parseHead(words: readonly Word[], at: number): Head {
  let klass: number | undefined;
  let ttl: number | undefined;
  for (; at < words.length; at++) {
    const text = (words[at] as Word).text;
    const asClass = klass === undefined ? classByName(text) : undefined;
    if (asClass !== undefined) {
      klass = asClass;
      continue;
    }
    const type = typeByName(text);
    if (type !== undefined) return { type, class: klass ?? CLASS.IN, ttl, next: at + 1 };
    const asTTL = ttl === undefined ? parseTTL(text) : undefined;
    if (asTTL === undefined) throw new RRError(`"${text}" is no TTL, class or type`);
    ttl = asTTL;
  }
  throw new RRError('a type is missing');
}

/** Reads `\# length hex` (RFC 3597 section 5), the `\#` still ahead. Throws RRError. */
function parseOpaque(words: Words): Uint8Array {
  if (words.text() !== '\\#') throw new RRError('data of an unknown type must begin with \\#');
  const length = decimal(words.text(), 0xffff);
  const bytes = parseHex(words.joined());
  if (bytes.length !== length) throw new RRError(`${bytes.length} octets of data where ${length} were announced`);
  return bytes;
}

/**
 * Record data of its words. A type that has a shape may be written as `\# length hex` as well; no words at all are no data.
 * Throws RRError or NameError.
 */
export function parseRdata(type: number, words: Words): Uint8Array {
  if (!words.more) return new Uint8Array(0);
  const shape = shapeOf(type);
  const first = words.peek as Word;
  if (shape === undefined) return parseOpaque(words);
  if (first.quoted || first.text !== '\\#') return shape.parse(words);
  const rdata = parseOpaque(words);
  if (rdata.length > 0) checkOpaque(shape, rdata);
  return rdata;
}

function checkOpaque(shape: Shape, rdata: Uint8Array): void {
  try {
    shape.values(rdata);
  } catch (error) {
    throw new RRError(`bad ${shape.name}: ${(error as Error).message}`, { cause: error });
  }
}

/** A record of the words of one entry; `owner` is for an entry that began with a blank. Throws RRError or NameError. */
export function parseWords(words: readonly Word[], indented: boolean, options: ParseOptions): RR {
  const origin = options.origin ?? Name.root;
  const owner = indented ? options.owner : Name.parse((words[0] as Word).text, origin);
  if (owner === undefined) throw new RRError('a line without an owner');
  const head = parseHead(words, indented ? 0 : 1);
  const rdata = parseRdata(head.type, new Words(words, head.next, origin));
  return record(owner, head.type, head.class, head.ttl ?? options.defaultTtl ?? DEFAULT_TTL, rdata);
}

/**
 * The first record of a text such as `example.org. 300 IN MX 10 mx.example.org.`; undefined where there are only blanks and
 * comments. Throws RRError or NameError.
 */
export function parseRR(text: string, options: ParseOptions = {}): RR | undefined {
  const entry = splitEntry(text);
  return entry === undefined ? undefined : parseWords(entry.words, entry.indented, options);
}

/** Record data as `\# length hex` (RFC 3597 section 5). */
export function printOpaque(rdata: Uint8Array): string {
  return rdata.length === 0 ? '\\# 0' : `\\# ${rdata.length} ${printHex(rdata)}`;
}

/** The text of record data: empty for no data, `\# length hex` for unknown types and for data that text cannot carry. */
export function printRdata(type: number, rdata: Uint8Array): string {
  const shape = shapeOf(type);
  if (shape === undefined) return printOpaque(rdata);
  if (rdata.length === 0) return '';
  try {
    return shape.print(rdata);
  } catch {
    return printOpaque(rdata);
  }
}

/** A record's line: owner, time to live, class, type and data with a tab between (LIBD-6). */
export function printRR(rr: RR): string {
  const unknown = shapeOf(rr.type) === undefined;
  const klass = unknown ? `CLASS${rr.class}` : className(rr.class);
  const type = unknown ? `TYPE${rr.type}` : typeName(rr.type);
  return `${rr.name.text}\t${rr.ttl}\t${klass}\t${type}\t${printRdata(rr.type, rr.rdata)}`;
}
