// An SRV record whose target is what was asked for, without the first labels of the question (K8S-8). Knows questions and replies; looks
// up nothing.
import type { Place } from '../../authority/served-zones.ts';
import { ANSWER, hasRoom, record } from '../../authority/write.ts';
import { HEADER } from '../../dns/packet.ts';
import type { Message } from '../../kernel/query/message.ts';
import type { Query } from '../../kernel/query/query.ts';

const SRV = 33;

/** What an SRV record tells. */
export interface ServiceRecord {
  readonly ttl: number;
  readonly weight: number;
  readonly port: number;
  /** Labels, as wire text, before those of the question. */
  readonly prefix: string;
  /** Where in the query's bytes the labels of the question begin that the target has. */
  readonly from: number;
  /** Whether the zone is in lower case in the target too (KEXT-4); else it is spelled as in the question (K8S-5). */
  readonly folded: boolean;
}

/**
 * Writes the record into the answer. Names in the target are in lower case. Returns the offset of the target in the message, to be pointed
 * at; 0 where the message is full.
 */
export function writeSrv(reply: Message, query: Query, place: Place, { ttl, weight, port, prefix, from, folded }: ServiceRecord): number {
  const { zone, labels, at } = place;
  const { bytes: question, keyAt } = query;
  const names = at[labels]! - from;
  const size = 6 + prefix.length + names + zone.bytes.length;
  if (!hasRoom(reply, 12 + size)) return 0;
  const start = record(reply, ANSWER, HEADER, SRV, ttl, size);
  const { bytes } = reply;
  bytes[start] = 0;
  bytes[start + 1] = 0;
  bytes[start + 2] = weight >> 8;
  bytes[start + 3] = weight;
  bytes[start + 4] = port >> 8;
  bytes[start + 5] = port;
  let to = start + 6;
  for (let i = 0; i < prefix.length; i++) bytes[to++] = prefix.charCodeAt(i);
  for (let i = 0; i < names; i++) bytes[to++] = question[from + i]!;
  const spelled = folded ? at[labels]! : query.at + HEADER + (at[labels]! - keyAt);
  for (let i = 0; i < zone.bytes.length; i++) bytes[to++] = question[spelled + i]!;
  return start + 6 - reply.at;
}
