// For how long a zone may still be served, told to who asks with its SOA or its transfer (RFC 7314): secondaries of secondaries shall not
// each begin to count anew. Knows one EDNS option; knows no zone.
import { OPTION, expire } from '../dns/edns-options.ts';
import { HEADER, skipName, u16, u32 } from '../dns/packet.ts';
import type { RR } from '../dns/rr.ts';
import { TYPE } from '../dns/type-name.ts';
import type { Message } from '../kernel/query/message.ts';
import type { Query } from '../kernel/query/query.ts';

/** Bytes of an OPT without options. */
const BARE = 11;

/** Whether the client asks for it. */
export const asksExpiry = ({ bytes, at, optAt }: Pick<Query, 'bytes' | 'at' | 'optAt'>): boolean =>
  optAt !== 0 && optionIn(bytes, at + optAt) > 0;
/** Where the option stands in the OPT at `opt`; 0: it does not. */
function optionIn(bytes: Uint8Array, opt: number): number {
  const from = opt + BARE;
  for (let option = from, end = from + u16(bytes, from - 2); option + 4 <= end; option += 4 + u16(bytes, option + 2)) {
    if (u16(bytes, option) === OPTION.EXPIRE) return option;
  }
  return 0;
}
/** Seconds that a reply tells; undefined where it tells none. */
export function expiryIn(bytes: Uint8Array, length = bytes.length): number | undefined {
  let i = HEADER;
  for (let questions = u16(bytes, 4); questions > 0 && i > 0; questions--) {
    i = skipName(bytes, i, length);
    if (i > 0) i += 4;
  }
  for (let records = u16(bytes, 6) + u16(bytes, 8) + u16(bytes, 10); records > 0; records--) {
    const owner = i;
    i = i < 0 ? -1 : skipName(bytes, i, length);
    if (i < 0 || i + 10 > length) return undefined;
    const end = i + 10 + u16(bytes, i + 8);
    if (end > length) return undefined;
    if (u16(bytes, i) === TYPE.OPT) {
      const option = i === owner + 1 ? optionIn(bytes, owner) : 0;
      return option > 0 && u16(bytes, option + 2) === 4 && option + 8 <= end ? u32(bytes, option + 4) : undefined;
    }
    i = end;
  }
  return undefined;
}

/** Seconds that the SOA itself gives (RFC 1035 section 3.3.13). */
export const expireOf = ({ rdata }: Pick<RR, 'rdata'>): number => u32(rdata, rdata.length - 8);

/** Tells so many seconds with a reply. */
export function tellExpiry(reply: Message, { udpSize, wantsDnssec }: Query, seconds: number): Message {
  const edns = reply.edns ?? { udpSize, version: 0, dnssecOk: wantsDnssec, z: 0, extendedRcode: 0, options: [] };
  reply.setEdns({ ...edns, options: [...edns.options.filter(({ code }) => code !== OPTION.EXPIRE), expire(seconds)] });
  return reply;
}
