// Queries for the questions that rules made, and their memory, which is used again. Knows packets; knows no rule.
import { HEADER, setU16 } from '../../dns/packet.ts';
import { inherit } from '../../kernel/query/inherit.ts';
import { Query } from '../../kernel/query/query.ts';
import type { Subject } from './subject.ts';

/** Octets of a packet that a query which is used again has room for, and how many such are kept. */
const ROOM = 1024, KEPT = 1024;
/** Octets of what is known of the client. */
const PEER = 64;

/** The queries that wait to be used. */
export class Derived {
  readonly #free: Query[] = [];

  /** The same client asking what the rules made of the question. Give it back with `release`. */
  take({ target: query, name, nameLength, type, class: klass }: Subject): Query {
    const length = nameLength === 0 ? query.nameLength : nameLength;
    const end = HEADER + length + 4;
    const rest = query.length - query.questionEnd;
    const derived = end + rest > ROOM ? Query.alone(end + rest) : (this.#free.pop() ?? Query.alone(ROOM));
    const { bytes, at } = derived;
    const source = query.bytes;
    const from = query.at;
    for (let i = 0; i < HEADER; i++) bytes[at + i] = source[from + i]!;
    if (nameLength === 0) for (let i = 0; i < length; i++) bytes[at + HEADER + i] = source[from + HEADER + i]!;
    else for (let i = 0; i < length; i++) bytes[at + HEADER + i] = name[i]!;
    setU16(bytes, at + end - 4, type);
    setU16(bytes, at + end - 2, klass);
    for (let i = 0, tail = from + query.questionEnd; i < rest; i++) bytes[at + end + i] = source[tail + i]!;
    for (let i = 0, peer = query.peerAt >> 2, to = derived.peerAt >> 2; i < PEER >> 2; i++) derived.words[to + i] = query.words[peer + i]!;
    derived.arrive(end + rest, query.channel);
    derived.questionEnd = end;
    derived.nameLength = length;
    inherit(derived, query, end - query.questionEnd);
    return derived;
  }

  /** Nobody looks at the query or its reply any more. */
  release(query: Query): void {
    if (query.keyAt - query.at >= ROOM && this.#free.length < KEPT) this.#free.push(query);
  }
}

/** The same question in a packet that can become `room` octets long. */
export function roomier(query: Query, room: number): Query {
  const copy = Query.alone(room);
  copy.bytes.set(query.bytes.subarray(query.at, query.at + query.length), copy.at);
  copy.bytes.set(query.bytes.subarray(query.peerAt, query.peerAt + PEER), copy.peerAt);
  copy.arrive(query.length, query.channel);
  copy.questionEnd = query.questionEnd;
  copy.nameLength = query.nameLength;
  inherit(copy, query, 0);
  return copy;
}
