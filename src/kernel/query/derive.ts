// Queries that come of another one: the one maker of them, and their memory, which is used again. Knows packets and journeys; knows no
// part.
import { writeLatin1 } from '../../dns/latin1.ts';
import { HEADER, setU16 } from '../../dns/packet.ts';
import { PEER_ROOM } from './arena.ts';
import type { Journey } from './journey.ts';
import { Query } from './query.ts';
import type { QuestionChange } from './query.ts';
import type { Channel } from './transport.ts';

/** Octets of a packet that a query which is used again has room for, and how many such are kept in a thread. */
const ROOM = 1024, KEPT = 1024;
/** The octets of a name while they are written. */
const octets = new Uint8Array(256);
const free: Query[] = [];

/** What a derived query has that the other has not. */
export interface Derivation extends QuestionChange {
  /** Octets that its packet can grow to. */
  readonly room?: number;
  /** Where its reply goes, instead of to the client. */
  readonly channel?: Channel;
  /** A journey that is not the client's: of a question that outlives the client's, or that has an outcome of its own. */
  readonly journey?: Journey;
}

/** The same client asking another question: RD, CD, DO and options as here, and the same journey. `release` gives its memory back. */
export function derive(query: Query, change: Derivation): Query {
  const { name, type = query.type, class: klass = query.class, room = 0, channel, journey } = change;
  const raw = name?.raw ?? '';
  writeLatin1(raw, octets, 0);
  const derived = take(query, raw.length, room);
  become(derived, query, octets, raw.length, type, klass);
  if (channel !== undefined) derived.channel = channel;
  if (journey !== undefined) derived.journey = journey;
  return derived;
}

/** The same question for what goes on after the client has its reply: on a journey of its own. */
export const apart = (query: Query, change: Derivation = {}): Query => derive(query, { ...change, journey: query.journey.apart() });

/** A query that `become` can make any question of this one of, whose name has up to `nameLength` octets. */
export function take(query: Query, nameLength: number, room = 0): Query {
  const most = Math.max(room, query.length + Math.max(0, nameLength - query.nameLength));
  const known = most > ROOM ? undefined : free.pop();
  return known ?? Query.alone(Math.max(most, ROOM), query.journey);
}

/**
 * Makes `derived` the question of the same client for another name, type and class. The name has `nameLength` octets, from the start of
 * `name`; 0 leaves it. Everything of the client's that a query has is copied here, and nowhere else.
 */
export function become(derived: Query, query: Query, name: Uint8Array, nameLength: number, type: number, klass: number): void {
  const length = nameLength === 0 ? query.nameLength : nameLength;
  const end = HEADER + length + 4;
  const { bytes, at } = derived;
  const { bytes: source, at: from } = query;
  for (let i = 0; i < HEADER; i++) bytes[at + i] = source[from + i]!;
  if (nameLength === 0) for (let i = HEADER; i < HEADER + length; i++) bytes[at + i] = source[from + i]!;
  else for (let i = 0; i < length; i++) bytes[at + HEADER + i] = name[i]!;
  setU16(bytes, at + end - 4, type);
  setU16(bytes, at + end - 2, klass);
  const rest = query.length - query.questionEnd;
  for (let i = 0, tail = from + query.questionEnd; i < rest; i++) bytes[at + end + i] = source[tail + i]!;
  const peer = query.peerAt >> 2;
  const to = derived.peerAt >> 2;
  for (let i = 0; i < PEER_ROOM >> 2; i++) derived.words[to + i] = query.words[peer + i]!;
  derived.place(end + rest, query.channel);
  derived.journey = query.journey;
  derived.questionEnd = end;
  derived.type = type;
  derived.class = klass;
  derived.optAt = query.optAt === 0 ? 0 : query.optAt + end - query.questionEnd;
  derived.signedAt = query.signedAt === 0 ? 0 : query.signedAt + end - query.questionEnd;
}

/** Nobody looks at the query or its reply any more: its memory serves another one. */
export function release(derived: Query): void {
  if (derived.seat < 0 && derived.keyAt - derived.at >= ROOM && free.length < KEPT) free.push(derived);
}

/** What came of a rewritten question is told as of that one: who counts and logs above sees it (SRV-18). `failed` keeps the name too. */
export function tell({ journey }: Query, asked: Query, failed: boolean): void {
  journey.told ??= { type: asked.type, class: asked.class, length: asked.length };
  if (failed) journey.toldName ||= asked.name.text;
}
