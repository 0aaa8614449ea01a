// How a reply is kept: the bytes that were sent, the places of its TTLs behind them, and a few numbers. Knows the layout of an
// entry; knows nothing of when one is kept or expires.
import { setU32 } from '../../dns/packet.ts';
import { AA, AD } from '../../kernel/message.ts';
import type { Message } from '../../kernel/message.ts';
import type { Query } from '../../kernel/query.ts';
import type { CacheMap, Touch } from '../../store/cache-map.ts';
import type { Store } from '../../store/store.ts';

/** The owner's words of an entry. Times are milliseconds of the server's clock, cut to 32 bits: differences count. */
export const STORED = 0, TTL = 1, SHAPE = 2, PLAIN = 3, HITS = 4, LAST_HIT = 5, REFRESHING = 6, RETRY_AT = 7;
const OWNED = 8;
/** Bytes that an entry is allowed on average before bytes, not entries, bound the cache. */
const AVERAGE = 2048;

/** Entries by question. */
export class Entries {
  readonly map: CacheMap;
  /** `name` is the same in every thread, and of one load alone: a reload begins with an empty cache (SIG-11). */
  constructor(store: Store, name: string, capacity: number) {
    this.map = store.cache(name, { entries: capacity, bytes: Math.min(2 ** 30, Math.max(2 ** 20, capacity * AVERAGE)), owned: OWNED });
  }

  /** The entry for the question, or 0: for reading, until the next call. `touch` may change its numbers where they are kept. */
  find(query: Query, touch?: Touch): number {
    return this.map.find(query.makeKey(), query.flavour, query.words, query.keyAt >> 2, query.keyLength, touch);
  }
  /** One of the entry's numbers. */
  get(entry: number, which: number): number {
    return this.map.words[this.map.ownedAt(entry) + which]!;
  }
  /** Seconds that are left at a time; 0 or less where it has expired. */
  left(entry: number, now: number): number {
    const at = this.map.ownedAt(entry);
    const { words } = this.map;
    return words[at + TTL]! - Math.floor(((now - words[at + STORED]!) | 0) / 1000);
  }
  /** Whether the entry answers its question, rather than lacking what was asked. */
  answers(entry: number): boolean {
    return (this.get(entry, PLAIN) & 1) === 1;
  }
  /** The rcode of the kept reply. */
  rcode(entry: number): number {
    return this.map.bytes[this.map.valueAt(entry) * 4 + 3]! & 15;
  }

  /** Keeps a reply that has no OPT; all of its records have the same TTL. */
  keep(query: Query, message: Message, ttl: number, now: number, answering: boolean): void {
    const records = message.records();
    if (records === undefined) return;
    const { map } = this;
    const size = message.length;
    const { count } = records;
    const entry = map.prepare(query.makeKey(), query.flavour, query.words, query.keyAt >> 2, query.keyLength, ((size + 3) & ~3) + count * 2);
    if (entry === 0) return;
    const { words, bytes } = map;
    const value = map.valueAt(entry);
    const owned = map.ownedAt(entry);
    words[owned + STORED] = now;
    words[owned + TTL] = ttl;
    words[owned + SHAPE] = size | (count << 16);
    const n = (size + 3) >> 2;
    const from = message.at >> 2;
    for (let i = 0; i < n; i++) words[value + i] = message.words[from + i]!;
    for (let k = 0, at = (value + n) * 4; k < count; k++, at += 2) {
      const offset = records.fixedAt[k]! + 4 - message.at;
      bytes[at] = offset;
      bytes[at + 1] = offset >> 8;
    }
    words[owned + PLAIN] = (message.plainLength << 1) | (answering ? 1 : 0);
    map.publish(entry);
  }

  /** The kept reply for this client, with this TTL on every record (CACHE-11). */
  reply(query: Query, entry: number, ttl: number): Message {
    const { map } = this;
    const { words, bytes: kept } = map;
    const owned = map.ownedAt(entry);
    const shape = words[owned + SHAPE]!;
    const size = shape & 0xffff;
    const value = map.valueAt(entry);
    const message = query.adopt(words, value, size);
    const { bytes, at } = message;
    for (let k = shape >>> 16, place = (value + ((size + 3) >> 2)) * 4; k > 0; k--, place += 2) {
      setU32(bytes, at + (kept[place]! | (kept[place + 1]! << 8)), ttl);
    }
    bytes[at + 2] = (bytes[at + 2]! & 0x87) | (query.bytes[query.at + 2]! & 0x78);
    message.setFlags(AA, query.wantsDnssec || query.wantsAuthentic ? 0 : AD);
    message.plain = words[owned + PLAIN]! >>> 1;
    return message;
  }
  remove(query: Query): void {
    this.map.remove(query.makeKey(), query.flavour, query.words, query.keyAt >> 2, query.keyLength);
  }
}
