// How many connections a listener has: for one more than it may the one that waits for nothing and has been idle for longest makes room,
// as everywhere else; where all wait for answers, the newcomer goes. Knows numbers and the interface of a connection.
import type { Held, HeldBy } from './held.ts';

/** The connections of each listener. */
export class Places {
  readonly #of = new WeakMap<HeldBy, Set<Held>>();

  /** Adds one; `most` is 0 for as many as come. */
  take(by: HeldBy, one: Held, most: number): void {
    let all = this.#of.get(by);
    if (all === undefined) this.#of.set(by, (all = new Set()));
    all.add(one);
    if (most === 0 || all.size <= most) return;
    let first: Held | undefined;
    for (const each of all) {
      if (each === one || each.claim > 1) continue;
      if (first === undefined || each.claim < first.claim || (each.claim === first.claim && each.since < first.since)) first = each;
    }
    const gone = first ?? one;
    all.delete(gone);
    gone.drop();
  }
  leave(by: HeldBy, one: Held): void {
    this.#of.get(by)?.delete(one);
  }
}
