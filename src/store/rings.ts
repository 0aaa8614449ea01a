// The rings that the threads of one load made for one purpose, found by the places that they told. Knows rings; knows nothing of what is in
// them.
import type { Flags } from './cells.ts';
import { MOST_THREADS } from './layout.ts';
import type { Memory } from './memory.ts';
import { Ring } from './ring.ts';

/** How many flags the places of the rings take: one a thread. */
export const RING_PLACES = MOST_THREADS;

/** As main sees them. */
export class Rings {
  readonly #memory: Memory;
  readonly #places: Flags;
  readonly #rings: (Ring | undefined)[] = [];
  #isWhole = false;

  constructor(memory: Memory, places: Flags) {
    this.#memory = memory;
    this.#places = places;
  }
  /** Makes the ring of this thread, and tells its place. Throws RangeError where the memory has no room. */
  static tell(memory: Memory, places: Flags, thread: number, bytes: number): Ring {
    const ring = Ring.make(memory, bytes);
    if (ring === undefined) throw new RangeError('the shared memory has no room for a ring');
    places.set(thread, ring.place);
    return ring;
  }

  /** Those that were made until now. */
  get all(): readonly Ring[] {
    if (!this.#isWhole) this.#look();
    return this.#rings.filter((ring) => ring !== undefined);
  }
  /** No thread makes another one: the places may soon be those of another load. */
  whole(): void {
    this.#look();
    this.#isWhole = true;
  }
  /** Gives their memory back: nobody writes into them any more. */
  give(): void {
    for (const { place } of this.all) this.#memory.give(place);
  }
  #look(): void {
    for (let thread = 0; thread < MOST_THREADS; thread++) {
      const place = this.#places.get(thread);
      if (place !== 0) this.#rings[thread] ??= new Ring(this.#memory, place);
    }
  }
}
