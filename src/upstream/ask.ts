// A question of our own to an upstream, and its reply as a promise: for look-ups at start and health checks, not for queries. Knows
// messages; knows nothing of why one asks.
import { writeLatin1 } from '../dns/latin1.ts';
import type { Name } from '../dns/name.ts';
import { HEADER, setU16 } from '../dns/packet.ts';
import { Asking } from './asking.ts';
import type { ExchangeError } from './asking.ts';
import type { Question } from './question.ts';
import type { Upstream } from './upstream.ts';
import type { Network } from './network.ts';

/** A request of class IN with this question. */
export function makeQuestion(name: Name, type: number, recursionDesired: boolean): Question {
  const { raw } = name;
  const length = HEADER + raw.length + 4;
  const words = new Int32Array((length + 7) >> 2);
  const bytes = new Uint8Array(words.buffer);
  bytes[2] = recursionDesired ? 1 : 0;
  bytes[5] = 1;
  writeLatin1(raw, bytes, HEADER);
  setU16(bytes, length - 4, type);
  setU16(bytes, length - 2, 1);
  return { bytes, words, at: 0, length, questionEnd: length, optAt: 0 };
}

class Single extends Asking {
  readonly #resolve: (reply: Uint8Array | undefined) => void;
  readonly #reject: (error: ExchangeError) => void;
  constructor(question: Question, resolve: (reply: Uint8Array | undefined) => void, reject: (error: ExchangeError) => void) {
    super();
    this.question = question;
    this.#resolve = resolve;
    this.#reject = reject;
  }
  answered(bytes: Uint8Array, _words: Int32Array, at: number, length: number): void {
    this.#resolve(bytes.slice(at, at + length));
  }
  mismatched(): void {
    this.#resolve(undefined);
  }
  failed(error: ExchangeError): void {
    this.#reject(error);
  }
}

/** A copy of the reply; undefined where something came that answers another question. Rejects with ExchangeError. */
export function ask(upstream: Upstream, question: Question, network: Network, header?: Uint8Array): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    const asking = new Single(question, resolve, reject);
    asking.header = header;
    upstream.ask(asking, network);
  });
}
