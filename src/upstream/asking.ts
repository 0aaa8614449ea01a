// One question on its way to one upstream, whatever carries it. Knows what can become of it; knows no socket.
import type { Dressing } from './dressing.ts';
import type { Question } from './question.ts';
import type { OnWheel } from './timers.ts';

/** A socket or connection on which questions wait. */
export interface Carrier {
  /** Gives up on a question whose time is over. */
  expired(asking: Asking): void;
  /** Nobody shall wait on it any more who does not yet. */
  doubt?(): void;
  /** Whether nothing at all came on it since that moment (milliseconds): it may be dead. */
  quietSince(time: number): boolean;
}

/**
 * A question and what to do with what becomes of it. Exactly one of `answered`, `mismatched` and `failed` is called for each time
 * it is asked. Objects are used again and again; the fields are those of who carries it.
 */
export abstract class Asking implements OnWheel {
  timerNext: OnWheel | undefined = undefined;
  timerBefore: OnWheel | undefined = undefined;
  spoke = -1;
  turns = 0;
  /** The id it was sent with, or -1. */
  id = -1;
  /** Another one on the same socket, for who looks it up by its id. */
  idNext: Asking | undefined = undefined;
  /** Where it waits. */
  carrier: Carrier | undefined = undefined;
  /** The carrier's number for it. */
  index = 0;
  /** Whether it went over TCP when it was sent last. */
  tcp = false;
  /** It shall have a connection of its own: the one that it shared was closed under it. */
  apart = false;
  /** Milliseconds of the timers' clock after which it is not sent again. */
  until = Infinity;
  /** The name with the letters that were drawn for it, or undefined: then any case will do. */
  letters: Uint8Array | undefined = undefined;
  question!: Question;
  /** What the question has on for this upstream, and the reply is to lose. */
  dressing: Dressing | undefined = undefined;
  /** What stands before the question, for an upstream that wants to know whom it is asked for. */
  header: Uint8Array | undefined = undefined;
  /** It was asked once more with a cookie that the upstream had just given. */
  again = false;

  expire(): void {
    this.carrier!.expired(this);
  }
  /** What ways call in place of `answered`: what the question had on is taken off the reply. */
  arrived(bytes: Uint8Array, words: Int32Array, at: number, length: number): void {
    const { dressing } = this;
    if (dressing?.refuses(bytes, at, length, this.question.questionEnd) === true) {
      return this.failed(new ExchangeError('the upstream does not take the cookie that it gave', 'EBADMSG'));
    }
    const bare = dressing?.undress(bytes, at, length, this.question.questionEnd);
    if (bare === undefined) this.answered(bytes, words, at, length);
    else this.answered(bare, new Int32Array(bare.buffer), 0, bare.length);
  }
  /** A reply with this id, from where it was sent, to this very question. The bytes are there until this returns. */
  abstract answered(bytes: Uint8Array, words: Int32Array, at: number, length: number): void;
  /** A reply with this id, from where it was sent, to another question. */
  abstract mismatched(): void;
  /** It could not be sent, or nothing came. */
  abstract failed(error: ExchangeError): void;
}

/** Why an upstream gave no reply. The text is as Go's net package words it. */
export class ExchangeError extends Error {
  override readonly name = 'ExchangeError';
  /** `timeout`, or what the network said (`ECONNREFUSED`, `EOF`). */
  readonly code: string;
  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
  /** True where nothing came in time, false where the network reported something. */
  get timeout(): boolean {
    return this.code === 'timeout';
  }
}
