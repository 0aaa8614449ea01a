// What became of signed requests, for as long as each could come again: its first answer is its answer, and nothing is done twice. Knows
// signatures and times; knows no zone.
import { OTHER_ENTRY } from './update-contents.ts';
import { latin1, latin1Bytes } from '../dns/latin1.ts';
import { setU32, u32 } from '../dns/packet.ts';
import { RCODE } from '../dns/rcode.ts';

/** A request as its signature tells it from all others. */
export interface Signed {
  /** The key's name, as text. */
  readonly key: string;
  readonly mac: Uint8Array;
  /** The last second at which its signature is accepted. */
  readonly until: number;
}
/** An answer that was given. */
export interface Receipt extends Signed {
  readonly rcode: number;
}
/** Octets before the key of an entry: its mark, until when, and the octets of the key. */
const HEAD = 6;
/** Answers that are kept at most of one key: some 10 MB. */
const MOST = 1 << 17;
/** An answer is a number: until when, and below these the rcode. */
const RCODES = 16;

/** The answers to one key; texts are signatures. */
class Answers {
  readonly given = new Map<string, number>();
  readonly underWay = new Map<string, Promise<number>>();
  /** Until when requests are accepted of which nobody knows any more whether they came. */
  forgotten = -1;
}

/** The answers of one zone. */
export class Receipts {
  readonly #most: number;
  readonly #keys = new Map<string, Answers>();

  constructor(most: number = MOST) {
    this.#most = most;
  }

  /** The first answer to it, or `make`'s now; undefined where it may have come before and nobody knows. */
  once({ key, mac, until }: Signed, make: () => Promise<number>): number | Promise<number> | undefined {
    const { given, underWay, forgotten } = this.#of(key);
    const text = latin1(mac, 0, mac.length);
    const known = given.get(text);
    if (known !== undefined) return known % RCODES;
    const waits = underWay.get(text);
    if (waits !== undefined) return waits;
    if (until <= forgotten) return undefined;
    const made = make().finally(() => underWay.delete(text));
    underWay.set(text, made);
    return made;
  }
  /** Keeps an answer. `now` in seconds since 1970. */
  give({ key, mac, until, rcode }: Receipt, now: number): void {
    const answers = this.#of(key);
    const { given } = answers;
    given.set(latin1(mac, 0, mac.length), until * RCODES + rcode);
    for (const [text, answer] of given) {
      const end = Math.floor(answer / RCODES);
      if (end >= now) {
        if (given.size <= this.#most) break;
        answers.forgotten = Math.max(answers.forgotten, end);
      }
      given.delete(text);
    }
  }
  /** Those that could still come again. */
  *valid(now: number): Generator<Receipt> {
    for (const [key, { given }] of this.#keys) {
      for (const [text, answer] of given) {
        const until = Math.floor(answer / RCODES);
        if (until >= now) yield { key, mac: latin1Bytes(text), until, rcode: answer % RCODES };
      }
    }
  }
  #of(key: string): Answers {
    let answers = this.#keys.get(key);
    if (answers === undefined) this.#keys.set(key, answers = new Answers());
    return answers;
  }
}
/** Of an answer NOERROR, for a journal: so it is known after a restart too. */
export function receiptEntry({ key, mac, until }: Signed): Uint8Array {
  const entry = new Uint8Array(HEAD + key.length + mac.length);
  entry[0] = OTHER_ENTRY;
  setU32(entry, 1, until);
  entry[HEAD - 1] = key.length;
  entry.set(latin1Bytes(key), HEAD);
  entry.set(mac, HEAD + key.length);
  return entry;
}
/** What such an entry says. */
export function receiptIn(entry: Uint8Array): Receipt {
  const at = HEAD + entry[HEAD - 1]!;
  return { key: latin1(entry, HEAD, at), mac: entry.slice(at), until: u32(entry, 1), rcode: RCODE.NOERROR };
}
