// What became of signed requests, for as long as each could come again: its first answer is its answer, and nothing is done twice. Knows
// signatures and times; knows no zone.
import { OTHER_ENTRY } from '../../authority/update-contents.ts';
import { latin1, latin1Bytes } from '../../dns/latin1.ts';
import { setU32, u32 } from '../../dns/packet.ts';
import { RCODE } from '../../dns/rcode.ts';

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
/** Answers that are kept at most: some 20 MB. */
const MOST = 1 << 17;

/** The answers of one zone. */
export class Receipts {
  readonly #most: number;
  readonly #given = new Map<string, Receipt>();
  readonly #underWay = new Map<string, Promise<number>>();
  /** Of each key until when requests are accepted of which nobody knows any more whether they came. */
  readonly #forgotten = new Map<string, number>();

  constructor(most: number = MOST) {
    this.#most = most;
  }

  /** The first answer to it, or `make`'s now; undefined where it may have come before and nobody knows. */
  once(signed: Signed, make: () => Promise<number>): number | Promise<number> | undefined {
    const id = idOf(signed);
    const known = this.#given.get(id)?.rcode ?? this.#underWay.get(id);
    if (known !== undefined) return known;
    if (signed.until <= (this.#forgotten.get(signed.key) ?? -1)) return undefined;
    const made = make().finally(() => this.#underWay.delete(id));
    this.#underWay.set(id, made);
    return made;
  }
  /** Keeps an answer. `now` in seconds since 1970. */
  give(receipt: Receipt, now: number): void {
    this.#given.set(idOf(receipt), receipt);
    for (const [id, { key, until }] of this.#given) {
      if (until >= now) {
        if (this.#given.size <= this.#most) break;
        this.#forgotten.set(key, Math.max(until, this.#forgotten.get(key) ?? 0));
      }
      this.#given.delete(id);
    }
  }
  /** Those that could still come again. */
  *valid(now: number): Generator<Receipt> {
    for (const receipt of this.#given.values()) if (receipt.until >= now) yield receipt;
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
const idOf = ({ key, mac }: Signed): string => `${latin1(mac, 0, mac.length)} ${key}`;
