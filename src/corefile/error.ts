/** What is wrong with a Corefile, and where; knows CoreDNS's wording of a place and nothing of what a word means. */

/** A place in a configuration file. Lines and columns count from 1; an unknown column is 0. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** What an error can carry beside its text. */
export interface CorefileErrorOptions {
  /**
   * How the text names the place: `parsing` (PARSE-7, the usual), `syntax`, `line` for texts of our own, `none`
   * when CoreDNS leaves the place out.
   */
  readonly form?: 'parsing' | 'syntax' | 'line' | 'none';
  /** What would be right, for people. It is never part of `message`. */
  readonly hint?: string | undefined;
  /** What kind of mistake it is, in one word for programs; `value` where nothing is said. */
  readonly code?: Code;
  readonly cause?: unknown;
}

/** Kinds of mistakes, as `check` prints them for programs. */
export type Code =
  | 'syntax' | 'import' | 'key' | 'unknown-word' | 'unknown-property' | 'arguments' | 'value' | 'not-built' | 'overlap'
  | 'not-there' | 'unused' | 'unlikely' | 'zone';

/** A mistake in a Corefile. `message` is what CoreDNS would print (PARSE-6, PARSE-7); `hint` is ours. */
export class CorefileError extends Error {
  override readonly name: string = 'CorefileError';
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The text without place and without plugin. */
  reason: string;
  readonly hint: string | undefined;
  readonly code: Code;
  /** The word whose lines were read; undefined where no plugin was asked yet. */
  plugin: string | undefined;

  constructor(reason: string, at: Position, options: CorefileErrorOptions = {}) {
    super(placed(reason, at, options.form ?? 'parsing'), options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = reason;
    this.file = at.file;
    this.line = at.line;
    this.column = at.column;
    this.hint = options.hint;
    this.code = options.code ?? (options.form === 'syntax' ? 'syntax' : 'value');
  }
}

function placed(reason: string, at: Position, form: NonNullable<CorefileErrorOptions['form']>): string {
  if (form === 'none') return reason;
  if (form === 'line') return `${at.file}:${at.line}: ${reason}`;
  return `${at.file}:${at.line} - ${form === 'syntax' ? 'Syntax error' : 'Error during parsing'}: ${reason}`;
}

/**
 * The same error, said by a plugin: `plugin/NAME: ...` (PARSE-7). Place and hint are kept.
 * An error of another kind gets `at` when it is given, and stays a plain Error when it is not.
 */
export function pluginError(name: string, error: unknown, at?: Position): Error {
  const text = `plugin/${name}: ${error instanceof Error ? error.message : String(error)}`;
  const known = error instanceof CorefileError ? error : undefined;
  const place = known ?? at;
  if (place === undefined) return new Error(text, { cause: error });
  const placed = new CorefileError(text, place, { form: 'none', hint: known?.hint, code: known?.code ?? 'value', cause: error });
  placed.plugin = name;
  if (known !== undefined) placed.reason = `plugin/${name}: ${known.reason}`;
  return placed;
}
