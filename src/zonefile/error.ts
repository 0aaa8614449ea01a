// What is wrong with zone text, and where. Knows places in files, nothing of what text may hold.

/** Zone text that cannot be read: where, what stood there and what belongs there. */
export class ZoneFileError extends Error {
  override readonly name = 'ZoneFileError';
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in octets. */
  readonly column: number;
  /** What stood there, cut where it is long, control characters as `\DDD`; empty where nothing did. */
  readonly found: string;
  /** What belongs there, as in `a number up to 65535`. */
  readonly expected: string;

  /** `message` is made of the rest where it is not given. */
  constructor(file: string, line: number, column: number, found: string, expected: string, message?: string) {
    const short = printable(found.length > 80 ? `${found.slice(0, 77)}...` : found);
    super(message ?? `${file}:${line}:${column}: ${printable(expected)} expected, found ${short === '' ? 'nothing' : `"${short}"`}`);
    this.file = file;
    this.line = line;
    this.column = column;
    this.found = short;
    this.expected = expected;
  }
}

/** Control characters as escapes: what stands in a file begins no line of a log. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (char) => `\\${char.charCodeAt(0).toString().padStart(3, '0')}`);
}

/** Why one entry cannot be read: thrown where the token is known, and given its place by whoever knows the file. */
export class EntryError extends Error {
  override readonly name = 'EntryError';
  /** The token's index in the entry; the number of tokens where one is missing. */
  readonly token: number;
  readonly expected: string;

  /** What to say in place of what the rest would say. */
  readonly said: string | undefined;

  constructor(token: number, expected: string, said?: string) {
    super(expected);
    this.token = token;
    this.expected = expected;
    this.said = said;
  }
}
