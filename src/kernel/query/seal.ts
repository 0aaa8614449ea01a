// What is done to a reply last, when its records, its OPT and its size are settled: a signature, padding. Knows no algorithm.
import type { Message } from './message.ts';

/** A part puts one at `query.seal`; the server calls it for the reply, and for each message of a stream. */
export interface Seal {
  /** Bytes that are kept free for it: what `seal` adds at most. */
  readonly room: number;
  /** Adds to the finished message. Nothing else will be changed in it. */
  seal(message: Message): void;
}
