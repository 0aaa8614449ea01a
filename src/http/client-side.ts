// The client's side of one connection as whoever asks sees it, in either version: requests go out, replies come back to whoever waits for
// them. Knows no sockets.

import type { Talk } from './exchange.ts';

/** A reply that is whole. `body` is there until `replied` returns. */
export interface Replied {
  readonly status: number;
  readonly body: Buffer;
  /** A field of the head or of the trailers, by its lower-case name. */
  field(name: string): string | undefined;
}
/**
 * Why there is no reply. `unasked`: the server did not look at the request, so it may be sent again whatever it is (RFC 9113 section 8.7).
 * `lost`: the connection ended. `refused`: the server ended this request alone.
 */
export type Unanswered = 'unasked' | 'lost' | 'refused';
/** Whoever waits for a reply. Exactly one of the two is called, once. */
export interface Waiting {
  replied(reply: Replied): void;
  unanswered(why: Unanswered, text: string): void;
  /** Takes the body as it comes, as long as it may be, of HTTP/2: the reply has none then. What it is handed is there until it returns. */
  part?(bytes: Buffer, at: number, end: number): void;
}
/** One connection, whatever it runs on. */
export interface Requests {
  /** Whether another request may be sent now. */
  readonly free: boolean;
  /** It takes no further requests at all. */
  readonly leaving: boolean;
  /** Requests that the server takes at once, as far as it is known. */
  readonly most: number;
  /** Requests that wait. */
  readonly waiting: number;
  /**
   * Sends a request; it leaves with the others of this turn. `target` is the path, where it differs from the usual one; `fields` are those
   * that it has alone.
   */
  send(waiting: Waiting, body: Uint8Array, at: number, length: number, target?: string, fields?: RequestForm['fields']): void;
  /** Sends a request whose body goes on; what comes of its reply goes to `part` as it comes (HTTP/2 over sockets). */
  talk?(waiting: Waiting, target: string): Talk;
  /** Nobody waits for this one any more. */
  forget(waiting: Waiting): void;
  /** The connection is gone, or its other side has said all that it will say. */
  closed(text: string): void;
}
/** One on a socket. */
export interface ClientSide extends Requests {
  receive(chunk: Buffer): void;
  drained(): void;
}
/** What all requests of a connection have in common. */
export interface RequestForm {
  readonly method: 'GET' | 'POST';
  readonly scheme: 'http' | 'https';
  readonly authority: string;
  readonly target: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
}
