// What is wrong with a rule and where. Knows texts and offsets.

/** A fault of a rule's text, or of a value that it met. */
export class RuleFault extends Error {
  /** Where it is, in units of the text. */
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}
/** The text with the place marked: what stands before it, and where it goes on. */
export function placed(source: string, { message, offset }: RuleFault): string {
  const from = Math.max(0, offset - 20);
  const rest = source.slice(offset, offset + 30);
  return rest === '' ? `${message}, at its end: ${from > 0 ? '...' : ''}${source.slice(from)}`
    : `${message}, at: ${rest}${offset + 30 < source.length ? '...' : ''}`;
}
