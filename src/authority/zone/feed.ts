// Keeps a zone as its file says: looked at again and again, read when it changed and is still, taken where it is sound. Knows states of
// files and what came of loads; knows no plugin's words. Main's.
import type { Clock } from '../../kernel/clock.ts';
import type { End } from '../../kernel/signal.ts';
import type { Loaded, Order } from './loading.ts';
import type { Keeper } from '../signing/keeping.ts';
import type { KeptZone } from './kept-zone.ts';
import { isSame, lookAt } from './file-state.ts';
import type { FileState } from './file-state.ts';

/** Milliseconds for which a file that was written in place is left alone. */
const STILL = 1000;
/** By how much looks are early or late, so that those of many zones do not come together. */
const JITTER = 0.1;
/** How many times the interval it is at most between two reads of a file that cannot be read. */
const LONGEST_BACKOFF = 10;

/** How a file is kept up with. */
export interface FeedOptions {
  readonly path: string;
  /** What is done with other records under the same serial. */
  readonly unchanged: Order['unchanged'];
  readonly iterations?: Order['iterations'];
  readonly ttl?: Order['ttl'];
  readonly verify?: Order['verify'];
  readonly digest?: Order['digest'];
}
/** What a feed works with. */
export interface FeedParts {
  readonly keeper: Pick<Keeper, 'cell' | 'publish' | 'zone'>;
  readonly clock: Clock;
  /** Loads, in this thread or in another. */
  load(order: Order): Loaded | Promise<Loaded>;
  /** What an earlier process had of it, from which the first version is made: then it is known what differs. */
  readonly kept?: Pick<KeptZone, 'restore' | 'settled' | 'discard'> | undefined;
  /** Whoever says it to people: called after what is new is served. `first` until a first load succeeded. */
  told(loaded: Loaded, first: boolean): void;
  /** A number from 0 to 1. */
  random?(): number;
}

/** One file. */
export class FileFeed {
  readonly #options: FeedOptions;
  readonly #parts: FeedParts;
  /** The state that was read last, and the one that was seen at the last look. */
  #read: FileState | undefined;
  #seen: FileState | undefined;
  /** Reads in a row that the system refused. */
  #failures = 0;
  #loading: Promise<void> | undefined;
  /** Whether it was read, and nobody has wanted anything since. */
  #isFresh = false;
  /** How often it is looked at, by those who want it. */
  readonly #wishes = new Set<{ readonly reload: number }>();
  #cancel = (): void => {};
  /** Why what is served is not what the file says; undefined where it is. */
  trouble: string | undefined;

  constructor(options: FeedOptions, parts: FeedParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /** The first load. Says what came of it. */
  begin(): Promise<Loaded> {
    this.#isFresh = true;
    return this.#load(this.#state());
  }
  /**
   * Somebody wants it looked at so often (milliseconds; 0: never again) until the signal aborts, and once now, where it was not read just
   * now. The most impatient is obeyed.
   */
  async want(reload: number, signal: End): Promise<void> {
    const wish = { reload };
    this.#wishes.add(wish);
    signal.addEventListener('abort', () => this.#wishes.delete(wish), { once: true });
    this.#cancel();
    await this.#loading;
    const isFresh = this.#isFresh;
    this.#isFresh = false;
    if (isFresh && this.trouble === undefined) return this.#next(this.#interval());
    this.#loading = this.#look(true).then(() => this.#next(this.#interval()));
    await this.#loading;
  }
  /**
   * Looks once, for who has a rhythm of its own; true where it was written just now and is to be looked at again soon: with `now` it is
   * read all the same.
   */
  look(now = false): boolean | Promise<boolean> {
    const state = this.#state();
    if (state !== undefined && isSame(this.#read, state)) return false;
    const look = (this.#loading ?? Promise.resolve()).then(() => this.#look(now));
    this.#loading = look.then(() => {});
    return look;
  }
  /** It is not looked at any more. */
  close(): void {
    this.#cancel();
    this.#cancel = () => {};
    this.#closed = true;
  }
  #closed = false;

  #interval(): number {
    const { random = Math.random } = this.#parts;
    const backoff = Math.min(LONGEST_BACKOFF, 2 ** this.#failures);
    const reload = Math.min(...[...this.#wishes].flatMap((wish) => (wish.reload > 0 ? wish.reload : [])));
    return reload * backoff * (1 + JITTER * (2 * random() - 1));
  }
  #next(milliseconds: number): void {
    if (!Number.isFinite(milliseconds) || this.#closed) return;
    this.#cancel();
    this.#cancel = this.#parts.clock.after(milliseconds, () => {
      this.#loading = this.#look(false).then((soon) => this.#next(soon ? Math.min(STILL, this.#interval()) : this.#interval()));
    });
  }
  /** Whether it is to be looked at again soon: it was just written. */
  async #look(now: boolean): Promise<boolean> {
    if (this.#wishes.size === 0) return false;
    const state = this.#state();
    const seen = this.#seen;
    this.#seen = state;
    if (state === undefined) {
      // It is said once that it is gone.
      if (this.#read !== undefined || this.trouble === undefined) await this.#load(state);
      return false;
    }
    if (isSame(this.#read, state)) return false;
    const isReplaced = this.#read === undefined || state.identity !== this.#read.identity;
    if (!now && !isReplaced && !this.#isStill(state, seen)) return true;
    await this.#load(state);
    return false;
  }
  #state(): FileState | undefined {
    return lookAt(this.#read?.paths ?? [this.#options.path]);
  }
  /** Whether it was seen so before, or was written some time ago. */
  #isStill(state: FileState, seen: FileState | undefined): boolean {
    return isSame(seen, state) || this.#parts.clock.wall() - state.written > STILL;
  }

  /** Reads it, which was seen in a state (undefined: it is not there). */
  async #load(seen: FileState | undefined): Promise<Loaded> {
    const { keeper, load, told, kept } = this.#parts;
    const { path, unchanged, iterations, verify, ttl, digest = 'check' } = this.#options;
    const served = keeper.cell.version;
    const restored = served === 0 && seen !== undefined ? await kept?.restore(iterations) ?? 0 : 0;
    const now = Math.floor(this.#parts.clock.wall() / 1000);
    const loaded = await load({
      path, size: seen?.size ?? 0, zone: keeper.zone.key, before: served === 0 ? restored : served, isRestored: restored !== 0, now,
      unchanged, digest, iterations, verify, ttl,
    });
    if (loaded.kind === 'made') await keeper.publish(restored === 0 ? loaded.built : kept!.settled(restored, loaded.built));
    else if (restored !== 0) kept!.discard(restored);
    if (loaded.kind === 'failed') {
      // What is wrong with its text stays so until it changes; what the system says may pass.
      this.#failures += loaded.reason === 'unreadable' || loaded.reason === 'memory' ? 1 : 0;
      this.#read = loaded.reason === 'syntax' || loaded.reason === 'zone' ? seen : undefined;
      this.trouble = loaded.text;
    } else {
      this.#failures = 0;
      this.#read = loaded.state;
      this.trouble = loaded.kind === 'held'
        ? `"${path}" has changed, but its serial is still ${loaded.serial}: what is served is what it said before` : undefined;
    }
    told(loaded, served === 0);
    return loaded;
  }
}
