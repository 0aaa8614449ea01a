// Writes a snapshot so that its file is the old one or the new one, whole, whatever happens. Knows files and the order of steps; knows
// nothing of what is in the maps.
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { StillMaps } from './copy.ts';
import { encodeHead } from './format.ts';
import type { Head } from './format.ts';

/** The part of node:fs/promises that is used: a test gives another one. */
export interface Files {
  readonly open: typeof open;
  readonly rename: typeof rename;
  readonly rm: typeof rm;
  readonly stat: typeof stat;
}
/** Those of the machine. */
export const machineFiles: Files = { open, rename, rm, stat };

/**
 * Writes beside the file, makes that lasting, and puts it in its place. Resolves with its bytes. Rejects with what the system said; then
 * the file is as it was.
 */
export async function writeSnapshot(path: string, head: Omit<Head, 'counts'>, still: StillMaps, files = machineFiles): Promise<number> {
  const beside = `${path}.tmp`;
  // What a crash left, or somebody else's link: never written through.
  await files.rm(beside, { force: true });
  const handle = await files.open(beside, 'wx', 0o600);
  try {
    const length = await writeAll(handle, encodeHead({ ...head, counts: still.counts }), still);
    await handle.close();
    await files.rename(beside, path);
    await syncFolder(path, files);
    return length;
  } catch (error) {
    await handle.close().catch(() => {});
    await files.rm(beside, { force: true }).catch(() => {});
    throw error;
  }
}

async function writeAll(handle: FileHandle, head: Uint8Array, still: StillMaps): Promise<number> {
  const hash = createHash('sha256').update(head);
  await handle.writeFile(head);
  let { length } = head;
  for (const block of still.blocks()) {
    hash.update(block);
    await handle.writeFile(block);
    length += block.length;
  }
  still.release();
  const digest = hash.digest();
  await handle.writeFile(digest);
  await handle.sync();
  return length + digest.length;
}

/** The new name lasts, too. Some file systems cannot do that to a folder: what they keep is the old file or the new one all the same. */
async function syncFolder(path: string, files: Files): Promise<void> {
  const folder = await files.open(dirname(path), 'r').catch(() => undefined);
  await folder?.sync().catch(() => {});
  await folder?.close().catch(() => {});
}
