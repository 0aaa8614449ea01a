// When the signatures of a version end: how many in each stretch of time, so that the first end is known although single ones come and go.
// Knows words; knows no record.
//
// In words: 0 bits of a second that are left out (so long is a stretch), 1 how many stretches, then of each its number and its signatures.
import type { Memory } from '../../store/memory.ts';

const HEAD = 2;
/** A stretch is an hour or so at first (4096 s), and twice as long whenever there are too many. */
const BITS = 12, MOST = 512;

/** Those of one version in the making. */
export class Expiries {
  #bits = BITS;
  #counts = new Map<number, number>();
  /** Of those that came: the earliest. */
  #first = Infinity;

  /** Forgets all, or begins with what a version has, which has its first end at `first`; 0: nothing. */
  begin(memory?: Memory, block = 0, first = 0): void {
    this.#bits = BITS;
    this.#counts.clear();
    this.#first = block === 0 ? Infinity : first;
    if (memory === undefined || block === 0) return;
    const { words } = memory;
    this.#bits = words[block]!;
    for (let i = block + HEAD, end = i + words[block + 1]! * 2; i < end; i += 2) this.#counts.set(words[i]!, words[i + 1]!);
  }
  /** One more ends at this second since 1970; or, below 0, one less. */
  add(second: number, more = 1): void {
    const stretch = second >>> this.#bits;
    const count = (this.#counts.get(stretch) ?? 0) + more;
    if (count > 0) this.#counts.set(stretch, count);
    else this.#counts.delete(stretch);
    if (more > 0 && second < this.#first) this.#first = second;
    if (this.#counts.size > MOST) this.#coarsen();
  }
  #coarsen(): void {
    const finer = this.#counts;
    this.#counts = new Map();
    this.#bits++;
    for (const [stretch, count] of finer) this.#counts.set(stretch >>> 1, (this.#counts.get(stretch >>> 1) ?? 0) + count);
  }

  /** When the first one ends, or, where that one is gone, when it may be at the earliest; 0: there is none. */
  get first(): number {
    if (this.#counts.size === 0) return 0;
    const least = Math.min(...this.#counts.keys());
    return this.#first >>> this.#bits === least ? this.#first : least * 2 ** this.#bits;
  }
  /** Words of the block that says them; 0: none is needed. */
  get words(): number {
    return this.#counts.size === 0 ? 0 : HEAD + this.#counts.size * 2;
  }
  /** Writes them there. */
  write({ words }: Memory, at: number): void {
    words[at] = this.#bits;
    words[at + 1] = this.#counts.size;
    let i = at + HEAD;
    for (const [stretch, count] of this.#counts) {
      words[i++] = stretch;
      words[i++] = count;
    }
  }
}
