// A copy of zones of other stores, as a store that takes nothing itself: what is told is put in its place, and whoever watches hears what
// is another by that. Knows keys; knows nothing of who tells.
import { randomBytes } from 'node:crypto';
import { COMPACTED, KeyValueError } from '../../../key-value/key-value.ts';
import type { KeyEvent, KeyValue, LeaseLeft, Listed, Outcome, Pair, Watcher } from '../../../key-value/key-value.ts';
import { absolute, relative } from './told-change.ts';
import type { ToldKey } from './told-change.ts';

/** Changes that are remembered for whoever comes again. */
const REMEMBERED = 10_000;

interface Watch {
  readonly from: string;
  readonly end: string;
  readonly watcher: Watcher;
}

/** One copy. Its revisions are its own, since each start. */
export class Copy implements KeyValue {
  readonly #source = randomBytes(8).toString('hex');
  readonly #pairs = new Map<string, Pair>();
  readonly #watches = new Set<Watch>();
  readonly #history: KeyEvent[] = [];
  readonly #from: string;
  #revision = 1n;
  /** What is remembered is from this revision on. */
  #since = 2n;

  /** `from` says where what is written there is written. */
  constructor(from: string) {
    this.#from = from;
  }
  /** What is below a zone's key, as it is told. */
  *below(zone: string): Generator<ToldKey> {
    for (const { key, value } of this.#pairs.values()) {
      const own = relative(zone, key);
      if (own !== undefined) yield { key: own, value: value.toString() };
    }
  }
  /** These are all keys of a zone now. */
  replace(zone: string, told: ReadonlyMap<string, string>): void {
    const gone = [...this.below(zone)].filter(({ key }) => !told.has(key)).map(({ key }) => ({ key }));
    this.change(zone, [...gone, ...Array.from(told, ([key, value]) => ({ key, value }))]);
  }
  /** These keys of a zone are others now; those that are not are not told. */
  change(zone: string, told: readonly ToldKey[]): void {
    const revision = this.#revision + 1n;
    const events: KeyEvent[] = [];
    for (const { key: own, value } of told) {
      const key = absolute(zone, own);
      const before = this.#pairs.get(key);
      if (value === undefined) {
        if (!this.#pairs.delete(key)) continue;
        events.push({ key, revision, pair: undefined });
        continue;
      }
      const bytes = Buffer.from(value);
      if (before?.value.equals(bytes) === true) continue;
      const pair = { key, value: bytes, revision, lease: 0n };
      this.#pairs.set(key, pair);
      events.push({ key, revision, pair });
    }
    if (events.length === 0) return;
    this.#revision = revision;
    this.#remember(events);
    for (const watch of this.#watches) this.#tell(watch, revision, events);
  }
  #remember(events: readonly KeyEvent[]): void {
    if (events.length > REMEMBERED) this.#history.length = 0;
    else this.#history.push(...events);
    if (events.length > REMEMBERED) this.#since = this.#revision + 1n;
    while (this.#history.length > REMEMBERED) this.#since = this.#history.shift()!.revision + 1n;
  }
  #tell({ from, end, watcher }: Watch, revision: bigint, events: readonly KeyEvent[]): void {
    const concerned = events.filter(({ key }) => key >= from && key < end);
    if (concerned.length > 0) watcher.changed(revision, concerned);
  }

  // --- as a store

  source(): Promise<string> {
    return Promise.resolve(this.#source);
  }
  close(): void {
    for (const { watcher } of this.#watches) watcher.over('closed');
    this.#watches.clear();
  }
  async get(key: string): Promise<Pair | undefined> {
    return this.#pairs.get(key);
  }
  async list(from: string, end: string): Promise<Listed> {
    const found = [...this.#pairs.values()].filter(({ key }) => key >= from && key < end);
    return { revision: this.#revision, found: found.sort((one, other) => (one.key < other.key ? -1 : 1)) };
  }
  watch(from: string, end: string, revision: bigint, watcher: Watcher): () => void {
    const watch: Watch = { from, end, watcher };
    this.#watches.add(watch);
    const stop = (): void => void this.#watches.delete(watch);
    if (revision < this.#since) {
      stop();
      queueMicrotask(() => watcher.over(COMPACTED));
    } else {
      const missed = Map.groupBy(this.#history.filter((event) => event.revision >= revision), (event) => event.revision);
      for (const [at, events] of missed) this.#tell(watch, at, events);
    }
    return stop;
  }
  transaction(): Promise<Outcome> {
    return this.#refuse();
  }
  grant(): Promise<bigint> {
    return this.#refuse();
  }
  renew(): Promise<ReadonlyMap<bigint, number>> {
    return this.#refuse();
  }
  revoke(): Promise<boolean> {
    return this.#refuse();
  }
  async lease(_id: bigint): Promise<LeaseLeft> {
    return { left: -1, granted: 0 };
  }
  #refuse(): Promise<never> {
    return Promise.reject(new KeyValueError('copy', `it is a copy of what ${this.#from} has`));
  }
}
