// The words of one entry of zone text: quotes, parentheses, comments (RFC 1035 section 5.1), and a cursor over them.
// Knows characters, nothing of records.

import { unescape } from './escape.ts';
import type { Name } from './name.ts';

/** A text that is no resource record, and why. */
export class RRError extends Error {
  override readonly name = 'RRError';
}

/** One word, escapes still in it. */
export interface Word {
  readonly text: string;
  /** It stood between quotes. */
  readonly quoted: boolean;
  /** Nothing stood between it and the word before. */
  readonly glued: boolean;
}

/** One entry: its words, and whether it began with a blank, so that its owner is that of the entry before. */
export interface Entry {
  readonly words: readonly Word[];
  readonly indented: boolean;
}

const TAB = 0x09;
const LINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const OPEN = 0x28;
const CLOSE = 0x29;
const SEMICOLON = 0x3b;
const PLAIN = /[^ \t\r\n"();\\]+/y;

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB || code === RETURN;
}

/** Cuts text into the words of its first entry that has any; undefined where it has none. Throws RRError. */
export function splitEntry(text: string): Entry | undefined {
  const words: Word[] = [];
  let depth = 0;
  let glued = false;
  let indented = isBlank(text.charCodeAt(0));
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code === LINE) {
      if (depth === 0 && words.length > 0) break;
      at++;
      if (depth === 0) indented = isBlank(text.charCodeAt(at));
      glued = false;
    } else if (isBlank(code)) {
      at++;
      glued = false;
    } else if (code === SEMICOLON) {
      const end = text.indexOf('\n', at);
      at = end < 0 ? text.length : end;
    } else if (code === OPEN || code === CLOSE) {
      depth += code === OPEN ? 1 : -1;
      if (depth < 0) throw new RRError('extra closing brace');
      at++;
      glued = false;
    } else {
      const quoted = code === QUOTE;
      const from = quoted ? at + 1 : at;
      const end = quoted ? quoteEnd(text, from) : wordEnd(text, at);
      words.push({ text: text.slice(from, end), quoted, glued });
      at = quoted ? end + 1 : end;
      glued = true;
    }
  }
  if (depth > 0) throw new RRError('unbalanced brace');
  return words.length === 0 ? undefined : { words, indented };
}

function quoteEnd(text: string, at: number): number {
  for (; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '"') return at;
    if (char === '\\') at++;
  }
  throw new RRError('unbalanced quote');
}

function wordEnd(text: string, at: number): number {
  while (at < text.length) {
    PLAIN.lastIndex = at;
    if (PLAIN.test(text)) at = PLAIN.lastIndex;
    else if (text.charAt(at) === '\\') at += 2;
    else return at;
  }
  return Math.min(at, text.length);
}

/** Hands out words one after another. What is asked for and is not there throws RRError. */
export class Words {
  /** Which name stands for `@`, and ends names without a last dot. */
  readonly origin: Name | undefined;
  private readonly words: readonly Word[];
  private at: number;

  constructor(words: readonly Word[], at = 0, origin?: Name) {
    this.words = words;
    this.at = at;
    this.origin = origin;
  }

  /** Whether a word is left. */
  get more(): boolean {
    return this.at < this.words.length;
  }

  /** How many words were taken. */
  get taken(): number {
    return this.at;
  }

  /** The next word, which stays; undefined behind the last. */
  get peek(): Word | undefined {
    return this.words[this.at];
  }

  /** The next word, escapes still in it. */
  take(): Word {
    const word = this.words[this.at++];
    if (word === undefined) throw new RRError('a value is missing');
    return word;
  }

  /** The text of the next word, escapes still in it. */
  text(): string {
    return this.take().text;
  }

  /** The octets that the next word stands for. */
  octets(): string {
    const word = this.take();
    const octets = unescape(word.text);
    if (octets === undefined) throw new RRError(`bad escape in "${word.text}"`);
    return octets;
  }

  /** The texts of all words left, put together without blanks: long hex and base64 may be cut anywhere. */
  joined(): string {
    let text = '';
    while (this.more) text += this.text();
    return text;
  }
}
