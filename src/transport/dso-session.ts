// What is said beside questions on a connection over TLS: DNS Stateful Operations (RFC 8490), and by them DNS Push Notifications
// (RFC 8765). Knows messages, sessions and their times; what is watched and when it is told is push/'s, and sockets are its connection's.
import { DSO, isDso, numbers, pushMessages, readDso, readDsoQuestion, writeDso } from '../dns/dso.ts';
import type { DsoMessage, DsoQuestion, PushedRecord } from '../dns/dso.ts';
import { decodeMessage } from '../dns/message.ts';
import { OPTION } from '../dns/edns-options.ts';
import { u16 } from '../dns/packet.ts';
import { RCODE } from '../dns/rcode.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import type { Channel, Watched } from '../kernel/query/transport.ts';
import { engineOf } from '../push/engine.ts';
import type { PushClient } from '../push/evaluation.ts';
import { readWatched } from '../push/question.ts';
import { PushStream } from '../push/stream.ts';
import type { Told } from '../push/stream.ts';
import type { PushedAnswer } from '../push/topic.ts';
import { DsoSubscription } from './dso-subscription.ts';

/** The connection of a session. */
type Connection = Channel & { destroy(): void };
/** Milliseconds: what holds before a client asks, and between two signs of life that it is asked for then (RFC 8490 section 6.2). */
const USUAL = 15_000, KEEPALIVE = 300_000;
/** Milliseconds that are the least for a client to do as it was told (RFC 8490 section 6.4.1). */
const LENIENT = 5000;
/** Questions that one connection watches, and milliseconds between two doubts of one. */
const MOST = 1000, DOUBT = 1000;
/** Milliseconds after which a client may ask again for what was refused, and what failed. */
const REFUSED_FOR = 300_000, FAILED_FOR = 30_000;

/** One session. */
export class DsoSession implements Told {
  readonly #connection: Connection;
  readonly #watched: Watched;
  readonly #client: PushClient;
  readonly #send: (message: Uint8Array) => boolean;
  readonly #subscriptions = new Map<number, DsoSubscription>();
  readonly #byPart = new Map<number, DsoSubscription>();
  readonly #keys = new Map<string, DsoSubscription>();
  #stream: PushStream | undefined = undefined;
  #changes: PushedRecord[] = [];
  /** A request of it was answered (RFC 8490 section 5.1). */
  #isOpen = false;
  #isOver = false;
  #takes = true;
  #keepalive = USUAL;
  #idle = USUAL;
  /** When something came or left last, and when that was more than a sign of life. */
  #heard: number;
  #active: number;

  private constructor(connection: Connection, watched: Watched, peer: Int32Array, send: (message: Uint8Array) => boolean) {
    const { transport, localAddress, localPort, secure, tlvs } = connection;
    this.#connection = connection;
    this.#watched = watched;
    this.#send = send;
    this.#client = {
      transport, peer, localAddress, localPort, secure, tlvs,
      get service() {
        return connection.service;
      },
    };
    this.#heard = this.#active = watched.clock.monotonic();
  }
  /** One; undefined where nothing can be watched. `send` says false where the client takes no more at the moment. */
  static open(connection: Connection, peer: Int32Array, send: (message: Uint8Array) => boolean): DsoSession | undefined {
    const { watched } = connection.service;
    return watched === undefined ? undefined : new DsoSession(connection, watched, peer, send);
  }

  // --- what the client says

  /** A message, of whatever opcode: false where it is a question of the usual kind. */
  take(message: Uint8Array): boolean {
    const now = this.#heard = this.#watched.clock.monotonic();
    if (!isDso(message, 0, message.length)) {
      this.#active = now;
      // Such a session has times of its own (RFC 8490 section 7.1.2).
      if (this.#isOpen && hasKeepalive(message)) this.#abort();
      return this.#isOver;
    }
    const read = readDso(message);
    if (read === undefined) {
      const id = message.length < 2 ? 0 : u16(message, 0);
      if (id === 0 || (message[2]! & 0x80) !== 0) this.#abort();
      else this.#reply(id, RCODE.FORMERR);
    } else if (read.isResponse) this.#abort();                  // nothing was asked
    else if (read.id === 0) this.#told(read, now);
    else this.#asked(read, now);
    return true;
  }
  #asked({ id, values: [first] }: DsoMessage, now: number): void {
    if (first === undefined) return this.#reply(id, RCODE.FORMERR);
    if (first.type !== DSO.KEEPALIVE) this.#active = now;
    if (first.type === DSO.KEEPALIVE) {
      if (first.data.length !== 8) return this.#reply(id, RCODE.FORMERR);
      this.#keepalive = KEEPALIVE;
      this.#idle = this.#connection.service.timeouts.idle;
      return this.#reply(id, RCODE.NOERROR, [{ type: DSO.KEEPALIVE, data: numbers(this.#idle, this.#keepalive) }]);
    }
    if (first.type === DSO.SUBSCRIBE) return this.#subscribe(id, first.data);
    // A delay, what is pushed, and what has no answer are nobody's requests (RFC 8490 section 8.2, RFC 8765 section 8).
    if (first.type === DSO.RETRY_DELAY || first.type === DSO.PUSH || first.type === DSO.UNSUBSCRIBE || first.type === DSO.RECONFIRM) {
      return this.#abort();
    }
    this.#reply(id, RCODE.DSOTYPENI);
  }
  /** What nobody answers. What is not understood there ends the connection (RFC 8490 section 5.4). */
  #told({ values: [first] }: DsoMessage, now: number): void {
    this.#active = now;
    if (!this.#isOpen || first === undefined) return this.#abort();
    if (first.type === DSO.UNSUBSCRIBE && first.data.length === 2) return this.#unsubscribe(u16(first.data, 0));
    const doubted = first.type === DSO.RECONFIRM ? readDsoQuestion(first.data) : undefined;
    if (doubted === undefined || doubted.type === TYPE.ANY || doubted.class === CLASS.ANY) return this.#abort();
    this.#reconfirm(doubted, now);
  }
  #reply(id: number, rcode: number, values: DsoMessage['values'] = []): void {
    this.#isOpen ||= rcode === RCODE.NOERROR || rcode === RCODE.DSOTYPENI;
    this.#say(writeDso({ id, isResponse: true, rcode, values }));
  }
  #refuse(id: number, rcode: number): void {
    const delay = rcode === RCODE.REFUSED ? REFUSED_FOR : FAILED_FOR;
    this.#reply(id, rcode, [{ type: DSO.RETRY_DELAY, data: numbers(delay) }]);
  }

  // --- subscriptions

  #subscribe(id: number, data: Uint8Array): void {
    const question = readDsoQuestion(data);
    if (question === undefined || question.end !== data.length) return this.#reply(id, RCODE.FORMERR);
    const key = DsoSubscription.key(question);
    // The same again, or an id that one has, is what no client does (RFC 8765 section 6.2.1).
    if (this.#keys.has(key) || this.#subscriptions.has(id)) return this.#abort();
    const stream = this.#stream ??= PushStream.open(engineOf(this.#watched), this.#client, this);
    if (stream.count + DsoSubscription.size(question) > MOST) return this.#refuse(id, RCODE.REFUSED);
    const own = new DsoSubscription(id, question);
    const questions = own.packets.map(readWatched);
    if (questions.some((each) => typeof each === 'string')) return this.#refuse(id, RCODE.REFUSED);
    this.#subscriptions.set(id, own);
    this.#keys.set(key, own);
    for (const each of questions) {
      const part = typeof each === 'string' ? undefined : stream.subscribe(each, { answers: true });
      if (part === undefined) {
        this.#end(own);
        return this.#refuse(id, RCODE.SERVFAIL);
      }
      own.parts.set(part, new Map());
      this.#byPart.set(part, own);
    }
  }
  /** What it does not have any more is no fault: it may have been refused meanwhile. */
  #unsubscribe(id: number): void {
    const own = this.#subscriptions.get(id);
    if (own !== undefined) this.#end(own);
  }
  #end(own: DsoSubscription): void {
    this.#subscriptions.delete(own.id);
    this.#keys.delete(DsoSubscription.key(own.question));
    for (const part of own.parts.keys()) {
      this.#byPart.delete(part);
      this.#stream?.cancel(part);
    }
  }
  /** A client has found that a record does not hold (RFC 8765 section 6.5): it is looked at again. */
  #reconfirm(question: DsoQuestion, now: number): void {
    for (const type of [question.type, TYPE.ANY]) {
      const own = this.#keys.get(DsoSubscription.key({ ...question, type }));
      if (own === undefined || now - own.doubted < DOUBT) continue;
      own.doubted = now;
      for (const part of own.parts.keys()) this.#stream?.again(part);
    }
  }

  // --- what the client is told

  push(part: number, { message }: PushedAnswer): boolean {
    const own = this.#byPart.get(part);
    if (own === undefined) return this.#takes;
    const { rcode, answer } = decodeMessage(message);
    if (!own.isTold) {
      if (rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN) {
        this.#end(own);
        this.#refuse(own.id, rcode === RCODE.REFUSED || rcode === RCODE.NOTAUTH ? rcode : RCODE.SERVFAIL);
        return this.#takes;
      }
      own.isTold = true;
      this.#reply(own.id, RCODE.NOERROR);
    }
    // Of what fails nothing new is known.
    if (rcode !== RCODE.SERVFAIL) this.#change(own.take(part, answer));
    return this.#takes;
  }
  /** What becomes another in one turn leaves together. */
  #change(records: readonly PushedRecord[]): void {
    if (records.length === 0) return;
    if (this.#changes.length === 0) queueMicrotask(() => this.#flush());
    this.#changes.push(...records);
  }
  #flush(): void {
    for (const each of pushMessages(this.#changes.splice(0))) this.#say(each);
  }
  same(): boolean {
    return this.#takes;
  }
  beat(): boolean {
    return this.#takes;
  }
  refused(part: number): boolean {
    const own = this.#byPart.get(part);
    if (own === undefined) return this.#takes;
    this.#byPart.delete(part);
    own.parts.delete(part);
    this.#end(own);
    if (!own.isTold) this.#refuse(own.id, RCODE.REFUSED);
    return this.#takes;
  }
  cut(): void {
    this.#abort();
  }
  #say(message: Uint8Array): void {
    if (this.#isOver) return;
    this.#heard = this.#watched.clock.monotonic();
    this.#takes = this.#send(message);
  }

  // --- the connection

  /** The client takes bytes again. */
  drained(): void {
    this.#takes = true;
    this.#stream?.drained();
  }
  /** Called now and then: whoever says nothing for twice as long as it was told is gone (RFC 8490 section 6.4.1, 6.5.2). */
  check(now: number): void {
    const idleFor = this.#subscriptions.size > 0 ? 0 : now - this.#active;
    if (now - this.#heard >= 2 * this.#keepalive || idleFor >= Math.max(2 * this.#idle, this.#idle + LENIENT)) this.#abort();
  }
  /** The server stops: its client goes away, and comes again after a while that is not the same for all (RFC 8490 section 6.6.1). */
  leave(): void {
    if (!this.#isOpen) return;
    const delay = Math.round(engineOf(this.#watched).departure());
    this.#say(writeDso({ id: 0, isResponse: false, rcode: 0, values: [{ type: DSO.RETRY_DELAY, data: numbers(delay) }] }));
  }
  /** Whether the client has time to go, so many milliseconds after it was told to (RFC 8490 section 6.6.1). */
  isAwaited(milliseconds: number): boolean {
    return this.#isOpen && milliseconds < LENIENT;
  }
  #abort(): void {
    if (this.#isOver) return;
    this.close();
    this.#connection.destroy();
  }
  /** The connection is gone. */
  close(): void {
    this.#isOver = true;
    this.#changes = [];
    this.#stream?.close();
  }
}

/** Whether a question has the option of RFC 7828. */
function hasKeepalive(message: Uint8Array): boolean {
  try {
    return decodeMessage(message).edns?.options.some(({ code }) => code === OPTION.TCP_KEEPALIVE) === true;
  } catch {
    return false;
  }
}
/** What makes sessions, for connections that have TLS. */
export type OpenSession = typeof DsoSession.open;
