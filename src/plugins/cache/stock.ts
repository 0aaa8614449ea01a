// The two caches of one block, and the third that `prefer_positive` needs: finding, keeping, counting. Knows entries and counters;
// knows nothing of when something is asked again.
import type { ClientSubnet } from '../../dns/edns-options.ts';
import { setU32 } from '../../dns/packet.ts';
import type { Records } from '../../dns/packet.ts';
import { RCODE } from '../../dns/rcode.ts';
import { AD } from '../../kernel/query/message.ts';
import type { Message } from '../../kernel/query/message.ts';
import { failure } from '../../kernel/query/outcome.ts';
import type { Outcome } from '../../kernel/query/outcome.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import { Key } from '../../store/key.ts';
import type { Entry } from '../../store/key.ts';
import type { Space } from '../../store/space.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Counters, Fill } from './counters.ts';
import type { Settings } from './config.ts';
import { Entries, Kept } from './entry.ts';
import { SCOPES, Scopes } from './scopes.ts';
import type { ScopedKey } from './scopes.ts';
import { KEPT, NOT_KEPT } from './remarks.ts';
import { soundRecords } from './sound.ts';
import { isSameSubnet, subnetIn, subnetOf, tellSubnet } from './subnet.ts';
import type { Keyed } from './subnet.ts';
import { isAnswerTo, judge } from './worth.ts';
import type { Worth } from './worth.ts';

const malformed = new Error('dns: malformed message');

/** An entry and the cache that it is in. The object is shared: read it before the next look-up. */
export interface Found {
  in: Entries;
  entry: Entry;
  /** Seconds; 0 or less where it is stale. */
  left: number;
}

/** What one block keeps. */
export class Stock {
  readonly #settings: Settings;
  readonly #run: Run;
  readonly success: Entries;
  readonly denial: Entries;
  /** Successes that answer nothing: with `prefer_positive` they take no answer's place (CACHE-16). Otherwise they are in `success`. */
  readonly #others: Entries | undefined;
  readonly #scopes: Scopes;
  readonly #found: Found;
  readonly #kept = new Kept();
  readonly #key = new Key();
  readonly #warn: (text: string) => void;
  /** The load has ended: there may be another one's entries by now. */
  closed = false;
  readonly #evicted = { success: 0, denial: 0 };

  /** `space` is that of the block in this load. */
  constructor(run: Run, settings: Settings, space: Space) {
    this.#run = run;
    const log = run.log.prefix('cache');
    this.#warn = (text) => log.warning(text);
    this.#settings = settings;
    const entries = (what: string, capacity: number) => new Entries(space, run.store.changes, `cache ${what}`, capacity);
    this.success = entries('success', settings.success.capacity);
    this.denial = entries('denial', settings.denial.capacity);
    this.#others = settings.stale.preferPositive && settings.stale.upTo > 0 ? entries('others', settings.success.capacity) : undefined;
    this.#scopes = new Scopes(space.flags('cache scopes', SCOPES));
    // What was handed over has been counted.
    this.#evicted.success = this.success.map.evicted + (this.#others?.map.evicted ?? 0);
    this.#evicted.denial = this.denial.map.evicted;
    this.#found = { in: this.success, entry: 0 as Entry, left: 0 };
  }

  /** Each of them, in an order that stays. */
  get caches(): readonly Entries[] {
    return [this.success, this.denial, ...(this.#others === undefined ? [] : [this.#others])];
  }
  /** To be taken before somebody is asked: what changes after it makes the answer old. */
  get moment(): number {
    return this.#run.store.changes.moment;
  }
  /** The entry that shall answer at a time (milliseconds), or undefined (CACHE-10). */
  find(query: Query, now: number): Found | undefined {
    if (this.closed) return undefined;
    const subnet = query.optAt === 0 ? undefined : subnetOf(query);
    if (subnet !== undefined) return this.#findFor(query, subnet, now);
    // One key for all maps.
    return this.#find(this.#key.like(query.key, query.flavour, this.success.map.hasher), now);
  }
  /** What is kept for the client's network, while it is fresh, or for all. */
  #findFor(query: Query, subnet: ClientSubnet, now: number): Found | undefined {
    for (const key of this.#scopes.keys(query, subnet)) {
      const found = this.#find(key, now);
      if (found !== undefined && found.left > 0) return found;
    }
    const found = this.#find(query, now);
    return found?.in.isForAll(found.entry) === true ? found : undefined;
  }
  #find(query: Keyed, now: number): Found | undefined {
    if (this.#others !== undefined && this.#usable(this.success, query, now)) return this.#found;
    const success = this.#others ?? this.success;
    if (!this.#usable(this.denial, query, now)) return this.#usable(success, query, now) ? this.#found : undefined;
    if (this.denial.rcode(this.#found.entry) !== RCODE.SERVFAIL) return this.#found;
    const { entry, left } = this.#found;
    if (this.#usable(success, query, now)) return this.#found;
    this.#found.in = this.denial;
    this.#found.entry = entry;
    this.#found.left = left;
    return this.#found;
  }
  #usable(entries: Entries, query: Keyed, now: number): boolean {
    const entry = entries.find(query);
    if (entry === 0 || !entries.isTrue(entry)) return false;
    const left = entries.left(entry, now);
    const { upTo } = this.#settings.stale;
    if (left <= 0 && (upTo === 0 || -left >= Math.floor(upTo / 1000))) return false;
    this.#found.in = entries;
    this.#found.entry = entry;
    this.#found.left = left;
    return true;
  }
  /** The entry as it is now, whatever its age; it may have moved, or gone, since it was found. */
  again(query: Query, entries: Entries): Found | undefined {
    const entry = this.closed ? 0 : entries.find(query);
    if (entry === 0 || !entries.isTrue(entry)) return undefined;
    this.#found.in = entries;
    this.#found.entry = entry;
    this.#found.left = 0;
    return this.#found;
  }

  /** The reply of an entry that has not expired, with the TTL that is to be seen (CACHE-11, CACHE-17). */
  reply(query: Query, { in: entries, entry, left }: Found): Message {
    return entries.reply(query, entry, this.#settings.keepTtl ? entries.ttl(entry) : left);
  }

  /**
   * A reply from below: one TTL everywhere, no OPT (CACHE-7), kept if it is worth it. `moment` is when it
   * was asked for (`moment` then), `refreshing` a refresh that succeeded.
   */
  pass(query: Query, message: Message, counters: Counters, moment: number, refreshing = false): Outcome {
    const sound = soundRecords(message);
    if (sound === undefined) return failure(RCODE.SERVFAIL, malformed);
    const asked = subnetOf(query);
    const told = subnetIn(message);
    // An OPT says whether signatures count: judge before it goes.
    let worth = judge(query, message, sound, this.#settings, this.#run.clock);
    if (worth.own !== undefined) {
      worth = judge(query, message, message.with({ answer: worth.own }).records(), this.#settings, this.#run.clock);
    }
    let { records } = worth;
    if (message.optAt !== 0) {
      message.removeOpt();
      records = message.records();
    }
    const { ttl } = worth;
    if (records !== undefined) for (let i = 0; i < records.count; i++) setU32(message.bytes, records.fixedAt[i]! + 4, ttl);
    const place = worth.cache === 'none' || this.closed ? undefined : this.#scopes.place(query, asked, told);
    const isDry = query.journey.followed?.isDry === true;
    const isKept = !isDry && place !== undefined && records !== undefined
      && this.#keep(query, message, records, place, moment, refreshing, counters, worth);
    if (isKept) query.note(KEPT, ttl, worth.cache === 'denial' ? 1 : 0);
    else if (!isDry) query.note(NOT_KEPT);
    if (asked !== undefined && told !== undefined && isSameSubnet(asked, told)) tellSubnet(query, message, told.scope);
    if (!query.wantsDnssec && !query.wantsAuthentic) message.setFlags(0, AD);
    return message;
  }
  /** Says whether it is kept. */
  #keep(query: Query, message: Message, records: Records, place: ScopedKey, moment: number, refreshing: boolean, counters: Counters,
    { cache, ttl, answering }: Worth): boolean {
    if (cache === 'none') return false;
    if (message.bytes[message.at + 5] === 0) {
      this.#warn(`Not caching malformed response with an empty question section for "${query.name.text}"`);
      return false;
    }
    if (!isAnswerTo(query, message)) {
      counters.values[counters.drops()]!++;
      return false;
    }
    if (!counters.stored) {
      counters.stored = true;
      counters.entries('success');
      counters.entries('denial');
    }
    const { except } = this.#settings[cache];
    if (except.names.length > 0 && (except.everything || except.match(query.name) !== undefined)) return false;
    const others = this.#others;
    const into = cache === 'denial' ? this.denial : others === undefined || answering ? this.success : others;
    const kept = this.#kept;
    kept.ttl = ttl;
    kept.now = this.#run.clock.monotonic();
    kept.moment = moment;
    kept.answering = answering;
    kept.place = place;
    into.keep(query, message, records, kept);
    if (cache === 'denial') return true;
    if (others === undefined ? refreshing : answering) this.denial.remove(place.key);
    if (others !== undefined && answering) others.remove(place.key);
    return true;
  }

  /** Brings the gauge and the evictions of each server up to date; the first one stands for evictions. */
  tell(servers: Iterable<Fill>): void {
    let first = true;
    for (const counters of servers) {
      for (const type of ['success', 'denial'] as const) {
        const others = type === 'success' ? this.#others?.map : undefined;
        const { entries, evicted } = this[type].map;
        counters.values[counters.entries(type)] = entries + (others?.entries ?? 0);
        const all = evicted + (others?.evicted ?? 0);
        if (first && all > this.#evicted[type]) {
          counters.values[counters.evictions(type)]! += all - this.#evicted[type];
          this.#evicted[type] = all;
        }
      }
      first = false;
    }
  }
  /** The load has ended, and its space with it. */
  close(): void {
    this.closed = true;
  }
}
