// What is known of servers by their addresses, 96 bytes each in the shared memory: how quick they are, when they failed, whether they
// understand EDNS, their cookies, for which zones they are lame. Knows no question.
import type { Name } from '../dns/name.ts';
import { TYPE } from '../dns/type-name.ts';
import { CARD_HEAD } from '../store/card-index.ts';
import type { CardIndex } from '../store/card-index.ts';
import type { ServerAddress } from './settings.ts';

/** Milliseconds of a server that is not known, and the most that is waited for one. */
const UNKNOWN = 376, LONGEST = 3000, SHORTEST = 200;
/** Servers within so many milliseconds of the best one are as good. */
const BAND = 400;
/** A server that failed so often in a row rests, at first so many milliseconds, at most as long as that. */
const FAILURES = 3, REST = 1000, LONGEST_REST = 30_000;
/** Each time that so many milliseconds pass without a question, one failure less counts. */
const FORGIVEN = 30_000, MOST_COUNTED = 8;
/** How long a server is held to be lame, or not to understand EDNS; at first it is asked again sooner. */
const LAME = 900_000, PLAIN = 60_000, MOST_PLAIN = 4;
/** Where nobody else is left, who was found lame is asked again after so many milliseconds. */
const LAME_AGAIN = 5000;
/** One question in so many goes to a server beside the best, and one in so many to one that has rested. */
const EXPLORE = 100, TRY = 10;

/** Words of a card: smoothed round trip and its deviation (RFC 6298) as fractions of milliseconds, 0 where it never answered. */
const TRIP = CARD_HEAD, DEVIATION = TRIP + 1;
/** Failures in a row, and times: of the last failure, of the last answer, until when it rests, until when it is asked without EDNS. */
const FAILED = DEVIATION + 1, BAD_AT = FAILED + 1, GOOD_AT = BAD_AT + 1, RESTS = GOOD_AT + 1, PLAIN_UNTIL = RESTS + 1;
/** How often it was found to be without EDNS; octets of its cookie, and the cookie. */
const PLAINS = PLAIN_UNTIL + 1, COOKIE_LENGTH = PLAINS + 1, COOKIE = COOKIE_LENGTH + 1, COOKIE_WORDS = 8;
/** Zones that it is lame for: a hash, and until when. */
const LAMES = COOKIE + COOKIE_WORDS, LAME_WORDS = 2, MOST_LAMES = 2;
/** Words of a card: 96 octets. */
const WIDTH = LAMES + LAME_WORDS * MOST_LAMES;
/** Servers that there is room for, and handles of them that a thread keeps. */
const MOST = 10_000, HANDLES = 4096;

/** What a table of servers is, wherever it lies. */
export const SERVER_TABLE = { width: WIDTH, least: MOST, head: 8 } as const;

/** The table, and what is added to this thread's clock for times that all threads understand. */
export interface ServerMemory {
  readonly cards: CardIndex;
  readonly epoch: number;
}

/** One server. */
export class Server {
  readonly address: string;
  readonly port: number;
  readonly #cards: CardIndex;
  readonly #words: Int32Array;
  readonly #floats: Float32Array;
  readonly #epoch: number;
  readonly #low: number;
  readonly #high: number;
  #at = 0;
  #clientCookie: Uint8Array | undefined;
  /** Questions of this thread that it has not answered yet. */
  underWay = 0;

  constructor({ address, port }: ServerAddress, { cards, epoch }: ServerMemory, now: number) {
    this.address = address;
    this.port = port;
    this.#cards = cards;
    this.#words = cards.words;
    this.#floats = cards.floats;
    this.#epoch = epoch;
    const key = `${address}#${port}`;
    this.#low = cards.hashOf(key);
    this.#high = cards.hashOf(key, 1);
    this.hold(now);
  }
  /** Finds its card again, which may have gone to another one meanwhile. */
  hold(now: number): this {
    if (this.#at === 0 || !this.#cards.isOf(this.#at, this.#low, this.#high)) {
      this.#at = this.#cards.find(this.#low, this.#high, this.#time(now));
    }
    return this;
  }
  #time(now: number): number {
    return (now + this.#epoch) | 0;
  }
  /** Whether a moment that was noted lies before us, and no further than it may: clocks of threads may differ. */
  #lasts(word: number, now: number, most: number): boolean {
    const until = this.#words[this.#at + word]!;
    const left = (until - this.#time(now)) | 0;
    return until !== 0 && left > 0 && left <= most;
  }
  get #usual(): number {
    const trip = this.#floats[this.#at + TRIP]!;
    return trip === 0 ? UNKNOWN : trip + 4 * this.#floats[this.#at + DEVIATION]!;
  }
  /** Those failures that count still. */
  #counted(now: number): number {
    const failures = this.#words[this.#at + FAILED]!;
    if (failures === 0) return 0;
    const since = (this.#time(now) - this.#words[this.#at + BAD_AT]!) | 0;
    return Math.max(0, failures - Math.floor(Math.max(0, since) / FORGIVEN));
  }
  /** Milliseconds to wait for it: who has rested is not waited for while there are `others`. */
  patience(now: number, others = false): number {
    const failures = this.#counted(now);
    const doubled = others && failures >= FAILURES ? 1 : 2 ** Math.min(failures, 4);
    return Math.min(LONGEST, Math.max(SHORTEST, this.#usual) * doubled);
  }
  /** True where it had failed so often that it rested. */
  answered(milliseconds: number, now: number): boolean {
    const at = this.#at;
    const isBack = this.#words[at + FAILED]! >= FAILURES;
    const trip = this.#floats[at + TRIP]!;
    const deviation = this.#floats[at + DEVIATION]!;
    this.#floats[at + DEVIATION] = trip === 0 ? milliseconds / 2 : deviation + (Math.abs(milliseconds - trip) - deviation) / 4;
    this.#floats[at + TRIP] = trip === 0 ? Math.max(1, milliseconds) : trip + (milliseconds - trip) / 8;
    this.#words[at + GOOD_AT] = this.#time(now);
    this.#forgive(at);
    return isBack;
  }
  failed(now: number): void {
    const failures = Math.min(MOST_COUNTED, this.#counted(now) + 1);
    this.#words[this.#at + FAILED] = failures;
    this.#words[this.#at + BAD_AT] = this.#time(now);
    if (failures < FAILURES) return;
    this.#words[this.#at + RESTS] = this.#time(now + Math.min(LONGEST_REST, REST * 2 ** (failures - FAILURES)));
  }
  #forgive(at: number): void {
    this.#words[at + FAILED] = 0;
    this.#words[at + RESTS] = 0;
  }
  rests(now: number): boolean {
    return this.#lasts(RESTS, now, LONGEST_REST);
  }
  /** It has rested and not answered since: one question at a time tries it. */
  isOnTrial(now: number): boolean {
    return !this.rests(now) && this.#counted(now) >= FAILURES;
  }
  /** It answered a question with EDNS by FORMERR or the like, and one without it. */
  isPlain(now: number): void {
    const times = Math.min(MOST_PLAIN, this.#words[this.#at + PLAINS]!);
    this.#words[this.#at + PLAINS] = times + 1;
    this.#words[this.#at + PLAIN_UNTIL] = this.#time(now + Math.min(LAME, PLAIN * 2 ** times));
  }
  understood(): void {
    this.#words[this.#at + PLAINS] = 0;
  }
  understandsEdns(now: number): boolean {
    return !this.#lasts(PLAIN_UNTIL, now, LAME);
  }
  /** Our part of a cookie for it: of its address and the secret of this process. */
  get clientCookie(): Uint8Array {
    if (this.#clientCookie === undefined) {
      const key = `cookie ${this.address}`;
      this.#clientCookie = new Uint8Array(Int32Array.of(this.#cards.hashOf(key), this.#cards.hashOf(key, 1)).buffer);
    }
    return this.#clientCookie;
  }
  /** The cookie that it gave last (RFC 7873); undefined where it gave none. */
  get cookie(): Uint8Array | undefined {
    const length = this.#words[this.#at + COOKIE_LENGTH]!;
    const from = (this.#at + COOKIE) * 4;
    return length === 0 ? undefined : this.#cards.bytes.slice(from, from + length);
  }
  set cookie(cookie: Uint8Array | undefined) {
    this.#words[this.#at + COOKIE_LENGTH] = cookie?.length ?? 0;
    if (cookie !== undefined) this.#cards.bytes.set(cookie, (this.#at + COOKIE) * 4);
  }

  /** Some have the addresses of a zone and nothing else: those count apart. */
  #lameAt(zone: Name, type: number): number {
    const words = this.#words;
    const first = this.#at + LAMES;
    if (words[first] === 0 && words[first + LAME_WORDS] === 0) return -1;
    const hash = this.#lameness(zone, type);
    return words[first] === hash ? LAMES : words[first + LAME_WORDS] === hash ? LAMES + LAME_WORDS : -1;
  }
  #lameness(zone: Name, type: number): number {
    return this.#cards.hashOf(`${type === TYPE.A ? 'A' : ''} ${zone.key}`);
  }
  isLameFor(zone: Name, type: number, now: number): boolean {
    const at = this.#lameAt(zone, type);
    return at >= 0 && this.#lasts(at + 1, now, LAME);
  }
  /** It was found so just now. */
  wasLame(zone: Name, type: number, now: number): boolean {
    const at = this.#lameAt(zone, type);
    return at >= 0 && this.#lasts(at + 1, now + LAME - LAME_AGAIN, LAME_AGAIN);
  }
  /** It has the zone. */
  hasZone(zone: Name, type: number): void {
    const at = this.#lameAt(zone, type);
    if (at >= 0) this.#words[this.#at + at] = 0;
  }
  setLame(zone: Name, type: number, now: number): void {
    const words = this.#words;
    const first = this.#at + LAMES;
    const known = this.#lameAt(zone, type);
    // The one that ends first goes.
    const second = first + LAME_WORDS;
    const isSecond = words[first] !== 0 && (words[second] === 0 || ((words[second + 1]! - words[first + 1]!) | 0) < 0);
    const at = this.#at + (known >= 0 ? known : LAMES + (isSecond ? LAME_WORDS : 0));
    words[at] = this.#lameness(zone, type);
    words[at + 1] = this.#time(now + LAME);
  }
  /** The measure by which servers are chosen. */
  cost(now: number): number {
    return this.#usual * 2 ** Math.min(this.#counted(now), 4);
  }
}

/** All servers that were asked, as far as there is room. */
export class Servers {
  readonly #memory: ServerMemory;
  readonly #now: () => number;
  /** This thread's handles. */
  readonly #handles = new Map<string, Server>();

  constructor(memory: ServerMemory, now: () => number) {
    this.#memory = memory;
    this.#now = now;
  }
  at(address: ServerAddress): Server {
    // Nearly all are at port 53.
    const key = address.port === 53 ? address.address : `${address.address}#${address.port}`;
    const known = this.#handles.get(key);
    if (known !== undefined) return known.hold(this.#now());
    const server = new Server(address, this.#memory, this.#now());
    this.#handles.set(key, server);
    if (this.#handles.size > HANDLES) this.#handles.delete(this.#handles.keys().next().value!);
    return server;
  }
  /** All of them are tried again, as if they had never failed: what was gone was the network. */
  forgive(): void {
    const { words } = this.#memory.cards;
    this.#memory.cards.forEach((at) => {
      words[at + FAILED] = 0;
      words[at + RESTS] = 0;
    });
  }
}

/** One of those that may be asked: any within a band of the best, now and then another; those that rest come last. */
export function choose(servers: readonly Server[], now: number, random: () => number): Server | undefined {
  if (servers.length === 0) return undefined;
  const isAwake = (server: Server): boolean => !server.rests(now) && (server.underWay === 0 || !server.isOnTrial(now));
  const awake = servers.length === 1 ? servers : servers.filter(isAwake);
  const among = awake.length > 0 ? awake : servers;
  if (Math.floor(random() * EXPLORE) === 0) return among[Math.floor(random() * among.length)];
  const onTrial = among.find((server) => server.isOnTrial(now));
  if (onTrial !== undefined && Math.floor(random() * TRY) === 0) return onTrial;
  let best = Infinity;
  for (const server of among) best = Math.min(best, server.cost(now));
  const good = among.length === 1 ? among : among.filter((server) => server.cost(now) <= best + BAND);
  return good[Math.floor(random() * good.length)];
}
