// Which questions somebody wants to see: words that all have to fit, `not` before one that must not. Knows questions as they are recorded.
import { inPrefix, parseAddress, parseCIDR, printAddress } from '../../dns/address.ts';
import { latin1 } from '../../dns/latin1.ts';
import { Name } from '../../dns/name.ts';
import { knownRcode, rcodeName } from '../../dns/rcode.ts';
import { typeName } from '../../dns/type-name.ts';
import type { RecentQuestion } from '../../kernel/seen/recent.ts';

/** Says whether a question is wanted. */
export type Filter = (question: RecentQuestion) => boolean;
/** Letters that a filter may have. */
const LONGEST = 1024;

/** The name of a recorded question. */
export const nameOf = ({ name }: RecentQuestion): Name => Name.wire(latin1(name, 0, name.length));

/**
 * Reads `type:AAAA`, `rcode:SERVFAIL`, `by:forward`, `under:example.org`, `10.0.0.0/8`, `192.0.2.1`, `>5ms`, `<1ms`; any other word is a
 * piece of the name. A text says what is wrong.
 */
export function readFilter(text: string): Filter | string {
  if (text.length > LONGEST) return `a filter has at most ${LONGEST} letters`;
  const filters: Filter[] = [];
  let negated = false;
  for (const word of text.split(/\s+/).filter((each) => each !== '')) {
    if (word === 'not') {
      negated = !negated;
      continue;
    }
    const read = readWord(word);
    if (typeof read === 'string') return read;
    const isNegated = negated;
    filters.push((question) => read(question) !== isNegated);
    negated = false;
  }
  return negated ? 'a word is missing behind not' : (question) => filters.every((fits) => fits(question));
}
function readWord(word: string): Filter | string {
  const [, key = '', value = ''] = /^(type|rcode|by|under):(.*)$/.exec(word) ?? [];
  if (key === 'type') return ({ type }) => typeName(type) === value.toUpperCase();
  if (key === 'rcode') return ({ rcode }) => (rcode < 0 ? 'NONE' : rcodeName(rcode)) === value.toUpperCase();
  if (key === 'by') return ({ author }) => author === value.slice(0, 12);
  if (key === 'under') {
    const zone = Name.maybe(value);
    return zone === undefined ? `${value} is no name` : (question) => nameOf(question).isUnder(zone);
  }
  if (/^[<>]/.test(word)) return readTime(word);
  const address = parseAddress(word);
  const network = address === undefined ? parseCIDR(word) : { network: address, bits: address.length * 8 };
  if (network !== undefined) {
    return ({ client }) => client.length === network.network.length && inPrefix(client, network.network, network.bits);
  }
  const piece = word.toLowerCase();
  return (question) => nameOf(question).text.includes(piece);
}
const MICROSECONDS: { readonly [unit: string]: number } = { us: 1, ms: 1000, s: 1e6, m: 6e7, h: 3.6e9 };
function readTime(word: string): Filter | string {
  const [, count, unit = ''] = /^[<>](\d{1,9}(?:\.\d{1,6})?)(us|ms|s|m|h)$/.exec(word) ?? [];
  if (count === undefined) return `${word} is no time: it is like >5ms`;
  const limit = Number(count) * MICROSECONDS[unit]!;
  return word.startsWith('>') ? ({ microseconds }) => microseconds > limit : ({ microseconds }) => microseconds < limit;
}

/** A question as JSON has it. */
export function questionJson(question: RecentQuestion): object {
  const { at, client, isCut, type, rcode, isStream, author, microseconds } = question;
  return {
    at: new Date(at).toISOString(), client: printAddress(client), transport: isStream ? 'stream' : 'datagram',
    name: nameOf(question).text, ...(isCut ? { cut: true } : {}), type: typeName(type),
    rcode: rcode < 0 ? null : knownRcode(rcode) ?? String(rcode), by: author, took: microseconds / 1e6,
  };
}
