// One connection to an upstream on which answers are watched: `coredns.dns.DnsService/Watch` on one stream. Knows the messages; what is
// watched, and what becomes of answers, is its owner's.
import type { Replied, Requests, Unanswered, Waiting } from '../http/client-side.ts';
import type { Talk } from '../http/exchange.ts';
import { MessageReader, WATCH, readWatchResponse, watchRequest } from '../http/watch-message.ts';
import type { WatchRequest, WatchResponse } from '../http/watch-message.ts';
import { FrameOutput } from '../http/frames.ts';
import { Http2Client } from '../http/h2-client.ts';
import type { DialEnd, Dialed, Dialing } from './dialer.ts';
import type { StreamPeer } from './network-error.ts';
import type { DialSecurely } from './secure-dial.ts';
import { SocketDialer } from './socket-dialer.ts';

/** Bytes of a message that an upstream may send; streams of one connection. */
const MOST = 1 << 17, STREAMS = 4;
const output = new FrameOutput();

/** Who watches. Nothing of this is called before the constructor of the link has returned. */
export interface WatchLinkOwner {
  /** It stands, and takes requests. */
  stands(link: Watches): void;
  /** What the upstream says; bytes in it are there until this returns. */
  said(link: Watches, response: WatchResponse): void;
  /** It is over, or never came about. `unable`: the upstream does not know the method. Called once, but not after `close`. */
  ended(link: Watches, text: string, unable: boolean): void;
}
/** A stream as who has it sees it. */
export interface Watches {
  /** Whether requests can be sent. */
  readonly isOpen: boolean;
  /** It came about. */
  readonly stood: boolean;
  /** Something came since this was last set to false. */
  hasHeard: boolean;
  send(request: WatchRequest): void;
  close(): void;
}
/** Where, and how. */
export interface WatchPeer {
  readonly to: StreamPeer;
  /** undefined: in the clear. */
  readonly secure: DialSecurely | undefined;
  /** Whom the requests name. */
  readonly authority: string;
}

/** A connection. */
export class WatchLink implements Watches, Dialing, Waiting {
  readonly #owner: WatchLinkOwner;
  readonly #dialed: Dialed;
  readonly #reader = new MessageReader(MOST);
  #talk: Talk | undefined = undefined;
  #isOver = false;
  stood = false;
  hasHeard = false;

  /** Throws Error with the network's code. */
  constructor({ to, secure, authority }: WatchPeer, owner: WatchLinkOwner) {
    this.#owner = owner;
    const form = {
      method: 'POST', scheme: secure === undefined ? 'http' : 'https', authority, target: WATCH,
      fields: [['content-type', 'application/grpc'], ['te', 'trailers']],
    } as const;
    this.#dialed = new SocketDialer(to, secure, (socket) => new Http2Client(socket, output, form, STREAMS)).dial(this);
  }
  get isOpen(): boolean {
    return this.#talk !== undefined && !this.#isOver;
  }
  send(request: WatchRequest): void {
    if (!this.isOpen) return;
    const bytes = watchRequest(request);
    this.#talk!.say(bytes, 0, bytes.length);
  }
  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#dialed.end();
  }
  #end(text: string, unable = false): void {
    if (this.#isOver) return;
    this.close();
    this.#owner.ended(this, text, unable);
  }

  // --- what the connection says

  early(): void {}
  stands(side: Requests): void {
    if (this.#isOver) return;
    this.#talk = side.talk?.(this, WATCH);
    if (this.#talk === undefined) this.#end('the upstream speaks no HTTP/2', true);
    else {
      this.stood = true;
      this.#owner.stands(this);
    }
  }
  hears(): boolean {
    return !this.#isOver;
  }
  heard(): void {}
  ended({ text }: DialEnd): void {
    this.#end(text);
  }

  // --- what comes on the stream

  part(bytes: Buffer, at: number, end: number): void {
    this.hasHeard = true;
    const wrong = this.#reader.feed(bytes, at, end, (message) => {
      if (this.#isOver) return;
      const response = readWatchResponse(message);
      if (response === undefined) this.#end('what came is no WatchResponse');
      else this.#owner.said(this, response);
    });
    if (wrong !== undefined) this.#end(wrong);
  }
  replied(reply: Replied): void {
    const status = reply.field('grpc-status');
    if (reply.status !== 200) return this.#end(`HTTP status ${reply.status}`, reply.status === 415 || reply.status === 404);
    this.#end(`gRPC status ${status ?? 'none'}: ${reply.field('grpc-message') ?? ''}`, status === '12');
  }
  unanswered(_why: Unanswered, text: string): void {
    this.#end(text);
  }
}
