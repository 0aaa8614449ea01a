// One request of HTTP/1.1, and where its reply goes. Knows its head; the connection is an interface.
import type { Exchange, Heading, Talk, Talker } from './exchange.ts';
import type { Fields, RequestHead } from './head.ts';

const NOTHING = Buffer.alloc(0);

/** Where a request came, and its reply goes. */
interface Replying {
  reply(request: Request, heading: Heading, body: Uint8Array, at: number, length: number): void;
  talk(request: Request, heading: Heading, talker: Talker): void;
  say(request: Request, bytes: Uint8Array, at: number, length: number): boolean;
  end(request: Request): void;
}

/** One request. */
export class Request implements Exchange, Talk {
  readonly version = 1;
  readonly method: string;
  readonly target: string;
  readonly fields: Fields;
  readonly #connection: Replying;
  body: Buffer = NOTHING;
  tooLarge = false;
  gone: (() => void) | undefined = undefined;
  /** Whether a client understands chunks (RFC 9112 section 7.1). */
  readonly chunked: boolean;
  /** Who has a talk in its reply. */
  talker: Talker | undefined = undefined;

  constructor({ method, target, minor, fields }: RequestHead, connection: Replying) {
    this.method = method;
    this.target = target;
    this.fields = fields;
    this.chunked = minor === 1;
    this.#connection = connection;
  }
  get authority(): string {
    return this.fields.get('host') ?? '';
  }
  field(name: string): string | undefined {
    return this.fields.get(name);
  }
  reply(heading: Heading, body: Uint8Array, at: number, length: number): void {
    this.#connection.reply(this, heading, body, at, length);
  }
  talk(heading: Heading, talker: Talker): Talk {
    this.#connection.talk(this, heading, talker);
    return this;
  }
  say(bytes: Uint8Array, at: number, length: number): boolean {
    return this.#connection.say(this, bytes, at, length);
  }
  end(): void {
    this.#connection.end(this);
  }
}
