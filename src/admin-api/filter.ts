// Which questions somebody wants to see: words that all have to fit, `not` before one that must not. Knows questions as they are recorded;
// what it makes of a text looks at numbers and octets alone, since each question of the server is looked at by it.
import { liesInPrefix, parseAddress, parseCIDR, printAddress } from '../dns/address.ts';
import { latin1, latin1Bytes } from '../dns/latin1.ts';
import { Name } from '../dns/name.ts';
import { knownRcode, rcodeByName } from '../dns/rcode.ts';
import { typeByName, typeName } from '../dns/type-name.ts';
import type { RecentQuestion, RecentRecord } from '../kernel/seen/recent-reader.ts';

/** Says whether a question is wanted. */
export type Filter = (record: RecentRecord) => boolean;
/** Letters that a filter may have, and words. */
const LONGEST = 1024, MOST_WORDS = 64;

/** The name of a recorded question; undefined where names are not told. */
export const nameOf = ({ name }: RecentQuestion): Name | undefined =>
  (name.length === 0 ? undefined : Name.wire(latin1(name, 0, name.length)));

/**
 * Reads `type:AAAA`, `rcode:SERVFAIL`, `by:forward`, `under:example.org`, `10.0.0.0/8`, `192.0.2.1`, `>5ms`, `<1ms`; any other word is a
 * piece of the name. A text says what is wrong.
 */
export function readFilter(text: string): Filter | string {
  if (text.length > LONGEST) return `a filter has at most ${LONGEST} letters`;
  const words = text.split(/\s+/).filter((each) => each !== '');
  if (words.length > MOST_WORDS) return `a filter has at most ${MOST_WORDS} words`;
  const filters: Filter[] = [];
  let isNegated = false;
  for (const word of words) {
    if (word === 'not') {
      isNegated = !isNegated;
      continue;
    }
    const read = readWord(word);
    if (typeof read === 'string') return read;
    filters.push(isNegated ? (record) => !read(record) : read);
    isNegated = false;
  }
  if (isNegated) return 'a word is missing behind not';
  const [first, ...more] = filters;
  if (first === undefined) return () => true;
  return more.length === 0 ? first : (record) => filters.every((fits) => fits(record));
}
function readWord(word: string): Filter | string {
  const [, key = '', value = ''] = /^(type|rcode|by|under):(.*)$/.exec(word) ?? [];
  if (key === 'type') return typed(value);
  if (key === 'rcode') return answered(value);
  if (key === 'by') return ({ author }) => author === value;
  if (key === 'under') {
    const zone = Name.maybe(value);
    return zone === undefined ? `${value} is no name` : under(latin1Bytes(zone.key));
  }
  if (/^[<>]/.test(word)) return readTime(word);
  const address = parseAddress(word);
  const network = address === undefined ? parseCIDR(word) : { network: address, bits: address.length * 8 };
  if (network === undefined) return piece(word);
  const { network: prefix, bits } = network;
  return ({ bytes, clientAt, clientLength }) =>
    clientLength === prefix.length && liesInPrefix(bytes, clientAt, clientLength, prefix, bits);
}
function typed(value: string): Filter | string {
  const wanted = typeByName(value.toUpperCase());
  return wanted === undefined ? `${value} is no type` : ({ type }) => type === wanted;
}
/** `NONE` is a question of which nothing was said. */
function answered(value: string): Filter | string {
  const text = value.toUpperCase();
  const wanted = text === 'NONE' ? -1 : /^\d{1,4}$/.test(text) ? Number(text) : rcodeByName(text);
  return wanted === undefined ? `${value} is no rcode` : ({ rcode }) => rcode === wanted;
}
/** Names at and below a zone, given folded in wire form. */
function under(zone: Uint8Array): Filter {
  return ({ bytes, nameAt, nameLength }) => {
    let at = nameAt;
    const from = nameAt + nameLength - zone.length;
    while (at < from) at += bytes[at]! + 1;
    if (at !== from || nameLength === 0) return false;
    for (let i = 0; i < zone.length; i++) if (bytes[from + i] !== zone[i]) return false;
    return true;
  };
}
/** Names that have these letters, whatever stands around them; a dot is where a label ends. */
function piece(word: string): Filter {
  const wanted = octetsOf(word.toLowerCase());
  const name = new Uint8Array(256);
  return ({ bytes, nameAt, nameLength }) => {
    let length = 0;
    for (let at = nameAt, end = nameAt + nameLength - 1; at < end;) {
      for (let last = at + bytes[at]!; at < last;) name[length++] = bytes[++at]!;
      name[length++] = DOT;
      at++;
    }
    for (let from = 0; from + wanted.length <= length; from++) {
      let i = 0;
      while (i < wanted.length && name[from + i] === wanted[i]) i++;
      if (i === wanted.length) return true;
    }
    return false;
  };
}
const DOT = 46;
/** Escapes are as in zone files (RFC 1035 section 5.1). */
const octetsOf = (word: string): Uint8Array => latin1Bytes(word.replace(/\\(\d{3}|.)/g, (_, escaped: string) =>
  (escaped.length === 3 ? String.fromCharCode(Number(escaped) & 255) : escaped)).replace(/[^\0-\xff]/g, '?'));
const MICROSECONDS: { readonly [unit: string]: number } = { us: 1, ms: 1000, s: 1e6, m: 6e7, h: 3.6e9 };
function readTime(word: string): Filter | string {
  const [, count, unit = ''] = /^[<>](\d{1,9}(?:\.\d{1,6})?)(us|ms|s|m|h)$/.exec(word) ?? [];
  if (count === undefined) return `${word} is no time: it is like >5ms`;
  const limit = Number(count) * MICROSECONDS[unit]!;
  return word.startsWith('>') ? ({ microseconds }) => microseconds > limit : ({ microseconds }) => microseconds < limit;
}

/** A question as JSON has it. */
export function questionJson(question: RecentQuestion): object {
  const { at, client, isCut, front, type, rcode, extended, isStream, author, trail, microseconds } = question;
  return {
    at: new Date(at).toISOString(), client: client.length === 0 ? null : printAddress(client), transport: isStream ? 'stream' : 'datagram',
    name: nameOf(question)?.text ?? null, ...(isCut ? { cut: true, begins: beginning(front) } : {}), type: typeName(type),
    rcode: rcode < 0 ? null : knownRcode(rcode) ?? String(rcode), ...(extended < 0 ? {} : { ede: extended }),
    by: author, trail, took: microseconds / 1e6,
  };
}
/** How a long name begins: its first label, as far as it was kept. */
const beginning = (front: Uint8Array): string => {
  const size = Math.min(front[0]!, front.length - 1);
  return Name.wire(`${String.fromCharCode(size)}${latin1(front, 1, 1 + size)}\0`).text.replace(/\.$/, '');
};
