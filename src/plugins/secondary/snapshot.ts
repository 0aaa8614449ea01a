// A transferred zone on disk, as the messages that would give it away: written aside and renamed, and read whole or not at all. Knows files
// and frames; knows nothing of versions. The time at which the file was changed last is the one at which a primary was heard last.
import { createHash } from 'node:crypto';
import { open, readFile, rename, stat, unlink, utimes } from 'node:fs/promises';
import path from 'node:path';
import { PREFIX } from '../../dns/frames.ts';
import type { Name } from '../../dns/name.ts';
import { setU16, u16 } from '../../dns/packet.ts';

const MAGIC = 'coredns-ts secondary 1\n', DIGEST = 32;

/** The file of a zone in a folder. */
export const snapshotPath = (folder: string, zone: Name): string =>
  path.join(folder, `${encodeURIComponent(zone.folded.text).replaceAll('*', '%2A') || '.'}zone`);

/** Writes messages to the file; there is the old one or the new one, whatever happens. Rejects with what the system says. */
export async function writeSnapshot(file: string, messages: AsyncIterable<Uint8Array>, contact: number): Promise<void> {
  const aside = `${file}.${process.pid}.new`;
  const handle = await open(aside, 'w', 0o600);
  try {
    const hash = createHash('sha256');
    const put = async (bytes: Uint8Array): Promise<void> => {
      hash.update(bytes);
      await handle.write(bytes);
    };
    await put(new TextEncoder().encode(MAGIC));
    const prefix = new Uint8Array(PREFIX);
    for await (const message of messages) {
      setU16(prefix, 0, message.length);
      await put(prefix);
      await put(message);
    }
    await handle.write(hash.digest());
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
  let bytes: Uint8Array;
  let contact: number;
  try {
    bytes = await readFile(file);
    contact = (await stat(file)).mtimeMs;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const end = bytes.length - DIGEST;
  const digest = createHash('sha256').update(bytes.subarray(0, Math.max(0, end))).digest();
  if (end < MAGIC.length || !digest.equals(bytes.subarray(end)) || new TextDecoder().decode(bytes.subarray(0, MAGIC.length)) !== MAGIC) {
    throw new Error(`${file} is no whole snapshot`);
  }
  const messages: Uint8Array[] = [];
  for (let at = MAGIC.length; at + PREFIX <= end; at += PREFIX + u16(bytes, at)) {
    messages.push(bytes.subarray(at + PREFIX, at + PREFIX + u16(bytes, at)));
  }
  return { messages, contact };
}

/** A primary was heard at this time and has nothing newer. */
export const touchSnapshot = (file: string, contact: number): Promise<void> => utimes(file, contact / 1000, contact / 1000).catch(() => {});
