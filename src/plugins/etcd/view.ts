// The index of keys as one thread sees it: answers what lies there at once, and says nothing where only main knows. Knows the index; asks
// nobody.
import type { Clock } from '../../kernel/clock.ts';
import type { Store } from '../../store/store.ts';
import { MOST, foundOf } from '../../skydns/found.ts';
import type { Found, Wanted } from '../../skydns/found.ts';
import { KeyIndex, STALE } from './key-index.ts';
import type { Kept } from '../../skydns/kept.ts';

/** Why what is known may be old. */
const SILENT = 'etcd does not answer';
/** Milliseconds for which what etcd has denied stays denied where the index lacks it; keys that are remembered. */
const DENIED = 1000, REMEMBERED = 1000;
const never = (): never => {
  throw new Error('a lease is main\'s to know');
};

/** One thread's. */
export class View {
  readonly #index: KeyIndex;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #denied = new Map<string, number>();
  /** Whether main has heard that somebody asks with wildcards. */
  #isWild = false;
  /** What was left out last. */
  #left: Kept | undefined;

  constructor(store: Store, name: string, clock: Pick<Clock, 'monotonic'>) {
    this.#index = new KeyIndex(store, name);
    this.#clock = clock;
  }

  /** What is there; undefined: main has to be asked. Within a reading. */
  find({ key, reach }: Pick<Wanted, 'key' | 'reach'>, isWild: boolean): Found | undefined {
    const index = this.#index;
    const { state } = index;
    if (state === 0 || (isWild && !this.#isWild)) {
      this.#isWild ||= isWild;
      return undefined;
    }
    const named = reach === 'name' ? index.named(key, MOST) : index.range(key, reach === 'below', MOST);
    const kept = named?.length === 0 && reach !== 'name' ? undefined : named;
    if (kept === undefined && !this.#isDenied(`${reach} ${key}`)) return undefined;
    if (kept?.some(({ lease }) => lease !== 0n) === true) return undefined;
    this.#left = undefined;
    const found = foundOf(kept, reach, state === STALE ? SILENT : undefined, never, this.#leave);
    // Main says what is left out, once.
    return this.#left === undefined ? found : undefined;
  }
  /** Main has said of a key what there is. */
  heard({ key, reach }: Pick<Wanted, 'key' | 'reach'>, { exists, stale }: Found): void {
    if (exists || stale !== undefined) return;
    if (this.#denied.size >= REMEMBERED) this.#denied.delete(this.#denied.keys().next().value!);
    this.#denied.set(`${reach} ${key}`, this.#clock.monotonic() + DENIED);
  }
  readonly #leave = (kept: Kept): void => {
    this.#left = kept;
  };
  #isDenied(wanted: string): boolean {
    const until = this.#denied.get(wanted);
    if (until === undefined) return false;
    if (until > this.#clock.monotonic()) return true;
    this.#denied.delete(wanted);
    return false;
  }
}
