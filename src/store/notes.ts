// Texts that main writes and every thread reads: what `control` found out for `start`, or for later. Knows names and texts; knows
// nothing of what they say.
import type { Cells, Flags } from './cells.ts';
import type { Epochs } from './epochs.ts';
import type { Memory } from './memory.ts';

const AT = 0, ROUND = 1;

/** One text. */
export class Note {
  readonly #memory: Memory;
  readonly #epochs: Epochs;
  readonly #cells: Flags;

  constructor(memory: Memory, epochs: Epochs, cells: Cells, name: string) {
    this.#memory = memory;
    this.#epochs = epochs;
    this.#cells = cells.flags(`note ${name}`, 2);
  }

  /** How often it was written: cheap to ask for each query. 0: not yet. */
  get round(): number {
    return this.#cells.get(ROUND);
  }
  /** Puts a text in place of the one before. Throws RangeError where the memory is full. */
  write(text: string): void {
    const bytes = new TextEncoder().encode(text);
    const block = this.#memory.take(1 + ((bytes.length + 3) >> 2));
    if (block === 0) throw new RangeError('the shared memory is full');
    this.#memory.words[block] = bytes.length;
    this.#memory.bytes.set(bytes, (block + 1) * 4);
    this.#put(block);
    this.#cells.add(ROUND, 1);
  }
  /** The text, in any thread and at any time; '' where there is none. */
  read(): string {
    const pin = this.#epochs.pin();
    try {
      const block = this.#cells.get(AT);
      if (block === 0) return '';
      let words = this.#memory.refresh();
      if (block >= words.length) words = this.#memory.reach(block + 1);
      const end = (block + 1) * 4 + words[block]!;
      this.#memory.reach((end + 3) >> 2);
      return new TextDecoder().decode(this.#memory.bytes.slice((block + 1) * 4, end));
    } finally {
      pin.release();
    }
  }
  /** Gives the memory of the text back. */
  clear(): void {
    this.#put(0);
  }
  #put(block: number): void {
    const old = this.#cells.get(AT);
    this.#cells.set(AT, block);
    if (old !== 0) this.#epochs.retire(old);
    this.#epochs.recycle();
  }
}
