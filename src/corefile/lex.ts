/** Splits Corefile text into words and comments; knows quotes and line counts, and nothing of braces or meaning. */

import type { Position } from './error.ts';

/** One word of a Corefile, with its place. */
export interface Word extends Position {
  /** The word as it is meant: without quotes, escapes resolved. */
  readonly text: string;
  /** The word as it was written. A comment glued to a word (`abc#def`) is part of it. */
  readonly raw: string;
  readonly quoted: boolean;
}

/** One comment, from `#` to the end of its line. */
export interface Comment extends Position {
  readonly raw: string;
}

/** What a text consists of, in order of appearance. */
export interface Lexed {
  readonly words: readonly Word[];
  readonly comments: readonly Comment[];
}

// What Go's unicode.IsSpace accepts (PARSE-1); `\s` differs in U+0085 and U+FEFF.
const SPACE = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

/** Whether one UTF-16 unit separates words (PARSE-1). */
export function isSpace(character: string): boolean {
  return SPACE.test(character);
}

/** How many line breaks a text holds: a quoted word may span lines (PARSE-16). */
export function lineBreaks(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count++;
  return count;
}

/** Words and comments of a text (PARSE-1 to PARSE-3, PARSE-16). Never throws: an open quote ends with the text. */
export function lex(text: string, file: string): Lexed {
  const scanner = new Scanner(text, file);
  while (scanner.step()) {
    /* each step takes one word, one comment or one space */
  }
  return { words: scanner.words, comments: scanner.comments };
}

class Scanner {
  readonly words: Word[] = [];
  readonly comments: Comment[] = [];
  readonly #text: string;
  readonly #file: string;
  #at = 0;
  #line = 1;
  #lineStart = 0;

  constructor(text: string, file: string) {
    this.#text = text;
    this.#file = file;
    if (text.charCodeAt(0) === 0xfeff) this.#at = this.#lineStart = 1;
  }

  step(): boolean {
    const character = this.#text[this.#at];
    if (character === undefined) return false;
    if (isSpace(character)) this.#space();
    else if (character === '#') this.#comment();
    else if (character === '"') this.#quoted();
    else this.#plain();
    return true;
  }

  #space(): void {
    if (this.#text[this.#at++] !== '\n') return;
    this.#line++;
    this.#lineStart = this.#at;
  }

  #comment(): void {
    const start = this.#at;
    const end = this.#text.indexOf('\n', start);
    this.#at = end === -1 ? this.#text.length : end;
    this.comments.push({ ...this.#position(start), raw: withoutReturns(this.#text.slice(start, this.#at)).trimEnd() });
  }

  #plain(): void {
    const text = this.#text;
    const start = this.#at;
    let comment = -1;
    while (this.#at < text.length) {
      const character = text[this.#at] as string;
      // Only a space ends a comment that is glued to a word: as CoreDNS, what follows that space counts again.
      if (character !== '\r' && isSpace(character)) break;
      if (character === '#' && comment === -1) comment = this.#at;
      this.#at++;
    }
    const raw = withoutReturns(text.slice(start, this.#at));
    const meant = comment === -1 ? raw : withoutReturns(text.slice(start, comment));
    this.words.push({ ...this.#position(start), text: meant, raw, quoted: false });
  }

  #quoted(): void {
    const text = this.#text;
    const start = this.#at;
    const position = this.#position(start);
    let meant = '';
    let closed = false;
    this.#at++;
    while (this.#at < text.length && !closed) {
      const character = text[this.#at++] as string;
      if (character === '"') closed = true;
      else if (character === '\\') meant += this.#escape();
      else meant += this.#counted(character);
    }
    // As CoreDNS: an open quote with nothing behind it is no word at all.
    if (!closed && meant === '') return;
    const raw = closed ? text.slice(start, this.#at) : `"${meant.replaceAll('"', '\\"')}"`;
    this.words.push({ ...position, text: meant, raw, quoted: true });
  }

  /** Only a quote can be escaped (PARSE-3). A backslash at the very end of the text is lost. */
  #escape(): string {
    const character = this.#text[this.#at++];
    if (character === undefined) return '';
    return character === '"' ? '"' : `\\${this.#counted(character)}`;
  }

  #counted(character: string): string {
    if (character === '\n') {
      this.#line++;
      this.#lineStart = this.#at;
    }
    return character;
  }

  #position(start: number): Position {
    return { file: this.#file, line: this.#line, column: start - this.#lineStart + 1 };
  }
}

function withoutReturns(text: string): string {
  return text.includes('\r') ? text.replaceAll('\r', '') : text;
}
