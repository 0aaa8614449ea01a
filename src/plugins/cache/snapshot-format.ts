// The file in which a cache is kept over a restart: its head, its entries, a checksum. Knows bytes and trusts none of them; knows no
// files and no map.
//
// Head, 64 bytes: the magic, the wall clock in milliseconds at 24 (a double), at 32 the digest of the configuration. Then the
// entries, each of whole words: their number, the cache | flavour << 8, bytes of the value, milliseconds since it was stored, TTL, shape,
// plain, scope, words of the key, the key, the value. At the end the SHA-256 of all that is before.
import { createHash } from 'node:crypto';
import { latin1, latin1Bytes } from '../../dns/latin1.ts';
import { decodeMessage } from '../../dns/message.ts';
import { HEADER, Records, u16 } from '../../dns/packet.ts';
import { writeKey } from '../../kernel/query/question-key.ts';
import { Key } from '../../store/key.ts';
import { AGE, CACHE, KEY, KEY_WORDS, PLAIN, SCOPE, SHAPE, SIZE, TTL } from './kept-words.ts';

const MAGIC = 'coredns-ts cache 1\n';
/** Bytes of the head and of the checksum. */
export const HEAD = 64, DIGEST = 32;
const WALL = 24, WHAT = 32;
/** The most words that a key has. */
const LONGEST_KEY = 65;

/** Why a file is not used, as a part of a sentence. */
export class SnapshotError extends Error {
  /** The file is something else: nobody may write over it. */
  readonly foreign: boolean;
  constructor(text: string, foreign = false) {
    super(text);
    this.foreign = foreign;
  }
}

/** The head of a file that is written now, for a configuration. */
export function headOf(wall: number, configuration: string): Uint8Array {
  const head = new Uint8Array(HEAD);
  head.set(latin1Bytes(MAGIC));
  new DataView(head.buffer).setFloat64(WALL, wall, true);
  head.set(createHash('sha256').update(configuration).digest(), WHAT);
  return head;
}

/** The entries of a whole file, and when it was written. Hashing pauses after each `part` bytes. Rejects with SnapshotError. */
export async function readFile(bytes: Uint8Array, configuration: string, wall: number, pause: () => Promise<void>, part = 1 << 18):
  Promise<{ readonly words: Int32Array; readonly written: number }> {
  const head = bytes.subarray(0, HEAD);
  const own = headOf(0, configuration);
  const known = latin1(head, 0, MAGIC.length) === MAGIC;
  if (!known) throw new SnapshotError('it is no snapshot of a cache', true);
  const end = bytes.length - DIGEST;
  if (end < HEAD || (end & 3) !== 0) throw new SnapshotError('it is cut short');
  const hash = createHash('sha256');
  for (let at = 0; at < end; at += part) {
    hash.update(bytes.subarray(at, Math.min(end, at + part)));
    await pause();
  }
  if (!hash.digest().equals(bytes.subarray(end))) throw new SnapshotError('its checksum is wrong');
  if (!Buffer.from(own).subarray(WHAT).equals(head.subarray(WHAT))) throw new SnapshotError('it is of another configuration');
  const written = new DataView(bytes.buffer, bytes.byteOffset).getFloat64(WALL, true);
  if (!(written <= wall)) throw new SnapshotError('it is from the future: the clock was set back');
  const words = new Int32Array((end - HEAD) >> 2);
  new Uint8Array(words.buffer).set(bytes.subarray(HEAD, end));
  return { words, written };
}

const records = new Records();
const question = new Int32Array(2 * LONGEST_KEY + 2);
const key = new Key(question, LONGEST_KEY);
/** How many words the entry at `words[at]` has. Throws SnapshotError where it is none that could be served. */
export function checkEntry(words: Int32Array, at: number): number {
  const length = words[at]!;
  const keyWords = words[at + KEY_WORDS]!;
  const size = words[at + SIZE]!;
  const sound = at + KEY <= words.length && keyWords >= 2 && keyWords <= LONGEST_KEY && size >= HEADER && size < 1 << 17
    && length === KEY + keyWords + ((size + 3) >> 2) && at + length <= words.length
    && words[at + AGE]! >= 0 && words[at + TTL]! > 0 && words[at + PLAIN]! > 1 && words[at + SCOPE]! >= 0
    && (words[at + CACHE]! & 255) <= 2 && (words[at + CACHE]! & ~255) >>> 8 <= 3;
  if (!sound || !isReply(words, at + KEY + keyWords, size, words[at + SHAPE]!, keyWords)) {
    throw new SnapshotError('an entry makes no sense');
  }
  return length;
}
/** Whether a value is a reply to the question of the key before it, has no OPT, and says where the TTLs of its records are. */
function isReply(words: Int32Array, from: number, size: number, shape: number, keyWords: number): boolean {
  const bytes = new Uint8Array(words.buffer);
  const start = from * 4;
  const length = shape & 0xffff;
  const count = shape >>> 16;
  const room = (length + 3) & ~3;
  if (length < HEADER || room + count * 2 > size || u16(bytes, start + 4) !== 1) return false;
  let end = start + HEADER;
  while (end < start + length && bytes[end]! !== 0 && bytes[end]! < 64) end += bytes[end]! + 1;
  const name = end + 1 - start - HEADER;
  if (end + 5 > start + length || bytes[end] !== 0 || name > 255) return false;
  question.set(words.subarray(from + HEADER / 4, from + HEADER / 4 + LONGEST_KEY));
  writeKey(key, 0, name, u16(bytes, end + 1) | (u16(bytes, end + 3) << 16));
  if (!key.equals(new Key(words, from - keyWords).reset(keyWords * 4))) return false;
  if (!records.read(bytes, start, length, end + 5 - start) || records.count !== count || records.opts > 0) return false;
  for (let r = 0, place = start + room; r < count; r++, place += 2) {
    if (records.fixedAt[r]! + 4 - start !== (bytes[place]! | (bytes[place + 1]! << 8))) return false;
  }
  return isDecoded(bytes, start, length);
}
function isDecoded(bytes: Uint8Array, at: number, length: number): boolean {
  try {
    decodeMessage(bytes, at, length);
    return true;
  } catch {
    return false;
  }
}
