// Cuts the source of an expression into tokens. It knows characters and words, nothing of what may stand beside what.

import { quoted } from '../wording/quote.ts';
import { Fault } from './error.ts';
import { unescapeBytes, unescapeText } from './escape.ts';
import { negatable } from './operators.ts';
import type { Token, TokenKind } from './token.ts';

const wordCharacter = /[\p{L}\p{Nd}_$]/u;
const space = /[\t\n\v\f\r \u0085\u00a0\p{Z}]/u;
const wordOperators = new Set(['in', 'or', 'and', 'matches', 'contains', 'startsWith', 'endsWith', 'let', 'if', 'else', 'not']);

/** The tokens of a source, the last of which is `EOF` - unless a character fits no token, then `fault` follows the last. */
export interface Lexed {
  readonly tokens: readonly Token[];
  readonly fault: Fault | undefined;
}

/** Cuts `source` into tokens. Never throws: the parser decides whether it ever gets as far as the fault. */
export function lex(source: string): Lexed {
  return new Lexer(source).run();
}

class Lexer {
  private readonly source: string;
  private readonly tokens: Token[] = [];
  private at = 0;

  constructor(source: string) {
    this.source = source;
  }

  run(): Lexed {
    try {
      while (this.at < this.source.length) this.next();
    } catch (error) {
      if (error instanceof Fault) return { tokens: this.tokens, fault: error };
      throw error;
    }
    this.tokens.push({ kind: 'EOF', value: '', offset: this.characterBefore(this.source.length) });
    return { tokens: this.tokens, fault: undefined };
  }

  private next(): void {
    const character = this.peek();
    if (space.test(character)) this.at += character.length;
    else if (character === "'" || character === '"') this.string(character, false);
    else if (character === '`') this.rawString();
    else if (/[bB]/.test(character) && /['"]/.test(this.source[this.at + 1] ?? '')) this.bytes();
    else if (/[0-9]/.test(character)) this.number();
    else if (wordCharacter.test(character)) this.word();
    else this.symbol(character);
  }

  private symbol(character: string): void {
    if ('([{)]}'.includes(character)) this.emit('Bracket', this.at + 1);
    else if (character === '?') this.operator('.?');
    else if (character === '|') this.operator('|');
    else if (character === ':') this.operator(':');
    else if (',;%+-^'.includes(character)) this.operator('');
    else if ('&!=*<>'.includes(character)) this.operator('&=*');
    else if (character === '.') this.dot();
    else if (character === '#') this.pointer();
    else if (character === '/') this.slash();
    else this.fail(`unrecognized character: ${unicodeName(character)}`, this.at);
  }

  private operator(second: string): void {
    const follows = this.source[this.at + 1] ?? '';
    this.emit('Operator', this.at + (follows !== '' && second.includes(follows) ? 2 : 1));
  }

  private dot(): void {
    if (/[0-9]/.test(this.source[this.at + 1] ?? '')) this.number();
    else this.operator('.');
  }

  private pointer(): void {
    this.operator('#');
    const start = this.at;
    this.skipWord();
    if (this.at > start) this.push('Identifier', this.source.slice(start, this.at), start);
  }

  private slash(): void {
    if (this.source[this.at + 1] === '/') {
      const end = this.source.indexOf('\n', this.at);
      this.at = end < 0 ? this.source.length : end + 1;
    } else if (this.source[this.at + 1] === '*') {
      const end = this.source.indexOf('*/', this.at + 2);
      if (end < 0) this.fail('unclosed comment', this.source.length);
      this.at = end + 2;
    } else {
      this.operator('');
    }
  }

  private number(): void {
    const start = this.at;
    const digits = this.digitsOfNumber();
    this.skip(digits);
    if (this.source[this.at] === '.' && this.source[this.at + 1] !== '.') {
      this.at += 1;
      this.skip(digits);
    }
    if (/[eE]/.test(this.source[this.at] ?? '')) {
      this.at += /[+-]/.test(this.source[this.at + 1] ?? '') ? 2 : 1;
      this.skip(digits);
    }
    const follows = this.peek();
    if (wordCharacter.test(follows)) {
      const text = this.source.slice(start, this.at + follows.length);
      this.fail(`bad number syntax: ${quoted(text)}`, this.at);
    }
    this.push('Number', this.source.slice(start, this.at), start);
  }

  private digitsOfNumber(): RegExp {
    const prefix = this.source.slice(this.at, this.at + 2).toLowerCase();
    if (prefix !== '0x' && prefix !== '0o' && prefix !== '0b') return /[0-9_]/;
    this.at += 2;
    return prefix === '0x' ? /[0-9a-fA-F_]/ : prefix === '0o' ? /[0-7_]/ : /[01_]/;
  }

  private word(): void {
    const start = this.at;
    this.skipWord();
    const text = this.source.slice(start, this.at);
    this.push(wordOperators.has(text) ? 'Operator' : 'Identifier', text, start);
    if (text === 'not') this.negated();
  }

  /** After `not`, the words that may be negated are operators; any other word is read anew. */
  private negated(): void {
    this.skip(/ /);
    const start = this.at;
    this.skipWord();
    const text = this.source.slice(start, this.at);
    if (negatable.has(text)) this.push('Operator', text, start);
    else this.at = start;
  }

  private string(quote: string, bytes: boolean): void {
    const start = this.at;
    const end = this.endOfString(start + (bytes ? 2 : 1), quote);
    const inner = this.source.slice(start + (bytes ? 2 : 1), end);
    const value = bytes ? unescapeBytes(inner) : unescapeText(inner);
    if (value === undefined) this.fail(bytes ? 'unable to unescape string' : 'invalid char escape', end);
    this.at = end + 1;
    this.push(bytes ? 'Bytes' : 'String', value, start);
  }

  private bytes(): void {
    this.string(this.source[this.at + 1] ?? '', true);
  }

  private endOfString(from: number, quote: string): number {
    for (let at = from; at < this.source.length; at += 1) {
      const character = this.source[at];
      if (character === quote) return at;
      if (character === '\n') return this.fail('literal not terminated', at);
      if (character === '\\') at += 1;
    }
    return this.fail('literal not terminated', this.source.length);
  }

  private rawString(): void {
    const start = this.at;
    let end = start + 1;
    for (;;) {
      end = this.source.indexOf('`', end);
      if (end < 0) this.fail('literal not terminated', this.source.length);
      if (this.source[end + 1] !== '`') break;
      end += 2;
    }
    this.at = end + 1;
    this.push('String', this.source.slice(start + 1, end).replaceAll('``', '`'), start);
  }

  private emit(kind: TokenKind, end: number): void {
    this.push(kind, this.source.slice(this.at, end), this.at);
    this.at = end;
  }

  private push(kind: TokenKind, value: string, offset: number): void {
    this.tokens.push({ kind, value, offset });
  }

  private peek(): string {
    const code = this.source.codePointAt(this.at);
    return code === undefined ? '' : String.fromCodePoint(code);
  }

  private skip(pattern: RegExp): void {
    while (pattern.test(this.source[this.at] ?? '')) this.at += 1;
  }

  private skipWord(): void {
    for (let character = this.peek(); wordCharacter.test(character); character = this.peek()) this.at += character.length;
  }

  private characterBefore(offset: number): number {
    if (offset === 0) return 0;
    const low = this.source.charCodeAt(offset - 1);
    return offset - (low >= 0xdc00 && low <= 0xdfff && offset > 1 ? 2 : 1);
  }

  private fail(reason: string, offset: number): never {
    throw new Fault(reason, offset);
  }
}

function unicodeName(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')} '${character}'`;
}
