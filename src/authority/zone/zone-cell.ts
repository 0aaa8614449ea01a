// Where the version of a zone that is served stands, in every thread: read by answers and transfers, written by the one who loads. Knows
// words; knows nothing of what a version is made of.
import type { Flags } from '../../store/cells.ts';
import type { Store } from '../../store/store.ts';

const VERSION = 0, EXPIRED = 1, LOADS = 2, LOADED = 3, USERS = 4, UNTIL = 5, CELLS = 6;

/** One zone, under a name that all threads know. */
export class ZoneCell {
  readonly #store: Store;
  readonly #cells: Flags;

  /** The zone of this name; whoever says the same name has the same zone. */
  constructor(store: Store, name: string) {
    this.#store = store;
    this.#cells = store.cells.flags(`zone ${name}`, CELLS);
  }
  /** The version that is served now, or 0. It stays until the reading ends; all words that it reaches are in view. */
  get version(): number {
    const version = this.#cells.get(VERSION);
    this.#store.memory.refresh();
    return version;
  }
  /** Whether it may not be served any more: nobody who has it could be asked for too long (RFC 1035 section 3.3.13). */
  get isExpired(): boolean {
    return this.#cells.get(EXPIRED) !== 0;
  }
  /** How often a version was put here, and when the last one was: seconds of the wall clock. */
  get loads(): number {
    return this.#cells.get(LOADS);
  }
  get loaded(): number {
    return this.#cells.get(LOADED);
  }
  /** Puts a version (0: none) in place of the one before. Main's. */
  publish(version: number, seconds: number): void {
    this.#cells.set(LOADED, seconds);
    this.#cells.set(VERSION, version);
    this.#cells.set(EXPIRED, 0);
    this.#cells.add(LOADS, 1);
  }
  /** Of a zone of others, until when it may be served unless one of them is heard: seconds of the wall clock; 0: nothing ends it. */
  get until(): number {
    return this.#cells.get(UNTIL);
  }
  set until(seconds: number) {
    this.#cells.set(UNTIL, seconds);
  }
  /** So many more keep it; says how many do. Main's. */
  users(more: number): number {
    return this.#cells.add(USERS, more) + more;
  }
  /** From now on, or not any more, it may not be served. Main's. */
  expire(isExpired: boolean): void {
    this.#cells.set(EXPIRED, isExpired ? 1 : 0);
  }
}
