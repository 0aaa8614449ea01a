// One decision point, asked by calls of gRPC over one connection that is opened when it is first needed. Knows frames, statuses and
// deadlines; knows nothing of what is asked.
import net from 'node:net';
import type { Socket } from 'node:net';
import { FrameOutput } from '../../http/frames.ts';
import { frameOf, framed, unframed } from '../../http/grpc-message.ts';
import { Http2Client } from '../../http/h2-client.ts';
import type { Replied, Unanswered, Waiting } from '../../http/client-side.ts';
import type { Clock } from '../../kernel/clock.ts';
import { reasonOf } from '../../wording/errno.ts';

/** Calls at once before the point says how many it takes. */
const STREAMS = 100;
const output = new FrameOutput();

/** Nothing came of a call. `elsewhere`: another point may be asked, since this one cannot be reached or is not ready. */
export class PointError extends Error {
  readonly elsewhere: boolean;
  constructor(text: string, elsewhere: boolean) {
    super(text);
    this.elsewhere = elsewhere;
  }
}
const UNAVAILABLE = 14;

/** One call. */
class Call implements Waiting {
  readonly #done: (body: Buffer) => void;
  readonly #failed: (error: PointError) => void;
  readonly #place: string;
  constructor(place: string, done: (body: Buffer) => void, failed: (error: PointError) => void) {
    this.#place = place;
    this.#done = done;
    this.#failed = failed;
  }
  replied(reply: Replied): void {
    const status = Number(reply.field('grpc-status') ?? (reply.status === 200 ? 2 : UNAVAILABLE));
    if (status !== 0) {
      const said = reply.field('grpc-message') ?? `HTTP status ${reply.status}`;
      return this.#failed(new PointError(`${this.#place}: gRPC status ${status}: ${said.slice(0, 120)}`, status === UNAVAILABLE));
    }
    const message = framed(Buffer.from(reply.body));
    const body = typeof message === 'string' ? undefined : unframed(message);
    if (body !== undefined) return this.#done(body);
    this.#failed(new PointError(`${this.#place}: ${typeof message === 'string' ? message : 'the message is no Msg'}`, false));
  }
  unanswered(_why: Unanswered, text: string): void {
    this.#failed(new PointError(`${this.#place}: ${text}`, true));
  }
}
/** A connection: coming, standing or gone. */
interface Link {
  readonly socket: Socket;
  side: Http2Client | undefined;
  /** Milliseconds of the clock when something came last. */
  heard: number;
  readonly waiting: ((failure: string) => void)[];
}

/** One place. */
export class DecisionPoint {
  readonly #host: string;
  readonly #port: number;
  readonly #clock: Clock;
  /** Host and port as text. */
  readonly place: string;
  #link: Link | undefined;

  constructor(host: string, port: number, place: string, clock: Clock) {
    this.#host = host;
    this.#port = port;
    this.place = place;
    this.#clock = clock;
  }

  /** The body of the reply to a call. Rejects with PointError, at the latest after so many milliseconds. */
  call(method: string, body: Buffer, patience: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const began = this.#clock.monotonic();
      const link = (this.#link ??= this.#open());
      let isOver = false;
      const over = (act: () => void): void => {
        if (isOver) return;
        isOver = true;
        cancel();
        act();
      };
      const call = new Call(this.place, (reply) => over(() => resolve(reply)), (error) => over(() => reject(error)));
      const cancel = this.#clock.after(patience, () => {
        over(() => reject(new PointError(`${this.place}: no answer in ${Math.round(patience)} ms`, true)));
        link.side?.forget(call);
        // Nothing at all came meanwhile: what stands is of no use.
        if (link.heard <= began) this.#drop(link, 'nothing comes');
      });
      const send = (failure: string): void => {
        if (isOver) return;
        if (link.side?.free !== true) return call.unanswered('lost', failure);
        const frame = frameOf(body, 0, body.length);
        link.side.send(call, frame, 0, frame.length, method);
      };
      if (link.side === undefined) link.waiting.push(send);
      else send('too many calls at once');
    });
  }
  close(): void {
    if (this.#link !== undefined) this.#drop(this.#link, 'closed');
  }

  #open(): Link {
    const socket = net.connect({ host: this.#host, port: this.#port, noDelay: true });
    const link: Link = { socket, side: undefined, heard: this.#clock.monotonic(), waiting: [] };
    let failure = 'the connection ended';
    socket.once('connect', () => {
      link.side = new Http2Client(socket, output, {
        method: 'POST', scheme: 'http', authority: this.place, target: '/',
        fields: [['content-type', 'application/grpc'], ['te', 'trailers']],
      }, STREAMS);
      for (const send of link.waiting.splice(0)) send('too many calls at once');
    });
    socket.on('data', (chunk: Buffer) => {
      link.heard = this.#clock.monotonic();
      link.side?.receive(chunk);
      if (link.side?.leaving === true && this.#link === link) this.#link = undefined;
    });
    socket.on('drain', () => link.side?.drained());
    socket.on('error', (error: Error) => (failure = reasonOf(error)));
    socket.on('end', () => this.#drop(link, failure));
    socket.on('close', () => this.#drop(link, failure));
    return link;
  }
  /** Whoever waits hears of it; the next call opens another one. */
  #drop(link: Link, text: string): void {
    if (this.#link === link) this.#link = undefined;
    link.socket.destroy();
    const { side } = link;
    side?.closed(text);
    for (const send of link.waiting.splice(0)) send(text);
  }
}
