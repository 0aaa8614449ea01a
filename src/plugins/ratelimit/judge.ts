// What class a reply is of, and whose name its account is under. Knows the sections of a reply; knows no rates.
import { nameLength, u16 } from '../../dns/packet.ts';
import { RCODE } from '../../dns/rcode.ts';
import { TYPE } from '../../dns/type-name.ts';
import type { Message } from '../../kernel/query/message.ts';
import type { Kind } from './config.ts';

/** What class a reply is of, and which name it is about. */
export interface Judged {
  kind: Exclude<Kind, 'requests' | 'bytes'>;
  /** Octets of the zone that denies or is referred to; 0 where it is the name that was asked for. */
  ending: number;
}
/** Judges a reply by its rcode and sections, as LIB-5 does, but for signatures. Fills in `judged`. */
export function judge(message: Message, judged: Judged): void {
  const { rcode } = message;
  judged.ending = 0;
  judged.kind = 'responses';
  if (rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN) judged.kind = 'errors';
  else if (rcode === RCODE.NXDOMAIN || message.answers === 0) deny(message, judged);
}
function deny(message: Message, judged: Judged): void {
  judged.kind = message.rcode === RCODE.NXDOMAIN ? 'nxdomains' : 'nodata';
  const records = message.authorities === 0 ? undefined : message.records();
  if (records === undefined) return;
  const { bytes, at, length } = message;
  for (let r = records.authority; r < records.additional; r++) {
    const type = u16(bytes, records.fixedAt[r]!);
    if (type !== TYPE.SOA && type !== TYPE.NS) continue;
    if (type === TYPE.NS && judged.kind === 'nodata') judged.kind = 'referrals';
    const ending = nameLength(bytes, records.ownerAt[r]!, at, at + length);
    if (judged.kind !== 'nodata' && ending > 0) judged.ending = ending;
    if (type === TYPE.SOA) return;
  }
}
