// A Corefile and the files that it imports, as lines that can be taken out, changed and added without touching others. Knows which lines
// a server block has in effect; knows nothing of versions.
import { folderOf, joinPath } from '../corefile/glob.ts';
import type { Files } from '../corefile/imports.ts';
import { lex } from '../corefile/lex.ts';
import { linesOf, partsOf } from './tree.ts';
import type { Part, Statement } from './tree.ts';

/** One file. */
export class Document {
  readonly path: string;
  /** What a file that is imported holds: blocks, or lines of a block. */
  readonly #holds: 'blocks' | 'lines';
  #rows: string[];
  #parts: readonly Part[] | undefined = undefined;
  #lines: readonly Statement[] | undefined = undefined;
  #comments: ReadonlyMap<number, string> | undefined = undefined;

  constructor(path: string, text: string, holds: 'blocks' | 'lines') {
    this.path = path;
    this.#holds = holds;
    this.#rows = text.split('\n');
  }
  get text(): string {
    return this.#rows.join('\n');
  }
  /** Its blocks, snippets and imports. Throws CorefileError. */
  get parts(): readonly Part[] {
    return (this.#parts ??= this.#holds === 'blocks' ? partsOf(this.text, this.path) : []);
  }
  /** The lines of each block and snippet, or its own. */
  get groups(): readonly (readonly Statement[])[] {
    if (this.#holds === 'blocks') return this.parts.map(({ body }) => body ?? []);
    return [(this.#lines ??= linesOf(this.text, this.path))];
  }

  /** Takes out a line with its braces; comments that stand in it or behind it stay. */
  remove({ first, last }: Statement): void {
    const kept = this.#rows.slice(first, last + 1).flatMap((row, i) => {
      const comment = this.#commentIn(first + i);
      return comment === undefined ? [] : [`${indentOf(row)}${comment}`];
    });
    this.#splice(first, last - first + 1, kept);
  }
  /** Takes out a line with all that stands in its rows. */
  cut({ first, last }: Statement): void {
    this.#splice(first, last - first + 1, []);
  }
  /** Puts other words in the place of a line's own; what stands before and behind them stays. */
  reword({ first, written }: Statement, words: string): void {
    const row = this.#rows[first]!;
    const from = indentOf(row).length;
    this.#splice(first, 1, [`${row.slice(0, from)}${words}${row.slice(from + lengthOf(row.slice(from), written))}`]);
  }
  /** Adds a line behind another one, or before it. Its rows are indented as that one is. */
  add(beside: Statement, where: 'before' | 'behind', rows: readonly string[]): void {
    const indent = indentOf(this.#rows[beside.first]!);
    this.#splice(where === 'before' ? beside.first : beside.last + 1, 0, rows.map((row) => `${indent}${row}`));
  }
  /** Adds a line as the last one in the braces of another; `own` stands behind it where it has no braces yet. */
  addInside(statement: Statement, line: string, own: string): void {
    const { first, last, body, written } = statement;
    const row = this.#rows[first]!;
    const indent = indentOf(row);
    const inner = body?.[0] === undefined ? `${indent}${indent.includes('\t') ? '\t' : '    '}` : indentOf(this.#rows[body[0].first]!);
    if (body !== undefined) return this.#splice(last, 0, [`${inner}${line}`]);
    const end = indent.length + lengthOf(row.slice(indent.length), written);
    this.#splice(first, 1, [`${row.slice(0, end)} {${row.slice(end)}`, `${inner}${line}${own}`, `${indent}}`]);
  }
  /** Takes the braces of a line away, in which nothing stands. */
  unbrace({ first, last, written }: Statement): void {
    const row = this.#rows[first]!;
    const end = indentOf(row).length + lengthOf(row.trimStart(), written);
    const closing = this.#commentIn(last);
    this.#splice(last, 1, closing === undefined ? [] : [`${indentOf(row)}${closing}`]);
    this.#splice(first, 1, [`${row.slice(0, end)}${row.slice(end).replace(/\s*\{/, '')}`]);
  }
  /** Whether there is anything between the braces of a line but space. */
  isEmpty({ first, last }: Statement): boolean {
    return this.#rows.slice(first + 1, last).every((row) => row.trim() === '');
  }
  /** Rows at the end of the file, behind an empty one. */
  append(rows: readonly string[]): void {
    const at = this.#rows.at(-1) === '' ? this.#rows.length - 1 : this.#rows.length;
    this.#splice(at, 0, ['', ...rows]);
  }
  /** The text of a line's rows. */
  rowsOf({ first, last }: Statement): readonly string[] {
    return this.#rows.slice(first, last + 1);
  }
  #commentIn(row: number): string | undefined {
    this.#comments ??= new Map(lex(this.text, this.path).comments.map(({ line, raw }) => [line - 1, raw]));
    return this.#comments.get(row);
  }
  #splice(at: number, count: number, rows: readonly string[]): void {
    this.#rows.splice(at, count, ...rows);
    this.#parts = this.#lines = this.#comments = undefined;
  }
}
const indentOf = (row: string): string => /^\s*/.exec(row)![0];
/** How much of a row these words take, as they were written, one behind the other. */
function lengthOf(row: string, words: readonly string[]): number {
  let at = 0;
  for (const word of words) at = row.indexOf(word, at) + word.length;
  return at;
}

/** A line, and the file in which it stands. */
export interface Placed {
  readonly document: Document;
  readonly statement: Statement;
}

/** A Corefile with all that it imports. */
export class Project {
  readonly documents: readonly Document[];
  readonly #files: Files;

  /** Throws CorefileError where braces do not fit, and what `files` throws. */
  constructor(file: string, text: string, files: Files) {
    this.#files = files;
    const documents = [new Document(file, text, 'blocks')];
    this.documents = documents;
    const known = new Set([file]);
    for (let i = 0; i < documents.length; i++) {
      const document = documents[i]!;
      const take = ({ words: [word, name = ''] }: Statement, holds: 'blocks' | 'lines'): void => {
        if (word !== 'import') return;
        for (const path of this.#imported(document, name)) {
          if (known.has(path)) continue;
          known.add(path);
          documents.push(new Document(path, files.read(path), holds));
        }
      };
      for (const part of document.parts) if (part.body === undefined) take(part, 'blocks');
      for (const statement of document.groups.flat()) take(statement, 'lines');
    }
  }
  /** The server blocks. */
  get blocks(): readonly (Placed & { readonly statement: Part })[] {
    return this.documents.flatMap((document) => document.parts
      .filter(({ snippet, body }) => snippet === undefined && body !== undefined).map((statement) => ({ document, statement })));
  }
  /** Every line of a plugin, in whatever block, snippet or file, once. */
  get lines(): readonly Placed[] {
    return this.documents.flatMap((document) => document.groups.flat().filter(({ isPlain }) => isPlain)
      .map((statement) => ({ document, statement })));
  }
  /** The words of the lines that a block has in effect. */
  wordsOf(document: Document, body: readonly Statement[], seen = new Set<string>()): string[] {
    return body.flatMap(({ words: [word = '', name = ''] }) => {
      if (word !== 'import' || seen.has(name)) return word === 'import' ? [] : [word];
      seen.add(name);
      const parts = this.documents.flatMap((each) => each.parts.map((part) => ({ each, part })));
      const snippet = parts.find(({ part }) => part.snippet === name);
      if (snippet !== undefined) return this.wordsOf(snippet.each, snippet.part.body ?? [], seen);
      return this.#imported(document, name).flatMap((path) => {
        const file = this.documents.find((each) => each.path === path);
        return file === undefined ? [] : this.wordsOf(file, file.groups.flat(), seen);
      });
    });
  }
  #imported({ path }: Document, name: string): readonly string[] {
    const isSnippet = this.documents.some(({ parts }) => parts.some(({ snippet }) => snippet === name));
    return isSnippet ? [] : this.#files.glob(joinPath(folderOf(this.#files.absolute(path)), name));
  }
}
