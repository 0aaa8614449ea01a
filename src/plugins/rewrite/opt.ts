// The OPT of a request where it lies in its packet: made, changed, put back (SRV-18, EDNS-5). Knows packets and options; knows no rule.
import { encodeEdns } from '../../dns/opt.ts';
import type { Edns, EdnsOption } from '../../dns/opt.ts';
import { setU16, u16 } from '../../dns/packet.ts';
import type { Query } from '../../kernel/query/query.ts';

/** The UDP size of an OPT that a rule makes (REW-9). */
const SIZE = 4096;
/** Octets of an OPT without options; what must stay free behind a packet. */
const EMPTY = 11, SPARE = 16;

/** The request's OPT, or the one that a rule makes. */
export const optOf = (query: Query): Edns =>
  query.edns ?? { udpSize: SIZE, version: 0, dnssecOk: false, z: 0, extendedRcode: 0, options: [] };

/** Makes this the request's OPT; false where the packet has no room for it. */
export function putOpt(query: Query, edns: Edns): boolean {
  const { bytes, at } = query;
  const record = encodeEdns(edns);
  const made = query.optAt === 0;
  const from = made ? query.length : query.optAt;
  const old = made ? 0 : EMPTY + u16(bytes, at + from + 9);
  const length = query.length - old + record.length;
  if (length > query.keyAt - at - SPARE) return false;
  bytes.copyWithin(at + from + record.length, at + from + old, at + query.length);
  bytes.set(record, at + from);
  query.length = length;
  if (!made) return true;
  setU16(bytes, at + 10, u16(bytes, at + 10) + 1);
  query.optAt = from;
  return true;
}
/** Octets that a packet has with this OPT, at most. */
export function roomFor(query: Query, { options }: Edns): number {
  return options.reduce((length, { data }) => length + 4 + data.length, query.length + EMPTY + SPARE);
}

/** Undoes one change of options: the first one with the code goes, or says again what it said. */
export function revertOption(options: readonly EdnsOption[], code: number, data: Uint8Array | undefined): readonly EdnsOption[] {
  const found = options.findIndex((option) => option.code === code);
  if (found < 0) return options;
  return data === undefined ? options.toSpliced(found, 1) : options.with(found, { code, data });
}
