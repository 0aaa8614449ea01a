// Keeps an index as an etcd has it: lists all keys at one revision, then follows a watch from there, on a connection of its own. Knows
// revisions, compaction and silence; knows nothing of what keys mean. Main's.
import type { Clock } from '../kernel/clock.ts';
import { pause } from '../kube-api/pause.ts';
import type { EtcdClient } from '../key-value/etcd-client.ts';
import { rangeOf, readPage } from '../key-value/etcd-client.ts';
import { EtcdError } from '../key-value/etcd-link.ts';
import type { Link } from '../key-value/etcd-link.ts';
import { prefixEnd, readWatchReply, watchOf } from '../key-value/etcd-wire.ts';
import type { KeyEvent } from '../key-value/key-value.ts';
import { keptOf } from './kept.ts';
import type { Kept, KeyChange } from './kept.ts';
import type { Feed, FeedListener, KeyRanges } from './skydns-names.ts';

/** An index that a list fills and a watch changes: objects of this process, or shared memory. */
export interface FollowedIndex extends KeyRanges {
  /** Whether it has anything to be answered: all was listed, or kept of another time. */
  readonly isKnown: boolean;
  /** A list of all keys, which is in place of what was there once `done` is called; `drop` where it did not come whole. */
  list(): { add(kept: Kept): void; done(): void; drop(): void };
  /** Takes changes in at once. */
  apply(changes: readonly KeyChange[]): void;
  /** Nothing is known any more. */
  clear(): void;
  each(call: (key: string, revision: bigint) => void): void;
  revisionOf(key: string): bigint | undefined;
  /** Whether it is what the store has now, or what it had. */
  follows(isFollowed: boolean): void;
}

/** What it follows, and with what. */
export interface EtcdFeedParts<Index extends FollowedIndex> {
  readonly client: EtcdClient;
  readonly clock: Clock;
  readonly index: Index;
  /** All keys begin with this. */
  readonly prefix: string;
}

/** Keys of a page of a list: small pages cost etcd the rest of the range each. */
const PAGE = 10_000;
/** Milliseconds without a word after which the member is asked something, and for its answer; for a page of a list. */
const SILENCE = 5000, ANSWER = 10_000, LIST = 30_000;
/** Milliseconds between two tries, at first and at most. */
const FIRST = 100, LONGEST = 5000;
/** Milliseconds between two comparisons of all keys with what etcd has: old versions of it lost events. */
const COMPARE = 3_600_000;
/** Milliseconds between two pages of that. */
const PACE = 200;
/** Keys of a page that are read in one turn: a few milliseconds. */
const SLICE = 500;
const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
/** etcd's status for a revision that is compacted. */
const OUT_OF_RANGE = 11;

/** One prefix of one etcd. */
export class EtcdFeed<Index extends FollowedIndex> implements Feed<Index> {
  readonly #parts: EtcdFeedParts<Index> & FeedListener;
  readonly #end = new AbortController();
  #revision = 0n;
  #cluster = 0n;
  /** Whether anything was said yet. */
  #isTold = false;
  /** Whether all was listed. */
  #isListed = false;
  /** Since when it does not follow, in milliseconds of the wall clock, and why. */
  trouble: { readonly since: number; readonly why: string } | undefined;

  constructor(parts: EtcdFeedParts<Index> & FeedListener) {
    this.#parts = parts;
  }
  close(): void {
    this.#end.abort();
  }
  /** undefined until all was listed, now or by what was kept. */
  get index(): Index | undefined {
    const { index } = this.#parts;
    return index.isKnown ? index : undefined;
  }
  /** What the index is as of. */
  get revision(): bigint {
    return this.#revision;
  }
  /** The index has what was kept of a time, in milliseconds of the wall clock, and etcd is not asked yet. */
  restored(since: number): void {
    this.trouble = { since, why: 'it was not reached since the start' };
  }
  /** When etcd was followed last, in milliseconds of the wall clock; undefined where it never was. */
  get contact(): number | undefined {
    return this.#isListed ? this.trouble?.since ?? this.#parts.clock.wall() : undefined;
  }

  /** Follows until it is closed. */
  async run(): Promise<void> {
    const { client, clock } = this.#parts;
    const { signal } = this.#end;
    for (let wait = FIRST; !signal.aborted; ) {
      try {
        const link = await client.connect([['hasleader', 'true']]);
        const close = (): void => link.close();
        signal.addEventListener('abort', close, { once: true });
        try {
          await this.#follow(link, () => {
            wait = FIRST;
          });
        } finally {
          signal.removeEventListener('abort', close);
          link.close();
        }
      } catch (error) {
        if (signal.aborted) return;
        client.refused(error);
        this.#tell(error instanceof Error ? error.message : String(error));
      }
      await pause(clock, wait * (0.5 + Math.random() / 2), signal);
      wait = Math.min(LONGEST, wait * 2);
    }
  }
  #tell(why: string | undefined): void {
    if (why === this.trouble?.why && this.#isTold) return;
    this.#isTold = true;
    this.trouble = why === undefined ? undefined : { since: this.trouble?.since ?? this.#parts.clock.wall(), why };
    if (this.#isListed) this.#parts.index.follows(why === undefined);
    this.#parts.told(why);
  }
  async #follow(link: Link, good: () => void): Promise<void> {
    if (!this.#isListed) await this.#list(link);
    for (;;) {
      const compacted = await this.#watch(link, good);
      if (!compacted) return;
      await this.#list(link);
    }
  }
  /** All keys at one revision, page by page; what is served meanwhile stays. */
  async #list(link: Link): Promise<void> {
    const { prefix, index, changed } = this.#parts;
    const end = prefixEnd(prefix);
    for (;;) {
      const list = index.list();
      let from = prefix, revision = 0n;
      try {
        for (;;) {
          const page = readPage(await link.call('etcdserverpb.KV/Range', rangeOf(from, end, { limit: PAGE, revision }).done(), LIST));
          if (revision === 0n) {
            revision = page.header.revision;
            this.#cluster = page.header.cluster;
          }
          for (const [i, each] of page.found.entries()) {
            list.add(keptOf(each));
            if (i % SLICE === SLICE - 1) await nextTurn();
          }
          if (!page.more || page.found.length === 0) break;
          from = `${page.found.at(-1)!.key}\0`;
        }
      } catch (error) {
        list.drop();
        if (error instanceof EtcdError && error.status === OUT_OF_RANGE) continue;
        throw error;
      }
      if (this.#end.signal.aborted) return list.drop();
      list.done();
      this.#isListed = true;
      index.follows(this.trouble === undefined);
      this.#revision = revision;
      return changed(undefined);
    }
  }
  /**
   * Compares keys and their revisions with those of etcd, page by page, and mends what differs without having changed meanwhile. Resolves
   * to the keys that differed.
   */
  async #compare(link: Link): Promise<readonly string[]> {
    const { prefix, clock, index } = this.#parts;
    const { signal } = this.#end;
    const end = prefixEnd(prefix);
    const there = new Map<string, bigint>();
    let from = prefix, revision = 0n;
    for (;;) {
      const range = rangeOf(from, end, { limit: PAGE, revision, keysOnly: true, serializable: true });
      const page = readPage(await link.call('etcdserverpb.KV/Range', range.done(), LIST));
      if (revision === 0n) ({ revision } = page.header);
      for (const { key, revision: changed } of page.found) there.set(key, changed);
      if (!page.more || page.found.length === 0) break;
      from = `${page.found.at(-1)!.key}\0`;
      await pause(clock, PACE, signal);
    }
    // What comes after that revision is newer than the list; what should have come before it, and did not by now, is lost.
    await pause(clock, ANSWER, signal);
    if (!this.#isListed || signal.aborted) return [];
    const changes: KeyChange[] = [];
    index.each((key, changed) => {
      if (!there.has(key) && changed <= revision) changes.push({ key, kept: undefined });
    });
    const isSince = (key: string, changed: bigint): boolean => (index.revisionOf(key) ?? -1n) >= changed;
    for (const [key, changed] of there) {
      if (isSince(key, changed)) continue;
      // It may have been deleted meanwhile.
      const [now] = readPage(await link.call('etcdserverpb.KV/Range', rangeOf(key, undefined).done(), ANSWER)).found;
      if (now !== undefined && !isSince(key, now.revision)) changes.push({ key, kept: keptOf(now) });
    }
    if (changes.length > 0) index.apply(changes);
    return changes.map(({ key }) => key);
  }
  /** Takes events until the watch ends: true where its revision is compacted. Rejects with why it ended. */
  #watch(link: Link, good: () => void): Promise<boolean> {
    const { clock, prefix } = this.#parts;
    return new Promise((resolve, reject) => {
      const over = (done: () => void): void => {
        cancel();
        cancelCompare();
        done();
      };
      const compare = (): void => {
        void this.#compare(link).then((keys) => {
          if (keys.length > 0) this.#parts.mended(keys);
        }, () => {}).then(() => {
          if (!link.ended) cancelCompare = clock.after(COMPARE * (0.9 + Math.random() / 5), compare);
        });
      };
      let cancelCompare = clock.after(COMPARE * (0.9 + Math.random() / 5), compare);
      const look = (): void => {
        cancel = clock.after(SILENCE, look);
        if (clock.monotonic() - link.heard < SILENCE) return;
        const ask = rangeOf(prefix, undefined, { limit: 1, serializable: true, keysOnly: true }).done();
        link.call('etcdserverpb.KV/Range', ask, ANSWER).catch(() => {});
      };
      let cancel = clock.after(SILENCE, look);
      const fragments: KeyEvent[] = [];
      link.stream('etcdserverpb.Watch/Watch', watchOf(prefix, prefixEnd(prefix), this.#revision + 1n), (message) => {
        try {
          const ended = this.#take(message, fragments, good);
          if (ended !== undefined) over(() => (ended === '' ? resolve(true) : reject(new EtcdError(ended))));
        } catch (error) {
          over(() => reject(error));
        }
      }, (error) => over(() => reject(error ?? new EtcdError('etcd ended the watch'))));
    });
  }
  /** A reply of the watch; '' where its revision is compacted, a text where it ended otherwise. A transaction is applied whole. */
  #take(message: Buffer, fragments: KeyEvent[], good: () => void): string | undefined {
    const { header, created, canceled, compacted, goesOn, reason, events } = readWatchReply(message);
    if (canceled) {
      if (compacted > 0n) return '';
      return reason === '' ? 'etcd cancelled the watch' : `etcd cancelled the watch: ${reason}`;
    }
    if (header.cluster !== this.#cluster) {
      this.#isListed = false;
      this.#parts.index.clear();
      return 'another cluster answers at the same address';
    }
    if (created) {
      // Its revision may be older than ours: this member is behind.
      this.#tell(undefined);
      good();
      return undefined;
    }
    fragments.push(...events);
    if (goesOn) return undefined;
    this.#apply(fragments.splice(0));
    if (header.revision > this.#revision) this.#revision = header.revision;
    this.#parts.advanced();
    return undefined;
  }
  #apply(events: readonly KeyEvent[]): void {
    if (events.length === 0) return;
    const { index, changed } = this.#parts;
    index.apply(events.map(({ key, pair }) => ({ key, kept: pair === undefined ? undefined : keptOf(pair) })));
    changed(events.map(({ key }) => key));
  }
}
