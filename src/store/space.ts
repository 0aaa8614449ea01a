// What belongs to one load of one block: maps, caches, notes and cells under short names, emptied when the load has ended. Knows loads by
// their numbers; knows nothing of blocks or of what is kept.
//
// Names in the store are never forgotten, so numbers are used again, once nobody of their load can be at work any more: two or three are
// enough for a process that is reloaded now and then. Main gives the numbers out and empties; every thread asks for the same.
import type { ByteMap } from './bytemap.ts';
import type { CacheLimits, CacheMap } from './cache-map.ts';
import type { Cells, Flags, Gauges } from './cells.ts';
import type { Note } from './notes.ts';

/** Milliseconds after the end of a load in which queries of it may still be under way: they find what they did. */
const REST = 30_000;

/** What tells when time has passed. */
interface Timer {
  after(milliseconds: number, call: () => void): void;
}

/** What spaces need of the store. */
interface Ground {
  readonly memory: { readonly thread: number };
  readonly cells: Cells;
  byteMap(name: string, owned?: number): ByteMap;
  cache(name: string, limits: CacheLimits): CacheMap;
  note(name: string): Note;
  forget(cache: CacheMap): void;
}

/** What one load of one block has: the same in every thread that asks by the same names. Begin a name with the plugin's word. */
export class Space {
  readonly #store: Ground;
  /** What the names in the store begin with. */
  readonly name: string;
  readonly #maps = new Map<string, ByteMap>();
  readonly #caches = new Map<string, CacheMap>();
  readonly #notes = new Map<string, Note>();
  readonly #cells = new Set<string>();
  /** How many loads use it: several where it is kept. */
  users = 0;

  constructor(store: Ground, name: string) {
    this.#store = store;
    this.name = name;
  }

  /** The map of this name, empty at first, with `owned` words of its owner's in each entry. Main alone writes it. */
  map(name: string, owned = 0): ByteMap {
    return known(this.#maps, name, () => this.#store.byteMap(`${this.name} ${name}`, owned));
  }
  /** The cache of this name, empty at first, with the same limits in every thread. */
  cache(name: string, limits: CacheLimits): CacheMap {
    return known(this.#caches, name, () => this.#store.cache(`${this.name} ${name}`, limits));
  }
  /** The text of this name, '' at first. Main alone writes it. */
  note(name: string): Note {
    return known(this.#notes, name, () => this.#store.note(`${this.name} ${name}`));
  }
  /** So many flags, 0 at first: main asks for them in `control` or `start`. */
  flags(name: string, count: number): Flags {
    const flags = this.#store.cells.flags(`${this.name} ${name}`, count);
    if (this.#isNew(`flags ${name}`)) for (let i = 0; i < count; i++) flags.set(i, 0);
    return flags;
  }
  /** So many gauges, in the same way. */
  gauges(name: string, count: number): Gauges {
    const gauges = this.#store.cells.gauges(`${this.name} ${name}`, count);
    if (this.#isNew(`gauges ${name}`)) gauges.clear();
    return gauges;
  }
  /** Whether main asks for the first time: whatever an earlier load left in cells of this name ends here. */
  #isNew(cells: string): boolean {
    if (this.#store.memory.thread !== 0 || this.#cells.has(cells)) return false;
    this.#cells.add(cells);
    return true;
  }

  /** The load has ended: nothing more is kept in its caches. Main, which hears of it last, gives their memory back. */
  leave(): void {
    for (const cache of this.#caches.values()) {
      this.#store.forget(cache);
      if (this.#store.memory.thread === 0) cache.close();
      else cache.leave();
    }
  }
  /** Nobody can be reading its maps and notes any more: gives their memory back. On main. */
  empty(): void {
    for (const map of this.#maps.values()) map.clear();
    for (const note of this.#notes.values()) note.clear();
  }
}
function known<T>(all: Map<string, T>, name: string, make: () => T): T {
  let found = all.get(name);
  if (found === undefined) all.set(name, (found = make()));
  return found;
}

/** The spaces of a process, for one thread. */
export class Spaces {
  readonly #store: Ground;
  /** The numbers that are in use, or rest. */
  readonly #numbers = new Set<number>();
  readonly #kept = new Map<string, Space>();

  constructor(store: Ground) {
    this.#store = store;
  }

  /** A number for a new load: on main. */
  take(): number {
    let number = 0;
    while (this.#numbers.has(number)) number++;
    this.#numbers.add(number);
    return number;
  }
  /**
   * What gives the load of this number its spaces, until the signal ends it. `keep` says that another load which says the same, and begins
   * before this one ends, has the same space. It is a short text (a digest does) of all that decides what may be kept: the block's keys,
   * its lines, and the lines of whoever else has a part in it.
   */
  of(number: number, signal: AbortSignal, timer: Timer): (block: number, keep?: string) => Space {
    const blocks = new Map<string, Space>();
    const kept = new Map<string, Space>();
    signal.addEventListener('abort', () => this.#end(number, [...blocks.values(), ...this.#release(kept)], timer), { once: true });
    return (block, keep) => {
      if (keep === undefined) return known(blocks, String(block), () => new Space(this.#store, `load ${number} ${block}`));
      return known(kept, keep, () => {
        const space = known(this.#kept, keep, () => new Space(this.#store, `kept ${keep}`));
        space.users++;
        return space;
      });
    };
  }
  /** Those that no other load has. */
  #release(kept: ReadonlyMap<string, Space>): readonly Space[] {
    const last = [...kept].filter(([, space]) => --space.users === 0);
    for (const [keep] of last) this.#kept.delete(keep);
    return last.map(([, space]) => space);
  }
  #end(number: number, ended: readonly Space[], timer: Timer): void {
    for (const space of ended) space.leave();
    if (this.#store.memory.thread !== 0) return;
    timer.after(REST, () => {
      // What is kept may have begun anew under its name meanwhile.
      for (const space of ended) if (!this.#renewed(space)) space.empty();
      this.#numbers.delete(number);
    });
  }
  #renewed(space: Space): boolean {
    return [...this.#kept.values()].some(({ name }) => name === space.name);
  }
}
