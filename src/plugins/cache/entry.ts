// How a reply is kept: the bytes that were sent, the places of its TTLs behind them, and a few numbers. Knows the layout of an
// entry; knows nothing of when one is kept or expires.
import { latin1, writeLatin1 } from '../../dns/latin1.ts';
import { Name } from '../../dns/name.ts';
import { HEADER, Records, setU32, skipName } from '../../dns/packet.ts';
import type { RR } from '../../dns/rr.ts';
import type { Message } from '../../kernel/query/message.ts';
import type { Query } from '../../kernel/query/query.ts';
import { nameAll } from '../../kernel/query/stamp.ts';
import { Key } from '../../store/key.ts';
import type { Entry } from '../../store/key.ts';
import type { CacheMap, Touch } from '../../store/cache-map.ts';
import { Changes } from '../../store/changes.ts';
import type { Space } from '../../store/space.ts';
import * as FILE from './kept-words.ts';
import type { ScopedKey } from './scopes.ts';
import { TOLD, UNASKED, tellSubnet } from './subnet.ts';
import type { Keyed } from './subnet.ts';

/** The owner's words of an entry: when it was stored, seconds of the server's clock and milliseconds of the second; its TTL, seconds. */
const SECONDS = 0, MILLISECONDS = 1, TTL = 2;
/** Bytes of the reply | records << 16; bytes without compression << 1 | whether it answers its question. */
const SHAPE = 3, PLAIN = 4;
/** How often it was asked for and when last; until when nobody asks again for it. Milliseconds in 32 bits: differences count. */
const HITS = 5, LAST_HIT = 6, RETRY_AT = 7;
/** What the reply says of clients' networks (subnet.ts). */
const SCOPE = 8;
/** Of what it is made, and when it was asked for. */
const STAMP = 9;
const OWNED = STAMP + Changes.STAMP;
/** Bytes that an entry is allowed on average before bytes, not entries, bound the cache. */
const AVERAGE = 2048;
/** Milliseconds after which a refresh counts as lost: a thread may have ended over it. No retry is further away than `recheck` can be. */
const LOST = 30_000, FURTHEST = 300_000;
/** Where a wildcard that an answer was made from is published (CACHE-18). */
const WILDCARD = 'zone/wildcard';

/** What is known of a reply that is kept. One object is filled again and again. */
export class Kept {
  /** Seconds, on each of its records. */
  ttl = 0;
  /** Milliseconds of the clock, and the moment of the changes when it was asked for. */
  now = 0;
  moment = 0;
  /** Whether it answers its question. */
  answering = false;
  place!: ScopedKey;
}

const records = new Records();

/** Entries by question. */
export class Entries {
  readonly map: CacheMap;
  readonly #key = new Key();
  readonly #changes: Changes;
  /** In the space of a block, which a reload that changes nothing of it hands over. */
  constructor(space: Pick<Space, 'cache'>, changes: Changes, name: string, capacity: number) {
    this.#changes = changes;
    this.map = space.cache(name, { entries: capacity, bytes: Math.min(2 ** 30, Math.max(2 ** 20, capacity * AVERAGE)), owned: OWNED });
  }

  /** The entry for the question, or 0: for reading, until the next call. `touch` may change its numbers where they are kept. */
  find(key: Keyed, touch?: Touch): Entry | 0 {
    return this.map.find(this.#keyOf(key), touch);
  }
  #keyOf(of: Keyed): Key {
    return of instanceof Key ? of : this.#key.like(of.key, of.flavour, this.map.hasher);
  }
  /** Whether no source has said since it was asked for that something of it has changed. */
  isTrue(entry: Entry): boolean {
    return this.#changes.fresh(this.map.words, this.map.ownedAt(entry) + STAMP);
  }
  /** Seconds that are left at a time (milliseconds); 0 or less where it has expired. */
  left(entry: Entry, now: number): number {
    const at = this.map.ownedAt(entry);
    const { words } = this.map;
    return words[at + TTL]! - Math.trunc((now - words[at + SECONDS]! * 1000 - words[at + MILLISECONDS]!) / 1000);
  }
  /** The TTL that it was stored with, in seconds. */
  ttl(entry: Entry): number {
    return this.map.words[this.map.ownedAt(entry) + TTL]!;
  }
  /** How often it was asked for, as `hit` counted. */
  hits(entry: Entry): number {
    return this.map.words[this.map.ownedAt(entry) + HITS]!;
  }
  /** Whether it is known to hold for every network that a client may name. */
  isForAll(entry: Entry): boolean {
    return this.map.words[this.map.ownedAt(entry) + SCOPE] !== UNASKED;
  }
  /** The rcode of the kept reply. */
  rcode(entry: Entry): number {
    return this.map.bytes[this.map.bytesAt(entry) + 3]! & 15;
  }

  /** Keeps a reply that has no OPT and whose records lie at `records`. False: there is no room for it. */
  keep(query: Query, message: Message, records: Records, kept: Kept): boolean {
    const { map } = this;
    const { ttl, now, moment, answering, place } = kept;
    const size = message.length;
    const { count } = records;
    const wildcard = query.metadata === undefined ? '' : query.label(WILDCARD) ?? '';
    const room = ((size + 3) & ~3) + count * 2;
    const entry = map.prepare(this.#keyOf(place.key), room + wildcard.length);
    if (entry === 0) return false;
    const { words, bytes } = map;
    const value = map.valueAt(entry);
    const owned = map.ownedAt(entry);
    const seconds = Math.floor(now / 1000);
    words[owned + SECONDS] = seconds;
    words[owned + MILLISECONDS] = now - seconds * 1000;
    words[owned + TTL] = ttl;
    words[owned + SHAPE] = size | (count << 16);
    words[owned + SCOPE] = place.scope;
    this.#changes.begin(words, owned + STAMP, moment);
    nameAll(this.#changes, words, owned + STAMP, query, message, records);
    const n = (size + 3) >> 2;
    const from = message.at >> 2;
    for (let i = 0; i < n; i++) words[value + i] = message.words[from + i]!;
    for (let k = 0, at = (value + n) * 4; k < count; k++, at += 2) {
      const offset = records.fixedAt[k]! + 4 - message.at;
      bytes[at] = offset;
      bytes[at + 1] = offset >> 8;
    }
    writeLatin1(wildcard, bytes, value * 4 + room);
    words[owned + PLAIN] = (message.plainLength << 1) | (answering ? 1 : 0);
    return map.publish(entry);
  }

  /** The kept reply for this client, with this TTL on every record (CACHE-11). */
  reply(query: Query, entry: Entry, ttl: number): Message {
    const { map } = this;
    const { words, bytes: kept } = map;
    const owned = map.ownedAt(entry);
    const shape = words[owned + SHAPE]!;
    const size = shape & 0xffff;
    const value = map.valueAt(entry);
    if (query.metadata !== undefined) this.#publish(query, entry);
    const alike = this.#speltAlike(query, value);
    const message = query.adopt(words, value, size, alike);
    const { bytes, at } = message;
    for (let k = shape >>> 16, place = (value + ((size + 3) >> 2)) * 4; k > 0; k--, place += 2) {
      setU32(bytes, at + (kept[place]! | (kept[place + 1]! << 8)), ttl);
    }
    // QR; AA, RA and rcode as stored, and AD for who wants it: RD and CD are the client's (CACHE-21).
    bytes[at + 2] = 0x80 | (bytes[at + 2]! & 0x04) | (query.bytes[query.at + 2]! & 0x01);
    bytes[at + 3] = (bytes[at + 3]! & (query.wantsDnssec || query.wantsAuthentic ? 0xaf : 0x8f)) | (query.bytes[query.at + 3]! & 0x10);
    message.plain = words[owned + PLAIN]! >>> 1;
    const scope = words[owned + SCOPE]!;
    const reply = alike ? message : this.#respell(query, message, value);
    if (scope >= TOLD) tellSubnet(query, reply, scope - TOLD);
    return reply;
  }
  /** Whether the question is spelt as the one whose reply is kept. */
  #speltAlike(query: Query, value: number): boolean {
    const { words } = this.map;
    const from = query.at >> 2;
    const end = HEADER + query.nameLength;
    const whole = end >> 2;
    for (let i = HEADER >> 2; i < whole; i++) if (words[value + i] !== query.words[from + i]) return false;
    const rest = end & 3;
    return rest === 0 || ((words[value + whole]! ^ query.words[from + whole]!) & ((1 << (rest * 8)) - 1)) === 0;
  }
  /** Owners keep the spelling in which they were stored (CACHE-11), though they may point to a question that is spelt otherwise now. */
  #respell(query: Query, message: Message, value: number): Message {
    const at = value * 4;
    const stored = Name.read(this.map.bytes, at + HEADER, at + HEADER + query.nameLength, at);
    const { raw } = query.name;
    const spell = (records: readonly RR[]) => records.map((record) => (record.name.raw === raw ? { ...record, name: stored } : record));
    const { answer, authority, additional } = message.parts();
    return message.with({ answer: spell(answer), authority: spell(authority), additional: spell(additional) });
  }
  #publish(query: Query, entry: Entry): void {
    const { map } = this;
    const shape = map.words[map.ownedAt(entry) + SHAPE]!;
    const room = (((shape & 0xffff) + 3) & ~3) + (shape >>> 16) * 2;
    const from = map.bytesAt(entry);
    const text = latin1(map.bytes, from + room, from + map.valueSize(entry));
    if (text !== '') query.metadata!.set(WILDCARD, text);
  }

  /** Counts a hit (CACHE-13): how many there were, none of them longer than `duration` after the one before. 0: the entry is gone. */
  hit(query: Query, now: number, duration: number): number {
    this.#now = now;
    this.#duration = duration;
    this.#hits = 0;
    this.find(query, this.#count);
    return this.#hits;
  }
  #now = 0;
  #duration = 0;
  #hits = 0;
  readonly #count: Touch = (words, at) => {
    const recent = words[at + HITS]! > 0 && (this.#now - words[at + LAST_HIT]!) >>> 0 <= this.#duration;
    this.#hits = recent ? words[at + HITS]! + 1 : 1;
    words[at + HITS] = this.#hits;
    words[at + LAST_HIT] = this.#now;
  };

  /** Takes the right to ask again for the entry; false where somebody is at it, or shall not be at it yet. */
  begin(query: Query, now: number): boolean {
    let mine = false;
    this.find(query, (words, at) => {
      const retryAt = words[at + RETRY_AT]!;
      const wait = (retryAt - now) | 0;
      if (retryAt !== 0 && wait > 0 && wait <= FURTHEST) return;
      words[at + RETRY_AT] = (now + LOST) | 1;
      mine = true;
    });
    return mine;
  }
  /** Gives the right back, for nobody to take within the next `recheck` milliseconds. An entry that is new has `hits` from now on. */
  end(query: Query, now: number, recheck: number, hits: number): void {
    this.find(query, (words, at) => {
      words[at + RETRY_AT] = recheck > 0 ? (now + recheck) | 1 : 0;
      if (hits === 0) return;
      words[at + HITS] = hits;
      words[at + LAST_HIT] = now;
    });
  }
  /** The entry, which lies where it is kept, as words of a snapshot; undefined where it has expired, or is for one network. */
  saved(entry: Entry, cache: number, now: number): Int32Array | undefined {
    const { map } = this;
    const owned = map.ownedAt(entry);
    const { words } = map;
    const flavour = words[entry + 1]! & 255;
    if (this.left(entry, now) <= 0 || flavour > 3) return undefined;
    const key = map.keyAt(entry);
    const value = map.valueAt(entry);
    const size = map.valueSize(entry);
    const all = new Int32Array(FILE.KEY + value - key + ((size + 3) >> 2));
    all.set(words.subarray(key, key + all.length - FILE.KEY), FILE.KEY);
    all[0] = all.length;
    all[FILE.CACHE] = cache | (flavour << 8);
    all[FILE.SIZE] = size;
    all[FILE.AGE] = Math.max(0, now - words[owned + SECONDS]! * 1000 - words[owned + MILLISECONDS]!);
    for (let i = 0; i < 4; i++) all[FILE.TTL + i] = words[owned + (i === 3 ? SCOPE : TTL + i)]!;
    all[FILE.KEY_WORDS] = value - key;
    return all;
  }
  /** Keeps an entry of a snapshot that was checked, which was written `since` milliseconds ago; not where there is one, or it is over. */
  restore(saved: Int32Array, at: number, now: number, since: number): boolean {
    const { map } = this;
    const key = at + FILE.KEY;
    const length = saved[at + FILE.KEY_WORDS]! * 4;
    const question = new Key(saved, key).reset(length);
    question.flavour = saved[at + FILE.CACHE]! >>> 8;
    const stored = now - saved[at + FILE.AGE]! - since;
    if (now - stored >= saved[at + FILE.TTL]! * 1000 || map.find(question) !== 0) return false;
    const entry = map.prepare(question, saved[at + FILE.SIZE]!);
    if (entry === 0) return false;
    const { words } = map;
    const owned = map.ownedAt(entry);
    words[owned + SECONDS] = Math.floor(stored / 1000);
    words[owned + MILLISECONDS] = stored - Math.floor(stored / 1000) * 1000;
    for (let i = 0; i < 4; i++) words[owned + (i === 3 ? SCOPE : TTL + i)] = saved[at + FILE.TTL + i]!;
    const value = map.valueAt(entry);
    words.set(saved.subarray(key + (length >> 2), at + saved[at]!), value);
    this.#changes.begin(words, owned + STAMP, this.#changes.moment);
    this.#nameSaved(value * 4, words[owned + SHAPE]! & 0xffff, owned + STAMP);
    // A source that counts may have said something else while nobody listened.
    if (words[owned + STAMP + 1] === 0) return map.publish(entry);
    map.discard(entry);
    return false;
  }
  #nameSaved(at: number, length: number, stamp: number): void {
    const { words, bytes } = this.map;
    const end = skipName(bytes, at + HEADER, at + length) + 4 - at;
    if (records.read(bytes, at, length, end)) nameAll(this.#changes, words, stamp, { bytes, at }, { bytes, at, length }, records);
  }
  remove(key: Keyed): void {
    this.map.remove(this.#keyOf(key));
  }
}
