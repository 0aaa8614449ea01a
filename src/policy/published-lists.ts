// What the lists of a line say of a name, looked up in the table that main published. Knows rules and precedence; knows no file.
import { fingerprintWord } from '../store/fingerprints.ts';
import { LabelHash } from '../store/label-hash.ts';
import type { Memory } from '../store/memory.ts';
import type { PublishedTable } from './published-table.ts';
import { ALLOW, BLOCK, CONDITIONAL, KEEP, MUST, OF_BELOW, OF_ITSELF, firstList } from './rule-bits.ts';
import { SpecialRules } from './special-rules.ts';
import type { Asked } from './special-rules.ts';

/** What the lists say of a name. */
export type Verdict = 'none' | 'allowed' | 'blocked';

/** The table of one line, for one thread. */
export class PublishedLists {
  /** The list that decided last: the number of one that blocks, -1 where none does. */
  list = -1;
  readonly #published: PublishedTable;
  readonly #memory: Memory;
  readonly #hash: LabelHash;
  #round = -1;
  #rules: SpecialRules;
  readonly #labels = new Int32Array(128);
  // Of the name that is being judged:
  #bits = 0;
  #blocking = -1;
  #must = -1;
  #name = '';

  constructor(published: PublishedTable) {
    this.#published = published;
    this.#memory = published.memory;
    this.#hash = new LabelHash(published.memory);
    this.#rules = new SpecialRules('', this.#hash);
  }

  /** Judges the name in wire form from `bytes[at]` on. Within a reading. */
  judge(bytes: Uint8Array, at: number, asked: Asked): Verdict {
    const { table, round } = this.#published;
    this.list = -1;
    if (table === 0) return 'none';
    const labels = this.#labels;
    let count = 0;
    for (let i = at; bytes[i] !== 0; i += bytes[i]! + 1) labels[count++] = i;
    if (round !== this.#round) this.#takeSpecial(round);
    const hash = this.#hash;
    hash.reset();
    this.#bits = 0;
    this.#blocking = -1;
    this.#must = -1;
    this.#name = '';
    for (let j = count - 1; j >= 0; j--) {
      const label = labels[j]!;
      hash.absorb(bytes, label + 1, label + 1 + bytes[label]!);
      const word = fingerprintWord(this.#memory, table, hash.a, hash.b);
      if (word === 0) continue;
      this.#apply(word, firstList(word), j === 0);
      if ((word & CONDITIONAL) !== 0) this.#conditional(bytes, labels, count, asked, j === 0);
    }
    if (this.#rules.hasExpressions) {
      this.#rules.forText(this.#textOf(bytes, labels, count), asked, (bits, list) => this.#apply(bits, list, true));
    }
    return this.#decide();
  }
  #apply(word: number, list: number, isItself: boolean): void {
    const bits = isItself ? word & OF_ITSELF : (word & OF_BELOW) >> 1;
    this.#bits |= bits;
    if ((bits & MUST) !== 0) this.#must = list;
    if ((bits & BLOCK) !== 0) this.#blocking = list;
  }
  #conditional(bytes: Uint8Array, labels: Int32Array, count: number, asked: Asked, isItself: boolean): void {
    const name = this.#textOf(bytes, labels, count);
    this.#rules.forName(this.#hash.a, this.#hash.b, name, asked, (bits, list) => this.#apply(bits, list, isItself));
  }
  /** What must be blocked gives way only to what must be kept, and other blocks to whatever is allowed. */
  #decide(): Verdict {
    const bits = this.#bits;
    if ((bits & KEEP) !== 0) return 'allowed';
    if ((bits & MUST) !== 0) {
      this.list = this.#must;
      return 'blocked';
    }
    if ((bits & ALLOW) !== 0) return 'allowed';
    if ((bits & BLOCK) === 0) return 'none';
    this.list = this.#blocking;
    return 'blocked';
  }
  /** The name as lower-case text without the last dot. */
  #textOf(bytes: Uint8Array, labels: Int32Array, count: number): string {
    if (this.#name !== '' || count === 0) return this.#name;
    let text = '';
    for (let j = 0; j < count; j++) {
      const label = labels[j]!;
      if (j > 0) text += '.';
      for (let i = label + 1, end = i + bytes[label]!; i < end; i++) text += String.fromCharCode(bytes[i]!);
    }
    return (this.#name = text.toLowerCase());
  }
  #takeSpecial(round: number): void {
    this.#round = round;
    this.#rules = new SpecialRules(this.#published.text, this.#hash);
  }
}
