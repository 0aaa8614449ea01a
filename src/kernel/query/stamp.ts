// What an answer is made of, so that it ends when a source says that one of it has changed (store/changes.ts). Knows names in replies;
// knows nothing of sources or of entries.
import { HEADER, nameLength, u16 } from '../../dns/packet.ts';
import type { Records } from '../../dns/packet.ts';
import { TYPE } from '../../dns/type-name.ts';
import { WireError } from '../../dns/wire-error.ts';
import type { Journey } from './journey.ts';
import type { Message } from './message.ts';
import type { Query } from './query.ts';
import type { Changes } from '../../store/changes.ts';

const name = new Uint8Array(256);

type Asked = Pick<Query, 'bytes' | 'at'> & { readonly journey?: Pick<Journey, 'madeOf'> };
type Told = Pick<Message, 'bytes' | 'at' | 'length'>;

/**
 * Puts into the stamp that was begun at `words[at]` what a reply is made of: the question's name, those that own its records, and those
 * that its aliases lead to. Within a reading.
 */
export function nameAll(changes: Changes, words: Int32Array, at: number, query: Asked, message: Told, records: Records): boolean {
  if (changes.quiet) return false;
  let counted = changes.add(words, at, query.bytes, query.at + HEADER);
  const { bytes } = message;
  let last = HEADER;
  for (let r = 0; r < records.count; r++) {
    const owner = records.ownerAt[r]!;
    const fixed = records.fixedAt[r]!;
    // Most owners are the question's name, or that of the record before.
    const pointer = bytes[owner]! < 0xc0 ? 0 : ((bytes[owner]! & 63) << 8) | bytes[owner + 1]!;
    if (pointer === 0 || pointer !== last) {
      if (pointer !== HEADER && u16(bytes, fixed) !== TYPE.OPT) counted = add(changes, words, at, message, owner) && counted;
      last = pointer;
    }
    if (u16(bytes, fixed) === TYPE.CNAME) counted = add(changes, words, at, message, fixed + 10) && counted;
  }
  const { madeOf } = query.journey ?? {};
  if (madeOf !== undefined) for (const each of madeOf) counted = changes.add(words, at, each, 0) && counted;
  return counted;
}
function add(changes: Changes, words: Int32Array, at: number, { bytes, at: start, length }: Told, from: number): boolean {
  const size = nameLength(bytes, from, start, start + length);
  if (size < 0) throw new WireError('a name that leads nowhere', from - start);
  for (let i = 0, next = from; i < size; ) {
    const label = bytes[next]!;
    if (label >= 192) next = start + (((label & 63) << 8) | bytes[next + 1]!);
    else for (let end = next + label; next <= end; next++) name[i++] = bytes[next]!;
  }
  return changes.add(words, at, name, 0);
}
