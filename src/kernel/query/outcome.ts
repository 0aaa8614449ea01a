// What a handler can say, now or later. Knows nothing of plugins.
import type { Reading } from '../../store/reading.ts';
import type { Message } from './message.ts';

/** An Extended DNS Error that the reply shall carry (RFC 8914): its info code and a short text. */
export interface ExtendedError {
  readonly code: number;
  readonly text: string;
}
/** Nobody answered: the server writes an empty reply with this rcode (SRV-13). `cause` is what `errors` logs. */
export interface Failure {
  readonly kind: 'failure';
  readonly rcode: number;
  readonly cause: unknown;
  /** Header bits of that reply. */
  readonly flags: number;
}
/** Nothing is said to the client. */
export interface Drop {
  readonly kind: 'drop';
  readonly cause: unknown;
}
/** Several messages, one after the other: a zone transfer. */
export interface Stream {
  readonly kind: 'stream';
  readonly messages: AsyncIterable<Uint8Array>;
  readonly cause: unknown;
}
/** What a handler made of a query. A `Message` is a reply that was written, whatever its rcode. */
export type Outcome = Message | Failure | Drop | Stream;
/** An outcome now, or later. */
export type Answer = Outcome | Promise<Outcome>;

/** The cause of a failure where nobody was asked who would have been: `explain` without a server. The message says who. */
export class NotKnownHere extends Error {
  override readonly name: string = 'NotKnownHere';
}
/** Nobody answered, for this reason. */
export const failure = (rcode: number, cause?: unknown, flags = 0): Failure => ({ kind: 'failure', rcode, cause, flags });
/** Say nothing. */
export const drop = (cause?: unknown): Drop => ({ kind: 'drop', cause });

/** Whose answer it is: looking at it late needs a reading of shared memory. */
export interface Reader {
  readonly reading: Reading;
}
/**
 * Looks at an answer whichever it is, at once if it is there; within a reading of shared memory also where it comes late. `after` is
 * made once a part, never once a query. (It is not called `then`: a module that exports one is a thenable, and `await import()` of it
 * would call it.)
 */
export function upon<Q extends Reader>(answer: Answer, after: (outcome: Outcome, query: Q) => Answer, query: Q): Answer {
  return answer instanceof Promise ? late(answer, after, query) : after(answer, query);
}
/** Apart, so that an answer that is at hand makes no closure. */
function late<Q extends Reader>(answer: Promise<Outcome>, after: (outcome: Outcome, query: Q) => Answer, query: Q): Promise<Outcome> {
  return answer.then((outcome) => {
    const { reading } = query;
    reading.enter();
    try {
      return after(outcome, query);
    } finally {
      reading.linger();
    }
  });
}

/** As `upon` for a reply that was written; everything else passes through. */
export function onReply<Q extends Reader>(answer: Answer, after: (reply: Message, query: Q) => Answer, query: Q): Answer {
  if (answer instanceof Promise) return lateReply(answer, after, query);
  return answer.kind === 'reply' ? after(answer, query) : answer;
}
function lateReply<Q extends Reader>(answer: Promise<Outcome>, after: (reply: Message, query: Q) => Answer, query: Q): Promise<Outcome> {
  return late(answer, (outcome) => (outcome.kind === 'reply' ? after(outcome, query) : outcome), query);
}
