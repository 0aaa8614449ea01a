/** Corefile text to server blocks; knows keys, braces, snippets and imports, and nothing of what a directive means. */

import { readLines } from './block.ts';
import type { Block } from './block.ts';
import type { Directive } from './directive.ts';
import { replaceEnvironment } from './environment.ts';
import type { Environment } from './environment.ts';
import { CorefileError } from './error.ts';
import type { Code, Position } from './error.ts';
import { Imports, snippetLoop } from './imports.ts';
import type { Files } from './imports.ts';
import { lex } from './lex.ts';
import type { Word } from './lex.ts';
import { WordStream } from './stream.ts';
import { nearestWord } from './suggest.ts';

export type { Block } from './block.ts';
export type { Files } from './imports.ts';
export { linesByWord } from './block.ts';

/** What parsing needs from outside. */
export interface ParseOptions {
  /** The file's name as errors show it, and what relative imports are relative to. */
  readonly file: string;
  readonly environment: Environment;
  readonly files: Files;
  /** The words a directive may begin with; without it any word will do. */
  readonly knownWords?: ReadonlySet<string> | undefined;
  /** Takes warnings, without a level before them, and the place that they are of. */
  readonly warn?: ((text: string, at: Position) => void) | undefined;
  /** When given, every mistake is added here and parsing goes on behind it; otherwise the first one is thrown. */
  readonly problems?: { push(error: CorefileError): unknown } | undefined;
}

/** What a Corefile holds. */
export interface Parsed {
  readonly blocks: readonly Block[];
  /** Absolute paths of the files that were imported. */
  readonly imported: readonly string[];
}

/** Reads a Corefile (PARSE-1 to PARSE-17). Throws CorefileError unless `problems` collects them. */
export function parseCorefile(text: string, options: ParseOptions): Parsed {
  return new Parser(text, options).parse();
}

class Parser {
  readonly #options: ParseOptions;
  readonly #stream: WordStream;
  readonly #imports: Imports;
  readonly #noted = new Set<string>();
  /** Words with a brace in them, environment replaced. */
  readonly #values = new Map<string, string>();
  /** The file ended while keys were read. */
  #ended = false;

  constructor(text: string, options: ParseOptions) {
    this.#options = options;
    this.#stream = new WordStream(lex(text, options.file).words, options.file);
    this.#imports = new Imports(options.files, options.warn ?? ((): void => {}));
  }

  parse(): Parsed {
    const blocks: Block[] = [];
    while (this.#stream.next()) {
      const keys = this.#keys();
      const [first] = keys;
      if (this.#ended) {
        if (first !== undefined) blocks.push({ keys, directives: [], written: [], at: first });
        break;
      }
      const snippet = keys.length === 1 && first !== undefined ? snippetName(first.text) : undefined;
      if (snippet !== undefined) {
        this.#snippet(snippet);
        continue;
      }
      const written: Word[][] = [];
      const directives = this.#contents(written);
      // As CoreDNS: a block without keys is read and forgotten.
      if (first !== undefined) blocks.push({ keys, directives, written, at: first });
    }
    return { blocks, imported: this.#imports.paths };
  }

  /** Throws the error, or notes it and returns. A snippet imported twice makes its mistakes once. */
  #problem(error: CorefileError): void {
    if (this.#options.problems === undefined) throw error;
    if (this.#noted.has(error.message)) return;
    this.#noted.add(error.message);
    this.#options.problems.push(error);
  }

  #failure(reason: string, hint?: string, at: Position = this.#stream.position, code: Code = 'syntax'): void {
    this.#problem(new CorefileError(reason, at, { hint, code }));
  }

  #unexpected(expecting: string, hint?: string): void {
    const { text, position } = this.#stream;
    this.#problem(new CorefileError(`Unexpected token '${text}', expecting '${expecting}'`, position, { form: 'syntax', hint }));
  }

  #replaced(word: Word): Word {
    const known = word.text.includes('{') ? (this.#values.get(word.text) ?? this.#value(word)) : word.text;
    return known === word.text ? word : { ...word, text: known };
  }

  #value(word: Word): string {
    let value = word.text;
    try {
      value = replaceEnvironment(word.text, this.#options.environment);
    } catch (error) {
      this.#failure((error as Error).message, undefined, word);
    }
    this.#values.set(word.text, value);
    return value;
  }

  /** The keys of a block, up to its brace or, without one, its first line of directives (PARSE-4). */
  #keys(): Word[] {
    const stream = this.#stream;
    const keys: Word[] = [];
    let another = false;
    for (;;) {
      const word = this.#replaced(stream.current as Word);
      if (word.text === 'import' && stream.startsLine) {
        this.#import();
        if (stream.next()) continue;
        return this.#endOfKeys(keys, another);
      }
      if (word.text === '{') {
        if (another) this.#failure("Expected another address but had '{' - check for extra comma");
        return keys;
      }
      if (word.text !== '') {
        another = word.text.endsWith(',');
        keys.push(another ? { ...word, text: word.text.slice(0, -1) } : word);
      }
      if (!stream.next()) return this.#endOfKeys(keys, another);
      if (!another && stream.startsLine) return keys;
    }
  }

  #endOfKeys(keys: Word[], another: boolean): Word[] {
    if (another) this.#failure('Unexpected EOF');
    this.#ended = true;
    return keys;
  }

  /** Puts what is imported in the place of `import NAME`; the next word is then the first imported one (PARSE-11, PARSE-12). */
  #import(): void {
    const stream = this.#stream;
    const before = stream.previous;
    if (!stream.nextOnLine()) {
      this.#failure(`Wrong argument count or unexpected line ending after '${stream.text}'`, 'import takes a snippet, a file or a glob');
      return;
    }
    const { text } = this.#replaced(stream.current as Word);
    const at = stream.position;
    if (text === '') this.#failure('Import requires a non-empty filepath');
    else if (stream.nextOnLine()) {
      this.#failure('Import takes only one argument (glob pattern or file)');
      while (stream.nextOnLine()) {
        /* the rest of the line goes unread */
      }
    } else this.#replaceImport(before, text, at);
  }

  #replaceImport(before: Word | undefined, name: string, at: Position): void {
    try {
      this.#stream.replace(before, this.#imports.words(name, at));
    } catch (error) {
      if (!(error instanceof CorefileError)) throw error;
      this.#problem(error);
      // Behind a loop of imports there is only more of the same.
      if (this.#imports.exhausted) this.#stream.clear();
    }
  }

  #snippet(name: string): void {
    const again = this.#imports.declared(name);
    if (again) this.#failure(`redeclaration of previously declared snippet ${name}`);
    const words = this.#snippetWords();
    if (words === undefined) return;
    if (this.#importsItself(words, name)) this.#problem(snippetLoop(name, this.#stream.position));
    else if (!again) this.#imports.declare(name, words);
  }

  /** Everything up to the brace that closes the snippet, unread (PARSE-10). */
  #snippetWords(): Word[] | undefined {
    const stream = this.#stream;
    if (stream.text !== '{') {
      this.#unexpected('{');
      return undefined;
    }
    const begin = stream.position;
    const words: Word[] = [];
    let depth = 1;
    while (stream.next()) {
      const text: string = this.#stream.text;
      if (text === '}' && --depth === 0) return words;
      if (text === '{') depth++;
      words.push(stream.current as Word);
    }
    this.#unexpected('}', `the snippet that begins in line ${begin.line} is not closed: add '}'`);
    return undefined;
  }

  #importsItself(words: readonly Word[], name: string): boolean {
    return words.some((word, index) => {
      const before = words[index - 1];
      const after = words[index + 1];
      if (word.text !== 'import' || after === undefined) return false;
      const startsLine = before === undefined || before.file !== word.file || before.line !== word.line;
      return startsLine && this.#replaced(after).text === name;
    });
  }

  /** The directives of a block and its closing brace. Only one block may do without braces (PARSE-4). */
  #contents(written: Word[][]): Directive[] {
    const stream = this.#stream;
    const braces = stream.text === '{';
    const begin = stream.position;
    if (!braces) stream.back();
    const directives: Directive[] = [];
    while (stream.next()) {
      if (stream.text === '}') return directives;
      if (stream.text === 'import') this.#import();
      else for (const line of this.#directive(written)) directives.push(line);
    }
    // As CoreDNS: the brace that closes the last sub-block passes for the one that is missing.
    if (braces && this.#stream.text !== '}') this.#unexpected('}', `the block that begins in line ${begin.line} is not closed: add '}'`);
    return directives;
  }

  /** One directive with its sub-block, as lines for its plugin (PARSE-5, PARSE-6). */
  #directive(written: Word[][]): Directive[] {
    const { knownWords } = this.#options;
    const stream = this.#stream;
    const word = this.#replaced(stream.current as Word);
    const known = knownWords === undefined || knownWords.has(word.text);
    if (!known) {
      const nearest = nearestWord(word.text, knownWords);
      this.#failure(`Unknown directive '${word.text}'`, nearest === undefined ? undefined : `did you mean '${nearest}'?`,
        undefined, 'unknown-word');
    }
    const words = this.#directiveWords(word);
    written.push(words);
    return known ? readLines(words, word.text) : [];
  }

  #directiveWords(first: Word): Word[] {
    const stream = this.#stream;
    const words: Word[] = [first];
    let depth = 0;
    while (stream.next()) {
      const text = stream.text;
      if (text === '{') depth++;
      else if (depth === 0 && stream.startsLine) {
        stream.back();
        return words;
      } else if (text === '}' && depth > 0) depth--;
      else if (text === '}') {
        this.#failure("Unexpected '}' because no matching opening brace", "put '}' on a line of its own");
        if (stream.peek !== '}') stream.back();
        return words;
      } else if (text === 'import' && stream.startsLine) {
        this.#import();
        continue;
      }
      stream.current = this.#replaced(stream.current as Word);
      words.push(stream.current);
    }
    if (depth > 0) this.#failure('Unexpected EOF', `the '{' of '${first.text}' in line ${first.line} is never closed`);
    return words;
  }
}

/** The name in `(name)`, or undefined for any other key. */
function snippetName(key: string): string | undefined {
  return key.startsWith('(') && key.endsWith(')') ? key.slice(1, -1) : undefined;
}
