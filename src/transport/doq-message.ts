// What a message over QUIC may not be, and what may not come in 0-RTT (RFC 9250). Knows the wire format as far as that; knows no stream.
import { OPTION } from '../dns/edns-options.ts';
import { INFO_CODE } from '../dns/extended-error.ts';
import { HEADER, skipName, u16 } from '../dns/packet.ts';
import { OPCODE, RCODE } from '../dns/rcode.ts';
import { TYPE } from '../dns/type-name.ts';
import { finish } from '../kernel/query/finish.ts';
import type { Message } from '../kernel/query/message.ts';
import { failure } from '../kernel/query/outcome.ts';
import type { Query } from '../kernel/query/query.ts';
import { WELCOME, receive } from '../kernel/query/receive.ts';

/** Octets of a message. */
export const MESSAGE_MOST = 65_535;

/**
 * Whether a message of 12 octets at least may be asked at all: its id is 0, and no option says how long a connection of TCP stays (sections
 * 4.2.1 and 5.5.2). What cannot be read is not looked at any further here.
 */
export function isSane(bytes: Uint8Array, at: number, length: number): boolean {
  if (u16(bytes, at) !== 0 || (bytes[at + 2]! & 0x80) !== 0) return false;
  if (u16(bytes, at + 10) === 0) return true;
  const end = at + length;
  let i = at + HEADER;
  for (let left = u16(bytes, at + 4); left > 0 && i >= 0; left--) {
    i = skipName(bytes, i, end);
    if (i >= 0) i += 4;
  }
  for (let left = u16(bytes, at + 6) + u16(bytes, at + 8) + u16(bytes, at + 10); left > 0 && i >= 0 && i < end; left--) {
    i = skipName(bytes, i, end);
    if (i < 0 || i + 10 > end) return true;
    const from = i + 10, next = from + u16(bytes, i + 8);
    if (next > end) return true;
    if (u16(bytes, i) === TYPE.OPT && hasKeepalive(bytes, from, next)) return false;
    i = next;
  }
  return true;
}
function hasKeepalive(bytes: Uint8Array, from: number, end: number): boolean {
  for (let i = from; i + 4 <= end; i += 4 + u16(bytes, i + 2)) if (u16(bytes, i) === OPTION.TCP_KEEPALIVE) return true;
  return false;
}

/**
 * Whether a message may be answered that anybody may have played again (section 4.5): QUERY and NOTIFY, and of those no transfer of a zone,
 * which is much for a datagram that may have a false sender.
 */
export function mayComeEarly(bytes: Uint8Array, at: number, length: number): boolean {
  const opcode = (bytes[at + 2]! >> 3) & 15;
  if (opcode !== OPCODE.QUERY && opcode !== OPCODE.NOTIFY) return false;
  const end = skipName(bytes, at + HEADER, at + length);
  const type = end < 0 || end + 2 > at + length ? 0 : u16(bytes, end);
  return type !== TYPE.AXFR && type !== TYPE.IXFR;
}

/** The refusal of what may not come so early: REFUSED with Too Early (section 4.5). */
export function tooEarly(query: Query): Message | undefined {
  const opcode = query.opcode;
  // Other opcodes are read as a question is: what else they say is not looked at.
  query.bytes[query.at + 2]! &= 0x87;
  if (receive(query) === WELCOME) query.extendedError = { code: INFO_CODE.TOO_EARLY, text: 'ask again when the handshake is over' };
  query.bytes[query.at + 2]! |= opcode << 3;
  return finish(query, failure(RCODE.REFUSED));
}
