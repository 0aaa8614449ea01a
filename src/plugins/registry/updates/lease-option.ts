// For how long what an UPDATE adds is there unless it comes again: the EDNS option UPDATE-LEASE (RFC 9664). Knows its two forms and bounds;
// knows no store.
import { OPTION, findOption } from '../../../dns/edns-options.ts';
import type { Edns, EdnsOption } from '../../../dns/opt.ts';
import { setU32, u32 } from '../../../dns/packet.ts';

/** Seconds; those of KEY records where they are said apart (section 4.2). */
export interface UpdateLease {
  readonly lease: number;
  readonly keyLease: number | undefined;
}

/** Seconds. */
interface Bounds {
  readonly least: number;
  readonly most: number;
}

/** What is granted of what a request asks for; undefined where it asks for nothing (section 4.1). */
export function leaseIn(edns: Edns | undefined, { least, most }: Bounds): UpdateLease | 'malformed' | undefined {
  const option = findOption(edns, OPTION.UL);
  if (option === undefined) return undefined;
  const { data } = option;
  if (data.length !== 4 && data.length !== 8) return 'malformed';
  const within = (seconds: number): number => Math.min(most, Math.max(least, seconds));
  return { lease: within(u32(data, 0)), keyLease: data.length === 8 ? within(u32(data, 4)) : undefined };
}
/** What was granted, for the reply: in the form of the request. */
export function leaseOption({ lease, keyLease }: UpdateLease): EdnsOption {
  const data = new Uint8Array(keyLease === undefined ? 4 : 8);
  setU32(data, 0, lease);
  if (keyLease !== undefined) setU32(data, 4, keyLease);
  return { code: OPTION.UL, data };
}
