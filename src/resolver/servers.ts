// What is known of servers by their addresses: how quick they are, when they failed, whether they understand EDNS, for which zones they are
// lame. Knows no question.
import type { Name } from '../dns/name.ts';
import { TYPE } from '../dns/type-name.ts';
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
const LAME = 900_000, PLAIN = 60_000;
/** Where nobody else is left, who was found lame is asked again after so many milliseconds. */
const LAME_AGAIN = 5000;
/** One question in so many goes to a server beside the best, and one in so many to one that has rested. */
const EXPLORE = 100, TRY = 10;

/** One server. */
export class Server {
  readonly address: string;
  readonly port: number;
  /** Smoothed round trip and its deviation (RFC 6298), in milliseconds; 0 where it never answered. */
  #trip = 0;
  #deviation = 0;
  #failures = 0;
  #failedAt = 0;
  #restsUntil = 0;
  #plainUntil = 0;
  #plain = 0;
  /** Questions that it has not answered yet. */
  underWay = 0;
  readonly #lame = new Map<string, number>();

  constructor({ address, port }: ServerAddress) {
    this.address = address;
    this.port = port;
  }
  get #usual(): number {
    return this.#trip === 0 ? UNKNOWN : this.#trip + 4 * this.#deviation;
  }
  /** Those that count still. */
  #counted(now: number): number {
    return this.#failures === 0 ? 0 : Math.max(0, this.#failures - Math.floor((now - this.#failedAt) / FORGIVEN));
  }
  /** Milliseconds to wait for it: who has rested is not waited for while there are `others`. */
  patience(now: number, others = false): number {
    const failures = this.#counted(now);
    const doubled = others && failures >= FAILURES ? 1 : 2 ** Math.min(failures, 4);
    return Math.min(LONGEST, Math.max(SHORTEST, this.#usual) * doubled);
  }
  /** True where it had failed so often that it rested. */
  answered(milliseconds: number): boolean {
    const isBack = this.#failures >= FAILURES;
    const off = Math.abs(milliseconds - this.#trip);
    this.#deviation = this.#trip === 0 ? milliseconds / 2 : this.#deviation + (off - this.#deviation) / 4;
    this.#trip = this.#trip === 0 ? Math.max(1, milliseconds) : this.#trip + (milliseconds - this.#trip) / 8;
    this.#failures = 0;
    this.#restsUntil = 0;
    return isBack;
  }
  failed(now: number): void {
    this.#failures = Math.min(MOST_COUNTED, this.#counted(now) + 1);
    this.#failedAt = now;
    if (this.#failures >= FAILURES) this.#restsUntil = now + Math.min(LONGEST_REST, REST * 2 ** (this.#failures - FAILURES));
  }
  /** It is as if it had never failed: what was gone was the network. */
  forgive(): void {
    this.#failures = 0;
    this.#restsUntil = 0;
  }
  rests(now: number): boolean {
    return now < this.#restsUntil;
  }
  /** It has rested and not answered since: one question at a time tries it. */
  isOnTrial(now: number): boolean {
    return !this.rests(now) && this.#counted(now) >= FAILURES;
  }
  /** It answered a question with EDNS by FORMERR or the like, and one without it. */
  isPlain(now: number): void {
    this.#plainUntil = now + Math.min(LAME, PLAIN * 2 ** this.#plain++);
  }
  understood(): void {
    this.#plain = 0;
  }
  understandsEdns(now: number): boolean {
    return now >= this.#plainUntil;
  }
  /** Some have the addresses of a zone and nothing else: those count apart. */
  isLameFor(zone: Name, type: number, now: number): boolean {
    return this.#lame.size > 0 && (this.#lame.get(lamenessOf(zone, type)) ?? 0) > now;
  }
  /** It was found so just now. */
  wasLame(zone: Name, type: number, now: number): boolean {
    return (this.#lame.get(lamenessOf(zone, type)) ?? 0) > now + LAME - LAME_AGAIN;
  }
  /** It has the zone. */
  hasZone(zone: Name, type: number): void {
    if (this.#lame.size > 0) this.#lame.delete(lamenessOf(zone, type));
  }
  setLame(zone: Name, type: number, now: number): void {
    if (this.#lame.size >= 64) this.#lame.clear();
    this.#lame.set(lamenessOf(zone, type), now + LAME);
  }
  /** The measure by which servers are chosen. */
  cost(now: number): number {
    return this.#usual * 2 ** Math.min(this.#counted(now), 4);
  }
}

const lamenessOf = (zone: Name, type: number): string => `${type === TYPE.A ? 'A' : ''} ${zone.key}`;

/** All servers that were asked, as far as there is room. */
export class Servers {
  readonly #all = new Map<string, Server>();
  readonly #most: number;
  constructor(most = 10_000) {
    this.#most = most;
  }
  at(address: ServerAddress): Server {
    const key = `${address.address}#${address.port}`;
    const known = this.#all.get(key);
    if (known !== undefined) return known;
    const server = new Server(address);
    this.#all.set(key, server);
    if (this.#all.size > this.#most) this.#all.delete(this.#all.keys().next().value!);
    return server;
  }
  /** All of them are tried again. */
  forgive(): void {
    for (const server of this.#all.values()) server.forgive();
  }
}

/** One of those that may be asked: any within a band of the best, now and then another; those that rest come last. */
export function choose(servers: readonly Server[], now: number, random: () => number): Server | undefined {
  const awake = servers.filter((server) => !server.rests(now) && (server.underWay === 0 || !server.isOnTrial(now)));
  const among = awake.length > 0 ? awake : servers;
  if (among.length === 0) return undefined;
  if (Math.floor(random() * EXPLORE) === 0) return among[Math.floor(random() * among.length)];
  const onTrial = among.find((server) => server.isOnTrial(now));
  if (onTrial !== undefined && Math.floor(random() * TRY) === 0) return onTrial;
  const best = Math.min(...among.map((server) => server.cost(now)));
  const good = among.filter((server) => server.cost(now) <= best + BAND);
  return good[Math.floor(random() * good.length)];
}
