/** A line of words still to be read, where imports push in front; knows which word came before, and nothing of braces. */

import type { Position } from './error.ts';
import { lineBreaks } from './lex.ts';
import type { Word } from './lex.ts';

/** The words a parser still has before it, with one word of looking back. */
export class WordStream {
  /** The word read last; undefined before the first. */
  current: Word | undefined;
  /** The word before it. Only right after `next`. */
  #previous: Word | undefined;
  /** In reverse, so that reading and importing cost the same however much is left. */
  readonly #left: Word[];
  readonly #file: string;

  constructor(words: readonly Word[], file: string) {
    this.#left = words.toReversed();
    this.#file = file;
  }

  /** Steps to the next word; false, and no step, at the end. */
  next(): boolean {
    const word = this.#left.pop();
    if (word === undefined) return false;
    this.#previous = this.current;
    this.current = word;
    return true;
  }

  /** Goes back by one word. Not twice in a row. */
  back(): void {
    if (this.current !== undefined) this.#left.push(this.current);
    this.current = this.#previous;
  }

  /** Steps to the next word if it is on the same line. */
  nextOnLine(): boolean {
    const word = this.#left.at(-1);
    return word !== undefined && (this.current === undefined || onSameLine(this.current, word)) && this.next();
  }

  /** Puts words in front and makes `before` the word read last: `next` then gives the first of them. */
  replace(before: Word | undefined, words: readonly Word[]): void {
    this.current = before;
    for (let index = words.length - 1; index >= 0; index--) this.#left.push(words[index] as Word);
  }

  /** The word before the current one. */
  get previous(): Word | undefined {
    return this.#previous;
  }

  /** Leaves nothing to read. */
  clear(): void {
    this.#left.length = 0;
  }

  /** The text of the word that `next` would give. */
  get peek(): string | undefined {
    return this.#left.at(-1)?.text;
  }

  /** The text of the current word, or nothing before the first. */
  get text(): string {
    return this.current?.text ?? '';
  }

  /** The place of the current word. */
  get position(): Position {
    return this.current ?? { file: this.#file, line: 0, column: 0 };
  }

  /** Whether the current word begins a line. A file's first word does. */
  get startsLine(): boolean {
    const { current } = this;
    const previous = this.#previous;
    if (current === undefined || previous === undefined) return true;
    return previous.file !== current.file || previous.line + lineBreaks(previous.text) < current.line;
  }
}

/** Whether a word follows another on the line where that one ends (PARSE-16). */
export function onSameLine(word: Word, next: Word): boolean {
  return word.file === next.file && word.line + lineBreaks(word.text) === next.line;
}
