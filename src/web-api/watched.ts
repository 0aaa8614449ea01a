// What an API says under keys: asked for when somebody asks, then watched by blocking queries until nobody has asked for ten minutes. Knows
// indexes, waits and failures; knows neither the API nor what a value means. Main's.
import type { Clock } from '../kernel/clock.ts';
import type { Closable } from '../kernel/shared.ts';
import { pause } from '../kube-api/pause.ts';

/** What came of one request, and the index that a blocking query waits on; undefined: the API has none. */
export interface Fetched<T> {
  readonly value: T;
  readonly index: number | undefined;
}
/** What a blocking query asks for: an answer once the index is another, or after so many milliseconds. */
export interface Block {
  readonly index: number;
  readonly wait: number;
}
/** What is known under a key. */
export interface Known<T> {
  readonly value: T;
  /** Why it may be old; undefined where it is not. */
  readonly trouble: string | undefined;
}
/** How one API is asked, and who hears of changes. */
export interface WatchedOptions<T> {
  readonly clock: Clock;
  /** Rejects where the API does not say. */
  load(key: string, block: Block | undefined, signal: AbortSignal): Promise<Fetched<T>>;
  isSame(one: T, other: T): boolean;
  /** Whether it is worth a connection of its own: names that anybody may make up are not. */
  isWatched(value: T): boolean;
  /** Called after another value is what is answered, with all names by which it was asked for; undefined where they are too many. */
  changed(names: ReadonlySet<string> | undefined): void;
  /** From 0 to 1. */
  random?(): number;
}

/** Milliseconds without a question after which a key is not watched any more; the longest wait; the least between two requests. */
const IDLE = 600_000, WAIT = 300_000, LEAST = 100;
/** Milliseconds after a first failure, and the longest. */
const FIRST_PAUSE = 1000, LONGEST_PAUSE = 30_000;
/** Keys that are watched at once; names of one that are kept. */
const MOST = 1000, MOST_NAMES = 64;

interface Entry<T> {
  value: T;
  index: number | undefined;
  trouble: string | undefined;
  /** Since when there is trouble, in milliseconds of the wall clock. */
  since: number;
  asked: number;
  readonly names: Set<string>;
}

/** All keys of one API. */
export class Watched<T> implements Closable {
  readonly #options: WatchedOptions<T>;
  readonly #entries = new Map<string, Entry<T>>();
  readonly #loading = new Map<string, Promise<Known<T>>>();
  readonly #end = new AbortController();

  constructor(options: WatchedOptions<T>) {
    this.#options = options;
  }

  /** What is under the key, asked for by this name. Rejects where the API does not say and nothing is known. */
  ask(key: string, name: string): Promise<Known<T>> {
    const entry = this.#entries.get(key);
    if (entry !== undefined) {
      entry.asked = this.#options.clock.monotonic();
      if (entry.names.size < MOST_NAMES) entry.names.add(name);
      return Promise.resolve({ value: entry.value, trouble: entry.trouble });
    }
    const underWay = this.#loading.get(key);
    if (underWay !== undefined) return underWay.then((known) => this.#entries.has(key) ? this.ask(key, name) : known);
    const load = this.#first(key, name).finally(() => this.#loading.delete(key));
    this.#loading.set(key, load);
    return load;
  }
  /** How many keys are watched. */
  get size(): number {
    return this.#entries.size;
  }
  /** Why some of what is known may be old, and since when; undefined where nothing is. */
  get behind(): { readonly since: number; readonly why: string } | undefined {
    let first: Entry<T> | undefined;
    for (const each of this.#entries.values()) {
      if (each.trouble !== undefined && (first === undefined || each.since < first.since)) first = each;
    }
    return first === undefined ? undefined : { since: first.since, why: first.trouble! };
  }
  close(): void {
    this.#end.abort();
    this.#entries.clear();
  }

  async #first(key: string, name: string): Promise<Known<T>> {
    const { load, isWatched, clock } = this.#options;
    const { value, index } = await load(key, undefined, this.#end.signal);
    if (index !== undefined && this.#entries.size < MOST && isWatched(value) && !this.#end.signal.aborted) {
      const entry = { value, index: Math.max(1, index), trouble: undefined, since: 0, asked: clock.monotonic(), names: new Set([name]) };
      this.#entries.set(key, entry);
      void this.#watch(key, entry);
    }
    return { value, trouble: undefined };
  }
  async #watch(key: string, entry: Entry<T>): Promise<void> {
    const { clock, load, random = Math.random } = this.#options;
    const { signal } = this.#end;
    for (let failures = 0; ; ) {
      const left = entry.asked + IDLE - clock.monotonic();
      if (left <= 0 || signal.aborted) break;
      const { index } = entry;
      const block = index === undefined ? undefined : { index, wait: Math.min(left, WAIT * (0.8 + random() / 5)) };
      try {
        const fetched = await load(key, block, signal);
        failures = 0;
        if (fetched.index === undefined) break;
        this.#take(entry, fetched);
      } catch (error) {
        if (signal.aborted) return;
        if (entry.trouble === undefined) entry.since = clock.wall();
        entry.trouble = error instanceof Error ? error.message : String(error);
        failures++;
      }
      const longest = failures === 0 ? LEAST : Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (failures - 1));
      await pause(clock, longest * (0.5 + random() / 2), signal);
    }
    // Whoever asks again asks the API; what was kept of its answers is as old as that of any source that does not count.
    if (this.#entries.get(key) === entry) this.#entries.delete(key);
    this.#options.changed(namesOf(entry));
  }
  #take(entry: Entry<T>, { value, index }: Fetched<T>): void {
    const { isSame, changed } = this.#options;
    entry.trouble = undefined;
    // An index that falls says that the server began anew: all is asked for again, without waiting.
    entry.index = entry.index !== undefined && index! < entry.index ? undefined : Math.max(1, index!);
    if (isSame(entry.value, value)) return;
    entry.value = value;
    changed(namesOf(entry));
  }
}

const namesOf = <T>({ names }: Entry<T>): ReadonlySet<string> | undefined => (names.size < MOST_NAMES ? names : undefined);
