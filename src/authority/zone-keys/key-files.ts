// Files of keys in their folder: for their owner alone to read, no link followed, lasting before anybody relies on them. Knows files; knows
// nothing of what keys are for. Main's.
import { constants, promises } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Name } from '../../dns/name.ts';
import { printPrivateFile, printPublicFile, readKeyFiles } from '../../dnssec/key-file.ts';
import type { KeyDates } from '../../dnssec/key-file.ts';
import type { SigningKey } from '../../dnssec/signing-key.ts';

const { lstat, mkdir, open, rename, rm } = promises;

/** Permissions of the folder and of what is secret, of what is not, and the bits that others have. */
const FOLDER = 0o700, PRIVATE = 0o600, PUBLIC = 0o644, OTHERS = 0o077;

/** The texts of both files of a key. */
export interface KeyTexts {
  /** The path of both without their endings. */
  readonly name: string;
  readonly open: string;
  readonly secret: string;
}
/** Hears of what others can read. */
export type Warn = (text: string) => void;

/** Makes the folder where it is not there; rejects where that cannot be. */
export async function openFolder(folder: string, warn: Warn): Promise<void> {
  await mkdir(folder, { recursive: true, mode: FOLDER });
  if (((await lstat(folder)).mode & OTHERS) !== 0) warn(`the folder ${folder} can be read by others: chmod 700 ${folder}`);
}

/** The text of a file that is no link; `warn` hears where it is to be secret and is not. */
export async function plainText(path: string, warn?: Warn): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const isOpen = warn !== undefined && ((await file.stat()).mode & OTHERS) !== 0;
    if (isOpen) warn(`the private key ${path} can be read by others: chmod 600 ${path}`);
    return await file.readFile('latin1');
  } finally {
    await file.close();
  }
}

/** The texts of a key of this folder. Rejects where a file cannot be had, is cut, is a link, or has a key of another zone. */
export async function readTexts(folder: string, name: string, zone: Name, warn: Warn): Promise<KeyTexts> {
  const base = join(folder, name);
  const [text, secret] = [await plainText(`${base}.key`), await plainText(`${base}.private`, warn)];
  const { key } = readKeyFiles(text, `${base}.key`, secret, `${base}.private`);
  if (!key.owner.equals(zone)) throw new Error(`${base}.key: a key of ${zone} was expected, not of ${key.owner}`);
  return { name: base, open: text, secret };
}
/** The key of such texts. */
export const keyOfTexts = ({ name, open: text, secret }: KeyTexts): SigningKey =>
  readKeyFiles(text, `${name}.key`, secret, `${name}.private`).key;

/** Writes both files of a key; they last when this resolves. Rejects with EEXIST where there is one of that name. */
export async function writeKey(folder: string, name: string, key: SigningKey, dates: KeyDates): Promise<void> {
  const base = join(folder, name);
  await writeLasting(`${base}.private`, printPrivateFile(key, dates), PRIVATE);
  await writeLasting(`${base}.key`, printPublicFile(key, dates), PUBLIC);
}
/** Writes both files of a key anew. */
export async function replaceKey(folder: string, name: string, key: SigningKey, dates: KeyDates): Promise<void> {
  await replaceLasting(folder, `${name}.private`, printPrivateFile(key, dates));
  await replaceLasting(folder, `${name}.key`, printPublicFile(key, dates), PUBLIC);
}
/** Takes both files of a key away; it does not matter whether they are there. */
export const removeKey = async (folder: string, name: string): Promise<void> => {
  for (const ending of ['private', 'key']) await rm(`${join(folder, name)}.${ending}`, { force: true });
};

/** Writes a file that is not there yet, and waits until it lasts. */
export async function writeLasting(path: string, text: string, mode: number = PUBLIC): Promise<void> {
  await filled(await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, mode), text);
}
/**
 * Puts a file, a secret one as a rule, in place of the one of that name: the old one or the new one is there, whatever happens; it lasts
 * when this resolves.
 */
export async function replaceLasting(folder: string, name: string, text: string, mode: number = PRIVATE): Promise<void> {
  const path = join(folder, name);
  await rm(`${path}.new`, { force: true });
  await writeLasting(`${path}.new`, text, mode);
  await rename(`${path}.new`, path);
  await syncFolder(folder);
}
async function filled(file: FileHandle, text: string): Promise<void> {
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
/** Waits until what was made in a folder lasts. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  // Some file systems cannot do that to a folder.
  await handle.sync().catch(() => {});
  await handle.close();
}
