// A tree of keys that a feed fills and changes. Knows what a list and a change are; knows no store. Main's.
import type { FollowedIndex } from './etcd-feed.ts';
import type { Kept, KeyChange } from './kept.ts';
import { KeyTree } from './tree.ts';

/** One tree, nothing of which is known until a list was whole. */
export class TreeIndex extends KeyTree implements FollowedIndex {
  isKnown = false;

  list(): ReturnType<FollowedIndex['list']> {
    const tree = new KeyTree();
    return {
      add: (kept: Kept) => tree.put(kept),
      done: () => {
        this.take(tree);
        this.isKnown = true;
      },
      drop: () => {},
    };
  }
  apply(changes: readonly KeyChange[]): void {
    for (const { key, kept } of changes) {
      if (kept === undefined) this.delete(key);
      else this.put(kept);
    }
  }
  clear(): void {
    this.take(new KeyTree());
    this.isKnown = false;
  }
  each(call: (key: string, revision: bigint) => void): void {
    for (const { key, revision } of this.keys()) call(key, revision);
  }
  revisionOf(key: string): bigint | undefined {
    return this.range(key, false, 1)[0]?.revision;
  }
  follows(): void {
    // Whoever has a feed asks that for its trouble.
  }
}
