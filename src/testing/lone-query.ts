// A question as a Query in a buffer of its own, for tests of what reads questions. Knows the wire format; knows no server.
import { Name } from '../dns/name.ts';
import { Query } from '../kernel/query/query.ts';
import { WELCOME, receive } from '../kernel/query/receive.ts';
import type { Channel } from '../kernel/query/transport.ts';

/** The question for this name and type over TCP; throws RangeError where the packet is none. */
export function loneQuery(name: Name | string, type: number): Query {
  const { raw } = typeof name === 'string' ? Name.parse(name) : name;
  const question = [...Array.from(raw, (byte) => byte.charCodeAt(0)), type >> 8, type & 255, 0, 1];
  const packet = Uint8Array.of(0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...question);
  const query = Query.alone(packet.length);
  query.bytes.set(packet, query.at);
  query.arrive(packet.length, { stream: true } as Channel);
  if (receive(query) !== WELCOME) throw new RangeError('no question');
  return query;
}
