// Keys and what is under them, in the order of etcd, for ranges. Knows segments of keys; knows no etcd. Main's.
import type { Kept } from './kept.ts';

interface Branch {
  readonly below: Map<string, Branch>;
  /** The names of what is below, in order; undefined until somebody needs it. */
  order: string[] | undefined;
  kept: Kept | undefined;
}
const branch = (): Branch => ({ below: new Map(), order: undefined, kept: undefined });
/** Where a name stands in such an order, or would stand. */
function placeIn(order: readonly string[], name: string): number {
  let from = 0, to = order.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (order[middle]! < name) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** All keys below one path. */
export class KeyTree {
  #root = branch();
  size = 0;
  /** Whether a key has, or had, a segment that is a wildcard where names own their keys. */
  hasStars = false;

  /** Has what another one has from now on; that one is not used any more. */
  protected take(other: KeyTree): void {
    this.#root = other.#root;
    this.size = other.size;
    this.hasStars = other.hasStars;
  }
  put(kept: Kept): void {
    let at = this.#root;
    for (const part of kept.key.split('/')) {
      let next = at.below.get(part);
      if (next === undefined) {
        this.hasStars ||= part === '*';
        at.below.set(part, next = branch());
        at.order?.splice(placeIn(at.order, part), 0, part);
      }
      at = next;
    }
    if (at.kept === undefined) this.size++;
    at.kept = kept;
  }
  delete(key: string): void {
    const way: (readonly [Branch, string])[] = [];
    let at = this.#root;
    for (const part of key.split('/')) {
      way.push([at, part]);
      const next = at.below.get(part);
      if (next === undefined) return;
      at = next;
    }
    if (at.kept === undefined) return;
    at.kept = undefined;
    this.size--;
    for (const [above, part] of way.toReversed()) {
      const { below, kept } = above.below.get(part)!;
      if (kept !== undefined || below.size > 0) return;
      above.below.delete(part);
      above.order?.splice(placeIn(above.order, part), 1);
    }
  }
  /** All that is kept. */
  keys(): Kept[] {
    const found: Kept[] = [];
    collect(this.#root, found, Infinity);
    return found;
  }
  /** What a name owns that has what is at its key and directly below, but for a stored `*`; undefined: nothing is at the key or below. */
  named(key: string, most: number): Kept[] | undefined {
    let at: Branch | undefined = this.#root;
    for (const part of key.split('/')) at = at?.below.get(part);
    if (at === undefined) return undefined;
    const found: Kept[] = at.kept === undefined ? [] : [at.kept];
    for (const part of at.order ??= [...at.below.keys()].sort()) {
      if (found.length >= most) break;
      const { kept } = at.below.get(part)!;
      if (kept !== undefined && part !== '*') found.push(kept);
    }
    return found;
  }
  /** What is below the key, at most so many in the order of their keys; what is at it where that is nothing, or where `deep` is false. */
  range(key: string, deep: boolean, most: number): Kept[] {
    let at: Branch | undefined = this.#root;
    for (const part of key.split('/')) at = at?.below.get(part);
    if (at === undefined) return [];
    const found: Kept[] = [];
    if (deep) collect(at, found, most);
    if (found.length === 0 && at.kept !== undefined) found.push(at.kept);
    return found;
  }
}
function collect(at: Branch, found: Kept[], most: number): void {
  // A key comes before those that go on behind its slash, in which order nobody but groups and first aliases asks.
  for (const part of at.order ??= [...at.below.keys()].sort()) {
    if (found.length >= most) return;
    const next = at.below.get(part)!;
    if (next.kept !== undefined) found.push(next.kept);
    collect(next, found, most);
  }
}
