/** One line of a server block, read argument by argument; knows words, lines and braces, and nothing of what a line configures. */

import { parseDuration } from '../wording/duration.ts';
import { CorefileError } from './error.ts';
import type { Code, Position } from './error.ts';
import type { Word } from './lex.ts';
import { parseInteger } from '../wording/integer.ts';
import { quoted } from '../wording/quote.ts';
import { nearestWord } from './suggest.ts';

/** All lines of one word in one block; a plugin reads them together (PARSE-8). */
export type Lines = readonly [Directive, ...Directive[]];

/** What CoreDNS says of a second line of a word that may stand once in a block. */
export const ONLY_ONCE = 'this plugin can only be used once per Server Block';

/** The line of a word that may stand once in a block. Throws CorefileError where there is a second one. */
export function once([line, again]: Lines): Directive {
  again?.refuse(ONLY_ONCE);
  return line;
}

/** What to do with each property of a block, by its word. */
export type PropertyReaders = Readonly<Record<string, (line: Directive) => void>>;

/** The braces of a line and what stands between them. */
export interface Body {
  readonly open: Word;
  readonly lines: readonly Directive[];
  /** The closing brace, or the last word when a property swallowed the brace (PARSE-15). */
  readonly close: Word;
}

/** The name of a zone as text, and its master file. */
export interface ZoneMention {
  readonly zone: string;
  readonly path: string;
  /** Why whoever serves it would refuse it; where it is not given, all that is a zone is served. */
  readonly refusal?: () => string | undefined;
  /** What the line asks of the zone's digest, and how many iterations of its hashes are taken; what is usual where nothing is said. */
  readonly digest?: 'check' | 'require' | 'make' | 'ignore';
  readonly iterations?: number | undefined;
}
/** A zone that a line answers for, its name as text, and whether names that it does not have are left to others. */
export interface SourceMention {
  readonly zone: string;
  readonly at: Position;
  readonly falls: boolean;
}
/**
 * A file that is read, or an HTTP address (`host:port`) that is listened on, once the line is served; or zones that are: `list` looks
 * which, and `stops` says whether one that cannot be loaded stops the start. Or `find` looks what of the line's own files would stop it,
 * and `list` of `sources` which zones it answers for.
 */
export type Mention = { readonly what: 'file'; readonly path: string } | { readonly what: 'http'; readonly address: string }
  | { readonly what: 'zones'; readonly stops: boolean; readonly list: () => Promise<readonly ZoneMention[]> }
  | { readonly what: 'sources'; readonly list: () => Promise<readonly SourceMention[]> }
  | { readonly what: 'faults'; readonly find: () => Promise<readonly string[]> };
/** How a plugin of CoreDNS writes the name of a property that it does not know. */
type UnknownStyle = "'" | '"' | ': "';
/** What a line's readers leave for `check`: doubts, what only the machine knows, and faults where more than the first is wanted. */
export type Note = { readonly at: Position } & (Mention
  | { readonly what: 'fault'; readonly error: unknown }
  | { readonly what: 'doubt'; readonly message: string; readonly hint: string | undefined; readonly code: Code });

/** Bounds of an integer argument. */
export interface IntegerBounds {
  readonly min?: number;
  readonly max?: number;
  /** The error text for a number out of bounds or no number at all, where CoreDNS has its own. */
  readonly message?: (text: string) => string;
}

/**
 * A word, its arguments and its sub-block. Arguments are taken in order by `arg` and `rest`; errors name the word read last,
 * as CoreDNS does: that is the closing brace after `properties`. Every reader throws CorefileError.
 */
export class Directive {
  readonly word: string;
  readonly args: readonly string[];
  /** Where each argument stands, and whether it stood between quotes. */
  readonly argsAt: readonly Word[];
  /** The lines between the braces; undefined without braces, empty with empty ones. */
  readonly body: readonly Directive[] | undefined;
  readonly at: Position;
  /** The plugin's word. It differs from `word` only for what follows a closing brace on its line. */
  readonly owner: string;
  /** Whether a fault of one property is noted, so that those of the next are found as well (`check`). */
  collects = false;
  /** What its readers left for `check`. */
  readonly notes: Note[] = [];
  readonly #words: readonly Word[];
  readonly #braces: Body | undefined;
  #taken = 0;
  #current: Word;
  #opened = false;
  /** What was left of it and read as more lines. */
  readonly #further: Directive[] = [];

  constructor(words: readonly [Word, ...Word[]], braces: Body | undefined, owner: string) {
    this.#words = words.slice(1);
    this.#braces = braces;
    this.word = words[0].text;
    this.args = this.#words.map((each) => each.text);
    this.argsAt = this.#words;
    this.body = braces?.lines;
    this.at = words[0];
    this.owner = owner;
    this.#current = words[0];
  }

  /** Whether an argument is left. */
  get more(): boolean {
    return this.#taken < this.args.length;
  }

  /** The next argument; there must be one. */
  arg(): string {
    const word = this.#words[this.#taken];
    if (word === undefined) return this.wrongArgs();
    this.#taken++;
    this.#current = word;
    return word.text;
  }

  /** All arguments that are left, perhaps none. */
  rest(): string[] {
    const left = this.args.slice(this.#taken);
    this.#taken = this.args.length;
    this.#current = this.#words.at(-1) ?? this.#current;
    return left;
  }

  /** All arguments that are left, of which there must be so many. */
  words(least: number, most: number = Infinity): string[] {
    const all = this.rest();
    return all.length < least || all.length > most ? this.wrongArgs() : all;
  }

  /** The one argument that is left; there must be no other. */
  only(): string {
    const [word = ''] = this.words(1, 1);
    return word;
  }

  /** There must be no further argument. A sub-block may follow. */
  end(): void {
    if (!this.more) return;
    this.arg();
    this.wrongArgs();
  }

  /** There must be no further argument and no sub-block. */
  bare(): void {
    this.end();
    if (this.#braces === undefined) return;
    this.#current = this.#braces.open;
    this.wrongArgs();
  }

  /** What `read` makes. What it throws stops here, as `told` words it; with its own text and no place where that is not given. */
  attempt<T>(read: () => T, told: (reason: string) => never = (reason) => this.refuse(reason)): T {
    try {
      return read();
    } catch (error) {
      return told(error instanceof Error ? error.message : String(error));
    }
  }

  /** A text of this line as a Go duration, in milliseconds; `told` words what is wrong, as for `attempt`. */
  duration(text: string, told?: (reason: string) => never): number {
    return this.attempt(() => parseDuration(text), told);
  }

  /** A text of this line as an integer; likewise. */
  number(text: string, told?: (reason: string) => never): number {
    return this.attempt(() => parseInteger(text), told);
  }

  /** The next argument as an integer (LIBD-15 has durations); bounds are inclusive. */
  integer(what: string, { min = -Infinity, max = Infinity, message }: IntegerBounds = {}): number {
    const text = this.arg();
    const value = this.number(text, (reason) => {
      if (message !== undefined) this.fail(message(text));
      this.refuse(reason, `${what} is a whole number`);
    });
    if (value >= min && value <= max) return value;
    if (message !== undefined) this.fail(message(text));
    if (max !== Infinity) this.fail(`${what} must be in range [${min}, ${max}]: ${value}`);
    this.fail(`${what} must be a ${min === 1 ? 'positive' : 'non-negative'} integer: ${value}`);
  }

  /** The next argument, a Go duration, in seconds. `what` is for the hint; the text is Go's and has no place (PARSE-14). */
  seconds(what: string): number {
    return this.duration(this.arg(), (reason) => this.refuse(reason, `${what} is a duration such as 30s, 5m or 1h30m`)) / 1000;
  }

  /**
   * Gives each line of the sub-block to the reader of its word, or to `otherwise` (by default: `unknown property 'x'`, or `"x"`).
   * Arguments that a reader leaves are read as one more property, as CoreDNS does; a `}` among them ends the block.
   */
  properties(readers: PropertyReaders, otherwise: ((line: Directive) => void) | UnknownStyle = "'"): void {
    this.#opened = true;
    if (this.#braces === undefined) return;
    const unknown = typeof otherwise === 'function' ? otherwise : (line: Directive): void => line.#unknownProperty(readers, otherwise);
    for (const line of this.#braces.lines) {
      if (this.#property(line, readers, unknown)) return;
    }
    this.#current = this.#braces.close;
  }

  /** Reads one line and what its reader leaves of it; true when a closing brace was among that. */
  #property(first: Directive, readers: PropertyReaders, unknown: (line: Directive) => void): boolean {
    let line: Directive | undefined = first;
    while (line !== undefined) {
      this.#current = line.#current;
      if (line.word === '}') return true;
      const read = Object.hasOwn(readers, line.word) ? (readers[line.word] ?? unknown) : unknown;
      if (!this.#tryRead(line, read)) return false;
      line = line.#left();
    }
    return false;
  }

  /** What a reader did not take, as a line of its own. */
  #left(): Directive | undefined {
    const [first, ...others] = this.#words.slice(this.#taken);
    const open = this.#braces === undefined || this.#opened ? undefined : this.#braces.open;
    if (first === undefined && open === undefined) return undefined;
    const left = first === undefined ? new Directive([open!], undefined, this.owner)
      : new Directive([first, ...others], this.#braces, this.owner);
    this.#further.push(left);
    return left;
  }

  /** Reads one property; where every fault is wanted, one that it throws becomes a note. False where there was one. */
  #tryRead(line: Directive, read: (line: Directive) => void): boolean {
    if (!this.collects) {
      read(line);
      return true;
    }
    try {
      read(line);
      return true;
    } catch (error) {
      this.notes.push({ what: 'fault', at: line.at, error });
      return false;
    }
  }

  #unknownProperty(readers: PropertyReaders, style: UnknownStyle): never {
    const nearest = nearestWord(this.word, Object.keys(readers));
    const word = style === "'" ? `'${this.word}'` : quoted(this.word);
    const hint = nearest === undefined ? undefined : `did you mean '${nearest}'?`;
    this.fail(`unknown property${style === ': "' ? ':' : ''} ${word}`, hint, 'unknown-property');
  }

  /** The notes of this line and of all in its braces. */
  allNotes(): readonly Note[] {
    return [...this.notes, ...[...(this.body ?? []), ...this.#further].flatMap((line) => line.allNotes())];
  }

  /** Leaves word for `check` of something that starts and is hardly meant, at the word read last. Nothing else sees it. */
  doubt(message: string, hint?: string, code: Code = 'unlikely', at: Position = this.#current): void {
    this.notes.push({ what: 'doubt', at, message, hint, code });
  }

  /** Leaves word for `check` that a file is read once this is served, and an address listened on for HTTP. */
  mentions(note: Mention, at: Position = this.#current): void {
    this.notes.push({ ...note, at });
  }

  /** Stops with `FILE:LINE - Error during parsing: MESSAGE` (PARSE-7). */
  fail(message: string, hint?: string, code?: Code): never {
    throw new CorefileError(message, this.#current, { hint: hint ?? this.#braceHint(), ...(code === undefined ? {} : { code }) });
  }

  /** Stops with the bare message, as CoreDNS does where a plugin's own error names no place; the error knows `at`. */
  refuse(message: string, hint?: string, at: Position = this.#current): never {
    throw new CorefileError(message, at, { form: 'none', hint: hint ?? this.#braceHint() });
  }

  /** Stops with `Syntax error: Unexpected token 'x', expecting 'y'` (PARSE-7), x being the word read last. */
  unexpected(expecting: string): never {
    throw new CorefileError(`Unexpected token '${this.#current.text}', expecting '${expecting}'`, this.#current, { form: 'syntax' });
  }

  /** Stops because of too many or too few arguments (PARSE-7); the text names the word read last. */
  wrongArgs(hint?: string): never {
    const text = this.#current.text;
    if (text === '{') this.fail("Unexpected token '{', expecting argument", hint, 'arguments');
    this.fail(`Wrong argument count or unexpected line ending after '${text}'`, hint, 'arguments');
  }

  #braceHint(): string | undefined {
    return this.args.includes('}') ? "put '}' on a line of its own" : undefined;
  }
}
