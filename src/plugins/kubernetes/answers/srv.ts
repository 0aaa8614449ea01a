// SRV records, whose target is what was asked for without the first labels of the question (K8S-8), or another name. Knows questions and
// replies; looks up nothing.
import type { Asked, Place } from '../../../authority/served-zones.ts';
import { ANSWER, hasRoom, record } from '../../../authority/records.ts';
import { writeLatin1 } from '../../../dns/latin1.ts';
import { HEADER } from '../../../dns/packet.ts';
import { TYPE } from '../../../dns/type-name.ts';
import type { Message } from '../../../kernel/query/message.ts';

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
 * at; -1 where the message is full.
 */
export function writeSrv(reply: Message, asked: Asked, place: Place, { ttl, weight, port, prefix, from, folded }: ServiceRecord): number {
  const { zone, labels, at } = place;
  const { bytes: question, keyAt } = asked;
  const names = at[labels]! - from;
  const size = 6 + prefix.length + names + zone.bytes.length;
  if (!hasRoom(reply, 12 + size)) return -1;
  const start = record(reply, ANSWER, HEADER, TYPE.SRV, ttl, size);
  const { bytes } = reply;
  numbers(bytes, start, weight, port);
  let to = writeLatin1(prefix, bytes, start + 6);
  for (let i = 0; i < names; i++) bytes[to++] = question[from + i]!;
  const spelled = folded ? at[labels]! : asked.at + HEADER + (at[labels]! - keyAt);
  for (let i = 0; i < zone.bytes.length; i++) bytes[to++] = question[spelled + i]!;
  return start + 6 - reply.at;
}
/** The same with a target that is this name, as wire text. False where the message is full. */
export function writeSrvTo(reply: Message, ttl: number, weight: number, port: number, name: string): boolean {
  const size = 6 + name.length;
  if (!hasRoom(reply, 12 + size)) return false;
  const start = record(reply, ANSWER, HEADER, TYPE.SRV, ttl, size);
  const { bytes } = reply;
  numbers(bytes, start, weight, port);
  writeLatin1(name, bytes, start + 6);
  return true;
}
/** Priority 0, weight and port. */
function numbers(bytes: Uint8Array, at: number, weight: number, port: number): void {
  bytes[at] = 0;
  bytes[at + 1] = 0;
  bytes[at + 2] = weight >> 8;
  bytes[at + 3] = weight;
  bytes[at + 4] = port >> 8;
  bytes[at + 5] = port;
}

/** LIB-11: the weight of one of so many records, computed as there: fractions differ from plain division for some numbers. */
export const weightOf = (count: number): number => Math.max(1, Math.floor((100 / (100 * count)) * 100));
