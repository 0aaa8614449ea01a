// Questions for the names that a search path makes, and their memory, which is used again. Knows packets; knows no reply.
import { HEADER, foldByte } from '../../dns/packet.ts';
import { MAX_NAME } from '../../dns/name-wire.ts';
import type { Name } from '../../dns/name.ts';
import { inherit } from '../../kernel/query/inherit.ts';
import { Query } from '../../kernel/query/query.ts';

/** Octets of a packet that a query which is used again has room for, and how many such are kept. */
const ROOM = 1024, KEPT = 1024;
/** Octets of what is known of the client. */
const PEER = 64;

/** The octets of the question's name before `suffix`, which is in lower case; -1 where the name is not under it, 0 where it is it. */
export function baseLength({ bytes, at, nameLength }: Query, { raw: suffix }: Name): number {
  const base = nameLength - suffix.length;
  if (base < 0) return -1;
  const from = at + HEADER;
  for (let i = suffix.length - 1; i >= 0; i--) if (foldByte(bytes[from + base + i]!) !== suffix.charCodeAt(i)) return -1;
  let label = 0;
  while (label < base) label += bytes[from + label]! + 1;
  return label === base ? base : -1;
}

/** The queries that wait to be used. */
export class Candidates {
  readonly #free: Query[] = [];

  /** A query that `ask` can fill as often as needed for questions of this one. Give it back with `release`. */
  take({ length }: Query): Query {
    const most = length + MAX_NAME;
    return most > ROOM ? Query.alone(most) : (this.#free.pop() ?? Query.alone(ROOM));
  }
  /** Nobody looks at the query or its reply any more. */
  release(query: Query): void {
    if (query.keyAt - query.at >= ROOM && this.#free.length < KEPT) this.#free.push(query);
  }
}

/** Makes `candidate` the same client's question for the first `base` octets of the name under `suffix`; false where that is too long. */
export function fill(candidate: Query, query: Query, base: number, { raw: suffix }: Name): boolean {
  const nameLength = base + suffix.length;
  if (nameLength > MAX_NAME) return false;
  const { bytes, at } = candidate;
  const { bytes: source, at: from } = query;
  for (let i = 0, n = HEADER + base; i < n; i++) bytes[at + i] = source[from + i]!;
  let to = at + HEADER + base;
  for (let i = 0; i < suffix.length; i++) bytes[to++] = suffix.charCodeAt(i);
  for (let i = from + query.questionEnd - 4, end = from + query.length; i < end; i++) bytes[to++] = source[i]!;
  const peer = query.peerAt >> 2;
  const own = candidate.peerAt >> 2;
  for (let i = 0; i < PEER >> 2; i++) candidate.words[own + i] = query.words[peer + i]!;
  candidate.arrive(to - at, query.channel);
  candidate.questionEnd = HEADER + nameLength + 4;
  candidate.nameLength = nameLength;
  inherit(candidate, query, candidate.questionEnd - query.questionEnd);
  return true;
}
