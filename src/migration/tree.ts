// A Corefile as the lines it was written in, and which of them belong together. Knows rows, braces and snippets; forgets nothing, and means
// nothing by a word.
import { CorefileError } from '../corefile/error.ts';
import { rowsOf } from '../corefile/format.ts';
import type { Row } from '../corefile/format.ts';

/** One line with all that stands in its braces. Rows count from 0. */
export interface Statement {
  /** The words before a brace, as they are meant. */
  readonly words: readonly string[];
  /** The same as they were written. */
  readonly written: readonly string[];
  readonly first: number;
  readonly last: number;
  /** Undefined where there are no braces. */
  readonly body: readonly Statement[] | undefined;
  /** What stands behind the words, from `#` on. */
  readonly comment: string | undefined;
  /** Whether its words stand in one row and end there: those of a quote that goes on are left alone. */
  readonly isPlain: boolean;
}
/** What stands outside of all braces: a server block, a snippet, or an import of blocks. */
export interface Part extends Statement {
  /** The name of a snippet. */
  readonly snippet: string | undefined;
  /** A block that has no braces and goes on to the end of the file. */
  readonly isBare: boolean;
}

/** The parts of a file. Throws CorefileError where braces do not fit, or words stand behind one that opens. */
export function partsOf(text: string, file: string): Part[] {
  const reader = new Reader(text, file);
  const parts: Part[] = [];
  for (let part = reader.part(); part !== undefined; part = reader.part()) parts.push(part);
  return parts;
}
/** The lines of a file that is imported inside of a block. Throws like `partsOf`. */
export function linesOf(text: string, file: string): Statement[] {
  return new Reader(text, file).statements(false);
}

class Reader {
  readonly #rows: readonly Row[];
  readonly #file: string;
  readonly #texts: readonly string[];
  #at = 0;

  constructor(text: string, file: string) {
    this.#rows = rowsOf(text, file).filter(({ words }) => words.length > 0);
    this.#file = file;
    this.#texts = text.split('\n');
    if (isOpenQuote(this.#texts, this.#rows)) this.#fail(this.#rows.at(-1)!, 'a quote is not closed');
  }

  part(): Part | undefined {
    const row = this.#rows[this.#at];
    if (row === undefined) return undefined;
    const [first] = row.words;
    if (first!.text === 'import') return { ...this.#statement(), snippet: undefined, isBare: false };
    // Keys go on behind a comma.
    const keys: Row[] = [row];
    while (keys.at(-1)!.words.at(-1)!.text.endsWith(',') && this.#rows[this.#at + 1] !== undefined) keys.push(this.#rows[++this.#at]!);
    const last = keys.at(-1)!;
    this.#at++;
    const isOpen = last.words.at(-1)!.text === '{';
    const words = keys.flatMap((each) => each.words).slice(0, isOpen ? -1 : undefined);
    this.#only(keys, isOpen);
    const body = this.statements(isOpen);
    const [name = ''] = words.map(({ text }) => text);
    return {
      words: words.map(({ text }) => text), written: words.map(({ raw }) => raw), first: row.firstLine - 1, last: this.#lastRow, body,
      comment: last.comment?.raw, isPlain: keys.length === 1 && this.#isPlain(row), isBare: !isOpen,
      snippet: words.length === 1 && /^\(.+\)$/.test(name) ? name.slice(1, -1) : undefined,
    };
  }
  /** The lines up to a closing brace, which is taken too, or to the end of the file. */
  statements(isOpen: boolean): Statement[] {
    const found: Statement[] = [];
    for (let row = this.#rows[this.#at]; row !== undefined; row = this.#rows[this.#at]) {
      if (row.words[0]!.text === '}') {
        if (!isOpen || row.words.length > 1) this.#fail(row, isOpen ? 'words stand behind a closing brace' : 'a closing brace too many');
        this.#at++;
        return found;
      }
      found.push(this.#statement());
    }
    if (isOpen) this.#fail(this.#rows.at(-1)!, 'a closing brace is missing');
    return found;
  }
  #statement(): Statement {
    const row = this.#rows[this.#at++]!;
    const isOpen = row.words.at(-1)!.text === '{';
    this.#only([row], isOpen);
    const words = isOpen ? row.words.slice(0, -1) : row.words;
    const body = isOpen ? this.statements(true) : undefined;
    return {
      words: words.map(({ text }) => text), written: words.map(({ raw }) => raw), first: row.firstLine - 1,
      last: isOpen ? this.#lastRow : row.lastLine - 1, body, comment: row.comment?.raw, isPlain: this.#isPlain(row),
    };
  }
  /** Whether each word stands in the row as it was read. */
  #isPlain({ firstLine, words }: Row): boolean {
    const text = this.#texts[firstLine - 1]!;
    return words.every(({ line, column, raw }) => line === firstLine && text.startsWith(raw, column - 1));
  }
  get #lastRow(): number {
    return this.#rows[this.#at - 1]!.lastLine - 1;
  }
  /** Braces stand at the ends of lines, as `fmt` would leave them and everybody writes them. */
  #only(rows: readonly Row[], isOpen: boolean): void {
    for (const [i, { words }] of rows.entries()) {
      const until = i === rows.length - 1 && isOpen ? -1 : undefined;
      if (words.slice(0, until).some(({ text }) => text === '{' || text === '}')) this.#fail(rows[i]!, 'a brace stands between words');
    }
  }
  #fail(row: Row, reason: string): never {
    const { line, column } = row.words[0]!;
    throw new CorefileError(`${reason}: this cannot be moved to another version`, { file: this.#file, line, column }, { form: 'line' });
  }
}
/** Whether the last quote goes on to the end of the text: what is added behind it would be in it. */
function isOpenQuote(texts: readonly string[], rows: readonly Row[]): boolean {
  const last = rows.at(-1)?.words.at(-1);
  if (last === undefined) return false;
  const rest = texts.slice(last.line - 1).join('\n').slice(last.column - 1).replaceAll('\r', '');
  if (!rest.startsWith(last.raw.replaceAll('\r', ''))) return last.quoted;
  return /^\s*"/m.test(rest.slice(last.raw.replaceAll('\r', '').length).replaceAll(/#.*/g, ''));
}
