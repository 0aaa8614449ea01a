// One request of HTTP/2, and where its reply goes. Knows its stream; the connection is an interface.
import type { Exchange, Heading, Talk, Talker } from './exchange.ts';
import { H2Stream } from './h2-stream.ts';

/** Where a request came, and its reply goes. */
export interface Replying {
  reply(stream: ServerStream, heading: Heading, body: Uint8Array, at: number, length: number, trailers?: Heading): void;
  talk(stream: ServerStream, heading: Heading, talker: Talker): void;
  say(stream: ServerStream, bytes: Uint8Array, at: number, length: number): boolean;
  end(stream: ServerStream, trailers: Heading | undefined): void;
}

/** One request. */
export class ServerStream extends H2Stream implements Exchange, Talk {
  readonly #connection: Replying;
  readonly version = 2;
  gone: (() => void) | undefined = undefined;
  /** It was handed over and has no reply yet. */
  asked = false;
  /** Who has a talk on it. */
  talker: Talker | undefined = undefined;
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
  talk(heading: Heading, talker: Talker): Talk {
    this.#connection.talk(this, heading, talker);
    return this;
  }
  say(bytes: Uint8Array, at: number, length: number): boolean {
    return this.#connection.say(this, bytes, at, length);
  }
  end(trailers?: Heading): void {
    this.#connection.end(this, trailers);
  }
}
