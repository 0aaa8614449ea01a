// A question and what can be said to it, as authors of plugins see them: the kernel's own objects and functions under narrower types, so
// that what only the kernel needs of them is promised to nobody. Knows the kernel's types; does nothing.
import type { Parts } from '../dns/parts.ts';
import type { Clock } from '../kernel/clock.ts';
import * as kinds from '../kernel/query/classify.ts';
import type { ReplyClass, ReplyType } from '../kernel/query/classify.ts';
import * as derived from '../kernel/query/derive.ts';
import * as times from '../kernel/query/elapsed.ts';
import type { Message as KernelMessage } from '../kernel/query/message.ts';
import * as outcomes from '../kernel/query/outcome.ts';
import type { Drop, Failure, Stream } from '../kernel/query/outcome.ts';
import type { Query as KernelQuery, QuestionChange, ReplyParts } from '../kernel/query/query.ts';
import type { TransportName } from '../kernel/query/transport.ts';

/** The server that a question came to: what counters for each server are kept by (`PerServer`). */
export interface ServerLabel {
  /** `dns://:53`. */
  readonly label: string;
  readonly index: number;
}
/** Where a question came in. */
export interface Channel {
  readonly transport: TransportName;
  /** The address and port that were asked; on a wildcard UDP socket `::`. */
  readonly localAddress: string;
  readonly localPort: number;
  readonly service: ServerLabel;
}
/** Labels that became known on the way. */
export interface Labels {
  set(label: string, value: string | undefined): void;
}

/** One question. It may be kept until it has been answered, and not longer: the object is used for the next one. */
export interface Query extends Pick<KernelQuery, 'name' | 'type' | 'class' | 'opcode' | 'flags' | 'setFlags' | 'edns' | 'wantsDnssec'
  | 'udpSize' | 'limitUdpSize' | 'stream' | 'clientAddress' | 'clientPort' | 'received' | 'label' | 'note'> {
  /** An Extended DNS Error that the reply shall carry, if the client sent EDNS. */
  extendedError: outcomes.ExtendedError | undefined;
  readonly channel: Channel;
  /** Where labels are set; undefined where the block has no `metadata`. */
  readonly metadata: Labels | undefined;
  /** For who reads shared memory behind an `await` of its own: `query.reading.within(() => ...)`. */
  readonly reading: { within<T>(call: () => T): T };
  /** A reply of these records; there is one place for it, so a reply that was made before is gone. */
  reply(parts?: ReplyParts): Message;
  /** What this server answers to another question of the same client, asked from the top of the chain. */
  resolve(change: QuestionChange): Answer;
}

/** A reply. Whoever has it may change it; it may be kept as long as its query. */
export interface Message extends Pick<KernelMessage, 'kind' | 'flags' | 'setFlags' | 'answers' | 'authorities' | 'additionals'
  | 'truncated' | 'parts' | 'append' | 'appendAll' | 'edns' | 'setEdns'> {
  rcode: number;
  /** Makes these parts the message; what is not named stays. Records that do not fit are left out from the end, and TC is set. */
  with(change: Partial<Parts>): Message;
}

/** What a part made of a query. A `Message` is a reply that was written, whatever its rcode. */
export type Outcome = Message | Failure | Drop | Stream;
/** An outcome now, or later. */
export type Answer = Outcome | Promise<Outcome>;
/** Answers a query, or hands it on. */
export type Handler = (query: Query) => Answer;

/** Looks at an answer whichever it is, at once if it is there. Make `after` once a part, not once a query. */
export const upon = outcomes.upon as unknown as
  (answer: Answer, after: (outcome: Outcome, query: Query) => Answer, query: Query) => Answer;
/** As `upon` for a reply that was written; everything else passes through. */
export const onReply = outcomes.onReply as unknown as
  (answer: Answer, after: (reply: Message, query: Query) => Answer, query: Query) => Answer;
/** The same client asking another question, for `next`. */
export const derive = derived.derive as unknown as (query: Query, change: QuestionChange) => Query;

/** The kind of a reply (LIB-5), as log classes and caches name it. */
export const classify = kinds.classify as unknown as (message: Message, clock: Clock) => ReplyType;
/** The class of a kind: success, denial or error. */
export const classOf: (type: ReplyType) => ReplyClass = kinds.classOf;
/** Seconds that a reply of this kind may be kept (LIB-6). */
export const minimalTtl = kinds.minimalTtl as unknown as (message: Message, type: ReplyType, most?: number) => number;
/** Milliseconds since the question came, until somebody first asked this. */
export const elapsed = times.elapsed as unknown as (query: Query, clock: Clock) => number;
