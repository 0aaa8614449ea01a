// Record data from tokens to wire form by the type's own parser: every type there is, and `\# length hex` (RFC 3597). Knows tokens as
// words, nothing of what stands before them.

import { latin1 } from '../dns/latin1.ts';
import { Name } from '../dns/name.ts';
import { parseRdata } from '../dns/rr.ts';
import { shapeOf } from '../dns/shapes.ts';
import { TYPE, typeName } from '../dns/type-name.ts';
import { type Word, Words } from '../dns/words.ts';
import { EntryError } from './error.ts';
import type { Tokens } from './tokens.ts';

/** The text of a token without its quotes: octets above ASCII are written as escapes, for they are octets and not UTF-8. */
export function textOf(tokens: Tokens, token: number): string {
  const quote = tokens.isQuoted(token) ? 1 : 0;
  const text = latin1(tokens.bytes, (tokens.starts[token] as number) + quote, (tokens.ends[token] as number) - quote);
  return text.replace(/[\x80-\xff]/g, (octet) => `\\${octet.charCodeAt(0)}`);
}

function wordsOf(tokens: Tokens, token: number): Word[] {
  const words: Word[] = [];
  for (let i = token; i < tokens.count; i++) {
    const glued = i > token && tokens.starts[i] === tokens.ends[i - 1];
    words.push({ text: textOf(tokens, i), quoted: tokens.isQuoted(i), glued });
  }
  return words;
}

/**
 * The data, in uncompressed wire form, of a record whose data is the tokens from `token` on; throws EntryError where they are none. Names
 * without a last dot end in `origin`, which is a wire name.
 */
export function parseData(type: number, tokens: Tokens, token: number, origin: Uint8Array): Uint8Array {
  const words = new Words(wordsOf(tokens, token), 0, Name.wire(latin1(origin, 0, origin.length)));
  const opaque = !tokens.isQuoted(token) && words.peek?.text === '\\#';
  let data: Uint8Array;
  try {
    data = words.more ? parseRdata(type, words) : (shapeOf(type)?.parse(words) ?? new Uint8Array(0));
    if (opaque) same(type, data);
  } catch (error) {
    throw new EntryError(token + Math.max(0, words.taken - 1), expectation(type, (error as Error).message));
  }
  if (data.length > 0 || type === TYPE.APL || (opaque && shapeOf(type) === undefined)) return data;
  throw new EntryError(token, `data of type ${typeName(type)}`);
}

/** A name in octets that were handed in must be whole: a pointer would lead into the message in which it is sent. */
function same(type: number, data: Uint8Array): void {
  const shape = shapeOf(type);
  if (shape?.named !== true) return;
  const whole = shape.rdata(shape.values(data) as never);
  if (whole.length !== data.length || whole.some((octet, i) => octet !== data[i])) throw new Error('names without pointers');
}

/** `bad MX exchange: bad name "x": label longer than 63 octets` as what belongs there. */
function expectation(type: number, message: string): string {
  if (message.includes('garbage after rdata')) return `nothing behind the data of type ${typeName(type)}`;
  const parts = /^bad (\S+) (\S+): (.*)$/s.exec(message);
  if (parts === null) return `data of type ${typeName(type)} (${message})`;
  const reason = (parts[3] as string).replace(/^(?:bad \w+ |a )?"[^"]*"(?:: | is )?/s, '');
  return `${parts[2]} of type ${parts[1]}${reason === '' ? '' : ` (${reason})`}`;
}
