// Lines of a stream, whatever pieces it comes in: each byte is looked at once and copied at most once. Knows nothing of their content.
import { ApiError } from './api-error.ts';

/** Bytes of one line: an object of the API has 1.5 MiB at most. */
const MOST_LINE = 1 << 25;
const LF = 10;

/** Splits at line feeds. */
export class LineSplitter {
  #held: Buffer[] = [];
  #size = 0;
  readonly #line: (line: Buffer) => void;

  /** `line` gets each line without its line feed, valid until it returns; empty ones are left out. */
  constructor(line: (line: Buffer) => void) {
    this.#line = line;
  }
  /** Throws ApiError `protocol` where a line does not end, and what `line` throws. */
  feed(piece: Buffer): void {
    let from = 0;
    for (let at = piece.indexOf(LF); at >= 0; at = piece.indexOf(LF, from)) {
      const end = piece.subarray(from, at);
      from = at + 1;
      const line = this.#held.length === 0 ? end : Buffer.concat([...this.#held, end]);
      this.#held = [];
      this.#size = 0;
      if (line.length > 0) this.#line(line);
    }
    if (from === piece.length) return;
    this.#held.push(piece.subarray(from));
    this.#size += piece.length - from;
    if (this.#size > MOST_LINE) throw new ApiError('protocol', 'a line of the watch is too long');
  }
  /** Whether the stream ended in the middle of a line. */
  get partial(): boolean {
    return this.#held.length > 0;
  }
}
