// Files that have to be whole on the disk, such as the one that the Corefile is in: whether it may be written, and a text in place of the
// one before. Knows files; knows no word of a Corefile.
import { accessSync, chmodSync, chownSync, constants, lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { putWhole } from '../authority/whole-file.ts';
import { fileError } from '../wording/errno.ts';

/** Why the file is not to be written: what it is made of is the truth, or nobody may. */
export function whyNotWritten(path: string): string | undefined {
  try {
    if (lstatSync(path).isSymbolicLink()) {
      return `${path} is a symbolic link, as the files of a ConfigMap are: change what it is made from`;
    }
    accessSync(path, constants.W_OK);
    accessSync(dirname(path), constants.W_OK);
    return undefined;
  } catch (error) {
    return fileError(error, path);
  }
}
/** Puts a text in place of the one before, with its owner and rights, on the disk when this returns. Throws Error, and it is as it was. */
export function writeWhole(path: string, text: string, usual = 0o600): void {
  const aside = join(dirname(path), `.${process.pid}.new`);
  try {
    const before = lstatSync(path, { throwIfNoEntry: false });
    putWhole(path, text, { aside, mode: usual, ready() {
      if (before === undefined) return;
      if (process.getuid?.() !== before.uid || process.getgid?.() !== before.gid) chownSync(aside, before.uid, before.gid);
      chmodSync(aside, before.mode & 0o7777);
    } });
  } catch (error) {
    throw new Error(fileError(error, path), { cause: error });
  }
}
