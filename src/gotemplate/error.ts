// What can go wrong with a template: the error that callers see, and the fault that knows its place but not the text.

/** An error of parsing or executing a template, worded as Go words it. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

/** An error while a template executes: what is wrong, and the node that was at work. */
export class Fault {
  readonly reason: string;
  /** Where the node stands, in UTF-16 units from the start of the text. */
  readonly offset: number;
  /** The node as it prints. */
  readonly context: string;
  /** The template that executed; undefined until the fault leaves it. */
  template: string | undefined;

  constructor(reason: string, offset: number, context: string) {
    this.reason = reason;
    this.offset = offset;
    this.context = context;
  }
}

/** The line (from 1) and the byte in it (from 0) of a place in the text, as Go counts them. */
export function locate(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const start = before.lastIndexOf('\n') + 1;
  const line = before.split('\n').length;
  return `${line}:${Buffer.byteLength(before.slice(start))}`;
}
