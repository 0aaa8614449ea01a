// One request of HTTP/3, and where its reply goes. Knows its stream; the connection is an interface.
import type { Exchange, Heading, Talk, Talker } from './exchange.ts';
import { H3Stream } from './h3-stream.ts';

/** Where a request came, and its reply goes. */
interface Replying {
  reply(stream: H3Request, heading: Heading, body: Uint8Array, at: number, length: number, trailers?: Heading): void;
  talk(stream: H3Request, heading: Heading, talker: Talker): void;
  say(stream: H3Request, bytes: Uint8Array, at: number, length: number): boolean;
  finish(stream: H3Request, trailers: Heading | undefined): void;
}

/** One request. */
export class H3Request extends H3Stream implements Exchange, Talk {
  readonly #connection: Replying;
  readonly version = 3;
  readonly early: boolean;
  gone: (() => void) | undefined = undefined;
  /** It was handed over and has no whole reply yet. */
  asked = false;
  /** Who has a talk in reply to it. */
  talker: Talker | undefined = undefined;
  /** When it was opened. */
  readonly since: number;
  /** Since when its client has enough of such a talk; -1 where it takes more. */
  fullSince = -1;

  constructor(id: number, connection: Replying, since: number, early: boolean) {
    super(id);
    this.#connection = connection;
    this.since = since;
    this.early = early;
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
    this.#connection.finish(this, trailers);
  }
}
