// The option of TCP keepalive in questions to be sent (RFC 7828). Knows where options lie.
import { OPTION } from '../dns/edns-options.ts';
import { setU16, u16 } from '../dns/packet.ts';

/** Octets of an OPT before its options, and of an option before its data. */
const BARE = 11, HEAD = 4;

/**
 * Takes the option off the question at the beginning of this memory, in place; returns how long it is then. Over QUIC it is an error that
 * ends the connection, and with it the questions of others (RFC 9250 section 5.5.2). `optAt` is 0 where there is no OPT.
 */
export function withoutKeepalive(bytes: Uint8Array, optAt: number, length: number): number {
  if (optAt === 0 || optAt + BARE > length) return length;
  const from = optAt + BARE;
  const end = from + u16(bytes, from - 2);
  if (end > length) return length;
  let left = end;
  for (let at = from; at + HEAD <= left;) {
    const next = at + HEAD + u16(bytes, at + 2);
    if (next > left) break;
    if (u16(bytes, at) === OPTION.TCP_KEEPALIVE) {
      bytes.copyWithin(at, next, length - (end - left));
      left -= next - at;
    } else at = next;
  }
  setU16(bytes, from - 2, left - from);
  return length - (end - left);
}
