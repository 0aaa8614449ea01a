// Makes versions of the index of keys: of a whole list, page by page, and of what a watch says, a transaction at once. Knows entries and
// what becomes of blocks; knows no etcd. Main's.
import { setImmediate as inNextTurn } from 'node:timers';
import { KEY_AT } from '../../store/ordered-entry.ts';
import { PagesDraft } from '../../store/ordered-pages.ts';
import type { Store } from '../../store/store.ts';
import type { Clock } from '../../kernel/clock.ts';
import { FOLLOWED, KeyIndex, ROOT, STALE, STATE, USERS } from './key-index.ts';
import { KeptWriter } from './kept.ts';
import type { FollowedIndex } from '../../skydns/etcd-feed.ts';
import type { Kept, KeyChange } from '../../skydns/kept.ts';

/** Blocks that are given back in one turn. */
const SLICE = 8192;
/** Milliseconds that it is kept when nobody follows it any more: queries may be under way, and the next load takes it up. */
const REST = 30_000;

/** Writes. One a process and name. */
export class KeyIndexWriter extends KeyIndex implements FollowedIndex {
  readonly #writer = new KeptWriter();
  readonly #clock: Pick<Clock, 'after'>;
  /** Whether a key has, or had, a segment that is a wildcard where names own their keys. */
  hasStars = false;
  /** How often it became another. */
  changes = 0;

  constructor(store: Store, name: string, clock: Pick<Clock, 'after'>) {
    super(store, name);
    this.#clock = clock;
    this.cells.add(USERS, 1);
  }
  /** Nobody follows it any more: it is given back unless somebody takes it up meanwhile. */
  close(): void {
    this.setState(0);
    this.cells.add(USERS, -1);
    this.#clock.after(REST, () => {
      if (this.cells.get(USERS) === 0) this.clear();
    });
  }
  get isKnown(): boolean {
    return this.state !== 0;
  }
  follows(isFollowed: boolean): void {
    this.setState(isFollowed ? FOLLOWED : STALE);
  }
  setState(state: number): void {
    this.cells.set(STATE, state);
  }
  /** Nothing is known any more. */
  clear(): void {
    const { root } = this;
    this.setState(0);
    if (root === 0) return;
    this.cells.set(ROOT, 0);
    this.#retire([...this.#blocks(root)]);
  }

  /** A list of all keys, which is in place of what was there once `done` is called. */
  list(): KeyList {
    return new KeyList(this);
  }
  /** Puts the entries of a list, in their order, in place of what was there. Throws RangeError where the memory is full. */
  replace(entries: readonly number[]): void {
    const { root } = this;
    const made = new PagesDraft(this.store.memory, Int32Array.from(entries)).commit();
    this.cells.set(ROOT, made.root);
    this.changes++;
    if (root !== 0) this.#retire([...this.#blocks(root)]);
  }
  /** Takes changes in at once. Throws RangeError where the memory is full, and nothing has changed. */
  apply(changes: readonly KeyChange[]): void {
    const { root } = this;
    const { memory } = this.store;
    const draft = new PagesDraft(memory, root);
    const gone: number[] = [], fresh: number[] = [];
    let made: { readonly root: number; readonly dropped: readonly number[] };
    try {
      for (const { key, kept } of changes) {
        if (kept !== undefined) {
          const entry = this.entry(kept);
          if (entry === 0) continue;
          fresh.push(entry);
          const old = draft.put(entry);
          if (old !== 0) gone.push(old);
          continue;
        }
        const length = this.put(key);
        const old = length < 0 ? 0 : draft.find(this.hash(length), this.key, length);
        if (old === 0) continue;
        draft.remove(old);
        gone.push(old);
      }
      made = draft.commit();
    } catch (error) {
      draft.abort();
      for (const each of fresh) memory.give(each);
      throw error;
    }
    this.cells.set(ROOT, made.root);
    this.changes++;
    this.#retire([...made.dropped, ...gone]);
  }
  /** A block with a key and what is kept of it; 0 where the key is longer than any name's. Throws RangeError where the memory is full. */
  entry(kept: Kept): number {
    const length = this.put(kept.key);
    if (length < 0) return 0;
    this.hasStars ||= kept.key.includes('/*');
    const data = this.#writer.write(kept);
    const room = (length + 3) & ~3;
    const { memory } = this.store;
    const entry = memory.take((KEY_AT + room + data.length + 3) >> 2);
    if (entry === 0) throw new RangeError('the shared memory is full');
    memory.words[entry] = this.hash(length);
    memory.words[entry + 1] = length;
    memory.bytes.set(this.key.subarray(0, room), entry * 4 + KEY_AT);
    memory.bytes.set(data, entry * 4 + KEY_AT + room);
    return entry;
  }
  /** Nobody has found these. */
  give(entries: readonly number[]): void {
    for (const each of entries) this.store.memory.give(each);
  }
  *#blocks(root: number): Iterable<number> {
    yield* this.pages.entries(root);
    for (const [at] of this.pages.blocks(root)) yield at;
  }
  #retire(blocks: readonly number[]): void {
    const { store } = this;
    const give = (from: number): void => {
      const end = Math.min(blocks.length, from + SLICE);
      this.give(blocks.slice(from, end));
      if (end < blocks.length) inNextTurn(() => give(end));
    };
    store.retire(() => give(0));
    store.recycle();
  }
}

/** A list that comes page by page, in the order of its keys. */
export class KeyList {
  readonly #index: KeyIndexWriter;
  #entries: number[] = [];

  constructor(index: KeyIndexWriter) {
    this.#index = index;
  }
  add(kept: Kept): void {
    const entry = this.#index.entry(kept);
    if (entry !== 0) this.#entries.push(entry);
  }
  /** It is whole. */
  done(): void {
    const entries = this.#entries;
    this.#entries = [];
    try {
      this.#index.replace(entries);
    } catch (error) {
      this.#index.give(entries);
      throw error;
    }
  }
  /** It did not come whole: what was taken for it is given back. */
  drop(): void {
    this.#index.give(this.#entries);
    this.#entries = [];
  }
}
