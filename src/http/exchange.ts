// A request and its reply as whoever answers sees them, whatever version of HTTP they come in; heads of replies are laid out once. Knows
// no sockets.

const REASONS: { readonly [status: number]: string } = {
  200: 'OK', 201: 'Created', 204: 'No Content', 302: 'Found', 304: 'Not Modified', 400: 'Bad Request', 401: 'Unauthorized',
  403: 'Forbidden', 404: 'Not Found', 405: 'Method Not Allowed', 409: 'Conflict', 412: 'Precondition Failed', 413: 'Content Too Large',
  415: 'Unsupported Media Type', 421: 'Misdirected Request', 425: 'Too Early', 429: 'Too Many Requests',
  431: 'Request Header Fields Too Large', 500: 'Internal Server Error', 501: 'Not Implemented', 503: 'Service Unavailable',
  504: 'Gateway Timeout', 505: 'HTTP Version Not Supported', 507: 'Insufficient Storage',
};

/** The head of a reply, without what says how long its body is; made once and used often. */
export class Heading {
  readonly status: number;
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Whether it says how long the body is. */
  readonly sized: boolean;
  /** As HTTP/2 says it, and as HTTP/3 does, once they did. */
  block: Buffer | undefined;
  section: Buffer | undefined;
  #text: string | undefined;

  /** Names as HTTP/1.1 writes them. Status 0 makes the trailers of a reply. */
  constructor(status: number, fields: readonly (readonly [name: string, value: string])[], sized = status !== 204 && status !== 304) {
    this.status = status;
    this.fields = fields;
    this.sized = sized;
  }
  /** As HTTP/1.1 says it: lines that each end with CRLF. */
  get text(): string {
    return (this.#text ??= `HTTP/1.1 ${this.status} ${REASONS[this.status] ?? 'Status'}\r\n`
      + this.fields.map(([name, value]) => `${name}: ${value}\r\n`).join(''));
  }
}

/** A message that goes on for as long as whoever says it likes. */
export interface Talk {
  /** Says a part, whole in any case; false where the other side has enough: more waits until it takes bytes again (`Talker.drained`). */
  say(bytes: Uint8Array, at: number, length: number): boolean;
  /** That was all. */
  end(trailers?: Heading): void;
}
/** Whoever has such a talk: what comes from the other side. */
export interface Talker {
  /** A part of what the other side says; the bytes are there until this returns. */
  part(bytes: Buffer, at: number, end: number): void;
  /** The other side has said all that it will say. */
  ended(): void;
  /** The other side takes bytes again. */
  drained(): void;
  /** The talk is over, whoever ended it but for `Talk.end`: nothing arrives any more. Called once. */
  gone(): void;
}

/** One request that waits for its reply. */
export interface Exchange {
  readonly method: string;
  /** Path and query, as they were sent. */
  readonly target: string;
  /** Whom the client means to ask: `:authority`, or Host. */
  readonly authority: string;
  /** Of HTTP. */
  readonly version: 1 | 2 | 3;
  /** The body, while it is being handed over; larger ones than the connection takes are empty, and `tooLarge`. */
  readonly body: Buffer;
  readonly tooLarge: boolean;
  /** It came before the client proved that it is nobody's repetition (0-RTT, RFC 8470). */
  readonly early?: boolean;
  /** The value of a field, by its lower-case name; and all of them. */
  field(name: string): string | undefined;
  readonly fields: ReadonlyMap<string, string>;
  /** Called once where the client does not want the reply any more: nothing that is said then arrives. */
  gone?: (() => void) | undefined;
  /** Says the reply, now or later, once. */
  reply(heading: Heading, body: Uint8Array, at: number, length: number, trailers?: Heading): void;
  /** In place of `reply`: begins a reply that goes on. Trailers of HTTP/1.1 are not sent. */
  talk?(heading: Heading, talker: Talker): Talk | undefined;
}

/** The ends of a connection, as far as they are known. */
export interface Connected {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  /** Of the client's certificate, as `CN=a,O=b`, where an authority that is trusted has signed it. */
  readonly subject?: string | undefined;
}
/** Whoever answers. What comes together is asked together, between `begin` and `end`. */
export interface HttpService {
  begin?(): void;
  end?(): void;
  request(exchange: Exchange, by?: Connected): void;
  /** Whether this request is handed over when its head is there, since its body goes on (HTTP/2 alone). */
  talks?(exchange: Exchange): boolean;
}

/** What one connection may do. Times are milliseconds. */
export interface HttpBounds {
  /** Bytes of a head, and of a body. */
  readonly head: number;
  readonly body: number;
  /** Requests that wait at the same time (HTTP/2). */
  readonly streams: number;
  /** Until a request that began is whole, until the client takes a reply, and between requests. */
  readonly read: number;
  readonly write: number;
  readonly idle: number;
  /** A request is answered when its head is there, and its body is skipped. */
  readonly eager?: boolean;
}

/** Where bytes go and come from: a socket of node:net or node:tls. */
export interface Wire {
  readonly destroyed: boolean;
  readonly writableLength: number;
  write(bytes: Uint8Array, written?: (error?: Error | null) => void): boolean;
  pause(): unknown;
  resume(): unknown;
  end(): unknown;
  destroy(): unknown;
}

/** What the connections of a server share. */
export interface HttpOwner {
  /** Milliseconds that only grow, and since 1970. */
  now(): number;
  wall(): number;
  /** A connection holds so many bytes that its client does not take. */
  unread?(bytes: number): void;
}

/** A connection as its server sees it, in either version. */
export interface ServerSide {
  /** Whether `leave` tells the client. */
  readonly canBeTold: boolean;
  /** Requests that have no whole reply yet. */
  readonly waiting: number;
  /** A whole request came at some time. */
  readonly asked: boolean;
  /** When the last request came or its reply left. */
  readonly since: number;
  receive(chunk: Buffer): void;
  /** The socket takes bytes again. */
  drained(): void;
  /** The client has said all that it will say; what it asked is still answered. */
  finished(): void;
  /** Called now and then: ends what takes too long. */
  check(now: number): void;
  /** Takes no new requests, and ends when those that are here are answered. */
  leave(): void;
  /** The socket is gone. */
  closed(): void;
}
