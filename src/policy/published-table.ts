// A table of fingerprints and a text beside it, as every thread sees them: main puts one in place of another by one store. Knows offsets
// and who may still be reading; knows nothing of what they say.
import type { Flags } from '../store/cells.ts';
import type { Memory } from '../store/memory.ts';
import type { Note } from '../store/notes.ts';
import type { Space } from '../store/space.ts';
import type { Store } from '../store/store.ts';

/** One of them, for one thread. */
export class PublishedTable {
  readonly memory: Memory;
  readonly #store: Store;
  readonly #place: Flags;
  readonly #text: Note;

  /** `name` is that in the space of its block. */
  constructor(store: Store, space: Space, name: string) {
    this.#store = store;
    this.memory = store.memory;
    this.#place = space.flags(name, 1);
    this.#text = space.note(name);
  }
  /** The offset of the table, 0 for none. */
  get table(): number {
    return this.#place.get(0);
  }
  /** The text beside it, and how often that was another. */
  get text(): string {
    return this.#text.read();
  }
  get round(): number {
    return this.#text.round;
  }
  /** On main: from now on this is the table. The one before is given back when nobody reads it. */
  publish(table: number, text: string): void {
    if (text !== this.#text.read()) this.#text.write(text);
    const old = this.table;
    this.#place.set(0, table);
    if (old === 0) return;
    this.#store.retire(() => this.memory.give(old));
    this.#store.recycle();
  }
}
