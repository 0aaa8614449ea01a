// Questions to one upstream over a few connected UDP sockets, many on each, safe against forged replies (RFC 5452). Knows ids,
// sockets and deadlines; knows nothing of who asks.
import { joinHostPort } from '../dns/host-port.ts';
import { HEADER, u16 } from '../dns/packet.ts';
import { AskedIds } from './asked-ids.ts';
import { ExchangeError } from './asking.ts';
import type { Asking, Carrier } from './asking.ts';
import type { DatagramPeer, DatagramSocket, Datagrams } from './datagrams.ts';
import { drawLetters, restoreLetters, sameLetters } from './letters.ts';
import { dialError, localAddress, readError } from './network-error.ts';
import type { PoolCounter, PoolSettings } from './pool-settings.ts';
import { answersQuestion, lengthToSend, repeatsNoQuestion, writeQuestion } from './question.ts';
import type { Question } from './question.ts';
import type { RandomIds } from './random-ids.ts';
import { RecentIds } from './recent-ids.ts';
import type { Timers } from './timers.ts';

/** Sockets of an upstream in one thread: each has a port of its own that a forger has to guess too. */
const SOCKETS = 8;
/** A socket is replaced after so many questions, and up to as many again, drawn at random. */
const USES = 1024;
/** Milliseconds for which a socket is fresh. */
const FRESH = 250;
/** Ids that timed out on one socket; with more it is replaced. */
const MOST_BURNT = 512;
/** Datagrams that nobody waits for; with so many of them somebody is guessing ids, and the socket is given up. */
const MOST_STRAYS = 10;
/** So many replies in a row in other letters, and an upstream is asked as everybody asks: at first, and once it has given letters back. */
const FOLDS = 3, FOLDS_NOW = 8;
/** Ids of one socket that can be in use, where no other socket can be had. */
const MOST_ASKED = 32768;

/** What is needed to ask one server. */
export interface UpstreamParts {
  readonly to: DatagramPeer;
  readonly datagrams: Datagrams;
  readonly timers: Timers;
  readonly ids: RandomIds;
  readonly settings: PoolSettings;
  readonly counter: PoolCounter;
}
/** What a pool is made of. */
export interface UdpPoolParts extends UpstreamParts {
  /** Asks over TCP, where nobody can guess: what waited on a socket that was given up. */
  readonly overTcp: (asking: Asking) => void;
}

class UdpCarrier implements Carrier {
  readonly pool: UdpPool;
  socket!: DatagramSocket;
  readonly asked = new AskedIds();
  readonly answered = new RecentIds();
  strays = 0;
  usesLeft: number;
  readonly openedAt: number;
  usedAt: number;
  /** When a reply came last. */
  heardAt = -Infinity;
  retired = false;

  constructor(pool: UdpPool, uses: number, now: number) {
    this.pool = pool;
    this.usesLeft = uses;
    this.openedAt = now;
    this.usedAt = now;
  }
  expired(asking: Asking): void {
    this.pool.expired(this, asking);
  }
  /** It may lead nowhere any more (a NAT on the way forgot it, or the upstream is not there): nothing more leaves by it. */
  doubt(): void {
    this.pool.doubt(this);
  }
  quietSince(time: number): boolean {
    return this.heardAt <= time;
  }
}

/** The UDP way to one upstream, for one thread. */
export class UdpPool {
  readonly #parts: UdpPoolParts;
  readonly #carriers: (UdpCarrier | undefined)[];
  /** Replies in a row in other letters than were drawn; whether the upstream ever gave them back; whether that is given up. */
  #folded = 0;
  #faithful = false;
  #folds = false;
  #localAddress: string | undefined = undefined;
  #closed = false;

  constructor(parts: UdpPoolParts) {
    this.#parts = parts;
    const { maxIdle } = parts.settings;
    const count = maxIdle === 0 ? SOCKETS : Math.min(SOCKETS, maxIdle);
    this.#carriers = new Array<UdpCarrier | undefined>(count).fill(undefined);
  }

  /** Sends the question, or says why it cannot be sent. */
  ask(asking: Asking): ExchangeError | undefined {
    const { timers, ids, settings } = this.#parts;
    const carrier = this.#carrier(asking.apart);
    if (carrier instanceof ExchangeError) return carrier;
    const { asked, socket } = carrier;
    if (asked.waiting + asked.burnt >= MOST_ASKED) return dialError('udp', this.#parts.to, 'ENOBUFS');
    let id = ids.next();
    while (asked.get(id) !== undefined || asked.isBurnt(id)) id = ids.next();
    asked.set(id, asking);
    asking.tcp = false;
    asking.carrier = carrier;
    carrier.usesLeft--;
    carrier.usedAt = timers.now;
    const { question } = asking;
    const length = lengthToSend(question);
    const { header } = asking;
    const before = header?.length ?? 0;
    const at = socket.write(before + length) + before;
    if (header !== undefined) socket.bytes.set(header, at - before);
    writeQuestion(question, length, id, socket.words, socket.bytes, at);
    const draws = settings.randomCase && !this.#folds;
    asking.letters = draws ? drawLetters(socket.bytes, at + HEADER, question.questionEnd - HEADER - 4, ids) : undefined;
    timers.set(asking, settings.readTimeout);
    return undefined;
  }
  /** The socket to ask from. Where none can be opened, any that is open. */
  #carrier(fresh: boolean): UdpCarrier | ExchangeError {
    const { ids, timers, counter } = this.#parts;
    const place = ids.below(this.#carriers.length);
    const kept = this.#carriers[place];
    // Many may want a fresh one at once: one on which something came of late, or that is new, is fresh for all of them.
    const since = fresh ? timers.now - FRESH : -Infinity;
    if (kept !== undefined && (kept.heardAt >= since || kept.openedAt >= since) && !this.#worn(kept, timers.now)) {
      counter.hit('udp');
      return kept;
    }
    counter.miss('udp');
    const opened = this.#open(place);
    if (opened instanceof ExchangeError) return kept ?? this.#carriers.find((carrier) => carrier !== undefined) ?? opened;
    if (kept !== undefined) this.#retire(kept);
    return opened;
  }
  #worn(carrier: UdpCarrier, now: number): boolean {
    const { expire, maxAge } = this.#parts.settings;
    return carrier.usesLeft <= 0 || carrier.asked.burnt > MOST_BURNT || (carrier.asked.waiting === 0 && now - carrier.usedAt > expire)
      || (maxAge > 0 && now - carrier.openedAt > maxAge);
  }
  #open(place: number): UdpCarrier | ExchangeError {
    const { datagrams, to, timers, ids } = this.#parts;
    const carrier = new UdpCarrier(this, USES + (ids.next() & (USES - 1)), timers.now);
    try {
      carrier.socket = datagrams.open(
        to,
        (bytes, words, at, length) => this.#receive(carrier, bytes, words, at, length),
        (code) => this.#broken(carrier, code),
        timers.look,
      );
    } catch (error) {
      return dialError('udp', to, (error as NodeJS.ErrnoException).code ?? String(error));
    }
    if (this.#closed) carrier.retired = true;
    else this.#carriers[place] = carrier;
    return carrier;
  }

  #receive(carrier: UdpCarrier, bytes: Uint8Array, words: Int32Array, at: number, length: number): void {
    const id = length < HEADER ? -1 : u16(bytes, at);
    const asking = carrier.asked.get(id);
    if (asking === undefined) {
      if (length < HEADER || !(carrier.asked.isBurnt(id) || carrier.answered.has(id))) this.#stray(carrier);
      return;
    }
    const answers = answersQuestion(asking.question, bytes, words, at, length);
    // To another question, it is not from whom we asked: what we wait for may still come (RFC 5452 section 9.1).
    if (!answers && !repeatsNoQuestion(bytes, at)) return this.#stray(carrier);
    const { letters } = asking;
    if (answers && letters !== undefined && !this.#kept(letters, bytes, at, length, asking.question)) return this.#refold(carrier, asking);
    const verdict = answers ? asking.dressing?.vouches(bytes, at, length, asking.question.questionEnd) : undefined;
    if (verdict === 'stray') return this.#stray(carrier);
    this.#parts.timers.clear(asking);
    carrier.heardAt = this.#parts.timers.now;
    carrier.answered.add(id);
    this.#leave(carrier, asking);
    if (verdict === 'doubtful' || verdict === 'again') this.#afresh(asking, verdict);
    else if (answers) asking.arrived(bytes, words, at, length);
    else asking.mismatched();
  }
  /** Without the cookie that it should have, a reply may be forged, and over TCP none can be; a new cookie is tried once. */
  #afresh(asking: Asking, verdict: 'doubtful' | 'again'): void {
    const { counter, overTcp } = this.#parts;
    if (verdict === 'doubtful') counter.stray();
    asking.question = asking.dressing!.dress(asking.question);
    if (verdict === 'doubtful' || asking.again) return overTcp(asking);
    asking.again = true;
    const error = this.ask(asking);
    if (error !== undefined) asking.failed(error);
  }
  /** Whether the reply has the letters that were drawn: they become the client's again. */
  #kept(letters: Uint8Array, bytes: Uint8Array, at: number, length: number, question: Question): boolean {
    if (!sameLetters(letters, bytes, at + HEADER)) return false;
    this.#folded = 0;
    this.#faithful = true;
    restoreLetters(letters, bytes, at + HEADER, at + length, question.bytes, question.at + HEADER);
    return true;
  }
  /** It is forged, or the upstream does not keep letters: what is asked over TCP cannot be forged. */
  #refold(carrier: UdpCarrier, asking: Asking): void {
    const { counter, timers, overTcp } = this.#parts;
    counter.stray();
    this.#folds ||= ++this.#folded >= (this.#faithful ? FOLDS_NOW : FOLDS);
    timers.clear(asking);
    this.#leave(carrier, asking, true);
    overTcp(asking);
  }
  /** Takes a question off its socket. Its id is forgotten, or burnt. */
  #leave(carrier: UdpCarrier, asking: Asking, burnt = false): void {
    carrier.asked.delete(asking, burnt);
    asking.carrier = undefined;
    if (carrier.asked.waiting === 0 && carrier.retired) carrier.socket.close();
  }
  /** Whoever guesses ids has few guesses: a socket with another port is opened for the next question, and those that wait go over TCP. */
  #stray(carrier: UdpCarrier): void {
    const { counter, timers, overTcp } = this.#parts;
    counter.stray();
    if (++carrier.strays !== MOST_STRAYS) return;
    counter.besieged();
    this.#retire(carrier);
    for (const asking of carrier.asked.all()) {
      timers.clear(asking);
      this.#leave(carrier, asking);
      overTcp(asking);
    }
  }
  /** No reply came in time: one may still come, so that its id is not given to another question. */
  expired(carrier: UdpCarrier, asking: Asking): void {
    const error = readError('udp', this.#local(carrier), this.#parts.to, 'timeout');
    this.#leave(carrier, asking, true);
    asking.failed(error);
  }
  #local(carrier: UdpCarrier): string {
    this.#localAddress ??= localAddress(this.#parts.to);
    return joinHostPort(this.#localAddress, carrier.socket.localPort);
  }
  /** The network says that nobody is there: then nobody will answer what else waits on this socket. */
  #broken(carrier: UdpCarrier, code: string): void {
    const { timers, to } = this.#parts;
    const waiting = carrier.asked.all();
    if (waiting.length === 0) return;
    const error = readError('udp', this.#local(carrier), to, code);
    for (const asking of waiting) {
      timers.clear(asking);
      this.#leave(carrier, asking, true);
    }
    for (const asking of waiting) asking.failed(error);
  }

  doubt(carrier: UdpCarrier): void {
    if (carrier.retired) return;
    this.#parts.counter.mute();
    this.#retire(carrier);
  }
  #retire(carrier: UdpCarrier): void {
    const place = this.#carriers.indexOf(carrier);
    if (place >= 0) this.#carriers[place] = undefined;
    carrier.retired = true;
    if (carrier.asked.waiting === 0) carrier.socket.close();
  }
  /** Closes what has been idle for too long. */
  sweep(now: number): void {
    for (const carrier of this.#carriers) if (carrier !== undefined && this.#worn(carrier, now)) this.#retire(carrier);
  }
  /** Closes every socket as soon as nothing waits on it. Questions can still be asked; they get sockets of their own. */
  close(): void {
    this.#closed = true;
    for (const carrier of this.#carriers) if (carrier !== undefined) this.#retire(carrier);
  }
}
