// What changes in a zone, and who hears of it: caches by counters that all threads share, others by a call, such as who tells secondaries.
// Knows zones and names; knows neither sources nor listeners. On the main thread.
import type { Name } from '../dns/name.ts';
import { latin1Bytes } from '../dns/latin1.ts';
import type { End } from '../kernel/signal.ts';
import type { ZoneChanges } from '../store/changes.ts';
import type { Store } from '../store/store.ts';

/** One change, after it was published. */
export interface Change {
  readonly zone: Name;
  /** How many changes the zone has had since its source began, this one included. */
  readonly revision: number;
  /** The names that are others now, or are gone; undefined: any may be. */
  readonly names: readonly Name[] | undefined;
}

/** One zone of a source that can change. */
export class ChangingZone {
  readonly zone: Name;
  /** See `Change`. */
  revision = 0;
  readonly #counters: ZoneChanges;
  readonly #listeners = new Set<(change: Change) => void>();

  /** Throws RangeError where the shared memory is full. */
  constructor({ changes }: Pick<Store, 'changes'>, zone: Name) {
    this.zone = zone;
    this.#counters = changes.zone(zone.key);
  }

  /** Calls at each change from now on, until the signal aborts. */
  listen(call: (change: Change) => void, signal: End): void {
    if (signal.aborted) return;
    this.#listeners.add(call);
    signal.addEventListener('abort', () => this.#listeners.delete(call), { once: true });
  }
  /**
   * These names are others now, or are gone, of those that are in the zone; without names anything may be. To be called after that was
   * published: first caches, so that who is told and asks does not get what was kept. What a wildcard is may be that of any name.
   */
  changed(names?: Iterable<Name>): void {
    let concerned: Name[] | undefined;
    if (names !== undefined) {
      concerned = [...names].filter((name) => name.isUnder(this.zone));
      if (concerned.length === 0) return;
      if (concerned.some((name) => name.isWildcard)) concerned = undefined;
    }
    if (concerned === undefined) this.#counters.all();
    else for (const { key } of concerned) this.#counters.changed(latin1Bytes(key), 0);
    const change = { zone: this.zone, revision: ++this.revision, names: concerned };
    for (const call of this.#listeners) call(change);
  }
}
