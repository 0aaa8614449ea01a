// Texts of rules as tokens: numbers, texts, dates in quotes, names, operators. Knows letters; knows no precedence and no value's meaning.
import { readDate } from './date.ts';
import { RuleFault } from './fault.ts';

/** What a token is. `set` is what may stand behind `in`: `list/NAME` or `set/NAME`. */
export type TokenKind = 'number' | 'text' | 'bool' | 'name' | 'function' | 'set' | 'operator' | 'open' | 'close' | 'comma' | 'end';
/** One token and where it begins. */
export interface Token {
  readonly kind: TokenKind;
  readonly value: string | number | boolean;
  readonly offset: number;
  /** Of a text: it lost a backslash that regular expressions may have meant. */
  readonly lost?: true;
}

/** Operators, the longer ones first. */
const OPERATORS = ['&&', '||', '??', '==', '!=', '=~', '!~', '<=', '>=', '<<', '>>', '**', '<', '>', '+', '-', '*', '/', '%', '&', '|', '^',
  '!', '~', '?', ':'];
const NUMBER = /0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?|\.\d+/y;
const NAME = /[\p{L}_][\p{L}\p{Nd}_.]*/uy;
const SET = /(list|set)\/([\w.-]+)/y;
const SPACE = /\s*/y;

function at(pattern: RegExp, source: string, offset: number): string | undefined {
  pattern.lastIndex = offset;
  return pattern.exec(source)?.[0];
}

/** The tokens of a text, `end` last. Throws RuleFault. */
export function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  let offset = 0;
  for (;;) {
    offset += at(SPACE, source, offset)!.length;
    if (offset >= source.length) break;
    const [token, length] = one(source, offset, tokens.at(-1));
    tokens.push(token);
    offset += length;
  }
  tokens.push({ kind: 'end', value: '', offset });
  return tokens;
}

function one(source: string, offset: number, before: Token | undefined): readonly [Token, number] {
  const letter = source[offset]!;
  if (letter === '(') return [{ kind: 'open', value: letter, offset }, 1];
  if (letter === ')') return [{ kind: 'close', value: letter, offset }, 1];
  if (letter === ',') return [{ kind: 'comma', value: letter, offset }, 1];
  if (letter === "'" || letter === '"') return quotedText(source, offset, letter);
  if (letter === '[') return bracketed(source, offset);
  const number = at(NUMBER, source, offset);
  if (number !== undefined) return [{ kind: 'number', value: Number(number), offset }, number.length];
  const isBehindIn = before?.kind === 'operator' && before.value === 'in';
  const set = isBehindIn ? at(SET, source, offset) : undefined;
  if (set !== undefined) return [{ kind: 'set', value: set, offset }, set.length];
  const name = at(NAME, source, offset);
  if (name !== undefined) return named(source, offset, name);
  const operator = OPERATORS.find((each) => source.startsWith(each, offset));
  if (operator === undefined) throw new RuleFault(`'${letter}' has no meaning here`, offset);
  return [{ kind: 'operator', value: operator, offset }, operator.length];
}

function named(source: string, offset: number, name: string): readonly [Token, number] {
  const { length } = name;
  if (name === 'true' || name === 'false') return [{ kind: 'bool', value: name === 'true', offset }, length];
  if (name === 'in' || name === 'IN') return [{ kind: 'operator', value: 'in', offset }, length];
  const called = /^\s*\(/.test(source.slice(offset + length, offset + length + 64));
  return [{ kind: called ? 'function' : 'name', value: name, offset }, length];
}

/** `[label/name]`: a name of any letters. A backslash takes the next one as it is. */
function bracketed(source: string, offset: number): readonly [Token, number] {
  const { text, length } = until(source, offset, ']', 'the bracket is not closed');
  const set = /^(?:list|set)\/[\w.-]+$/.test(text);
  return [{ kind: set ? 'set' : 'name', value: text, offset }, length];
}
/** A text; one that is a date is its time in seconds since 1970, as in govaluate. */
function quotedText(source: string, offset: number, quote: string): readonly [Token, number] {
  const { text, length, lost } = until(source, offset, quote, 'the quote is not closed');
  const date = readDate(text);
  if (date !== undefined) return [{ kind: 'number', value: date, offset }, length];
  return [{ kind: 'text', value: text, offset, ...(lost ? { lost: true as const } : {}) }, length];
}
function until(source: string, offset: number, end: string, complaint: string): { text: string; length: number; lost: boolean } {
  let text = '';
  let lost = false;
  for (let i = offset + 1; i < source.length; i++) {
    let letter = source[i]!;
    if (letter === end) return { text, length: i + 1 - offset, lost };
    if (letter === '\\' && i + 1 < source.length) {
      letter = source[++i]!;
      if (/[.dDwWsSbB$^*+?()[\]{}|]/.test(letter)) lost = true;
    }
    text += letter;
  }
  throw new RuleFault(complaint, offset);
}
/** What a set's token names: which kind of set, and its name. */
export function setOf(value: string): readonly [kind: 'list' | 'set', name: string] {
  SET.lastIndex = 0;
  const [, kind, name] = SET.exec(value)!;
  return [kind as 'list' | 'set', name!];
}
