// Log lines as bytes in one buffer, written once a turn of the loop, or before replies leave. Knows digits and addresses; knows no plugin.
import { writeSync } from 'node:fs';
import { printAddress } from '../../dns/address.ts';

const SIZE = 1 << 18;
const encoder = new TextEncoder();

/** Writes some bytes and says how many; throws what `fs.writeSync` throws. */
export type Sink = (bytes: Uint8Array, from: number, length: number) => number;
/** The process's standard output. `process.stdout` is never touched: once it was, a write to a pipe can fail with EAGAIN. */
export const standardOutput: Sink = (bytes, from, length) => writeSync(1, bytes, from, length);

/** One thread's log lines. A line begins with `room` and ends with `end`; they leave in order, when the turn of the loop ends. */
export class Lines {
  readonly #bytes = new Uint8Array(SIZE);
  readonly #sink: Sink;
  readonly #soon: (flush: () => void) => void;
  readonly #flush = () => this.flush();
  #at = 0;
  #wholeUntil = 0;
  #asked = false;
  #pressing = false;
  /** Lines that could not be written since the last one that said so. */
  dropped = 0;

  constructor(sink: Sink = standardOutput, soon: (flush: () => void) => void = setImmediate) {
    this.#sink = sink;
    this.#soon = soon;
  }

  /** Before each line: makes sure that `n` bytes fit. The first line asks for the flush; the end of a batch would be too early. */
  room(n: number): void {
    if (this.#at + n > SIZE) this.flush();
    if (!this.#asked) {
      this.#asked = true;
      this.#soon(this.#flush);
    }
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
    this.byte(10);
    this.#wholeUntil = this.#at;
  }
  /** A whole line that is no query's own: `settle` writes it before replies leave, so that who got a failure finds why in the log. */
  line(text: string): void {
    this.room(Math.min(SIZE, text.length * 3 + 1));
    this.text(text);
    this.end();
    this.#pressing = true;
  }
  /** Writes what is there if a whole line is among it. */
  settle(): void {
    if (this.#pressing) this.flush();
  }

  /** Writes what is there. A reader that is too slow costs lines, never the server: they are counted and told. */
  flush(): void {
    this.#asked = false;
    this.#pressing = false;
    const until = this.#wholeUntil;
    let from = 0;
    let patience = 20;
    while (from < until) {
      try {
        from += this.#sink(this.#bytes, from, until - from);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EAGAIN' && patience-- > 0) {
          Atomics.wait(pause, 0, 0, 1);
          continue;
        }
        for (let i = from; i < until; i++) if (this.#bytes[i] === 10) this.dropped++;
        from = until;
      }
    }
    if (this.#at > until) this.#bytes.copyWithin(0, until, this.#at);
    this.#at -= until;
    this.#wholeUntil = 0;
    if (this.dropped > 0 && patience === 20) {
      const { dropped } = this;
      this.dropped = 0;
      this.line(`[WARNING] ${dropped} log lines were dropped: standard output is not read fast enough`);
    }
  }
}
const pause = new Int32Array(new SharedArrayBuffer(4));

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
