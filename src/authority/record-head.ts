// What stands between a record's owner and its data. Knows its bytes alone.
import { setU32 } from '../dns/packet.ts';
import { CLASS } from '../dns/type-name.ts';

/** Writes type, class IN, TTL (seconds) and length of data at an offset (RFC 1035 section 3.2.1); says where the data begins. */
export function putFixed(bytes: Uint8Array, at: number, type: number, ttl: number, size: number): number {
  bytes[at] = type >> 8;
  bytes[at + 1] = type;
  bytes[at + 2] = 0;
  bytes[at + 3] = CLASS.IN;
  setU32(bytes, at + 4, ttl);
  bytes[at + 8] = size >> 8;
  bytes[at + 9] = size;
  return at + 10;
}
