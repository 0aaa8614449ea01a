// Reads a snapshot back into a cluster's maps, or refuses it whole. Knows the file's format and trusts none of its bytes; knows no API.
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { Entry } from '../../../store/key.ts';
import type { ByteMap } from '../../../store/bytemap.ts';
import type { Store } from '../../../store/store.ts';
import { ObjectKey, clearMaps } from '../cluster/maps.ts';
import type { Maps } from '../cluster/maps.ts';
import { isEntry } from './check.ts';
import { BLOCK_HEAD, DIGEST, ENTRY_HEAD, HEAD_WORDS, LONGEST_KEY, MAGIC, OBJECTS, VERSION, decodeHead, mapsOf,
  setChanges } from './format.ts';
import type { Head } from './format.ts';

/** What was read back. */
export interface Restored {
  /** Seconds since 1970 when the API was last in touch. */
  readonly contact: number;
  readonly objects: number;
}

/** Why a snapshot is refused, as a part of a sentence. */
export class SnapshotError extends Error {
  /** The file is something else: nobody may write over it. */
  readonly foreign: boolean;
  constructor(text: string, foreign = false) {
    super(text);
    this.foreign = foreign;
  }
}

/** Bytes that are hashed in one turn. */
const PART = 1 << 18;
/** Bytes of the largest snapshot: more than the store can hold. */
const LARGEST = 2 ** 31;
const HEAD_BYTES = HEAD_WORDS * 4;

/**
 * Fills the maps, which are empty and which nobody reads yet. Resolves with undefined where there is no such file. Rejects, the maps empty
 * again, with SnapshotError or with what the system said.
 */
export async function readSnapshot(
  path: string, watched: Uint8Array, maps: Maps, store: Pick<Store, 'recycle'>,
): Promise<Restored | undefined> {
  const kind = await stat(path).catch(absent);
  if (kind === undefined) return undefined;
  if (!kind.isFile()) throw new SnapshotError('it is no file', true);
  const handle = await open(path, constants.O_RDONLY).catch(absent);
  if (handle === undefined) return undefined;
  try {
    const { size } = await handle.stat();
    const head = await check(handle, size, watched);
    await fill(handle, size - DIGEST, head, maps, store);
    setChanges(maps, head);
    return { contact: head.contact, objects: OBJECTS.reduce((sum, map) => sum + head.counts[map]!, 0) };
  } catch (error) {
    clearMaps(maps);
    throw error;
  } finally {
    await handle.close();
  }
}
function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

/** The head of a file that is sound to its last byte. */
async function check(handle: FileHandle, size: number, watched: Uint8Array): Promise<Head> {
  if (size === 0) throw new SnapshotError('it is empty');
  if (size > LARGEST) throw new SnapshotError(`it has ${size} bytes, more than any snapshot`, true);
  const buffer = Buffer.alloc(PART);
  const start = await readAt(handle, buffer.subarray(0, Math.min(size, HEAD_BYTES)), 0);
  const [first, second] = MAGIC;
  if (start.length < 8 || start.readInt32LE(0) !== first || start.readInt32LE(4) !== second) {
    throw new SnapshotError('it is no snapshot of a cluster', true);
  }
  if (size < HEAD_BYTES + DIGEST) throw new SnapshotError('it is cut short');
  const version = start.readInt32LE(8);
  if (version !== VERSION) throw new SnapshotError(`its format is version ${version}, this server has version ${VERSION}`);
  const head = decodeHead(start);
  const hash = createHash('sha256');
  for (let at = 0, end = size - DIGEST; at < end; at += PART) {
    hash.update(await readAt(handle, buffer.subarray(0, Math.min(PART, end - at)), at));
  }
  const wanted = await readAt(handle, buffer.subarray(0, DIGEST), size - DIGEST);
  if (!hash.digest().equals(wanted)) throw new SnapshotError('its checksum is wrong: it is cut short or was changed');
  if (Buffer.compare(head.watched, watched) !== 0) {
    throw new SnapshotError('it was made with other settings (API, labels, pods or others that decide what is watched)');
  }
  return head;
}
/** Fills the buffer. */
async function readAt(handle: FileHandle, buffer: Buffer, at: number): Promise<Buffer> {
  for (let done = 0; done < buffer.length;) {
    const { bytesRead } = await handle.read(buffer, done, buffer.length - done, at + done);
    if (bytesRead === 0) throw new SnapshotError('it is cut short');
    done += bytesRead;
  }
  return buffer;
}

async function fill(handle: FileHandle, end: number, { counts }: Head, maps: Maps, store: Pick<Store, 'recycle'>): Promise<void> {
  const all = mapsOf(maps);
  const left = [...counts];
  let words = new Int32Array(0);
  for (let at = HEAD_BYTES; at < end;) {
    const head = await readAt(handle, Buffer.alloc(Math.min(BLOCK_HEAD * 4, end - at)), at);
    if (head.length < BLOCK_HEAD * 4) throw malformed();
    const [length, number, entries] = [head.readUInt32LE(0), head.readUInt32LE(4), head.readUInt32LE(8)];
    const map = all[number];
    if (map === undefined || entries === 0 || entries > left[number]! || length <= BLOCK_HEAD || at + length * 4 > end) throw malformed();
    const count = length - BLOCK_HEAD;
    if (words.length < count) words = new Int32Array(count);
    await readAt(handle, Buffer.from(words.buffer, 0, count * 4), at + BLOCK_HEAD * 4);
    fillBlock(all, number, words, count, entries);
    // Indexes that were outgrown make room for the next.
    store.recycle();
    left[number]! -= entries;
    at += length * 4;
  }
  if (left.some((count) => count !== 0) || all.some((map, number) => map.entries !== counts[number])) throw malformed();
}
function fillBlock(all: readonly ByteMap[], number: number, words: Int32Array, end: number, entries: number): void {
  const map = all[number]!;
  const bytes = new Uint8Array(words.buffer);
  const key = new ObjectKey();
  let at = 0;
  for (; entries > 0; entries--) {
    if (end - at <= ENTRY_HEAD) throw malformed();
    const keyWords = words[at]!;
    const size = words[at + 1]!;
    const from = at + ENTRY_HEAD;
    if (keyWords < 1 || keyWords > LONGEST_KEY || size < 0 || from + keyWords + Math.ceil(size / 4) > end) throw malformed();
    const value = (from + keyWords) * 4;
    if (!isEntry(number, bytes, from * 4, value, size)) throw malformed();
    key.copy(bytes, from * 4, keyWords * 4);
    const entry = map.prepare(key, size);
    if (entry === 0) throw new SnapshotError('the shared memory is too small for it');
    // The owner's words stay 0: a round that no list has, so the first whole list takes away what it does not name.
    if (size > 0) copy(map, entry, words, value / 4, size);
    if (!map.publish(entry)) throw new SnapshotError('the shared memory is too small for it');
    at = from + keyWords + Math.ceil(size / 4);
  }
  if (at !== end) throw malformed();
}
function copy(map: ByteMap, entry: Entry, words: Int32Array, from: number, size: number): void {
  const to = map.words;
  const at = map.valueAt(entry);
  const count = (size + 3) >> 2;
  if (count < 48) for (let i = 0; i < count; i++) to[at + i] = words[from + i]!;
  else to.set(words.subarray(from, from + count), at);
}
const malformed = (): SnapshotError => new SnapshotError('its parts do not fit together');
