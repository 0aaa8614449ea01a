// An agent that is asked over HTTP/1.1 on connections that stay: a body out, a body back, each within its time. Knows connections and
// deadlines; knows nothing of what is asked.
import net from 'node:net';
import type { Socket } from 'node:net';
import { Http1Client } from '../../http/h1-client.ts';
import type { Replied, Unanswered, Waiting } from '../../http/client-side.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { SecureClient } from '../../secure/client.ts';
import type { ApiPlace } from '../../web-api/api-request.ts';
import { reasonOf } from '../../wording/errno.ts';

/** Connections of a thread, and questions that wait for one. */
const CONNECTIONS = 16, QUEUE = 1024;

/** What came: `body` is the whole of it. */
export interface AgentReply {
  readonly status: number;
  readonly body: Buffer;
}
/** One question and who waits for its answer. */
interface Ask {
  readonly body: Buffer;
  readonly done: (reply: AgentReply) => void;
  readonly failed: (error: Error) => void;
  /** It was sent on a connection that others had used: one that ended meanwhile is no answer, and it is sent again. */
  again: boolean;
}

/** One connection. */
class Connection implements Waiting {
  readonly #agent: Agent;
  readonly #socket: Socket;
  readonly #side: Http1Client;
  /** It stands. */
  open = false;
  used = false;
  ask: Ask | undefined;

  constructor(agent: Agent, socket: Socket, side: Http1Client) {
    this.#agent = agent;
    this.#socket = socket;
    this.#side = side;
  }
  get isFree(): boolean {
    return this.open && this.ask === undefined && this.#side.free;
  }
  send(ask: Ask): void {
    this.ask = ask;
    this.#side.send(this, ask.body, 0, ask.body.length);
  }
  replied({ status, body }: Replied): void {
    const ask = this.ask!;
    this.ask = undefined;
    this.used = true;
    ask.done({ status, body });
    this.#agent.next();
  }
  unanswered(why: Unanswered, text: string): void {
    const { ask } = this;
    this.ask = undefined;
    if (ask === undefined) return;
    if (this.used && !ask.again && why === 'lost') {
      ask.again = true;
      this.#agent.resend(ask);
    } else ask.failed(new Error(`${this.#agent.authority}: ${text}`));
  }
  close(text: string): void {
    this.open = false;
    this.#side.closed(text);
    this.#socket.destroy();
  }
}

/** Asks one place. */
export class Agent {
  readonly #place: ApiPlace;
  readonly #secure: SecureClient | undefined;
  readonly #clock: Clock;
  readonly #timeout: number;
  readonly #connections = new Set<Connection>();
  readonly #queue: Ask[] = [];
  #closed = false;

  /** `timeout` is how many milliseconds a question may take, its connection and its turn included. */
  constructor(place: ApiPlace, secure: SecureClient | undefined, clock: Clock, timeout: number) {
    this.#place = place;
    this.#secure = secure;
    this.#clock = clock;
    this.#timeout = timeout;
  }

  get authority(): string {
    return this.#place.authority;
  }
  /** Posts a body of JSON. Rejects with Error where no answer comes in time. */
  post(body: Buffer): Promise<AgentReply> {
    return new Promise((resolve, reject) => {
      if (this.#queue.length >= QUEUE) {
        reject(new Error(`${this.#place.authority}: ${QUEUE} questions wait already`));
        return;
      }
      const settle = (act: () => void): void => {
        cancel();
        act();
      };
      const ask: Ask = {
        body, again: false, done: (reply) => settle(() => resolve(reply)), failed: (error) => settle(() => reject(error)),
      };
      const cancel = this.#clock.after(this.#timeout, () => this.#late(ask));
      this.#queue.push(ask);
      this.next();
    });
  }
  /** Whoever waits gets a connection, as far as there are any. */
  next(): void {
    while (this.#queue.length > 0) {
      const free = [...this.#connections].find(({ isFree }) => isFree);
      if (free === undefined) break;
      free.send(this.#queue.shift()!);
    }
    const coming = [...this.#connections].filter(({ open }) => !open).length;
    for (let more = coming; more < this.#queue.length && this.#connections.size < CONNECTIONS && !this.#closed; more++) this.#connect();
  }
  resend(ask: Ask): void {
    this.#queue.unshift(ask);
    this.next();
  }
  close(): void {
    this.#closed = true;
    for (const connection of this.#connections) connection.close('closed');
    for (const { failed } of this.#queue.splice(0)) failed(new Error('closed'));
  }

  /** No answer in time: a connection on which it may still come is of no use to others. */
  #late(ask: Ask): void {
    const at = this.#queue.indexOf(ask);
    if (at >= 0) this.#queue.splice(at, 1);
    ask.failed(new Error(`${this.#place.authority}: no answer in ${this.#timeout} ms`));
    const connection = [...this.#connections].find((each) => each.ask === ask);
    if (connection === undefined) return;
    connection.ask = undefined;
    this.#drop(connection, 'too late');
  }
  #drop(connection: Connection, text: string): void {
    if (!this.#connections.delete(connection)) return;
    connection.close(text);
    if (!this.#closed) this.next();
  }
  #connect(): void {
    const { host, port, authority, secure, prefix } = this.#place;
    const socket = this.#secure === undefined ? net.connect({ host, port, noDelay: true }) : this.#secure.connect({ host, port });
    const side = new Http1Client(socket, {
      method: 'POST', scheme: secure ? 'https' : 'http', authority, target: prefix === '' ? '/' : prefix,
      fields: [['Content-Type', 'application/json'], ['Accept', 'application/json']],
    });
    const connection = new Connection(this, socket, side);
    this.#connections.add(connection);
    const opening = this.#clock.after(this.#timeout, () => this.#fail(connection, 'no connection in time'));
    socket.once(this.#secure === undefined ? 'connect' : 'secureConnect', () => {
      opening();
      connection.open = true;
      this.next();
    });
    socket.on('data', (chunk: Buffer) => side.receive(chunk));
    socket.on('end', () => side.closed('EOF'));
    socket.on('error', (error: Error) => this.#fail(connection, this.#secure?.told(error) ?? reasonOf(error)));
    socket.on('close', () => {
      opening();
      this.#fail(connection, 'the connection ended');
    });
  }
  /** A connection that never stood is the failure of whoever waits longest, so that all of them fail where nobody listens. */
  #fail(connection: Connection, text: string): void {
    const stood = connection.open;
    if (!this.#connections.has(connection)) return;
    const waiting = stood ? undefined : this.#queue.shift();
    this.#drop(connection, text);
    waiting?.failed(new Error(`${this.#place.authority}: ${text}`));
  }
}
