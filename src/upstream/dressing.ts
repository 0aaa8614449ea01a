// What is put on questions to one upstream, and taken off its replies: padding (RFC 8467) and cookies (RFC 7873). Both are between us and
// the upstream alone: what clients sent of that is taken off, and they see nothing of ours. Knows OPT; knows no sockets.
import { OPTION } from '../dns/edns-options.ts';
import { HEADER, Records, setU16, u16 } from '../dns/packet.ts';
import { RCODE } from '../dns/rcode.ts';
import { TYPE } from '../dns/type-name.ts';
import type { Cookies } from './cookies.ts';
import type { Question } from './question.ts';

/** Questions are padded to a multiple of this (RFC 8467 section 4.1). */
const BLOCK = 128;
/** Octets of an OPT before its options, and of an option before its data. */
const BARE = 11, HEAD = 4;
/** What an OPT of ours says: no reply longer than one who sent none could take. */
const SIZE = 512;
const records = new Records();

/** For one upstream in one thread. */
export class Dressing {
  readonly #pads: boolean;
  readonly #cookies: Cookies | undefined;

  constructor(pads: boolean, cookies: Cookies | undefined) {
    this.#pads = pads;
    this.#cookies = cookies;
  }

  /** The question with all of it, in memory of its own. One that is signed, or has records of its own, stays as it is. */
  dress(question: Question): Question {
    const { bytes, at, questionEnd, optAt } = question;
    if (bytes[at + 7] !== 0 || bytes[at + 9] !== 0 || bytes[at + 10] !== 0 || bytes[at + 11] !== (optAt === 0 ? 0 : 1)) return question;
    const from = at + optAt + BARE;
    const end = optAt === 0 ? from : Math.min(from + u16(bytes, from - 2), at + question.length);
    const room = questionEnd + BARE + (end - from) + HEAD + 40 + HEAD + BLOCK;
    const words = new Int32Array((room + 7) >> 2);
    const dressed = new Uint8Array(words.buffer);
    dressed.set(bytes.subarray(at, at + questionEnd));
    dressed[11] = 1;
    if (optAt === 0) {
      dressed[questionEnd + 2] = TYPE.OPT;
      setU16(dressed, questionEnd + 3, SIZE);
    } else dressed.set(bytes.subarray(from - BARE, from), questionEnd);
    let length = copyOptions(bytes, from, end, dressed, questionEnd + BARE, (code) => this.#isOurs(code));
    if (this.#cookies !== undefined) length = putOption(dressed, length, OPTION.COOKIE, this.#cookies.toSend());
    if (this.#pads) {
      const rest = (length + HEAD) % BLOCK;
      length = putOption(dressed, length, OPTION.PADDING, new Uint8Array(rest === 0 ? 0 : BLOCK - rest));
    }
    setU16(dressed, questionEnd + BARE - 2, length - questionEnd - BARE);
    return { bytes: dressed, words, at: 0, length, questionEnd, optAt: questionEnd };
  }
  #isOurs(code: number): boolean {
    return (this.#pads && code === OPTION.PADDING) || (this.#cookies !== undefined && code === OPTION.COOKIE);
  }

  /** The reply without any of it; undefined where there is nothing to take off. */
  undress(bytes: Uint8Array, at: number, length: number, questionEnd: number): Uint8Array | undefined {
    const from = optionsAt(bytes, at, length, questionEnd);
    // What stands behind an OPT may have names that point behind it.
    if (from < 0 || from + u16(bytes, from - 2) !== at + length) return undefined;
    const bare = new Uint8Array((length + 67) & ~3);
    const start = from - at;
    bare.set(bytes.subarray(at, from));
    const end = copyOptions(bytes, from, at + length, bare, start, (code) => this.#isOurs(code));
    if (end < 0 || end === length) return undefined;
    setU16(bare, start - 2, end - start);
    return bare.subarray(0, end);
  }

  /**
   * What a reply over UDP says of who sent it: `stray` is from somebody else, `doubtful` has no cookie although there were some before,
   * `again` is the upstream's, which wants to be asked with the cookie that it has just given.
   */
  vouches(bytes: Uint8Array, at: number, length: number, questionEnd: number): 'right' | 'stray' | 'doubtful' | 'again' {
    const cookies = this.#cookies;
    if (cookies === undefined) return 'right';
    const from = optionsAt(bytes, at, length, questionEnd);
    const verdict = cookies.learn(from < 0 ? undefined : optionOf(bytes, from, OPTION.COOKIE));
    return verdict === 'right' && from >= 0 && isBadCookie(bytes, at, from) ? 'again' : verdict;
  }
  /** Whether all that a reply says is that our cookie is wrong. */
  refuses(bytes: Uint8Array, at: number, length: number, questionEnd: number): boolean {
    if (this.#cookies === undefined || (bytes[at + 3]! & 15) !== (RCODE.BADCOOKIE & 15)) return false;
    const from = optionsAt(bytes, at, length, questionEnd);
    return from >= 0 && isBadCookie(bytes, at, from);
  }
}

/** `from` is where the options of its OPT begin. */
const isBadCookie = (bytes: Uint8Array, at: number, from: number): boolean =>
  ((bytes[from - 6]! << 4) | (bytes[at + 3]! & 15)) === RCODE.BADCOOKIE;
/** Where the options of a reply's OPT begin; -1 where there is none, or no reading it. */
function optionsAt(bytes: Uint8Array, at: number, length: number, questionEnd: number): number {
  if (length < HEADER || !records.read(bytes, at, length, questionEnd) || records.opt < records.additional) return -1;
  return records.fixedAt[records.opt]! + 10;
}
/** Copies options but for some; the end of them, -1 where they do not end where they should. */
function copyOptions(
  bytes: Uint8Array, from: number, end: number, into: Uint8Array, to: number, without: (code: number) => boolean,
): number {
  let next = to;
  let option = from;
  while (option + HEAD <= end) {
    const after = option + HEAD + u16(bytes, option + 2);
    if (after > end) break;
    if (!without(u16(bytes, option))) {
      into.set(bytes.subarray(option, after), next);
      next += after - option;
    }
    option = after;
  }
  return option === end ? next : -1;
}
function putOption(into: Uint8Array, at: number, code: number, data: Uint8Array): number {
  setU16(into, at, code);
  setU16(into, at + 2, data.length);
  into.set(data, at + HEAD);
  return at + HEAD + data.length;
}
function optionOf(bytes: Uint8Array, from: number, code: number): Uint8Array | undefined {
  for (let option = from, end = from + u16(bytes, from - 2); option + HEAD <= end; option += HEAD + u16(bytes, option + 2)) {
    if (u16(bytes, option) === code) return bytes.subarray(option + HEAD, Math.min(end, option + HEAD + u16(bytes, option + 2)));
  }
  return undefined;
}
