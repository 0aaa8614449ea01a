// What can go wrong with an expression and how it is told: one message, a position, and the line with a caret under it.

/** A compile or run time error of an expression, worded with its position and the source line (LIBD-14). */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
  /** The message alone, without position and source line. */
  readonly reason: string;
  /** Line of the error, from 1. */
  readonly line: number;
  /** Column of the error in characters, from 1. */
  readonly column: number;

  constructor(reason: string, source: string, offset: number) {
    const at = locate(source, offset);
    super(at.text === '' ? reason : `${reason} (${at.line}:${at.column})${frame(at)}`);
    this.reason = reason;
    this.line = at.line;
    this.column = at.column;
  }
}

/** An error that knows its place in the source but not the source. The way out turns it into an `ExpressionError`. */
export class Fault {
  readonly reason: string;
  /** Where, in UTF-16 units from the start of the source. */
  readonly offset: number;

  constructor(reason: string, offset: number) {
    this.reason = reason;
    this.offset = offset;
  }
}

interface SourceLine {
  line: number;
  column: number;
  text: string;
}

function locate(source: string, offset: number): SourceLine {
  const before = source.slice(0, offset);
  const start = before.lastIndexOf('\n') + 1;
  const end = source.indexOf('\n', start);
  const line = before.split('\n').length;
  const column = [...before.slice(start)].length + 1;
  return { line, column, text: source.slice(start, end < 0 ? source.length : end) };
}

function frame(at: SourceLine): string {
  return `\n | ${at.text.replaceAll('\t', ' ')}\n | ${'.'.repeat(at.column - 1)}^`;
}
