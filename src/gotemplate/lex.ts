// Cuts a template into tokens: the text between actions, and what stands inside them. Knows nothing of what may follow what.

import { quoted } from '../wording/quote.ts';
import { isKeyword, type Token, type TokenKind } from './token.ts';

const SPACE = /[ \t\r\n]/;
const WORD = /[\p{L}\p{Nd}_]/u;
const HEXADECIMAL = '0[xX][0-9a-fA-F_]*(?:\\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?';
const OCTAL = '0[oO][0-7_]*(?:\\.[0-7_]*)?';
const BINARY = '0[bB][01_]*(?:\\.[01_]*)?';
const DECIMAL = '[0-9_]*(?:\\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?';
const NUMBER = new RegExp(`[+-]?(?:${HEXADECIMAL}|${OCTAL}|${BINARY}|${DECIMAL})i?`, 'y');

/** The tokens of `text`. The last is `end of file`, or an `error` that says what no token begins with. */
export function lex(text: string): Token[] {
  return new Lexer(text).run();
}

/** Ends the scan: the error token was pushed. */
class Stop {}

class Lexer {
  private readonly text: string;
  private readonly tokens: Token[] = [];
  private at = 0;
  private start = 0;
  private line = 1;
  private counted = 0;
  private parens = 0;

  constructor(text: string) {
    this.text = text;
  }

  run(): Token[] {
    try {
      while (this.betweenActions()) this.action();
      this.push('end of file', '');
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
    }
    return this.tokens;
  }

  /** Pushes the text up to the next action and goes past its delimiter and comments. False at the end. */
  private betweenActions(): boolean {
    for (;;) {
      this.start = this.at;
      const found = this.text.indexOf('{{', this.at);
      if (found < 0) {
        this.at = this.text.length;
        if (this.at > this.start) this.emit('text');
        return false;
      }
      const trimmed = this.isLeftTrim(found + 2);
      const text = this.text.slice(this.start, found);
      const kept = trimmed ? trimEnd(text) : text;
      if (kept !== '') this.push('text', kept);
      this.start = found;
      this.at = found + 2 + (trimmed ? 2 : 0);
      if (!this.text.startsWith('/*', this.at)) {
        this.push('left delimiter', '{{');
        this.start = this.at;
        this.parens = 0;
        return true;
      }
      this.comment();
    }
  }

  private isLeftTrim(at: number): boolean {
    return this.text[at] === '-' && SPACE.test(this.text[at + 1] ?? '');
  }

  private isRightTrim(at: number): boolean {
    return SPACE.test(this.text[at] ?? '') && this.text.startsWith('-}}', at + 1);
  }

  private comment(): void {
    this.start = this.at;
    const end = this.text.indexOf('*/', this.at + 2);
    if (end < 0) this.fail('unclosed comment');
    this.at = end + 2;
    const trimmed = this.isRightTrim(this.at);
    if (!trimmed && !this.text.startsWith('}}', this.at)) this.fail('comment ends before closing delimiter');
    this.at += trimmed ? 4 : 2;
    if (trimmed) this.skipSpace();
  }

  /** Pushes the tokens of an action up to and with its right delimiter. */
  private action(): void {
    for (;;) {
      this.start = this.at;
      const trimmed = this.isRightTrim(this.at);
      if (trimmed || this.text.startsWith('}}', this.at)) {
        if (this.parens > 0) this.fail('unclosed left paren');
        this.rightDelimiter(trimmed);
        return;
      }
      this.inside(this.peek());
    }
  }

  private rightDelimiter(trimmed: boolean): void {
    if (trimmed) this.start = this.at += 2;
    this.at += 2;
    this.emit('right delimiter');
    if (trimmed) this.skipSpace();
  }

  private inside(character: string): void {
    if (character === '') this.fail('unclosed action');
    if (SPACE.test(character)) return this.space();
    if (character === '=') return this.one('assign');
    if (character === '|') return this.one('pipe');
    if (character === '(' || character === ')') return this.paren(character);
    if (character === '"') return this.quoted('"', 'string', 'unterminated quoted string');
    if (character === "'") return this.quoted("'", 'character', 'unterminated character constant');
    if (character === '`') return this.raw();
    if (character === ':') return this.declaration();
    if (character === '$') return this.named('variable');
    if (character === '.' && !/[0-9]/.test(this.text[this.at + 1] ?? '')) return this.named('field');
    if (/[0-9+\-.]/.test(character)) return this.number();
    if (WORD.test(character)) return this.word();
    if (/[!-~]/.test(character)) return this.one('punctuation');
    this.at += character.length;
    this.fail(`unrecognized character in action: ${unicodeName(character)}`);
  }

  private one(kind: TokenKind): void {
    this.at += 1;
    this.emit(kind);
  }

  private declaration(): void {
    this.at += 2;
    if (this.text[this.at - 1] !== '=') this.fail('expected :=');
    this.emit('declare');
  }

  private paren(character: string): void {
    this.parens += character === '(' ? 1 : -1;
    if (this.parens < 0) this.fail('unexpected right paren');
    this.one(character === '(' ? 'left paren' : 'right paren');
  }

  /** White space, without the one that belongs to ` -}}`. */
  private space(): void {
    while (SPACE.test(this.text[this.at] ?? '')) this.at += 1;
    if (this.isRightTrim(this.at - 1)) this.at -= 1;
    if (this.at > this.start) this.emit('space');
  }

  private quoted(quote: string, kind: TokenKind, problem: string): void {
    for (let at = this.at + 1; ; at += 1) {
      const character = this.text[at];
      if (character === '\\') at += 1;
      const read = this.text[at];
      if (read === undefined || read === '\n') this.fail(problem);
      if (character !== quote) continue;
      this.at = at + 1;
      return this.emit(kind);
    }
  }

  private raw(): void {
    const end = this.text.indexOf('`', this.at + 1);
    if (end < 0) this.fail('unterminated raw quoted string');
    this.at = end + 1;
    this.emit('raw string');
  }

  private named(kind: 'variable' | 'field'): void {
    this.at += 1;
    if (this.isTerminator()) return this.emit(kind === 'field' ? '.' : kind);
    this.skipWord();
    if (!this.isTerminator()) this.fail(`bad character ${unicodeName(this.peek())}`);
    this.emit(kind);
  }

  private word(): void {
    this.skipWord();
    if (!this.isTerminator()) this.fail(`bad character ${unicodeName(this.peek())}`);
    const word = this.text.slice(this.start, this.at);
    if (isKeyword(word)) this.emit(word);
    else this.emit(word === 'true' || word === 'false' ? 'bool' : 'identifier');
  }

  private isTerminator(): boolean {
    const next = this.text[this.at];
    return next === undefined || /[ \t\r\n.,|:()]/.test(next) || this.text.startsWith('}}', this.at);
  }

  private number(): void {
    let good = this.scanNumber();
    const sign = this.text[this.at];
    const complex = good && (sign === '+' || sign === '-');
    if (complex) good = this.scanNumber() && this.text[this.at - 1] === 'i';
    if (!good) this.fail(`bad number syntax: ${quoted(this.text.slice(this.start, this.at))}`);
    this.emit(complex ? 'complex' : 'number');
  }

  private scanNumber(): boolean {
    NUMBER.lastIndex = this.at;
    this.at += NUMBER.exec(this.text)?.[0].length ?? 0;
    const next = this.peek();
    if (!WORD.test(next)) return true;
    this.at += next.length;
    return false;
  }

  private skipWord(): void {
    for (let character = this.peek(); WORD.test(character); character = this.peek()) this.at += character.length;
  }

  private skipSpace(): void {
    while (SPACE.test(this.text[this.at] ?? '')) this.at += 1;
  }

  private peek(): string {
    const code = this.text.codePointAt(this.at);
    return code === undefined ? '' : String.fromCodePoint(code);
  }

  private emit(kind: TokenKind): void {
    this.push(kind, this.text.slice(this.start, this.at));
    this.start = this.at;
  }

  private push(kind: TokenKind, text: string): void {
    for (; this.counted < this.start; this.counted += 1) if (this.text[this.counted] === '\n') this.line += 1;
    this.tokens.push({ kind, text, offset: this.start, line: this.line });
  }

  private fail(problem: string): never {
    this.push('error', problem);
    throw new Stop();
  }
}

function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && SPACE.test(text[end - 1] ?? '')) end -= 1;
  return text.slice(0, end);
}

function unicodeName(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}${character === '' ? '' : ` '${character}'`}`;
}
