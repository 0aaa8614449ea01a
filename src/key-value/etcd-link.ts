// One connection to one member of an etcd: calls of gRPC over HTTP/2, each with a deadline, and streams. Knows frames and statuses; knows
// nothing of what is asked.
import net from 'node:net';
import type { Socket } from 'node:net';
import { FrameOutput } from '../http/frames.ts';
import { Http2Client } from '../http/h2-client.ts';
import type { Replied, Unanswered, Waiting } from '../http/client-side.ts';
import type { Clock } from '../kernel/clock.ts';
import type { SecureClient } from '../secure/client.ts';
import type { ApiPlace } from '../web-api/api-request.ts';
import { reasonOf } from '../wording/errno.ts';

/** A call that failed. `status` is gRPC's; undefined where the connection did. */
export class EtcdError extends Error {
  readonly status: number | undefined;
  constructor(text: string, status?: number) {
    super(text);
    this.status = status;
  }
}
/** Fields of the requests beside those that gRPC needs. */
type Fields = readonly (readonly [name: string, value: string])[];

const output = new FrameOutput();
/** Milliseconds until a connection stands; calls at once; bytes of a message. */
const CONNECT = 5000, STREAMS = 100, MOST = 256 << 20;
const NOTHING = Buffer.alloc(0);

/** One call: messages are handed over as they are whole. */
class Call implements Waiting {
  readonly #take: (message: Buffer) => void;
  readonly #over: (error: EtcdError | undefined) => void;
  #rest: Buffer = NOTHING;

  constructor(take: (message: Buffer) => void, over: (error: EtcdError | undefined) => void) {
    this.#take = take;
    this.#over = over;
  }
  part(bytes: Buffer, at: number, end: number): void {
    this.#rest = this.#rest.length === 0 ? Buffer.from(bytes.subarray(at, end)) : Buffer.concat([this.#rest, bytes.subarray(at, end)]);
    for (;;) {
      if (this.#rest.length < 5) return;
      const length = this.#rest.readUInt32BE(1);
      if (length > MOST) return this.#over(new EtcdError('a message of etcd is too long'));
      if (this.#rest.length < 5 + length) return;
      const message = this.#rest.subarray(5, 5 + length);
      this.#rest = this.#rest.subarray(5 + length);
      this.#take(message);
    }
  }
  replied(reply: Replied): void {
    const status = Number(reply.field('grpc-status') ?? (reply.status === 200 ? 2 : 14));
    if (status === 0) return this.#over(undefined);
    const text = reply.field('grpc-message');
    const why = text === undefined ? `etcd answered ${reply.status}, gRPC status ${status}` : `etcd: ${decoded(text)}`;
    this.#over(new EtcdError(why, status));
  }
  unanswered(_why: Unanswered, text: string): void {
    this.#over(new EtcdError(text));
  }
}
/** What stands before a message of gRPC. */
function headOf(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return head;
}
const decoded = (text: string): string =>
  text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

/** A connection that stands. */
export class Link {
  readonly place: ApiPlace;
  readonly #socket: Socket;
  readonly #side: Http2Client;
  readonly #clock: Clock;
  /** Milliseconds of the clock when something came last. */
  heard: number;
  ended = false;

  private constructor(place: ApiPlace, socket: Socket, fields: Fields, clock: Clock) {
    this.place = place;
    this.#socket = socket;
    this.#clock = clock;
    this.heard = clock.monotonic();
    this.#side = new Http2Client(socket, output, {
      method: 'POST', scheme: place.secure ? 'https' : 'http', authority: place.authority, target: '/',
      fields: [['content-type', 'application/grpc'], ['te', 'trailers'], ...fields],
    }, STREAMS);
    socket.on('data', (chunk: Buffer) => {
      this.heard = clock.monotonic();
      this.#side.receive(chunk);
    });
    socket.on('drain', () => this.#side.drained());
    socket.on('error', (error: Error) => this.#end(`${place.authority}: ${reasonOf(error)}`));
    socket.on('close', () => this.#end(`${place.authority}: the connection ended`));
    socket.on('end', () => this.#end(`${place.authority}: the connection ended`));
  }
  /** Rejects with EtcdError where none comes about in five seconds. */
  static open(place: ApiPlace, secure: SecureClient | undefined, fields: Fields, clock: Clock): Promise<Link> {
    return new Promise((resolve, reject) => {
      const { host, port, authority } = place;
      const socket = secure === undefined ? net.connect({ host, port, noDelay: true }) : secure.connect({ host, port });
      const fail = (why: string): void => {
        cancel();
        socket.destroy();
        reject(new EtcdError(`${authority}: ${why}`));
      };
      const cancel = clock.after(CONNECT, () => fail('no connection in time'));
      const failed = (error: Error): void => fail(secure?.told(error) ?? reasonOf(error));
      socket.once('error', failed);
      socket.once(secure === undefined ? 'connect' : 'secureConnect', () => {
        cancel();
        socket.off('error', failed);
        resolve(new Link(place, socket, fields, clock));
      });
    });
  }

  /** The one message of the reply. Rejects with EtcdError. One that comes too late ends the connection. */
  call(method: string, message: Buffer, patience: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      let found: Buffer = NOTHING;
      const cancel = this.#clock.after(patience, () => this.#end(`${this.place.authority}: no answer for ${patience / 1000} s`));
      this.stream(method, message, (part) => {
        found = part;
      }, (error) => {
        cancel();
        if (error === undefined) resolve(found);
        else reject(error);
      });
    });
  }
  /** Messages as they come, until `over` is called, once; for as many messages as are asked. The function gives it up. */
  stream(
    method: string, asked: Buffer | readonly Buffer[], take: (message: Buffer) => void, over: (error: EtcdError | undefined) => void,
  ): () => void {
    let isOver = false;
    const call = new Call((part) => {
      if (!isOver) take(part);
    }, (error) => {
      if (isOver) return;
      isOver = true;
      over(error);
    });
    if (this.ended || !this.#side.free) {
      call.unanswered('lost', `${this.place.authority}: the connection ended`);
      return () => {};
    }
    const body = Buffer.concat((Buffer.isBuffer(asked) ? [asked] : asked).flatMap((message) => [headOf(message), message]));
    this.#side.send(call, body, 0, body.length, `/${method}`);
    return () => {
      isOver = true;
      this.#side.forget(call);
    };
  }
  close(): void {
    this.#end(`${this.place.authority}: closed`);
  }
  #end(text: string): void {
    if (this.ended) return;
    this.ended = true;
    this.#socket.destroy();
    this.#side.closed(text);
  }
}
