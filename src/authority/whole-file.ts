// A file that is whole whatever happens: written beside, then put in the place of the one before. Knows files; knows nothing of what is in
// them.
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** How it is written: beside under a name, with which rights where it is new, and what is done with it before it is in its place. */
export interface WholeFileOptions {
  readonly aside?: string;
  readonly mode?: number;
  readonly ready?: (aside: string) => void;
}
/** Puts contents in place of those before, on the disk when this returns. Throws Node's error, and all is as it was. */
export function putWhole(
  path: string, contents: string | Uint8Array, { aside = `${path}.new`, mode = 0o666, ready }: WholeFileOptions = {},
): void {
  try {
    rmSync(aside, { force: true });
    const file = openSync(aside, 'wx', mode);
    try {
      // Goes on where less is written than was wanted, as where the disk is full soon: writeSync says that and does not fail.
      writeFileSync(file, contents);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    ready?.(aside);
    renameSync(aside, path);
  } catch (error) {
    rmSync(aside, { force: true, recursive: true });
    throw error;
  }
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
