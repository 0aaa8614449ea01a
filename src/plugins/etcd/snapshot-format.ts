// The file in which keys of an etcd are kept over a restart: a line that says what it is, one of what it has, the keys in their order, and
// a digest of it all. Knows octets; knows no index and no files.
//
// A key in bytes: its length (two), the length of what is kept of it (four), the key, what is kept (kept.ts).
import { createHash, hash } from 'node:crypto';
import { latin1, latin1Bytes } from '../../dns/latin1.ts';
import { KeptReader, KeptWriter } from './kept.ts';
import type { Kept } from '../../skydns/kept.ts';

/** What the file is worth: of which prefix its keys are, and when etcd was followed last, in milliseconds since 1970. */
export interface SnapshotHead {
  readonly prefix: string;
  readonly contact: number;
}
/** A file that is not used. */
export class SnapshotError extends Error {
  /** It is something else: nobody may write over it. */
  readonly foreign: boolean;
  constructor(text: string, foreign = false) {
    super(text);
    this.foreign = foreign;
  }
}

const MAGIC = 'coredns-ts keys of etcd 1\n';
const DIGEST = 32, BEFORE_KEY = 6;
/** Keys that are laid out in one turn: some milliseconds. */
const SLICE = 1000;

/** The bytes of a file, a piece a turn. */
export function* snapshotOf(head: SnapshotHead, keys: Iterable<Kept>): Generator<Uint8Array> {
  const digest = createHash('sha256');
  const writer = new KeptWriter();
  const told = (piece: Uint8Array): Uint8Array => {
    digest.update(piece);
    return piece;
  };
  const line = JSON.stringify(head);
  yield told(Buffer.from(`${MAGIC}${line}\n`));
  let pieces: Uint8Array[] = [];
  for (const kept of keys) {
    const key = latin1Bytes(kept.key), data = writer.write(kept);
    const before = Buffer.alloc(BEFORE_KEY);
    before.writeUInt16BE(key.length);
    before.writeUInt32BE(data.length, 2);
    pieces.push(before, key, Uint8Array.from(data));
    if (pieces.length < 3 * SLICE) continue;
    yield told(Buffer.concat(pieces));
    pieces = [];
  }
  yield told(Buffer.concat(pieces));
  yield digest.digest();
}

/** What a file has; its keys are read one by one. Throws SnapshotError where it is not whole, is of another prefix, or something else. */
export function readSnapshot(bytes: Uint8Array, prefix: string): { readonly contact: number; readonly keys: Iterable<Kept> } {
  if (latin1(bytes, 0, MAGIC.length) !== MAGIC) throw new SnapshotError('it is no snapshot of keys of etcd', bytes.length > 0);
  const end = bytes.length - DIGEST;
  const line = bytes.indexOf(0x0a, MAGIC.length);
  if (line < 0 || line >= end || !hash('sha256', bytes.subarray(0, end), 'buffer').equals(bytes.subarray(end))) {
    throw new SnapshotError('it is damaged');
  }
  const head = JSON.parse(latin1(bytes, MAGIC.length, line)) as SnapshotHead;
  if (head.prefix !== prefix) throw new SnapshotError('it is of another path');
  return { contact: head.contact, keys: keysOf(bytes, line + 1, end, prefix) };
}
/** Each behind the one before, as an index needs them. */
function* keysOf(bytes: Uint8Array, from: number, end: number, prefix: string): Iterable<Kept> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const reader = new KeptReader();
  let before = '';
  for (let at = from; at < end;) {
    const key = at + BEFORE_KEY, data = key < end ? key + view.getUint16(at) : end + 1;
    const next = data <= end ? data + view.getUint32(at + 2) : end + 1;
    const name = next <= end ? latin1(bytes, key, data) : '';
    if (name <= before || !name.startsWith(prefix)) throw new SnapshotError('its keys are not in order');
    before = name;
    yield reader.read(name, bytes, data);
    at = next;
  }
}
