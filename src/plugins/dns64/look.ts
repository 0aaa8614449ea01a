// What a reply says of AAAA records (RFC 6147 sections 5.1.4 and 5.1.7). Knows records where they lie; makes none.
import { liesInPrefix } from '../../dns/address.ts';
import { u16, u32 } from '../../dns/packet.ts';
import { TYPE } from '../../dns/type-name.ts';
import type { Message } from '../../kernel/query/message.ts';
import type { Network } from './config.ts';

/** Seconds that a made record holds at most where nothing says how long there is no AAAA record (RFC 6147 section 5.1.7). */
export const LONGEST = 600;

/** What was found. */
export interface Said {
  /** An AAAA record that a client can use is in the answer. */
  readonly hasAddress: boolean;
  /** An AAAA record is there that no client can use. */
  readonly hasExcluded: boolean;
  /** Seconds for which it may be taken that there is no AAAA record. */
  readonly negativeTtl: number;
}

/** Looks at a reply to a question for AAAA records. */
export function look(reply: Message, excluded: readonly Network[]): Said {
  const records = reply.records();
  let [hasAddress, hasExcluded] = [false, false];
  let negativeTtl = LONGEST;
  if (records === undefined) return { hasAddress, hasExcluded, negativeTtl };
  for (let r = 0; r < records.additional; r++) {
    const fixed = records.fixedAt[r]!;
    const type = u16(reply.bytes, fixed);
    if (type === TYPE.AAAA && r < records.authority) {
      const useless = isExcluded(reply.bytes, fixed + 10, excluded);
      hasExcluded ||= useless;
      hasAddress ||= !useless;
    } else if (type === TYPE.SOA && r >= records.authority) negativeTtl = u32(reply.bytes, fixed + 4);
  }
  return { hasAddress, hasExcluded, negativeTtl };
}

/** The reply without AAAA records that no client can use. */
export function withoutExcluded(reply: Message, { hasExcluded }: Said, excluded: readonly Network[]): Message {
  if (!hasExcluded) return reply;
  return reply.with({ answer: reply.parts().answer.filter(({ type, rdata }) => type !== TYPE.AAAA || !isExcluded(rdata, 0, excluded)) });
}

/** Whether the 16 octets that lie there are in one of the networks. */
function isExcluded(bytes: Uint8Array, at: number, excluded: readonly Network[]): boolean {
  for (const { network, bits } of excluded) if (liesInPrefix(bytes, at, 16, network, bits)) return true;
  return false;
}
