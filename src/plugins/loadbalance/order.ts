// The order of records in a reply: addresses shuffled where they lie, and whatever is not that simple through decoded records
// (LB-1, LB-2). Knows the wire format; knows nothing of weights.
import type { RR } from '../../dns/rr.ts';
import { u16 } from '../../dns/packet.ts';
import type { Records } from '../../dns/packet.ts';
import { TYPE } from '../../dns/type-name.ts';
import type { Message } from '../../kernel/query/message.ts';

const isAddress = (type: number) => type === TYPE.A || type === TYPE.AAAA;

/** A whole number below `limit`; tests give their own. */
export type Random = (limit: number) => number;
let state = crypto.getRandomValues(new Int32Array(1))[0]! | 1;
/** Xorshift: no secret depends on it. */
export const random: Random = (limit) => {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % limit;
};

/** Shuffles the reply in its own bytes where sections hold addresses of one name behind everything else; false where they do not. */
export function shuffleInPlace(reply: Message, next: Random): boolean {
  const records = reply.records();
  if (records === undefined) return true;
  const { bytes } = reply;
  return section(bytes, records, 0, records.authority, next) && section(bytes, records, records.authority, records.additional, next)
    && section(bytes, records, records.additional, records.count, next);
}

function section(bytes: Uint8Array, records: Records, from: number, to: number, next: Random): boolean {
  if (to - from < 2) return true;
  let first = -1;
  let size = 0;
  let end = to;
  let others = false;
  for (let i = from; i < to; i++) {
    const fixed = records.fixedAt[i]!;
    const type = u16(bytes, fixed);
    if (type === TYPE.OPT) {
      if (i !== to - 1) return false;
      end = i;
    } else if (isAddress(type)) {
      if (first < 0) {
        first = i;
        size = bytes[fixed + 9]!;
      } else if (bytes[fixed + 9] !== size || !sameOwner(bytes, records, first, i)) return false;
    } else {
      if (first >= 0 || type === TYPE.MX || (type === TYPE.CNAME && others)) return false;
      if (type !== TYPE.CNAME) others = true;
    }
  }
  if (first < 0) return true;
  const count = end - first;
  for (let i = 0; i < count - 1; i++) {
    const other = i + next(count - i);
    if (other !== i) swap(bytes, records.fixedAt[first + i]! + 4, records.fixedAt[first + other]! + 4, 6 + size);
  }
  return true;
}
/** TTL, length and data of two records change places; nothing in them is ever pointed to. */
function swap(bytes: Uint8Array, a: number, b: number, size: number): void {
  for (let k = 0; k < size; k++) {
    const held = bytes[a + k]!;
    bytes[a + k] = bytes[b + k]!;
    bytes[b + k] = held;
  }
}
/** Whether two owners are written alike, or the second points to the first. */
function sameOwner(bytes: Uint8Array, records: Records, first: number, second: number): boolean {
  const a = records.ownerAt[first]!;
  const b = records.ownerAt[second]!;
  const length = records.fixedAt[first]! - a;
  if (records.fixedAt[second]! - b !== length) return false;
  for (let k = 0; k < length; k++) if (bytes[a + k] !== bytes[b + k]) return false;
  return true;
}

/** CNAMEs, then what is neither, then addresses, then MX; `shuffle` turns the last two around. */
export function partition(all: readonly RR[], shuffle: (part: RR[]) => void): readonly RR[] {
  if (all.length < 2) return all;
  const addresses = all.filter(({ type }) => isAddress(type));
  const exchanges = all.filter(({ type }) => type === TYPE.MX);
  shuffle(addresses);
  shuffle(exchanges);
  return [
    ...all.filter(({ type }) => type === TYPE.CNAME),
    ...all.filter(({ type }) => type !== TYPE.CNAME && type !== TYPE.MX && !isAddress(type)),
    ...addresses, ...exchanges,
  ];
}
/** Fisher-Yates. */
export function shuffle(part: RR[], next: Random): void {
  for (let i = 0; i < part.length - 1; i++) {
    const other = i + next(part.length - i);
    [part[i], part[other]] = [part[other]!, part[i]!];
  }
}
