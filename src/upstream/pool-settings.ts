// How an upstream's sockets and connections are kept (FWD-8). Knows numbers only.
import type { Network } from './network.ts';
import type { RandomIds } from './random-ids.ts';

/** Times are milliseconds. */
export interface PoolSettings {
  /** How long a reply is waited for. */
  readonly readTimeout: number;
  /** Idle for longer, a socket or connection is closed. */
  readonly expire: number;
  /** Older than this, it is not used for another question; 0 is no limit. */
  readonly maxAge: number;
  /** How many are kept while they are idle, of each kind; 0 is no limit of the configuration. */
  readonly maxIdle: number;
  /** Whether the case of a name's letters is drawn at random over UDP, and has to come back. */
  readonly randomCase: boolean;
}
/** FWD-8. */
export const DEFAULT_POOL: PoolSettings = { readTimeout: 2000, expire: 10000, maxAge: 0, maxIdle: 0, randomCase: false };

/** Counts whether a question found a socket or connection that stood already, and what looks like forgery (RFC 5452). */
export interface PoolCounter {
  hit(network: Network): void;
  miss(network: Network): void;
  /** A datagram came that nobody waits for: another id, or another question. */
  stray(): void;
  /** A socket was given up because so many of them came. */
  besieged(): void;
  /** A connection stands; `resumed` says of one over TLS whether it went on with a session. */
  opened(network: Network, resumed: boolean | undefined): void;
  /** One that stood is closed. */
  closed(network: Network): void;
  /** One has gone mute, so that what waits on it is asked over another one. */
  mute(): void;
}
/** For who does not count. */
export const UNCOUNTED: PoolCounter = { hit() {}, miss() {}, stray() {}, besieged() {}, opened() {}, closed() {}, mute() {} };

/** For how many milliseconds one connection is used: less than `maxAge`, by up to a tenth, so that not all of them end at once. */
export const lifetime = (maxAge: number, ids: RandomIds): number =>
  (maxAge === 0 ? Infinity : maxAge - (maxAge / 10) * (ids.next() / 65536));
