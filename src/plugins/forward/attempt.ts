// One question to one upstream, on behalf of an exchange or, once that is over, of nobody. Knows what it hears of the upstream; decides
// nothing.
import { parseAddress, unmap } from '../../dns/address.ts';
import { addressAt, askedAddress, isIPv4 } from '../../kernel/query/peer.ts';
import type { Query } from '../../kernel/query/query.ts';
import { Asking } from '../../upstream/asking.ts';
import type { ExchangeError } from '../../upstream/asking.ts';
import type { Network } from '../../upstream/network.ts';
import { proxyHeader } from '../../upstream/spoken-for.ts';
import { copyQuestion } from '../../upstream/question.ts';
import type { Exchange } from './exchange.ts';
import type { Forwarder, Target } from './forwarder.ts';

/** An attempt. Objects are used again and again. */
export class Attempt extends Asking {
  readonly #forwarder: Forwarder;
  #exchange: Exchange | undefined = undefined;
  #askedAt = 0;
  target!: Target;
  /** It was silent for so long that the upstream was asked over a fresh connection, too. */
  doubted = false;

  constructor(forwarder: Forwarder) {
    super();
    this.#forwarder = forwarder;
  }

  /** Asks. `question`, `until` and `apart` are set. */
  begin(exchange: Exchange, target: Target, network: Network): void {
    this.#exchange = exchange;
    this.#askedAt = this.#forwarder.timers.now;
    this.target = target;
    this.doubted = false;
    target.pace.asked(this.#askedAt);
    this.header = this.#forwarder.options.proxyProtocol ? headerFor(exchange.query) : undefined;
    target.upstream.ask(this, network);
  }
  /** Whether it waits on what may be dead, for an upstream that is known to answer, and nobody has asked over a fresh connection yet. */
  get doubtful(): boolean {
    const { now } = this.#forwarder.timers;
    const { pace } = this.target;
    const since = now - pace.afresh;
    // Datagrams get lost one by one, connections go mute as a whole.
    return !this.doubted && pace.known && this.#askedAt <= since && (!this.tcp || this.carrier?.quietSince(since) === true);
  }
  /** The path that it waits on is given up, if nothing at all comes on it. */
  doubt(): void {
    this.doubted = true;
    const { carrier, target } = this;
    if (carrier?.quietSince(this.#forwarder.timers.now - target.pace.afresh) === true) carrier.doubt?.();
  }
  /** The same question over TCP. */
  overTcp(): void {
    this.target.upstream.ask(this, 'tcp');
  }
  /** Nobody waits for it any more; what becomes of it still tells something of the upstream. */
  leave(): void {
    this.#exchange = undefined;
    this.question = copyQuestion(this.question);
  }
  /** It is over. */
  release(): void {
    this.#exchange = undefined;
    this.question = undefined as never;
    this.#forwarder.attempts.push(this);
  }
  /** Tells those who listen what was asked and answered; `length` 0 where nothing was. */
  tell(query: Query, bytes: Uint8Array, at: number, length: number): void {
    const { taps, timers, told } = this.#forwarder;
    query.note(told, this.target.index, length === 0 ? -1 : timers.now - this.#askedAt);
    for (let i = 0; i < taps.length; i++) {
      taps[i]!.forwarded(query, this.target.name, this.tcp ? 'tcp' : 'udp', this.#askedAt, bytes, at, length);
    }
  }
  /** Counts a reply with this rcode. */
  counts(rcode: number): void {
    this.target.metrics.replied(rcode, this.#forwarder.timers.now - this.#askedAt);
  }

  answered(bytes: Uint8Array, words: Int32Array, at: number, length: number): void {
    this.#heard();
    const exchange = this.#exchange;
    if (exchange !== undefined) return exchange.answered(this, bytes, words, at, length);
    this.counts(bytes[at + 3]! & 15);
    this.release();
  }
  mismatched(): void {
    this.#heard();
    const exchange = this.#exchange;
    if (exchange !== undefined) exchange.mismatched(this);
    this.release();
  }
  failed(error: ExchangeError): void {
    const { health, options, trips } = this.#forwarder;
    trips.lost(this.target.index);
    if (options.maxFails !== 0) health.check(this.target.index);
    const exchange = this.#exchange;
    if (exchange === undefined) this.release();
    else exchange.failed(this, error);
  }
  #heard(): void {
    const { now } = this.#forwarder.timers;
    this.target.pace.replied(now - this.#askedAt);
    this.#forwarder.trips.took(this.target.index, now - this.#askedAt);
    this.#forwarder.repliedAt = now;
  }
}

/** Whom the question is asked for. */
function headerFor(query: Query): Uint8Array {
  const { bytes, words, peerAt, channel } = query;
  const at = addressAt(bytes, words, peerAt);
  const local = parseAddress(askedAddress(query).replace(/%.*/, ''));
  return proxyHeader({
    address: bytes.slice(at, at + (isIPv4(bytes, words, peerAt) ? 4 : 16)), port: query.clientPort,
    localAddress: unmap(local ?? new Uint8Array(4)), localPort: channel.localPort, stream: query.stream,
  });
}
