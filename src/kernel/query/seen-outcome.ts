// What the log tells of an outcome: the reply that was written, or the one that the server will write (LOG-5). Knows header bits;
// knows no format.
import { forecast } from './finish.ts';
import type { Outcome } from './outcome.ts';
import type { Query } from './query.ts';

const RD = 1, TC = 2, QR = 0x80, CD = 0x10;

/** The response side of a line; one object is filled again and again. */
export class Seen {
  /** -1 where nothing was said. */
  rcode = -1;
  /** qr, aa, tc, rd, ra, z, ad, cd from the highest of eight bits. */
  flags = 0;
  /** Bytes of the reply without compression, as CoreDNS counts them. */
  size = 0;
  /** Bytes of the request as rules and the echo of its OPT left it. */
  requestLength = 0;
  /** Records will be cut from it. */
  truncates = false;
  milliseconds = 0;

  /** Looks at an outcome that is no stream. */
  look(outcome: Outcome, query: Query): void {
    this.requestLength = query.told.length;
    if (outcome.kind === 'reply') {
      this.rcode = outcome.rcode;
      const high = outcome.bytes[outcome.at + 2]!;
      forecast(query, outcome, this);
      this.flags = flagsOf(this.truncates ? high | TC : high, outcome.bytes[outcome.at + 3]!);
      this.size = outcome.plainLength;
    } else if (outcome.kind === 'failure') {
      const { bytes, at } = query;
      const copied = query.opcode === 0;
      this.rcode = outcome.rcode;
      this.flags = flagsOf(QR | (copied ? bytes[at + 2]! & RD : 0), copied ? bytes[at + 3]! & CD : 0);
      this.size = query.questionEnd;
    } else {
      this.rcode = -1;
      this.flags = 0;
      this.size = 0;
    }
  }
  /** Looks at a transfer of so many bytes, whose messages all begin like `last`. */
  lookAtStream(query: Query, last: Uint8Array | undefined, size: number): void {
    this.requestLength = query.size;
    this.rcode = last === undefined ? -1 : last[3]! & 15;
    this.flags = last === undefined ? 0 : flagsOf(last[2]!, last[3]!);
    this.size = size;
  }
}

/** The flag bits of a header's second word (RFC 1035 section 4.1.1) without opcode and rcode. */
const flagsOf = (high: number, low: number): number => (high & QR) | ((high & 7) << 4) | (low >> 4);
