/** What is wrong with a Corefile, and where; knows CoreDNS's wording of a place and nothing of what a word means. */

/** A place in a configuration file. Lines and columns count from 1; an unknown column is 0. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** What an error can carry beside its text. */
export interface CorefileErrorOptions {
  /** How the text names the place: `parsing` (PARSE-7, the usual), `syntax`, or `none` when CoreDNS leaves the place out. */
  readonly form?: 'parsing' | 'syntax' | 'none';
  /** What would be right, for people. It is never part of `message`. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** A mistake in a Corefile. `message` is what CoreDNS would print (PARSE-6, PARSE-7); `hint` is ours. */
export class CorefileError extends Error {
  override readonly name: string = 'CorefileError';
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The text without place and without plugin. */
  readonly reason: string;
  readonly hint: string | undefined;

  constructor(reason: string, at: Position, options: CorefileErrorOptions = {}) {
    super(placed(reason, at, options.form ?? 'parsing'), options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = reason;
    this.file = at.file;
    this.line = at.line;
    this.column = at.column;
    this.hint = options.hint;
  }
}

function placed(reason: string, at: Position, form: 'parsing' | 'syntax' | 'none'): string {
  if (form === 'none') return reason;
  return `${at.file}:${at.line} - ${form === 'syntax' ? 'Syntax error' : 'Error during parsing'}: ${reason}`;
}

/**
 * The same error, said by a plugin: `plugin/NAME: ...` (PARSE-7). Place and hint are kept.
 * An error of another kind gets `at` when it is given, and stays a plain Error when it is not.
 */
export function pluginError(name: string, error: unknown, at?: Position): Error {
  const text = `plugin/${name}: ${error instanceof Error ? error.message : String(error)}`;
  if (error instanceof CorefileError) return new CorefileError(text, error, { form: 'none', hint: error.hint, cause: error });
  if (at !== undefined) return new CorefileError(text, at, { form: 'none', cause: error });
  return new Error(text, { cause: error });
}
