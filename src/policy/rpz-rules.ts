// The rules of one response policy zone, looked up in the table that main published. Knows triggers and which of several rules is nearest;
// knows no query and no answer.
import { fingerprintWord } from '../store/fingerprints.ts';
import { LabelHash } from '../store/label-hash.ts';
import type { PublishedTable } from './published-table.ts';
import type { RpzText, RuleRecord } from './rpz-build.ts';
import type { Trigger } from './rpz-owner.ts';
import { ACTIONS, BELOW_SHIFT, DATA, DATA_SHIFT, absorbStar, beginHash, hashNetwork } from './rpz-words.ts';

/** What a rule says: a bit of rpz-words.ts, and its records where that is DATA. */
export interface FoundRule {
  readonly action: number;
  readonly data: readonly RuleRecord[];
  /** Of a network, the bits of its prefix; of a name, its labels: more is nearer. */
  readonly length: number;
}

const NOTHING: RpzText = { soa: undefined, triggers: [], lengths: {}, data: [] };

/** One zone, for one thread. */
export class RpzRules {
  readonly #published: PublishedTable;
  readonly #hash: LabelHash;
  readonly #labels = new Int32Array(128);
  #round = -1;
  #text: RpzText = NOTHING;

  constructor(published: PublishedTable) {
    this.#published = published;
    this.#hash = new LabelHash(published.memory);
  }
  get #said(): RpzText {
    const { round } = this.#published;
    if (round !== this.#round) {
      const text = this.#published.text;
      this.#text = text === '' ? NOTHING : JSON.parse(text) as RpzText;
      this.#round = round;
    }
    return this.#text;
  }
  /** Whether it has rules of this kind. */
  has(trigger: Trigger): boolean {
    return this.#said.triggers.includes(trigger);
  }
  /** The zone's SOA. */
  get soa(): RuleRecord | undefined {
    return this.#said.soa;
  }

  /** The rule of the name in wire form from `bytes[at]` on: its own, or that of the nearest wildcard. Within a reading. */
  forName(trigger: 'qname' | 'nsdname', bytes: Uint8Array, at: number): FoundRule | undefined {
    if (!this.has(trigger)) return undefined;
    const { table, memory } = this.#published;
    if (table === 0) return undefined;
    const labels = this.#labels;
    let count = 0;
    for (let i = at; bytes[i] !== 0; i += bytes[i]! + 1) labels[count++] = i;
    const hash = this.#hash;
    let nearest = 0, length = 0;
    beginHash(hash, trigger);
    for (let j = count; ; ) {
      const word = fingerprintWord(memory, table, hash.a, hash.b);
      if (j === 0) {
        if ((word & ACTIONS) !== 0) return this.#found(word, count);
        break;
      }
      if (((word >> BELOW_SHIFT) & ACTIONS) !== 0) {
        nearest = word;
        length = count - j;
      // As in a zone: what has a rule of its own hides the wildcards above it (RFC 4592 section 3.3.1).
      } else if ((word & ACTIONS) !== 0) nearest = 0;
      const label = labels[--j]!;
      hash.absorb(bytes, label + 1, label + 1 + bytes[label]!);
    }
    if (nearest === 0) return undefined;
    const below = (nearest >> BELOW_SHIFT) & ACTIONS;
    if (lowest(below) !== DATA) return { action: lowest(below), data: [], length };
    // The data of a wildcard lies under the wildcard itself.
    beginHash(hash, trigger);
    for (let j = count - 1; j >= count - length; j--) hash.absorb(bytes, labels[j]! + 1, labels[j]! + 1 + bytes[labels[j]!]!);
    absorbStar(hash);
    return this.#found(fingerprintWord(memory, table, hash.a, hash.b), length);
  }
  /** The rule of the longest prefix that the address of `length` octets at `at` lies in. Within a reading. */
  forAddress(trigger: 'client-ip' | 'ip' | 'nsip', bytes: Uint8Array, at: number, length: number): FoundRule | undefined {
    const lengths = this.#said.lengths[trigger]?.[length === 4 ? 0 : 1];
    if (lengths === undefined) return undefined;
    const { table, memory } = this.#published;
    if (table === 0) return undefined;
    const hash = this.#hash;
    for (const bits of lengths) {
      hashNetwork(hash, trigger, bytes, at, length, bits);
      const word = fingerprintWord(memory, table, hash.a, hash.b);
      if ((word & ACTIONS) !== 0) return this.#found(word, bits);
    }
    return undefined;
  }
  #found(word: number, length: number): FoundRule {
    const action = lowest(word & ACTIONS);
    return { action, data: action === DATA ? this.#said.data[word >>> DATA_SHIFT] ?? [] : [], length };
  }
}
/** Of several actions of one name the first in the order of rpz-words.ts. */
const lowest = (bits: number): number => bits & -bits;
