// What a thread has of the shared memory: maps, caches and cells by their names. Knows how they fit together; knows nothing of
// what they are for.
import { Accounts } from './accounts.ts';
import { ByteMap } from './bytemap.ts';
import type { HandedMap } from './bytemap.ts';
import { CacheMap } from './cache-map.ts';
import type { CacheLimits } from './cache-map.ts';
import { Cells } from './cells.ts';
import { Claims } from './claims.ts';
import { Changes } from './changes.ts';
import { Epochs, clearThread } from './epochs.ts';
import { Memory } from './memory.ts';
import type { MemoryHandle } from './memory.ts';
import { claim } from './names.ts';
import { Note } from './notes.ts';
import { Reading } from './reading.ts';
import type { Pin } from './reading.ts';
import { CardIndex } from './card-index.ts';
import { Spaces } from './space.ts';

/** One thread's store. All threads of a process have the same bytes behind it. */
export class Store {
  readonly memory: Memory;
  readonly epochs: Epochs;
  /** What this thread reads in: open whenever a query is worked on. */
  readonly reading: Reading;
  readonly cells: Cells;
  readonly #caches = new Map<string, CacheMap>();
  readonly #names = new WeakMap<CacheMap, string>();
  /** What belongs to one load of a configuration. */
  readonly spaces = new Spaces(this);
  #changes: Changes | undefined = undefined;

  private constructor(memory: Memory) {
    this.memory = memory;
    this.epochs = new Epochs(memory);
    this.reading = new Reading(memory);
    this.cells = new Cells(memory);
  }

  /** The store of a new process, on main. `maximum` bytes are reserved, not used. `key` is given by tests alone. */
  static create(maximum?: number, key?: Int32Array): Store {
    return new Store(Memory.create(maximum, key));
  }
  /** The store in a thread with this number (1 to 255), from the handle that main sent it. */
  static join(handle: MemoryHandle, thread: number): Store {
    return new Store(Memory.join(handle, thread));
  }
  /** What main sends to a new thread. From the first call on the process has threads, and caches are locked: not within a reading. */
  share(): MemoryHandle {
    this.memory.share();
    return this.memory.handle;
  }
  /** A thread is dead. Main calls it, before a new thread gets the number. */
  bury(thread: number): void {
    clearThread(this.memory, thread);
    this.cells.bury(thread);
    for (const cache of this.#caches.values()) cache.bury(thread);
  }

  /** Keeps all that can be found now until it is released, across awaits: for streams and copies. Not for long. */
  pin(): Pin {
    return this.epochs.pin();
  }
  /** Calls once nobody can be reading what was out of reach before this: by `recycle`, or later. */
  retire(call: () => void): void {
    this.epochs.retire(call);
  }
  /** Gives back what was replaced or taken out and nobody can be reading. Maps do so by themselves now and then; writers after much. */
  recycle(): void {
    this.epochs.recycle();
  }

  /**
   * The map of this name: one thread at a time writes it, all read it within a reading. `owned` words of each entry are the
   * owner's. A name is never forgotten, so a map that goes with a configuration uses its name again in a later one.
   */
  byteMap(name: string, owned = 0): ByteMap {
    return new ByteMap(this.memory, this.epochs, owned, claim(this.memory, `map ${owned} ${name}`, ByteMap.ROOM));
  }
  /** What sources count when something of theirs is another, and caches compare. */
  get changes(): Changes {
    return (this.#changes ??= new Changes(this.memory));
  }
  /** Accounts of this name, at least so many, the same in every thread that says both. They outlive loads. */
  accounts(name: string, least: number): Accounts {
    return new Accounts(this.memory, name, least);
  }
  /** The text of this name: main writes it, every thread reads it. */
  note(name: string): Note {
    return new Note(this.memory, this.epochs, this.cells, name);
  }
  /** A map without a name, to be filled and then put in place of another by its `replaceAll`. */
  freshMap(owned = 0): ByteMap {
    return new ByteMap(this.memory, this.epochs, owned);
  }
  /** The claims of this name, which are nobody's when they are so many milliseconds old. */
  claims(name: string, old: number): Claims {
    return new Claims(this.memory, name, old);
  }
  /** The table of this name: room for `least` things, so many words each, and `head` words of its own. */
  cards(name: string, { width, least, head }: { readonly width: number; readonly least: number; readonly head: number }): CardIndex {
    return new CardIndex(this.memory, name, width, least, head);
  }
  /** A map that another thread filled and handed over: this thread's from now on. */
  taken({ at, owned }: HandedMap): ByteMap {
    this.memory.refresh();
    return new ByteMap(this.memory, this.epochs, owned, at);
  }
  /** The cache of this name, which all threads share, with the same limits. Main must ask for it too: it frees what dead threads held. */
  cache(name: string, limits: CacheLimits): CacheMap {
    const whole = `cache ${limits.entries} ${limits.bytes} ${limits.owned} ${name}`;
    const known = this.#caches.get(whole);
    if (known !== undefined) return known;
    const cache = new CacheMap(this.memory, limits, claim(this.memory, whole, CacheMap.ROOM));
    this.#caches.set(whole, cache);
    this.#names.set(cache, whole);
    return cache;
  }
  /** This thread does not use the cache any more: whoever asks for its name gets another one. */
  forget(cache: CacheMap): void {
    this.#caches.delete(this.#names.get(cache) ?? '');
  }
}
