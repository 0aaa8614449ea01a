// Where in a record's data the name is that `answer value` rules mean (REW-5). Knows record types; knows no rule.
import { TYPE } from '../../dns/type-name.ts';

/** For each type that has such a name: the octets before it. SRV, MX, CNAME, NS, DNAME, NAPTR, SOA, PTR. */
const BEFORE: { readonly [type: number]: number } = { 2: 0, 5: 0, 6: 0, 12: 0, 15: 2, 33: 6, 35: 4, 39: 0 };

/** The offset of the name in data that begins at `from`; -1 where the type has none. */
export function valueAt(type: number, bytes: Uint8Array, from: number): number {
  const before = BEFORE[type];
  if (before === undefined) return -1;
  let at = from + before;
  // Flags, services and a regular expression come first (RFC 3403 section 4.1).
  if (type === TYPE.NAPTR) for (let n = 0; n < 3; n++) at += 1 + bytes[at]!;
  return at;
}
