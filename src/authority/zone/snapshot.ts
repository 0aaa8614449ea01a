// A zone on disk, as the messages that would give it away: written aside and renamed, and read whole or not at all. Knows files and
// frames; knows nothing of versions. The time at which the file was changed last is the one at which its primary was heard last.
import { createHash, hash } from 'node:crypto';
import { closeSync, fstatSync, openSync, promises, readSync } from 'node:fs';
import path from 'node:path';
import { PREFIX } from '../../dns/frames.ts';
import type { Name } from '../../dns/name.ts';
import { setU16, u16 } from '../../dns/packet.ts';

const { open, readFile, rename, stat, unlink, utimes } = promises;
const MAGIC = 'coredns-ts secondary 1\n', DIGEST = 32;
/** Octets of a file that is read at once. */
const SMALL = 1 << 16;

/** The file of a zone in a folder. */
export const snapshotPath = (folder: string, zone: Name): string =>
  path.join(folder, `${encodeURIComponent(zone.folded.text).replaceAll('*', '%2A') || '.'}zone`);
/** The file of a zone that is in a file itself, whose path tells it from others of the same name. */
export const snapshotOf = (folder: string, zone: Name, file: string): string =>
  snapshotPath(folder, zone).replace(/zone$/, `${hash('sha256', path.resolve(file)).slice(0, 8)}.zone`);

/** Writes messages to the file; there is the old one or the new one, whatever happens. Rejects with what the system says. */
export async function writeSnapshot(file: string, messages: AsyncIterable<Uint8Array>, contact: number): Promise<void> {
  const aside = `${file}.${process.pid}.new`;
  const handle = await open(aside, 'w', 0o600);
  try {
    const digest = createHash('sha256');
    const put = async (bytes: Uint8Array): Promise<void> => {
      digest.update(bytes);
      await handle.write(bytes);
    };
    await put(new TextEncoder().encode(MAGIC));
    const prefix = new Uint8Array(PREFIX);
    for await (const message of messages) {
      setU16(prefix, 0, message.length);
      await put(prefix);
      await put(message);
    }
    await handle.write(digest.digest());
    await handle.utimes(contact / 1000, contact / 1000);
    await handle.sync();
  } catch (error) {
    await handle.close();
    await unlink(aside).catch(() => {});
    throw error;
  }
  await handle.close();
  await rename(aside, file);
}

/** What was kept: its messages, and when a primary was heard last, in milliseconds since 1970. */
interface Snapshot {
  readonly messages: readonly Uint8Array[];
  readonly contact: number;
}
/** Undefined where there is none; rejects where it is broken. */
export async function readSnapshot(file: string): Promise<Snapshot | undefined> {
  const read = readSmall(file);
  if (read === undefined) return undefined;
  const { bytes, contact } = read === 'large' ? await readLarge(file) : read;
  const end = bytes.length - DIGEST;
  const digest = hash('sha256', bytes.subarray(0, Math.max(0, end)), 'buffer');
  if (end < MAGIC.length || !digest.equals(bytes.subarray(end)) || new TextDecoder().decode(bytes.subarray(0, MAGIC.length)) !== MAGIC) {
    throw new Error(`${file} is no whole snapshot`);
  }
  const messages: Uint8Array[] = [];
  for (let at = MAGIC.length; at + PREFIX <= end; at += PREFIX + u16(bytes, at)) {
    messages.push(bytes.subarray(at + PREFIX, at + PREFIX + u16(bytes, at)));
  }
  return { messages, contact };
}

interface Octets {
  readonly bytes: Uint8Array;
  readonly contact: number;
}
/** A small file at once, since handing each of thousands to another thread takes several times as long; undefined where there is none. */
function readSmall(file: string): Octets | 'large' | undefined {
  let handle: number;
  try {
    handle = openSync(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { size, mtimeMs: contact } = fstatSync(handle);
    if (size > SMALL) return 'large';
    const bytes = new Uint8Array(size);
    for (let at = 0, got: number; at < size; at += got) {
      got = readSync(handle, bytes, at, size - at, at);
      if (got === 0) return { bytes: bytes.subarray(0, at), contact };
    }
    return { bytes, contact };
  } finally {
    closeSync(handle);
  }
}
async function readLarge(file: string): Promise<Octets> {
  return { bytes: await readFile(file), contact: (await stat(file)).mtimeMs };
}

/** A primary was heard at this time and has nothing newer. */
export const touchSnapshot = (file: string, contact: number): Promise<void> => utimes(file, contact / 1000, contact / 1000).catch(() => {});
