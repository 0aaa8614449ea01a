// Questions for the names that a search path makes. Knows packets; knows no reply.
import { writeLatin1 } from '../../dns/latin1.ts';
import { HEADER, foldByte } from '../../dns/packet.ts';
import { MAX_NAME } from '../../dns/name-wire.ts';
import type { Name } from '../../dns/name.ts';
import { become } from '../../kernel/query/derive.ts';
import type { Query } from '../../kernel/query/query.ts';

/** The octets of a name while they are written. */
const octets = new Uint8Array(MAX_NAME);

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

/** Makes `candidate` the same client's question for the first `base` octets of the name under `suffix`; false where that is too long. */
export function fill(candidate: Query, query: Query, base: number, { raw: suffix }: Name): boolean {
  const length = base + suffix.length;
  if (length > MAX_NAME) return false;
  for (let i = 0, from = query.at + HEADER; i < base; i++) octets[i] = query.bytes[from + i]!;
  writeLatin1(suffix, octets, base);
  become(candidate, query, octets, length, query.type, query.class);
  return true;
}
