// How connections to one upstream are begun that carry requests, whatever they run on. Knows interfaces alone.
import type { Requests } from '../http/client-side.ts';

/** A connection that was begun. */
export interface Dialed {
  /** What was said leaves, and then it ends. */
  end(): void;
}
/** Why one ended. */
export interface DialEnd {
  /** What the network said: `ECONNREFUSED`, `EOF`. */
  readonly code: string;
  /** What is wrong with who was reached: its certificate, or what it speaks. */
  readonly told?: string | undefined;
  /** For those whose requests were on their way. */
  readonly text: string;
}
/** What becomes of one, told to who wanted it. */
export interface Dialing {
  /** It does not stand yet, and requests that anybody may repeat can go by this (0-RTT). */
  early(side: Requests): void;
  /** It stands: requests go by this. `resumed`: with a session from before; undefined in the clear. */
  stands(side: Requests, resumed: boolean | undefined): void;
  /** Something comes; false where nobody wants it any more. */
  hears(): boolean;
  /** What came was read. */
  heard(): void;
  ended(why: DialEnd): void;
}
/** Begins them. */
export interface Dialer {
  readonly network: 'udp' | 'tcp';
  /** `apart`: others of this upstream may be dead, and share nothing with this one. Throws Error with the network's code. */
  dial(dialing: Dialing, apart: boolean): Dialed;
  /** No more are begun. */
  close(): void;
}
