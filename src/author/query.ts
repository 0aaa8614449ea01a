// A question and what can be said to it, as authors of plugins see them: the kernel's own objects and functions under narrower types, so
// that what only the kernel needs of them is promised to nobody. Knows the kernel's types; does nothing.
import type { Name } from '../dns/name.ts';
import type { Edns } from '../dns/opt.ts';
import type { Parts } from '../dns/parts.ts';
import type { RR } from '../dns/rr.ts';
import type { Clock } from '../kernel/clock.ts';
import * as kinds from '../kernel/query/classify.ts';
import * as derived from '../kernel/query/derive.ts';
import * as times from '../kernel/query/elapsed.ts';
import * as outcomes from '../kernel/query/outcome.ts';

/** The server that a question came to: what counters for each server are kept by (`PerServer`). */
export interface ServerLabel {
  /** `dns://:53`. */
  readonly label: string;
  readonly index: number;
}
/** Where a question came in. */
export interface Channel {
  readonly transport: 'udp' | 'tcp' | 'tls' | 'https' | 'https3' | 'grpc' | 'quic';
  /** The address and port that were asked; on a wildcard UDP socket `::`. */
  readonly localAddress: string;
  readonly localPort: number;
  readonly service: ServerLabel;
}
/** Labels that became known on the way. */
export interface Labels {
  set(label: string, value: string | undefined): void;
}

/** What `reply` takes; what is not given is empty, NOERROR, or not set. */
export interface ReplyParts {
  readonly rcode?: number;
  readonly aa?: boolean;
  readonly answer?: readonly RR[];
  readonly authority?: readonly RR[];
  readonly additional?: readonly RR[];
}
/** A question that differs from another in what is named. */
export interface QuestionChange {
  readonly name?: Name;
  readonly type?: number;
  readonly class?: number;
}
/** An Extended DNS Error (RFC 8914): `code` of `INFO_CODE`, and a short text. */
export interface ExtendedError {
  readonly code: number;
  readonly text: string;
}

/** One question. It may be kept until it has been answered, and not longer: the object is used for the next one. */
export interface Query {
  /** The name that is asked for, in the client's spelling; `name.key` is folded. */
  readonly name: Name;
  readonly type: number;
  readonly class: number;
  /** 0 is QUERY, 4 NOTIFY (RFC 6895 section 2.2). */
  readonly opcode: number;
  /** The flag bits of the request: compare with RD, AD, CD. */
  readonly flags: number;
  /** Sets flag bits of the request, then clears some: what whoever is asked next shall see. */
  setFlags(set: number, clear?: number): void;
  /** The OPT of the request, or undefined. */
  readonly edns: Edns | undefined;
  /** The client's DO (RFC 3225). */
  readonly wantsDnssec: boolean;
  /** Lowers the size that the client takes over UDP. */
  limitUdpSize(size: number): void;
  /** True where no UDP size bounds the reply. */
  readonly stream: boolean;
  /** The client's address as text; an IPv4-mapped one as IPv4. */
  readonly clientAddress: string;
  readonly clientPort: number;
  /** Milliseconds of the server's clock when the client's question came. */
  readonly received: number;
  /** An Extended DNS Error that the reply shall carry, if the client sent EDNS. */
  extendedError: ExtendedError | undefined;
  readonly channel: Channel;
  /** A label's value; undefined where the block has no `metadata`. */
  label(name: string): string | undefined;
  /** Where labels are set; undefined where the block has no `metadata`. */
  readonly metadata: Labels | undefined;
  /** For who reads shared memory behind an `await` of its own: `query.reading.within(() => ...)`. */
  readonly reading: { within<T>(call: () => T): T };
  /** Remarks something for whoever listens: the text is made of the two numbers when somebody reads it. Eight are kept. */
  note(remark: (a: number, b: number) => string, a?: number, b?: number): void;
  /** A reply of these records; there is one place for it, so a reply that was made before is gone. */
  reply(parts?: ReplyParts): Message;
  /** What this server answers to another question of the same client, asked from the top of the chain. */
  resolve(change: QuestionChange): Answer;
}

/** A reply. Whoever has it may change it; it may be kept as long as its query. */
export interface Message {
  readonly kind: 'reply';
  rcode: number;
  /** QR to CD: compare with QR, AA and so on. */
  readonly flags: number;
  /** Sets flag bits, then clears some. */
  setFlags(set: number, clear?: number): void;
  readonly truncated: boolean;
  /** How many records each section has; an OPT is one of the additional ones. */
  readonly answers: number;
  readonly authorities: number;
  readonly additionals: number;
  /** Every section decoded, a copy: costs microseconds. Throws WireError where what an upstream sent cannot be read. */
  parts(): Parts;
  /** Makes these parts the message; what is not named stays. Records that do not fit are left out from the end, and TC is set. */
  with(change: Partial<Parts>): Message;
  /** Adds records to ANSWER or ADDITIONAL, in this order of sections; false, and TC is set, where the message is full. */
  appendAll(records: readonly RR[], section: 6 | 10): boolean;
  /** The OPT of the message, or undefined. */
  readonly edns: Edns | undefined;
  /** Gives the message this OPT in place of the one it has; undefined takes it away. */
  setEdns(edns: Edns | undefined): void;
}

/** Nobody answered: the server writes an empty reply with this rcode. `cause` is what `errors` logs. */
export interface Failure {
  readonly kind: 'failure';
  readonly rcode: number;
  readonly cause: unknown;
}
/** Nothing is said to the client. */
export interface Drop {
  readonly kind: 'drop';
  readonly cause: unknown;
}
/** Several messages, one after the other. */
export interface Stream {
  readonly kind: 'stream';
  readonly messages: AsyncIterable<Uint8Array>;
  readonly cause: unknown;
}
/** What a part made of a query. A `Message` is a reply that was written, whatever its rcode. */
export type Outcome = Message | Failure | Drop | Stream;
/** An outcome now, or later. */
export type Answer = Outcome | Promise<Outcome>;
/** Answers a query, or hands it on. */
export type Handler = (query: Query) => Answer;

/** Nobody answered, for this reason. */
export const failure: (rcode: number, cause?: unknown) => Failure = outcomes.failure;
/** Say nothing. */
export const drop: (cause?: unknown) => Drop = outcomes.drop;
/** Looks at an answer whichever it is, at once if it is there. Make `after` once a part, not once a query. */
export const upon = outcomes.upon as unknown as
  (answer: Answer, after: (outcome: Outcome, query: Query) => Answer, query: Query) => Answer;
/** As `upon` for a reply that was written; everything else passes through. */
export const onReply = outcomes.onReply as unknown as
  (answer: Answer, after: (reply: Message, query: Query) => Answer, query: Query) => Answer;
/** The same client asking another question, for `next`. */
export const derive = derived.derive as unknown as (query: Query, change: QuestionChange) => Query;

/** Kinds of replies, and classes of kinds (LIB-5). */
export type ReplyType = 'NOERROR' | 'NXDOMAIN' | 'SERVERERROR' | 'NODATA' | 'DELEGATION' | 'META' | 'UPDATE' | 'OTHERERROR';
/** See ReplyType. */
export type ReplyClass = 'success' | 'denial' | 'error';
/** The kind of a reply (LIB-5), as log classes and caches name it. */
export const classify = kinds.classify as unknown as (message: Message, clock: Clock) => ReplyType;
/** The class of a kind: success, denial or error. */
export const classOf: (type: ReplyType) => ReplyClass = kinds.classOf;
/** Seconds that a reply of this kind may be kept (LIB-6). */
export const minimalTtl = kinds.minimalTtl as unknown as (message: Message, type: ReplyType, most?: number) => number;
/** Milliseconds since the question came, until somebody first asked this. */
export const elapsed = times.elapsed as unknown as (query: Query, clock: Clock) => number;
