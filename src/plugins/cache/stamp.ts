// What an answer is made of, so that it ends when a source says that one of it has changed (store/changes.ts). Knows names in replies;
// knows nothing of sources or of entries.
import { writeLatin1 } from '../../dns/latin1.ts';
import { Name } from '../../dns/name.ts';
import { HEADER, u16 } from '../../dns/packet.ts';
import type { Records } from '../../dns/packet.ts';
import { TYPE } from '../../dns/type-name.ts';
import type { Message } from '../../kernel/query/message.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Changes } from '../../store/changes.ts';

const name = new Uint8Array(256);

type Asked = Pick<Query, 'bytes' | 'at'>;
type Told = Pick<Message, 'bytes' | 'at' | 'length'>;

/**
 * Puts into the stamp that was begun at `words[at]` what a reply is made of: the question's name, those that own its records, and those
 * that its aliases lead to. Within a reading.
 */
export function nameAll(changes: Changes, words: Int32Array, at: number, query: Asked, message: Told, records: Records): void {
  if (changes.quiet) return;
  changes.add(words, at, query.bytes, query.at + HEADER);
  const { bytes } = message;
  for (let r = 0; r < records.count; r++) {
    const owner = records.ownerAt[r]!;
    const fixed = records.fixedAt[r]!;
    if (bytes[owner] !== 0xc0 || bytes[owner + 1] !== HEADER) add(changes, words, at, message, owner);
    if (u16(bytes, fixed) === TYPE.CNAME) add(changes, words, at, message, fixed + 10);
  }
}
function add(changes: Changes, words: Int32Array, at: number, { bytes, at: start, length }: Told, from: number): void {
  const { raw } = Name.read(bytes, from, start + length, start);
  writeLatin1(raw, name, 0);
  changes.add(words, at, name, 0);
}
