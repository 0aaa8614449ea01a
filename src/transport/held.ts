// What a listener of streams and its connections are to each other, whatever is said on them. Knows neither sockets nor protocols.
import type { Service } from '../kernel/query/transport.ts';
import type { Connections, Tenant } from './connections.ts';

/** A connection as its listener sees it. */
export interface Held extends Tenant {
  /** The server that its questions are for; a reload puts another one here. */
  service: Service;
  /** Called now and then: closes what has been silent or stuck for too long. */
  check(now: number): void;
  /** There are nearly as many connections as there may be: it has one question, and half a second for it. */
  brief?(now: number): void;
  /** The server stops: from now on `leave` is called every millisecond, until it is gone or is destroyed. */
  stop(): void;
  leave(now: number): void;
  /** Closes at once. */
  destroy(): void;
}
/** What a connection may use of its listener. */
export interface HeldBy {
  readonly connections: Connections;
  /** Milliseconds now. */
  now(): number;
  /** It is closed. Called once. */
  gone(connection: Held): void;
}
