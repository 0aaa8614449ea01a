// One request of HTTP/2, and where its reply goes. Knows its stream; the connection is an interface.
import type { Exchange, Heading } from './exchange.ts';
import { H2Stream } from './h2-stream.ts';

/** Where a request came, and its reply goes. */
export interface Replying {
  reply(stream: ServerStream, heading: Heading, body: Uint8Array, at: number, length: number, trailers?: Heading): void;
}

/** One request. */
export class ServerStream extends H2Stream implements Exchange {
  readonly #connection: Replying;
  readonly version = 2;
  gone: (() => void) | undefined = undefined;
  /** It was handed over and has no reply yet. */
  asked = false;
  /** When it was opened. */
  readonly since: number;

  constructor(id: number, window: number, connection: Replying, since: number) {
    super(id, window);
    this.#connection = connection;
    this.since = since;
  }
  reply(heading: Heading, body: Uint8Array, at: number, length: number, trailers?: Heading): void {
    this.#connection.reply(this, heading, body, at, length, trailers);
  }
}
