// How the replies of one connection leave: in the order of their questions, several of a turn with one write, no faster than the client
// takes them. Knows the socket and what waits; knows nothing of how questions come.
import type { Socket } from 'node:net';
import type { Message } from '../kernel/query/message.ts';
import type { Query } from '../kernel/query/query.ts';
import { FrameBuffer } from '../dns/frames.ts';
import type { Seats } from './seats.ts';

/** What the connections of a thread share. */
export interface WriterOwner {
  readonly seats: Seats;
  readonly out: FrameBuffer;
  /** Where it is there, TLS is between us and the network: what is written is gone from here, and out a moment later. */
  readonly secure: unknown;
}
/** Who reads the questions, and hears how the replies fare. */
export interface Asking {
  /** From now on it is waited for the client to read, or to ask. */
  expect(what: 'write' | 'idle'): void;
  /** So many later answers may leave before one that is not there yet. */
  readonly overtaking: number;
  /** Replies have left: there is room for questions. */
  moved(): void;
  /** So many bytes wait for a client that does not read. */
  unread(bytes: number): void;
  /** Closes now: a stream of messages broke off, and the client must not take what came for all of it. */
  destroy(): void;
}

/** A question that is not answered yet, or whose answer waits for those before it. */
interface Waiting {
  readonly query: Query;
  /** The service has said what it had to say. */
  done: boolean;
  message: Message | undefined;
  messages: AsyncIterable<Uint8Array> | undefined;
  /** Later answers that have left before it. */
  overtaken: number;
}

/** Over TLS a write is never over at once: so many bytes may be under way until the client counts as slow. */
const UNDER_WAY = 16_384;

/** The way out of a connection. */
export class StreamWriter {
  readonly #socket: Socket;
  readonly #owner: WriterOwner;
  readonly #asking: Asking;
  readonly #waiting: Waiting[] = [];
  /** The kernel has not taken everything that we wrote. */
  blocked = false;
  /** Several messages are on their way. */
  streaming = false;
  #closed = false;
  #scheduled = false;
  #unblock: (() => void) | undefined = undefined;

  constructor(socket: Socket, owner: WriterOwner, asking: Asking) {
    this.#socket = socket;
    this.#owner = owner;
    this.#asking = asking;
  }

  /** Questions that have no answer yet, or whose answer has not left. */
  get waiting(): number {
    return this.#waiting.length;
  }
  /** A question will be answered by `settle`. */
  expect(query: Query): void {
    this.#waiting.push({ query, done: false, message: undefined, messages: undefined, overtaken: 0 });
  }
  /** A question has been answered, with a message or with silence. */
  answer(query: Query, message: Message | undefined): void {
    if (message !== undefined && this.#waiting.length > 0) {
      this.#waiting.push({ query, done: true, message, messages: undefined, overtaken: 0 });
      if (this.#asking.overtaking > 0) this.#later();
      return;
    }
    if (message !== undefined) this.#add(message.bytes, message.at, message.length);
    this.#owner.seats.release(query);
  }
  /** The answer to a question that was expected. */
  settle(query: Query, message: Message | undefined, messages?: AsyncIterable<Uint8Array>): void {
    const waiting = this.#waiting.find((each) => each.query === query);
    if (waiting === undefined) return;
    if (this.#closed) {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      this.#owner.seats.release(query);
      return;
    }
    waiting.message = message;
    waiting.messages = messages;
    waiting.done = true;
    if (waiting === this.#waiting[0] || this.#asking.overtaking > 0) this.#later();
  }

  /** Sends what is no reply; false where the client takes no more at the moment. */
  say(bytes: Uint8Array): boolean {
    if (this.#closed) return false;
    this.#add(bytes, 0, bytes.length);
    this.write();
    return !this.blocked;
  }
  #add(bytes: Uint8Array, at: number, length: number): void {
    if (!this.#owner.out.fits(length)) this.write();
    this.#owner.out.add(bytes, at, length);
  }
  /** Writes what was added. */
  write(): void {
    const { out } = this.#owner;
    if (out.used === 0) return;
    const bytes = out.take();
    if (this.#closed) return;
    if (this.#owner.secure === undefined) {
      this.#socket.write(bytes, this.#written);
      if (this.#socket.writableLength === 0) return;
      out.keep();
    } else {
      this.#socket.write(Buffer.from(bytes), this.#written);
      if (this.#socket.writableLength <= UNDER_WAY) return;
    }
    if (!this.blocked) this.#asking.expect('write');
    this.blocked = true;
    this.#asking.unread(Math.max(FrameBuffer.ROOM, this.#socket.writableLength));
  }
  readonly #written = (error?: Error | null): void => {
    if (!this.blocked || error != null || this.#closed) return;
    if (this.#socket.writableLength > 0) {
      this.#asking.expect('write');
      return;
    }
    this.blocked = false;
    this.#asking.unread(0);
    this.#asking.expect('idle');
    this.#unblock?.();
    this.#later();
  };

  /** Once everything that is told now was told: several replies of one turn leave with one write. */
  #later(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(this.#advance);
  }
  readonly #advance = (): void => {
    this.#scheduled = false;
    if (this.#closed || this.streaming) return;
    const waiting = this.#waiting;
    let count = 0;
    for (; count < waiting.length && waiting[count]!.done && !this.blocked; count++) {
      const { query, message, messages } = waiting[count]!;
      if (messages !== undefined) break;
      if (message !== undefined) this.#add(message.bytes, message.at, message.length);
      this.#owner.seats.release(query);
    }
    if (count > 0) waiting.splice(0, count);
    if (waiting.length > 1 && this.#asking.overtaking > 0 && !this.blocked) count += this.#overtake();
    this.write();
    if (count > 0 && !this.blocked) this.#asking.expect('idle');
    const next = waiting[0];
    if (next?.messages !== undefined && !this.blocked) void this.#pump(next.messages);
    else this.#asking.moved();
  };

  /** Lets answers leave before earlier ones that are not there yet (RFC 7766 section 7); how many. A stream stays where it is. */
  #overtake(): number {
    const waiting = this.#waiting;
    let count = 0;
    // Whoever overtakes one overtakes the first.
    for (let i = 1; i < waiting.length && waiting[i - 1]!.messages === undefined && waiting[0]!.overtaken < this.#asking.overtaking;) {
      const { query, done, message, messages } = waiting[i]!;
      if (!done || messages !== undefined) i++;
      else {
        waiting[0]!.overtaken++;
        waiting.splice(i, 1);
        if (message !== undefined) this.#add(message.bytes, message.at, message.length);
        this.#owner.seats.release(query);
        count++;
      }
    }
    return count;
  }
  /** Writes a stream of messages, no faster than the client takes them. What breaks off is seen as such: the connection ends. */
  async #pump(messages: AsyncIterable<Uint8Array>): Promise<void> {
    this.streaming = true;
    try {
      for await (const message of messages) {
        if (message.length > 65535) throw new RangeError('a message has at most 65535 bytes');
        this.#add(message, 0, message.length);
        this.write();
        if (this.blocked && !this.#closed) await new Promise<void>((resolve) => { this.#unblock = resolve; });
        this.#unblock = undefined;
        if (this.#closed) break;
      }
    } catch {
      this.#closed = true;
      this.#asking.destroy();
    }
    this.streaming = false;
    const head = this.#waiting.shift();
    if (head !== undefined) this.#owner.seats.release(head.query);
    this.#asking.expect('idle');
    this.#later();
  }

  /** The connection is gone: what is answered needs its seat no longer; what is not is released when it is. */
  close(): void {
    this.#closed = true;
    const waiting = this.#waiting.splice(0);
    for (const each of waiting) {
      if (each.done && !(this.streaming && each === waiting[0])) this.#owner.seats.release(each.query);
      else this.#waiting.push(each);
    }
    this.#unblock?.();
  }
}
