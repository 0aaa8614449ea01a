/** A server block, and how the words of one directive become lines; knows lines and braces, and nothing of imports. */

import { Directive } from './directive.ts';
import type { Body, Lines } from './directive.ts';
import type { Position } from './error.ts';
import type { Word } from './lex.ts';
import { onSameLine } from './stream.ts';

/** One server block (PARSE-4). */
export interface Block {
  /** The keys as written, environment replaced, commas gone; `parseKey` reads them. */
  readonly keys: readonly Word[];
  /** All directives in the order of the file. */
  readonly directives: readonly Directive[];
  /** The words of each directive, braces and all, in the order of the file. */
  readonly written: readonly (readonly Word[])[];
  /** Where the block begins: its first key. */
  readonly at: Position;
}

/** The lines of each word of a block, in the order of the file; each plugin gets all its lines at once (PARSE-8). */
export function linesByWord(block: Block): Map<string, Lines> {
  const lines = new Map<string, [Directive, ...Directive[]]>();
  for (const directive of block.directives) {
    const known = lines.get(directive.owner);
    if (known === undefined) lines.set(directive.owner, [directive]);
    else known.push(directive);
  }
  return lines;
}

/**
 * The lines that the words of one directive make up. Usually one; words behind a closing brace, and a brace that opens on a
 * line of its own, begin further lines, for CoreDNS hands them to the plugin as if they were more of its directives.
 */
export function readLines(words: readonly Word[], owner: string): Directive[] {
  const reader = new LineReader(words, owner);
  const lines: Directive[] = [];
  for (let line = reader.line(); line !== undefined; line = reader.line()) lines.push(line);
  return lines;
}

/** What of a line is known while its block is still open. */
interface OpenLine {
  readonly words: readonly [Word, ...Word[]];
  readonly open: Word;
  readonly lines: Directive[];
}

class LineReader {
  readonly #words: readonly Word[];
  readonly #owner: string;
  #at = 0;

  constructor(words: readonly Word[], owner: string) {
    this.#words = words;
    this.#owner = owner;
  }

  /** The next line with all that its braces hold. A stack instead of recursion: depth is up to whoever wrote the file. */
  line(): Directive | undefined {
    const open: OpenLine[] = [];
    let done: Directive | undefined;
    while (this.#at < this.#words.length && done === undefined) {
      const word = this.#words[this.#at] as Word;
      if (word.text === '}' && open.length > 0) {
        this.#at++;
        done = this.#close(open, word);
        continue;
      }
      const words = this.#lineWords();
      const brace = this.#brace(words.at(-1) as Word);
      if (brace !== undefined) open.push({ words, open: brace, lines: [] });
      else done = this.#add(open, new Directive(words, undefined, this.#owner));
    }
    // The last property may have taken the closing brace as an argument (PARSE-15).
    while (done === undefined && open.length > 0) done = this.#close(open, this.#words.at(-1) as Word);
    return done;
  }

  /** A word and the arguments behind it, up to the end of the line or an opening brace. */
  #lineWords(): [Word, ...Word[]] {
    const words: [Word, ...Word[]] = [this.#words[this.#at++] as Word];
    for (let next = this.#words[this.#at]; next !== undefined; next = this.#words[this.#at]) {
      if (next.text === '{' || !onSameLine(words.at(-1) as Word, next)) break;
      words.push(next);
      this.#at++;
    }
    return words;
  }

  /** The opening brace, if there is one on the line. */
  #brace(last: Word): Word | undefined {
    const next = this.#words[this.#at];
    if (next === undefined || next.text !== '{' || !onSameLine(last, next)) return undefined;
    this.#at++;
    return next;
  }

  #close(open: OpenLine[], close: Word): Directive | undefined {
    const { words, open: brace, lines } = open.pop() as OpenLine;
    const body: Body = { open: brace, lines, close };
    return this.#add(open, new Directive(words, body, this.#owner));
  }

  /** Puts a line into the block around it; gives it back when there is none. */
  #add(open: readonly OpenLine[], line: Directive): Directive | undefined {
    const parent = open.at(-1);
    if (parent === undefined) return line;
    parent.lines.push(line);
    return undefined;
  }
}
