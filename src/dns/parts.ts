// What a message is made of (RFC 1035 section 4), as values. Knows header bits and sections, no octets.

import type { Name } from './name.ts';
import type { Edns } from './opt.ts';
import type { RR } from './rr.ts';

/** A reply rather than a query. */
export const QR = 0x8000;
/** The answer is authoritative. */
export const AA = 0x0400;
/** Something was left out. */
export const TC = 0x0200;
/** Recursion is wished for. */
export const RD = 0x0100;
/** Recursion is on offer. */
export const RA = 0x0080;
/** Must be zero. */
export const Z = 0x0040;
/** The data is authentic (RFC 4035). */
export const AD = 0x0020;
/** Do not check signatures (RFC 4035). */
export const CD = 0x0010;
/** All flag bits of the second word of the header: neither opcode nor response code. */
export const FLAGS = QR | AA | TC | RD | RA | Z | AD | CD;

/** What is asked. */
export interface Question {
  readonly name: Name;
  readonly type: number;
  readonly class: number;
}

/** The parts of a message. */
export interface Parts {
  readonly id: number;
  readonly opcode: number;
  /** Of QR, AA, TC, RD, RA, Z, AD and CD those that are set. */
  readonly flags: number;
  /** 12 bits; above 15 it needs `edns`. */
  readonly rcode: number;
  /** The first question; undefined where there is none. */
  readonly question: Question | undefined;
  readonly answer: readonly RR[];
  readonly authority: readonly RR[];
  /** Without OPT, which is `edns`. */
  readonly additional: readonly RR[];
  readonly edns: Edns | undefined;
}

/** A section without records. */
export const NO_RECORDS: readonly RR[] = Object.freeze([]);

/** The parts of a message that has none of them but a header of zeros, or those that are given. */
export function message(parts: Partial<Parts> = {}): Parts {
  return {
    id: parts.id ?? 0,
    opcode: parts.opcode ?? 0,
    flags: parts.flags ?? 0,
    rcode: parts.rcode ?? 0,
    question: parts.question,
    answer: parts.answer ?? NO_RECORDS,
    authority: parts.authority ?? NO_RECORDS,
    additional: parts.additional ?? NO_RECORDS,
    edns: parts.edns,
  };
}
