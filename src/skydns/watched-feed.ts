// Keeps a tree as a store of keys has it, by that store's own watch: all keys at one revision, then what changes from there. Knows the
// store's interface; knows nothing of what keys mean. Main's.
import type { Clock } from '../kernel/clock.ts';
import { prefixEnd } from '../key-value/etcd-wire.ts';
import type { KeyEvent, KeyValue, LeaseLeft, Pair } from '../key-value/key-value.ts';
import type { Feed, FeedListener, KeySource } from './skydns-names.ts';
import { keptOf } from './kept.ts';
import { KeyTree } from './tree.ts';

/** Milliseconds before a store is asked again that did not answer. */
const AGAIN = 200;

/** One prefix of one store. */
export class WatchedFeed implements Feed {
  readonly #keys: KeyValue;
  readonly #prefix: string;
  readonly #clock: Clock;
  readonly #listener: FeedListener;
  #closed = false;
  #stop = (): void => {};
  index: KeyTree | undefined;
  revision = 0n;
  trouble: Feed['trouble'];

  constructor(keys: KeyValue, prefix: string, clock: Clock, listener: FeedListener) {
    this.#keys = keys;
    this.#prefix = prefix;
    this.#clock = clock;
    this.#listener = listener;
  }
  close(): void {
    this.#closed = true;
    this.#stop();
  }
  async run(): Promise<void> {
    if (this.#closed) return;
    const end = prefixEnd(this.#prefix);
    try {
      const { revision, found } = await this.#keys.list(this.#prefix, end);
      const tree = new KeyTree();
      for (const pair of found) tree.put(keptOf(pair));
      this.index = tree;
      this.revision = revision;
      this.#tell(undefined);
      this.#listener.changed(undefined);
      this.#stop = this.#keys.watch(this.#prefix, end, revision + 1n, {
        changed: (at, events) => this.#apply(at, events), over: (why) => this.#over(why),
      });
    } catch (error) {
      this.#over((error as Error).message);
    }
  }
  #over(why: string): void {
    if (this.#closed) return;
    this.#tell(why);
    this.#stop = this.#clock.after(AGAIN, () => void this.run());
  }
  #tell(why: string | undefined): void {
    if (why !== undefined && why === this.trouble?.why) return;
    this.trouble = why === undefined ? undefined : { since: this.trouble?.since ?? this.#clock.wall(), why };
    this.#listener.told(why);
  }
  #apply(revision: bigint, events: readonly KeyEvent[]): void {
    for (const { key, pair } of events) {
      if (pair === undefined) this.index?.delete(key);
      else this.index?.put(keptOf(pair));
    }
    this.revision = revision;
    this.#listener.changed(events.map(({ key }) => key));
  }
}

/** A store of this process as what names are read from: its feed has all that it has, so nothing else is there. */
export class OwnSource implements KeySource {
  readonly #keys: KeyValue;
  constructor(keys: KeyValue) {
    this.#keys = keys;
  }
  close(): void {
    // Whoever opened the store closes it.
  }
  async range(key: string, deep: boolean, limit: number): Promise<{ readonly found: readonly Pair[] }> {
    const { found } = await this.#keys.list(key, deep ? prefixEnd(key) : `${key}\0`);
    return { found: found.slice(0, limit) };
  }
  hasAny(): Promise<boolean> {
    return Promise.resolve(false);
  }
  lease(id: bigint): Promise<LeaseLeft> {
    return this.#keys.lease(id);
  }
}
