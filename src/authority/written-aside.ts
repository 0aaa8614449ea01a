// A file that people read, written beside its place and put there whole. Knows files; knows nothing of what is in it.
import { rename, unlink, writeFile } from 'node:fs/promises';

/** Writes a file anew: who reads it meanwhile has the one before. Rejects with why not, and leaves nothing beside it. */
export async function writtenAside(path: string, content: string | AsyncIterable<string>): Promise<void> {
  const aside = `${path}.${process.pid}.new`;
  try {
    await writeFile(aside, content, { mode: 0o644, flush: true });
    await rename(aside, path);
  } catch (error) {
    await unlink(aside).catch(() => {});
    throw error;
  }
}
