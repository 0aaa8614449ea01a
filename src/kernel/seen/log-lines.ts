// Log lines as bytes in one buffer, written once a turn of the loop, or before replies leave. Knows digits and addresses, and that a
// reader may be slow; knows no plugin and no descriptor.
import { printAddress } from '../../dns/address.ts';

const SIZE = 1 << 18;
/** Bytes that a pipe takes whole or not at all (PIPE_BUF): lines of several threads never lie in each other. */
const PIECE = 4096;
/** Milliseconds until a reader that is too slow is tried again: at first, and at most. */
const SOONEST = 1, LATEST = 64;
/** Milliseconds that the last lines of a process wait for their reader. */
const LAST_WORDS = 20;
const NEWLINE = 10;
const encoder = new TextEncoder();
const pause = new Int32Array(new SharedArrayBuffer(4));

/** How grave something is. */
export type Level = 'DEBUG' | 'INFO' | 'WARN' | 'ERROR' | 'FATAL';
/**
 * Writes some bytes without ever waiting and says how many. Throws: with code EAGAIN where it would have to wait, else what failed. Nothing
 * is served any more where these are the `last` ones.
 */
export type Sink = (bytes: Uint8Array, from: number, length: number, last: boolean) => number;
const inTime = (flush: () => void, milliseconds: number): void => void setTimeout(flush, milliseconds).unref();

/** One thread's log lines. A line begins with `room` and ends with `end`; they leave in order, when the turn of the loop ends. */
export class LogLines {
  readonly #bytes = new Uint8Array(SIZE);
  readonly #sink: Sink;
  readonly #soon: (flush: () => void) => void;
  readonly #later: (flush: () => void, milliseconds: number) => void;
  readonly #flush = () => this.flush();
  #at = 0;
  #wholeUntil = 0;
  #asked = false;
  /** The reader was too slow, or writing failed: nobody tries before the moment that was asked for. */
  #stalled = false;
  #patience = SOONEST;
  /** What is there begins amid a line of which the beginning was written. */
  #torn = false;
  /** A warning as a line. */
  told = (text: string): string => `[WARNING] ${text}`;
  /** Who hears of warnings and errors, whatever becomes of the lines. */
  heard: ((level: 'WARN' | 'ERROR', text: string) => void) | undefined = undefined;
  /** The least grave level of which lines of a plugin are said ('': of none), where somebody wants another one than usual. */
  least: ((plugin: string) => Level | undefined) | undefined = undefined;
  /** Lines that could not be written since the last one that said so. */
  dropped = 0;
  /** Who counts them. */
  lost: ((count: number) => void) | undefined = undefined;

  /** `soon` is called at the first line of a turn, `later` where the reader was too slow. */
  constructor(sink: Sink, soon: (flush: () => void) => void = setImmediate, later = inTime) {
    this.#sink = sink;
    this.#soon = soon;
    this.#later = later;
  }

  /** Before each line: makes sure that `n` bytes fit. The first line asks for the flush; the end of a batch would be too early. */
  room(n: number): void {
    if (this.#at + n > SIZE) this.#makeRoom(n);
    if (!this.#asked && !this.#stalled) {
      this.#asked = true;
      this.#soon(this.#flush);
    }
  }
  /** A reader that is too slow costs lines, never the server: they are counted and told. */
  #makeRoom(n: number): void {
    this.#write();
    if (this.#wholeUntil > 0) this.#drop();
    if (this.#at + n > SIZE) this.#shift(this.#wholeUntil, false);
  }
  byte(byte: number): void {
    this.#bytes[this.#at++] = byte;
  }
  put(bytes: Uint8Array): void {
    const to = this.#bytes;
    let at = this.#at;
    for (let i = 0; i < bytes.length; i++) to[at++] = bytes[i]!;
    this.#at = at;
  }
  /** Text as UTF-8; what does not fit is cut. */
  text(text: string): void {
    this.#at += encoder.encodeInto(text, this.#bytes.subarray(this.#at, SIZE - 1)).written;
  }
  /** A whole number from 0. */
  number(n: number): void {
    const to = this.#bytes;
    let digits = 1;
    for (let limit = 10; n >= limit; limit *= 10) digits++;
    let left = n;
    for (let at = this.#at + digits - 1; at >= this.#at; at--) {
      const next = Math.floor(left / 10);
      to[at] = 48 + left - next * 10;
      left = next;
    }
    this.#at += digits;
  }
  /** The name in wire form at `i` in presentation form, lower-case, with its final dot. */
  name(bytes: Uint8Array, i: number): void {
    const to = this.#bytes;
    let at = this.#at;
    if (bytes[i] === 0) to[at++] = 46;
    for (let size = bytes[i]!; size !== 0; size = bytes[i]!) {
      for (let k = 1; k <= size; k++) {
        const c = bytes[i + k]!;
        if (c >= 65 && c <= 90) to[at++] = c | 32;
        else if ((c >= 97 && c <= 122) || (c >= 48 && c <= 57) || c === 45 || c === 95 || c === 42) to[at++] = c;
        else at = escape(to, at, c);
      }
      to[at++] = 46;
      i += size + 1;
    }
    this.#at = at;
  }
  /** The 4 or 16 octets of an address, IPv6 in brackets (RFC 5952, RFC 3986). */
  address(bytes: Uint8Array, at: number, length: number): void {
    if (length === 4) {
      const to = this.#bytes;
      let end = this.#at;
      for (let i = 0; i < 4; i++) {
        const octet = bytes[at + i]!;
        if (octet >= 100) to[end++] = 48 + ((octet / 100) | 0);
        if (octet >= 10) to[end++] = 48 + (((octet / 10) | 0) % 10);
        to[end++] = 48 + (octet % 10);
        if (i < 3) to[end++] = 46;
      }
      this.#at = end;
      return;
    }
    this.text(`[${printAddress(bytes.subarray(at, at + length))}]`);
  }
  /** Milliseconds as Go prints seconds, without zeros at the end: `0.000123456s`. */
  seconds(milliseconds: number): void {
    const nanoseconds = Math.max(0, Math.round(milliseconds * 1e6));
    const whole = Math.floor(nanoseconds / 1e9);
    const to = this.#bytes;
    this.number(whole);
    let left = nanoseconds - whole * 1e9;
    if (left !== 0) {
      this.byte(46);
      let last = 0;
      for (let i = 8; i >= 0; i--) {
        const next = (left / 10) | 0;
        const digit = left - next * 10;
        if (last === 0 && digit !== 0) last = i + 1;
        to[this.#at + i] = 48 + digit;
        left = next;
      }
      this.#at += last;
    }
    this.byte(115);
  }
  /** Ends a line. */
  end(): void {
    this.byte(NEWLINE);
    this.#wholeUntil = this.#at;
  }
  /** A whole line. */
  line(text: string): void {
    this.room(Math.min(SIZE, text.length * 3 + 1));
    this.text(text);
    this.end();
  }
  /** Before replies leave: writes what is there, so that who got an answer finds its line in the log, and who got a failure its reason. */
  settle(): void {
    if (this.#wholeUntil > 0) this.flush();
  }

  /** Writes what is there, as far as the reader takes it. */
  flush(): void {
    if (this.#stalled) return;
    this.#asked = false;
    if (this.#write() && this.dropped > 0) {
      const { dropped } = this;
      this.dropped = 0;
      this.line(this.told(`${dropped} log lines were dropped: standard output is not read fast enough`));
    }
  }
  /** The last lines of a process: what the reader does not take within some milliseconds is lost. */
  finish(): void {
    for (let left = LAST_WORDS; !this.#write(true) && left > 0; left--) Atomics.wait(pause, 0, 0, 1);
  }

  /** True where every whole line left; what failed for good is dropped. */
  #write(last = false): boolean {
    const bytes = this.#bytes;
    const until = this.#wholeUntil;
    let from = 0;
    try {
      while (from < until) {
        const written = this.#sink(bytes, from, pieceOf(bytes, from, until) - from, last);
        from += written;
        if (written > 0) this.#patience = SOONEST;
      }
    } catch (error) {
      this.#shift(from);
      if ((error as { code?: string }).code !== 'EAGAIN') this.#drop();
      this.#wait();
      return false;
    }
    this.#shift(from);
    return true;
  }
  #wait(): void {
    if (this.#stalled) return;
    this.#stalled = true;
    this.#later(() => {
      this.#stalled = false;
      this.flush();
    }, this.#patience);
    this.#patience = Math.min(LATEST, this.#patience * 2);
  }
  /** Forgets every whole line; one that was begun is ended, so that the next begins on a line of its own. */
  #drop(): void {
    const until = this.#wholeUntil;
    const kept = this.#torn ? this.#bytes.indexOf(NEWLINE) + 1 : 0;
    let count = 0;
    for (let i = kept; i < until; i++) if (this.#bytes[i] === NEWLINE) count++;
    this.dropped += count;
    this.lost?.(count);
    if (kept > 0) this.#bytes.copyWithin(until - kept, 0, kept);
    this.#shift(until - kept, this.#torn);
  }
  #shift(from: number, torn = from > 0 ? from < this.#wholeUntil && this.#bytes[from - 1] !== NEWLINE : this.#torn): void {
    this.#torn = torn;
    if (from === 0) return;
    if (this.#at > from) this.#bytes.copyWithin(0, from, this.#at);
    this.#at -= from;
    this.#wholeUntil -= from;
  }
}

/** Where the piece that begins at `from` ends: behind the last line that lies whole within PIECE bytes, else behind the first. */
function pieceOf(bytes: Uint8Array, from: number, until: number): number {
  if (until - from <= PIECE) return until;
  const last = bytes.lastIndexOf(NEWLINE, from + PIECE - 1);
  return last >= from ? last + 1 : bytes.indexOf(NEWLINE, from) + 1;
}

/** A byte as miekg/dns and so CoreDNS prints it: special characters with a backslash, what cannot be printed in decimal. */
function escape(to: Uint8Array, at: number, c: number): number {
  if (c > 32 && c < 127) {
    if (c === 46 || c === 39 || c === 64 || c === 59 || c === 40 || c === 41 || c === 34 || c === 92) to[at++] = 92;
    to[at++] = c;
    return at;
  }
  if (c === 32) {
    to[at++] = 92;
    to[at++] = 32;
    return at;
  }
  to[at++] = 92;
  to[at++] = 48 + ((c / 100) | 0);
  to[at++] = 48 + (((c / 10) | 0) % 10);
  to[at++] = 48 + (c % 10);
  return at;
}
