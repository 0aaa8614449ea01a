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
const FAILURES = 3, REST = 2000, LONGEST_REST = 60_000;
/** How long a server is held to be lame, or not to understand EDNS. */
const LAME = 900_000;
/** One question in so many goes to a server beside the best. */
const EXPLORE = 100;

/** One server. */
export class Server {
  readonly address: string;
  readonly port: number;
  /** Smoothed round trip and its deviation (RFC 6298), in milliseconds; 0 where it never answered. */
  #trip = 0;
  #deviation = 0;
  #failures = 0;
  #restsUntil = 0;
  #plainUntil = 0;
  readonly #lame = new Map<string, number>();

  constructor({ address, port }: ServerAddress) {
    this.address = address;
    this.port = port;
  }
  /** Milliseconds to wait for it. */
  get patience(): number {
    const usual = this.#trip === 0 ? UNKNOWN : this.#trip + 4 * this.#deviation;
    return Math.min(LONGEST, Math.max(SHORTEST, usual) * 2 ** Math.min(this.#failures, 4));
  }
  answered(milliseconds: number): void {
    const off = Math.abs(milliseconds - this.#trip);
    this.#deviation = this.#trip === 0 ? milliseconds / 2 : this.#deviation + (off - this.#deviation) / 4;
    this.#trip = this.#trip === 0 ? Math.max(1, milliseconds) : this.#trip + (milliseconds - this.#trip) / 8;
    this.#failures = 0;
    this.#restsUntil = 0;
  }
  failed(now: number): void {
    this.#failures++;
    if (this.#failures >= FAILURES) this.#restsUntil = now + Math.min(LONGEST_REST, REST * 2 ** (this.#failures - FAILURES));
  }
  rests(now: number): boolean {
    return now < this.#restsUntil;
  }
  /** It answered a question with EDNS by FORMERR or the like, and one without it. */
  isPlain(now: number): void {
    this.#plainUntil = now + LAME;
  }
  understandsEdns(now: number): boolean {
    return now >= this.#plainUntil;
  }
  /** Some have the addresses of a zone and nothing else: those count apart. */
  isLameFor(zone: Name, type: number, now: number): boolean {
    return (this.#lame.get(lamenessOf(zone, type)) ?? 0) > now;
  }
  setLame(zone: Name, type: number, now: number): void {
    if (this.#lame.size >= 64) this.#lame.clear();
    this.#lame.set(lamenessOf(zone, type), now + LAME);
  }
  /** The measure by which servers are chosen. */
  get cost(): number {
    return (this.#trip === 0 ? UNKNOWN : this.#trip + 4 * this.#deviation) * 2 ** Math.min(this.#failures, 4);
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
}

/** One of those that may be asked: any within a band of the best, now and then another; those that rest come last. */
export function choose(servers: readonly Server[], now: number, random: () => number): Server | undefined {
  const awake = servers.filter((server) => !server.rests(now));
  const among = awake.length > 0 ? awake : servers;
  if (among.length === 0) return undefined;
  if (Math.floor(random() * EXPLORE) === 0) return among[Math.floor(random() * among.length)];
  const best = Math.min(...among.map(({ cost }) => cost));
  const good = among.filter(({ cost }) => cost <= best + BAND);
  return good[Math.floor(random() * good.length)];
}
