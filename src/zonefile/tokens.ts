// Cuts zone text into entries and these into tokens, as places in the file's octets (RFC 1035 section 5.1). Knows blanks, quotes,
// parentheses and comments, nothing of what a token means.

const WORD = 0;
const BLANK = 1;
const LINE = 2;
const OPEN = 3;
const CLOSE = 4;
const QUOTE = 5;
const COMMENT = 6;
const BACKSLASH = 7;
const ZERO = 8;
const NEWLINE = 0x0a;

const KINDS = new Uint8Array(256);
for (const char of ' \t\r') KINDS[char.charCodeAt(0)] = BLANK;
const MARKS = [['\n', LINE], ['(', OPEN], [')', CLOSE], ['"', QUOTE], [';', COMMENT], ['\\', BACKSLASH], ['\0', ZERO]] as const;
for (const [char, kind] of MARKS) KINDS[char.charCodeAt(0)] = kind;

/**
 * The longest entry, in octets: more than twice what the largest record data needs where each octet is written as `\DDD`. A longer one is
 * refused, so that a file without line ends costs no memory.
 */
export const MAX_ENTRY = 0x80000;

/** The tokens of one entry. One object serves for all entries: what it held is gone with the next. */
export class Tokens {
  /** What the places lead into. */
  bytes: Uint8Array = new Uint8Array(0);
  /** Where each token begins, a quoted one with its quote. */
  starts = new Int32Array(256);
  /** The octet behind each token, a quoted one's closing quote passed. */
  ends = new Int32Array(256);
  count = 0;
  /** Where the entry begins. */
  from = 0;
  /** It begins with a blank, so that its owner is that of the entry before. */
  indented = false;
  /** How many lines it takes. */
  lines = 0;
  /** What belongs at `wrongAt`, where the entry cannot be cut; empty where it can. */
  wrong = '';
  wrongAt = 0;

  /**
   * Finds the entry at `at` of `bytes`, which end before `end`. Returns the octet behind it; -1 where it is not whole and more is to
   * come. Nothing comes behind `end` where it is the `last` piece.
   */
  next(bytes: Uint8Array, at: number, end: number, last: boolean): number {
    this.bytes = bytes;
    this.from = at;
    this.count = 0;
    this.lines = 0;
    this.wrong = '';
    this.indented = at < end && KINDS[bytes[at] as number] === BLANK;
    let depth = 0;
    let opened = at;
    let p = at;
    while (p < end) {
      const kind = KINDS[bytes[p] as number] as number;
      if (kind === WORD || kind === BACKSLASH) {
        p = this.word(p, end);
      } else if (kind === BLANK) {
        p++;
      } else if (kind === LINE) {
        p++;
        this.lines++;
        if (depth === 0) return p;
      } else if (kind === QUOTE) {
        p = this.quoted(p, end);
        if (p < 0) return last ? this.stop('a closing quote', -p - 1, end) : -1;
      } else if (kind === COMMENT) {
        while (p < end && bytes[p] !== NEWLINE) p++;
      } else if (kind === OPEN) {
        if (depth++ === 0) opened = p;
        p++;
      } else if (kind === ZERO) {
        return this.stopLine('an octet that is not zero (it is written \\000)', p, end, last);
      } else if (depth-- === 0) {
        return this.stopLine('no closing brace without an opening one', p, end, last);
      } else {
        p++;
      }
    }
    if (!last) return -1;
    if (depth > 0) return this.stop('a closing brace', opened, end);
    return end;
  }

  /** Whether the token stands between quotes. */
  isQuoted(token: number): boolean {
    return this.bytes[this.starts[token] as number] === 0x22;
  }

  private word(from: number, end: number): number {
    const { bytes } = this;
    let p = from;
    while (p < end) {
      const kind = KINDS[bytes[p] as number];
      if (kind === WORD) p++;
      else if (kind === BACKSLASH) p += bytes[p + 1] === NEWLINE ? 1 : 2;
      else break;
    }
    if (p > end) p = end;
    this.keep(from, p);
    return p;
  }

  /** The octet behind the closing quote; below 0 where there is none. */
  private quoted(from: number, end: number): number {
    const { bytes } = this;
    for (let p = from + 1; p < end; p++) {
      const octet = bytes[p];
      if (octet === 0x22) {
        this.keep(from, p + 1);
        return p + 1;
      }
      if (octet === 0x5c) p++;
      if (bytes[p] === NEWLINE) this.lines++;
    }
    return -from - 1;
  }

  private keep(from: number, end: number): void {
    if (this.count === this.starts.length) this.grow();
    this.starts[this.count] = from;
    this.ends[this.count++] = end;
  }

  private grow(): void {
    const { starts, ends } = this;
    this.starts = new Int32Array(starts.length * 2);
    this.ends = new Int32Array(starts.length * 2);
    this.starts.set(starts);
    this.ends.set(ends);
  }

  private stop(wrong: string, at: number, behind: number): number {
    this.wrong = wrong;
    this.wrongAt = at;
    this.lines = 0;
    for (let p = this.from; p < behind; p++) if (this.bytes[p] === NEWLINE) this.lines++;
    return behind;
  }

  /** As `stop`, behind the line's end, which may be still to come. */
  private stopLine(wrong: string, at: number, end: number, last: boolean): number {
    let behind = at;
    while (behind < end && this.bytes[behind] !== NEWLINE) behind++;
    if (behind === end && !last) return -1;
    return this.stop(wrong, at, behind < end ? behind + 1 : end);
  }
}
