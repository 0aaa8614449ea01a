// What kind of reply a message is (LIB-5) and how long it may be kept (LIB-6), read from its bytes. Knows the wire format; knows
// no cache and no log.
import { skipName, u16, u32 } from '../../dns/packet.ts';
import type { Records } from '../../dns/packet.ts';
import { OPCODE, RCODE } from '../../dns/rcode.ts';
import { TYPE } from '../../dns/type-name.ts';
import type { Clock } from '../clock.ts';
import type { Message } from './message.ts';

/** Half of the room of a serial number: where the comparison of two turns around (RFC 4034 section 3.1.5). */
const HALF = 2 ** 31;
/** Seconds, where a reply says nothing of how long it holds, and the most that is believed (LIB-6). */
const LEAST = 5, MOST = 3600;

/** Kinds of replies, as the label `log/type` and the caches name them (LIB-5). */
export type ReplyType = 'NOERROR' | 'NXDOMAIN' | 'SERVERERROR' | 'NODATA' | 'DELEGATION' | 'META' | 'UPDATE' | 'OTHERERROR';
/** Classes of kinds, as `log { class }` names them (LIB-5). */
export type ReplyClass = 'success' | 'denial' | 'error';

/** The kind of a reply. The clock is asked only where signatures have to be looked at. */
export function classify(message: Message, clock: Clock): ReplyType {
  const { bytes, at, questionEnd, rcode } = message;
  const opcode = (bytes[at + 2]! >> 3) & 15;
  if (opcode === OPCODE.UPDATE) return 'UPDATE';
  if (opcode === OPCODE.NOTIFY) return 'META';
  if (questionEnd > 12) {
    const type = u16(bytes, at + questionEnd - 4);
    if (type === TYPE.AXFR || type === TYPE.IXFR) return 'META';
  }
  if (message.additionals > 0) {
    const records = message.records();
    if (records !== undefined && wantsDnssec(bytes, records) && expired(message, records, clock.wall() / 1000)) return 'OTHERERROR';
  }
  if (message.answers > 0 && rcode === RCODE.NOERROR) return 'NOERROR';
  if (message.answers > 0 && rcode === RCODE.NXDOMAIN) return 'OTHERERROR';
  return withoutAnswer(message, rcode);
}
function withoutAnswer(message: Message, rcode: number): ReplyType {
  if (rcode === RCODE.NXDOMAIN) return 'NXDOMAIN';
  if (rcode === RCODE.SERVFAIL || rcode === RCODE.NOTIMP) return 'SERVERERROR';
  if (rcode !== RCODE.NOERROR) return 'OTHERERROR';
  if (message.authorities === 0) return 'NOERROR';
  const records = message.records();
  let delegates = false;
  for (let r = records?.authority ?? 0; r < (records?.additional ?? 0); r++) {
    const type = u16(message.bytes, records!.fixedAt[r]!);
    if (type === TYPE.SOA) return 'NODATA';
    if (type === TYPE.NS) delegates = true;
  }
  return delegates ? 'DELEGATION' : 'NOERROR';
}
const wantsDnssec = (bytes: Uint8Array, { opt, fixedAt }: Records): boolean => opt >= 0 && (bytes[fixedAt[opt]! + 6]! & 0x80) !== 0;

/** Whether a signature in it does not hold now; `now` in seconds since 1970. */
function expired({ bytes, at, length }: Message, { count, fixedAt }: Records, now: number): boolean {
  for (let r = 0; r < count; r++) {
    const fixed = fixedAt[r]!;
    if (u16(bytes, fixed) !== TYPE.RRSIG || skipName(bytes, fixed + 28, at + length) < 0) continue;
    if (nearest(u32(bytes, fixed + 22), now) > now || nearest(u32(bytes, fixed + 18), now) < now) return true;
  }
  return false;
}
/** The moment that a 32-bit time means. */
const nearest = (time: number, now: number): number => time + Math.trunc((time - Math.floor(now)) / HALF) * HALF;

/** The class of a kind. */
export function classOf(type: ReplyType): ReplyClass {
  if (type === 'NOERROR' || type === 'DELEGATION') return 'success';
  return type === 'NXDOMAIN' || type === 'NODATA' ? 'denial' : 'error';
}

/** Seconds that a reply of this kind may be kept: its smallest TTL, at most `most`; 5 where that says nothing (LIB-6). */
export function minimalTtl(message: Message, type: ReplyType, most: number = MOST): number {
  if (type !== 'NOERROR' && type !== 'NXDOMAIN' && type !== 'NODATA') return LEAST;
  const records = message.records();
  if (records === undefined || records.count === (records.opt < 0 ? 0 : 1)) return LEAST;
  return Math.min(records.leastTtl, most);
}
