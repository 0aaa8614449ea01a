// The keys of one store below a path as a process has them: what is under one, from the index where that follows, from the store where it
// does not yet; what the index lacks is confirmed before it is denied. Knows when to ask whom; makes no DNS. Main's.
import type { Name } from '../dns/name.ts';
import { Name as Names } from '../dns/name.ts';
import { ChangingZone } from '../authority/changes.ts';
import { tellSource } from '../authority/source-numbers.ts';
import type { Log } from '../kernel/seen/log.ts';
import type { Closable } from '../kernel/shared.ts';
import type { End } from '../kernel/signal.ts';
import type { Run } from '../kernel/site/plugin.ts';
import type { LeaseLeft, Pair } from '../key-value/key-value.ts';
import { MOST, aged, foundOf } from './found.ts';
import type { Found, Wanted } from './found.ts';
import { Leases } from './leases.ts';
import type { LeaseBounds } from './leases.ts';
import { labelsOf } from './message.ts';
import { keptOf } from './kept.ts';
import type { Kept } from './kept.ts';
import type { KeyTree } from './tree.ts';

/** All keys that a store has below a path. */
export interface KeyRanges {
  readonly size: number;
  /** Whether a key has, or had, a segment that is a wildcard where names own their keys. */
  readonly hasStars: boolean;
  /** What is below the key, at most so many in their order; what is at it where that is nothing, or where `deep` is false. */
  range(key: string, deep: boolean, most: number): Kept[];
  /** What a name owns that has what is at its key and directly below, but for a stored `*`; undefined: nothing is at the key or below. */
  named(key: string, most: number): Kept[] | undefined;
}
/** Where keys are read that the index does not have yet. All of it rejects where nobody says. */
export interface KeySource extends Closable {
  /** All keys that begin with this one, at most so many; or the one alone. */
  range(key: string, deep: boolean, limit: number): Promise<{ readonly found: readonly Pair[] }>;
  /** Whether anything is at the key or below it, now. */
  hasAny(key: string): Promise<boolean>;
  lease(id: bigint): Promise<LeaseLeft>;
}
/** Who hears of a feed. */
export interface FeedListener {
  /** Called after the index has them: keys that changed, undefined: any may have. */
  changed(keys: readonly string[] | undefined): void;
  /** Why it does not follow any more; undefined: it does again. */
  told(trouble: string | undefined): void;
  /** Called after each word of the store: the revision may be another. */
  advanced(): void;
  /** Keys that were not as the store has them, though it said of no change: they are now. */
  mended(keys: readonly string[]): void;
}
/** What keeps an index as a store has it. */
export interface Feed<Index extends KeyRanges = KeyTree> extends Closable {
  /** undefined until all was listed. */
  readonly index: Index | undefined;
  readonly revision: bigint;
  /** Since when it does not follow, in milliseconds of the wall clock, and why. */
  readonly trouble: { readonly since: number; readonly why: string } | undefined;
  /**
   * Of a copy whose store may be away: seconds for which nobody has said that what is known of a key is current, undefined while somebody
   * does. TTLs count on for so long, and only what has none left is stale.
   */
  away?(key: string): number | undefined;
  /** Follows until it is closed. */
  run(): Promise<void>;
}
/** How a store is used. */
export interface NamesOptions<Index extends KeyRanges = KeyTree> {
  /** The word that is said in the log. */
  readonly word: string;
  /** What the store is called there. */
  readonly store: string;
  readonly source: KeySource;
  /** undefined: each question is asked of the store. */
  readonly feed: ((listener: FeedListener) => Feed<Index>) | undefined;
  /** Without slashes around it. */
  readonly path: string;
  /** Names have their keys and what is directly below, as external-dns writes it. */
  readonly isNamed: boolean;
  readonly zones: readonly Name[];
  readonly mended: (count: number) => void;
}

/** Milliseconds for which a confirmation counts; confirmations a second; keys that are remembered. */
const CONFIRMED = 1000, RATE = 200, REMEMBERED = 1000;
/** Names that one change may concern before all do. */
const MANY = 1000;

/** One store and path. */
export class SkydnsNames<Index extends KeyRanges = KeyTree> implements Closable {
  readonly #options: NamesOptions<Index>;
  readonly #run: Pick<Run, 'clock' | 'metrics'>;
  readonly #end = new AbortController();
  readonly #clock: Run['clock'];
  readonly #log: Log;
  readonly #feed: Feed<Index> | undefined;
  readonly #leases: Leases;
  readonly #changing: readonly ChangingZone[];
  readonly #listeners = new Set<(keys: readonly string[] | undefined) => void>();
  /** Confirmations under way, or done not long ago: whether something was there, and when that ends. */
  readonly #confirmed = new Map<string, { readonly some: Promise<boolean>; readonly until: number }>();
  #tokens = RATE;
  #tokensAt = 0;
  /** Whether somebody asked with a wildcard: what that was answered is of no name. */
  #isWild = false;
  /** The message that was left out last, and its revision. */
  #left = '';

  constructor(run: Pick<Run, 'clock' | 'log' | 'store' | 'metrics'>, options: NamesOptions<Index>) {
    const { clock, log, store: memory } = run;
    const { word, store, source, path, zones, feed, mended } = options;
    this.#options = options;
    this.#run = run;
    this.#clock = clock;
    this.#log = log.prefix(word);
    this.#leases = new Leases(source, clock);
    this.#changing = zones.map((zone) => new ChangingZone(memory, zone));
    this.#feed = feed?.({
      changed: (keys) => this.#changed(keys), advanced: () => this.#advanced([]),
      told: (trouble) => {
        if (trouble === undefined) this.#log.info(`${store} is followed, ${this.#feed?.index?.size ?? 0} keys below /${path}/`);
        else this.#log.error(`${store} is not followed: ${trouble}`);
      },
      mended: (keys) => {
        mended(keys.length);
        const some = keys.slice(0, 3).join(', ');
        this.#log.warning(`${store} did not say that ${keys.length} keys have changed, which a comparison found: ${some}`);
        this.#changed(keys);
      },
    });
  }
  /** Follows the store until this is closed. */
  follow(): void {
    const { word, store, path } = this.#options;
    const feed = this.#feed;
    if (feed === undefined) return;
    const state = () => ({ revision: this.revision, since: feed.trouble?.since });
    tellSource(this.#run, word, `${store} /${path}/`, state, this.#end.signal);
    void feed.run();
  }
  close(): void {
    this.#end.abort();
    void this.#feed?.close();
    void this.#options.source.close();
  }
  /** All that is known now; undefined until it was listed. */
  get index(): Index | undefined {
    return this.#feed?.index;
  }
  /** What the index is as of; 0 before there is one. */
  get revision(): bigint {
    return this.#feed?.index === undefined ? 0n : this.#feed.revision;
  }
  /** Calls when the index may be another, with the keys that are, undefined for any, until the signal aborts. */
  listen(call: (keys: readonly string[] | undefined) => void, signal: End): void {
    if (signal.aborted) return;
    this.#listeners.add(call);
    signal.addEventListener('abort', () => this.#listeners.delete(call), { once: true });
  }
  #advanced(keys: readonly string[] | undefined): void {
    for (const call of this.#listeners) call(keys);
  }
  /** What an operator shall know; undefined where all is well. */
  get remark(): string | undefined {
    const trouble = this.#feed?.trouble;
    if (trouble === undefined) return undefined;
    return `${this.#options.store} is not followed since ${new Date(trouble.since).toISOString()}: ${trouble.why}`;
  }

  /** Seconds for which nobody has said that what is known of a key is current, where it is a copy that is away. */
  away(key: string): number | undefined {
    return this.#feed?.away?.(key);
  }
  /** What is under a key. Rejects where nobody says. */
  async find({ key, reach, bounds }: Wanted, isWild = false): Promise<Found> {
    this.#isWild ||= isWild;
    const feed = this.#feed;
    const index = feed?.index;
    if (index === undefined) return this.#made(await this.#ask(key, reach), reach, bounds, undefined);
    let kept = reach === 'name' ? index.named(key, MOST) : filled(index.range(key, reach === 'below', MOST));
    const why = `${this.#options.store} does not answer`;
    const isCopy = feed?.away !== undefined;
    let stale = feed?.trouble === undefined || isCopy ? undefined : why;
    if (kept === undefined) {
      try {
        if (await this.#isThere(key)) kept = await this.#ask(key, reach);
      } catch {
        stale ??= why;
      }
    }
    const found = this.#made(kept, reach, bounds, stale);
    const away = isCopy ? feed.away!(key) : undefined;
    return away === undefined ? found : aged(await found, away, why);
  }
  async #made(kept: readonly Kept[] | undefined, reach: Wanted['reach'], bounds: LeaseBounds, stale: string | undefined): Promise<Found> {
    const left = new Map<bigint, number>();
    for (const { lease } of kept ?? []) if (lease !== 0n && !left.has(lease)) left.set(lease, await this.#leases.ttl(lease, bounds));
    return foundOf(kept, reach, stale, (lease) => left.get(lease)!, (each) => this.#tellLeft(each));
  }
  /** Of a name with more messages the one that cannot be used is left out, and said once. */
  #tellLeft({ key, wrong, revision }: Kept): void {
    const said = `${key} ${revision}`;
    if (said === this.#left) return;
    this.#left = said;
    this.#log.warning(`a message cannot be used, and is left out: ${key}: ${wrong}`);
  }
  /** As CoreDNS asks: all below, and where that is nothing the key itself; undefined: there is nothing. */
  async #ask(key: string, reach: Wanted['reach']): Promise<Kept[] | undefined> {
    const below = reach === 'key' ? [] : (await this.#options.source.range(`${key}/`, true, MOST)).found.map(keptOf);
    if (reach === 'below' && below.length > 0) return below;
    const own = (await this.#options.source.range(key, false, 1)).found.map(keptOf);
    if (reach !== 'name' || below.length + own.length === 0) return filled(own);
    return [...own, ...below.filter((each) => isDirectlyBelow(key, each.key))];
  }
  /** Whether etcd has what the index lacks: asked once a second and key, and by no more than so many keys. */
  #isThere(key: string): Promise<boolean> {
    const now = this.#clock.monotonic();
    const known = this.#confirmed.get(key);
    if (known !== undefined && known.until > now) return known.some;
    this.#tokens = Math.min(RATE, this.#tokens + (now - this.#tokensAt) * RATE / 1000);
    this.#tokensAt = now;
    if (this.#tokens < 1 || this.#feed?.trouble !== undefined) return Promise.resolve(false);
    this.#tokens--;
    if (this.#confirmed.size >= REMEMBERED) this.#confirmed.delete(this.#confirmed.keys().next().value!);
    const some = this.#options.source.hasAny(key);
    this.#confirmed.delete(key);
    this.#confirmed.set(key, { some, until: now + CONFIRMED });
    return some;
  }
  /** A change is of the name of its key and of all above it, whose answers have it too. */
  #changed(keys: readonly string[] | undefined): void {
    this.#confirmed.clear();
    // Where names are made of stored wildcards, what a key hides or shows may be any name below the one above it.
    const isAny = this.#isWild || (this.#options.isNamed && this.#feed?.index?.hasStars === true);
    const names = keys === undefined || isAny || keys.length > MANY ? undefined : this.#namesOf(keys);
    for (const zone of this.#changing) zone.changed(names);
    this.#advanced(keys);
  }
  #namesOf(keys: readonly string[]): Name[] | undefined {
    const names = new Map<string, Name>();
    for (const key of keys) {
      const labels = labelsOf(this.#options.path, key);
      for (let i = 0; i < labels.length; i++) {
        const text = labels.slice(i).join('.');
        if (!names.has(text)) {
          try {
            names.set(text, Names.of(labels.slice(i)));
          } catch {
            // No question could have that name.
          }
        }
      }
    }
    return names.size > MANY ? undefined : [...names.values()];
  }
}

const filled = (kept: Kept[]): Kept[] | undefined => (kept.length === 0 ? undefined : kept);
function isDirectlyBelow(key: string, other: string): boolean {
  const part = other.slice(key.length + 1);
  return part !== '*' && !part.includes('/');
}
