// A question as it lies in memory, and whether a reply is to it. Knows offsets; knows nothing of sockets or of who asks.
import { HEADER, fold, foldByte, setU16, u16 } from '../dns/packet.ts';

/** A whole request in wire form: `length` bytes from `at`, a multiple of 4; `words` is the same memory. */
export interface Question {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly at: number;
  readonly length: number;
  /** Bytes of header and question. */
  readonly questionEnd: number;
  /** Offset of its OPT from `at`, or 0. */
  readonly optAt: number;
  /** What is known of the client's question that it is asked for: where somebody follows that, a request over HTTP says so. */
  readonly journey?: { readonly followed: { readonly fields: RequestFields } | undefined };
}
/** Fields of a request. */
export type RequestFields = readonly (readonly [name: string, value: string])[];

/** Whether the message of `length` bytes at `at` is a response with exactly this question, but for the case of letters. */
export function answersQuestion(question: Question, bytes: Uint8Array, words: Int32Array, at: number, length: number): boolean {
  const end = question.questionEnd;
  if (length < end || (bytes[at + 2]! & 0x80) === 0 || bytes[at + 4] !== 0 || bytes[at + 5] !== 1) return false;
  const whole = end >> 2;
  const a = question.at >> 2;
  const b = at >> 2;
  // Type and class, the last four bytes, are compared unfolded; the folding of words may reach into them, so they come first.
  for (let k = end - 4; k < end; k++) if (question.bytes[question.at + k] !== bytes[at + k]) return false;
  for (let k = HEADER >> 2; k < whole; k++) {
    const asked = question.words[a + k]!;
    const got = words[b + k]!;
    if (asked !== got && fold(asked) !== fold(got)) return false;
  }
  for (let k = Math.max(HEADER, whole << 2); k < end; k++) {
    if (foldByte(question.bytes[question.at + k]!) !== foldByte(bytes[at + k]!)) return false;
  }
  return true;
}

/** Whether two requests are the same but for their ids and the case of the letters of the name. */
export function sameRequest(one: Question, other: Question): boolean {
  const { at: a, bytes: these, questionEnd: end } = one;
  const { at: b, bytes: those } = other;
  const length = lengthToSend(one);
  if (end !== other.questionEnd || length !== lengthToSend(other)) return false;
  for (let k = 2; k < HEADER; k++) if (these[a + k] !== those[b + k]) return false;
  for (let k = end - 4; k < length; k++) if (these[a + k] !== those[b + k]) return false;
  for (let k = HEADER; k < end - 4; k++) {
    if (these[a + k] !== those[b + k] && foldByte(these[a + k]!) !== foldByte(those[b + k]!)) return false;
  }
  return true;
}
/** The request in memory of its own. */
export function copyQuestion({ bytes, at, length, questionEnd, optAt }: Question): Question {
  const words = new Int32Array((length + 7) >> 2);
  const copy = new Uint8Array(words.buffer);
  copy.set(bytes.subarray(at, at + length));
  return { bytes: copy, words, at: 0, length, questionEnd, optAt };
}

/** Whether the message at `at`, of 12 bytes or more, is a response without a question, as some servers refuse what they cannot read. */
export const repeatsNoQuestion = (bytes: Uint8Array, at: number): boolean =>
  (bytes[at + 2]! & 0x80) !== 0 && bytes[at + 4] === 0 && bytes[at + 5] === 0;

/** How many bytes of the request are sent on: what follows its last record is nobody's. */
export function lengthToSend({ bytes, at, length, questionEnd, optAt }: Question): number {
  if (bytes[at + 7] !== 0 || bytes[at + 9] !== 0) return length;
  if (optAt === 0) return bytes[at + 11] === 0 ? questionEnd : length;
  return bytes[at + 11] === 1 ? Math.min(length, optAt + 11 + u16(bytes, at + optAt + 9)) : length;
}

/** Writes the request with another id at an offset that is a multiple of 4. */
export function writeQuestion(question: Question, length: number, id: number, words: Int32Array, bytes: Uint8Array, to: number): void {
  const from = question.at >> 2;
  const count = (length + 3) >> 2;
  const target = to >> 2;
  const source = question.words;
  if (count <= 64) for (let k = 0; k < count; k++) words[target + k] = source[from + k]!;
  else words.set(source.subarray(from, from + count), target);
  setU16(bytes, to, id);
  // As CoreDNS: a count that promises records which are not there is corrected on the way.
  if (length === question.questionEnd) bytes.fill(0, to + 6, to + HEADER);
}
