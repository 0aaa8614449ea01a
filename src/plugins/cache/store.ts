// The two caches of one block, and the third that `prefer_positive` needs: finding, keeping, counting. Knows entries and counters;
// knows nothing of when something is asked again.
import { setU32 } from '../../dns/packet.ts';
import { AD } from '../../kernel/message.ts';
import type { Message } from '../../kernel/message.ts';
import type { Run } from '../../kernel/plugin.ts';
import type { Query } from '../../kernel/query.ts';
import type { Counters } from './counters.ts';
import type { Settings } from './config.ts';
import { Entries } from './entry.ts';
import { judge } from './worth.ts';

const SERVFAIL = 2;

/** An entry and the cache that it is in. The object is shared: read it before the next look-up. */
export interface Found {
  in: Entries;
  entry: number;
  /** Seconds; 0 or less where it is stale. */
  left: number;
}

/** What one block keeps. */
export class Store {
  readonly #settings: Settings;
  readonly #run: Run;
  readonly success: Entries;
  readonly denial: Entries;
  /** Answers that outlive a non-answer for the same question (CACHE-16). */
  readonly #good: Entries | undefined;
  readonly #found: Found;

  /** `name` is that of the block in this load, the same in every thread. */
  constructor(run: Run, settings: Settings, name: string) {
    this.#run = run;
    this.#settings = settings;
    const entries = (what: string, capacity: number) => new Entries(run.store, `cache ${what} ${name}`, capacity);
    this.success = entries('success', settings.success.capacity);
    this.denial = entries('denial', settings.denial.capacity);
    this.#good = settings.stale.preferPositive ? entries('answers', settings.success.capacity) : undefined;
    this.#found = { in: this.success, entry: 0, left: 0 };
  }

  /** The entry that shall answer, or undefined; counts the hit (CACHE-10). */
  find(query: Query, now: number, counters: Counters): Found | undefined {
    const found = this.#good !== undefined && this.#usable(this.#good, query, now) ? this.#found : this.#both(query, now);
    if (found === undefined) return undefined;
    counters.values[found.in === this.denial ? counters.denialHits() : counters.successHits()]!++;
    return found;
  }
  #both(query: Query, now: number): Found | undefined {
    if (!this.#usable(this.denial, query, now)) return this.#usable(this.success, query, now) ? this.#found : undefined;
    if (this.denial.rcode(this.#found.entry) !== SERVFAIL) return this.#found;
    const { entry, left } = this.#found;
    if (this.#usable(this.success, query, now)) return this.#found;
    this.#found.in = this.denial;
    this.#found.entry = entry;
    this.#found.left = left;
    return this.#found;
  }
  #usable(entries: Entries, query: Query, now: number): boolean {
    const entry = entries.find(query);
    if (entry === 0) return false;
    const left = entries.left(entry, now);
    const { upTo } = this.#settings.stale;
    if (left <= 0 && (upTo === 0 || -left >= Math.floor(upTo / 1000))) return false;
    this.#found.in = entries;
    this.#found.entry = entry;
    this.#found.left = left;
    return true;
  }

  /** A reply that comes from below: one TTL everywhere, no OPT (CACHE-7), kept if it is worth it. `refreshing` is a refresh that succeeded. */
  pass(query: Query, message: Message, counters: Counters, refreshing: boolean): Message {
    if (message.optAt !== 0) message.removeOpt();
    const { cache, ttl, answering } = judge(query, message, this.#settings, this.#run.clock);
    const records = message.records();
    if (records !== undefined) for (let i = 0; i < records.count; i++) setU32(message.bytes, records.fixedAt[i]! + 4, ttl);
    if (cache !== 'none') this.#keep(query, message, cache, ttl, answering, counters, refreshing);
    if (!query.wantsDnssec && !query.wantsAuthentic) message.setFlags(0, AD);
    return message;
  }
  #keep(query: Query, message: Message, cache: 'success' | 'denial', ttl: number, answering: boolean, counters: Counters, refreshing: boolean): void {
    const { except } = this.#settings[cache];
    if (except.names.length > 0 && (except.everything || except.match(query.name) !== undefined)) return;
    const now = this.#run.clock.monotonic() | 0;
    this[cache].keep(query, message, ttl, now, answering);
    counters.stored = true;
    if (cache === 'success') {
      if (answering) this.#good?.keep(query, message, ttl, now, true);
      if (this.#good === undefined ? refreshing : answering) this.denial.remove(query);
    }
  }
  /** Brings the gauge and the evictions of each server that stored something up to date; the first one stands for evictions. */
  #evicted = { success: 0, denial: 0 };
  tell(all: Iterable<Counters>): void {
    let first = true;
    for (const counters of all) {
      if (!counters.stored) continue;
      for (const type of ['success', 'denial'] as const) {
        const { entries, evicted } = this[type].map;
        counters.values[counters.entries(type)] = entries;
        if (first && evicted > this.#evicted[type]) {
          counters.values[counters.evictions(type)]! += evicted - this.#evicted[type];
          this.#evicted[type] = evicted;
        }
      }
      first = false;
    }
  }
  close(): void {
    this.success.map.close();
    this.denial.map.close();
    this.#good?.map.close();
  }
}
