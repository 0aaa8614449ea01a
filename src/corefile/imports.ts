/** Fetches what `import` names: a snippet, a file or the files of a glob; knows paths and limits, and nothing of blocks. */

import { CorefileError } from './error.ts';
import type { Position } from './error.ts';
import { folderOf, joinPath } from './glob.ts';
import { lex } from './lex.ts';
import type { Word } from './lex.ts';

/** The files an import may read; whoever parses hands them in. Paths use `/`. */
export interface Files {
  /** The absolute form of a path, as seen from the working directory. */
  absolute(path: string): string;
  /** The text of a file. Throws an Error whose message is what the system said, such as `is a directory`. */
  read(path: string): string;
  /** The paths that match an absolute pattern, sorted; a pattern without wildcards gives itself if it exists. */
  glob(pattern: string): readonly string[];
}

const MOST_SNIPPETS = 10_000;
const MOST_FILES = 100_000;
// CoreDNS has no such limit and fills the memory; nobody's configuration has so many words.
const MOST_WORDS = 1_000_000;

/** Snippets and files of one parse, each read once. */
export class Imports {
  /** A limit was reached; only a loop does that. */
  exhausted = false;
  /** Absolute paths of the files read, in order of first use. */
  readonly paths: string[] = [];
  readonly #snippets = new Map<string, readonly Word[]>();
  readonly #files: Files;
  readonly #warn: (text: string, at: Position) => void;
  readonly #read = new Map<string, readonly Word[]>();
  /** By the importing file and the name; a loop would otherwise ask the disk a hundred thousand times. */
  readonly #found = new Map<string, readonly Word[]>();
  #snippetCount = 0;
  #fileCount = 0;
  #wordCount = 0;

  constructor(files: Files, warn: (text: string, at: Position) => void) {
    this.#files = files;
    this.#warn = warn;
  }

  /** Stores a snippet's body (PARSE-10). */
  declare(name: string, words: readonly Word[]): void {
    this.#snippets.set(name, words);
  }

  /** Whether a snippet of that name was declared. */
  declared(name: string): boolean {
    return this.#snippets.has(name);
  }

  /** The words to put in the place of `import NAME` (PARSE-11, PARSE-12). Throws CorefileError. */
  words(name: string, at: Position): readonly Word[] {
    const snippet = this.#snippets.get(name);
    if (snippet === undefined) {
      if (this.#fileCount++ >= MOST_FILES) this.#tooDeep('file', at);
      return this.#counted(this.#fromFiles(name, at), 'file', at);
    }
    if (this.#snippetCount++ >= MOST_SNIPPETS) this.#tooDeep('snippet', at);
    return this.#counted(snippet, 'snippet', at);
  }

  #counted(words: readonly Word[], kind: string, at: Position): readonly Word[] {
    this.#wordCount += words.length;
    if (this.#wordCount > MOST_WORDS) this.#tooDeep(kind, at);
    return words;
  }

  // CoreDNS names the limit of snippets in both texts.
  #tooDeep(kind: string, at: Position): never {
    this.exhausted = true;
    const hint = 'an import that leads back to itself';
    throw new CorefileError(`maximum ${kind} import depth (${MOST_SNIPPETS}) exceeded`, at, { hint, code: 'import' });
  }

  #fromFiles(name: string, at: Position): readonly Word[] {
    const place = `${at.file}\0${name}`;
    const found = this.#found.get(place) ?? this.#find(name, at);
    this.#found.set(place, found);
    return found;
  }

  #find(name: string, at: Position): readonly Word[] {
    const pattern = joinPath(folderOf(this.#files.absolute(at.file)), name);
    if (manyWildcards(pattern)) {
      throw new CorefileError(`Glob pattern may only contain one wildcard (*), but has others: ${pattern}`, at, { code: 'import' });
    }
    const paths = this.#glob(pattern, name, at);
    if (paths.length === 0) {
      if (!/[*?[\]]/.test(pattern)) {
        const hint = `no snippet (${name}) above, and no file ${pattern}`;
        throw new CorefileError(`File to import not found: ${name}`, at, { hint, code: 'import' });
      }
      this.#warn(`No files matching import glob pattern: ${name}`, at);
    }
    return paths.flatMap((path) => this.#file(path, at));
  }

  #glob(pattern: string, name: string, at: Position): readonly string[] {
    try {
      return this.#files.glob(pattern);
    } catch (error) {
      throw new CorefileError(`Failed to use import pattern ${name}: ${(error as Error).message}`, at, { code: 'import', cause: error });
    }
  }

  #file(path: string, at: Position): readonly Word[] {
    const known = this.#read.get(path);
    if (known !== undefined) return known;
    try {
      const absolute = this.#files.absolute(path);
      const { words } = lex(this.#files.read(path), absolute);
      this.#read.set(path, words);
      this.paths.push(absolute);
      return words;
    } catch (error) {
      throw new CorefileError(`Could not import ${path}: ${(error as Error).message}`, at, { code: 'import', cause: error });
    }
  }
}

/** More wildcards than one `*` and one `?`, or a pair of brackets (PARSE-11). */
function manyWildcards(pattern: string): boolean {
  const count = (character: string): number => pattern.split(character).length - 1;
  return count('*') > 1 || count('?') > 1 || (pattern.includes('[') && pattern.includes(']'));
}

/** The error for a snippet that imports itself. */
export function snippetLoop(name: string, at: Position): CorefileError {
  const hint = `snippet (${name}) imports itself`;
  return new CorefileError(`maximum snippet import depth (${MOST_SNIPPETS}) exceeded`, at, { hint, code: 'import' });
}
