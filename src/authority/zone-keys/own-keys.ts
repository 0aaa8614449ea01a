// Keys that the server makes for itself: one for each zone, P-256, in a folder that nobody else can read, in BIND's format, so that one can
// leave. Lasting before anybody sees them. Knows files; knows no reply. Main's.
import { constants, promises } from 'node:fs';
import { join } from 'node:path';
import type { Name } from '../../dns/name.ts';
import { algorithmNamed } from '../../dnssec/algorithm.ts';
import { ENTRY_POINT, ZONE_KEY } from '../../dnssec/dnskey.ts';
import { keyFileName, keyFileStem, printPrivateFile, printPublicFile, readKeyFiles } from '../../dnssec/key-file.ts';
import { generateKey } from '../../dnssec/signing-key.ts';
import type { SigningKey } from '../../dnssec/signing-key.ts';
import { fileError } from '../../wording/errno.ts';

const { link, lstat, mkdir, open, readFile, rm, writeFile } = promises;
const ALGORITHM = algorithmNamed('ECDSAP256SHA256')!;
/** Seconds to live of the keys. */
const TTL = 3600;
/** Permissions of the folder and of private keys, and the bits that others have. */
const FOLDER = 0o700, PRIVATE = 0o600, PUBLIC = 0o644, OTHERS = 0o077;

/** The texts of both files of a key. */
export interface KeyTexts {
  readonly name: string;
  readonly open: string;
  readonly secret: string;
}

/** Which key is a zone's stands in this file of the folder: whoever makes it first wins, of all processes. */
const markOf = (folder: string, zone: Name): string => join(folder, `${keyFileStem(zone)}csk`);

/**
 * The key of each zone, read or made. Rejects with a text for people where the folder or a file cannot be had, where a file is a link, or
 * where the key is of another zone. `warn` hears of what others can read.
 */
export async function ownKeys(folder: string, zones: readonly Name[], now: number, warn: (text: string) => void): Promise<KeyTexts[]> {
  try {
    await mkdir(folder, { recursive: true, mode: FOLDER });
    if (((await lstat(folder)).mode & OTHERS) !== 0) warn(`the folder ${folder} can be read by others: chmod 700 ${folder}`);
    const keys: KeyTexts[] = [];
    for (const zone of zones) keys.push(await readOwn(folder, zone, warn) ?? await makeOwn(folder, zone, now, warn));
    return keys;
  } catch (error) {
    const { path = folder } = error as NodeJS.ErrnoException;
    throw new Error(fileError(error, path), { cause: error });
  }
}

async function readOwn(folder: string, zone: Name, warn: (text: string) => void): Promise<KeyTexts | undefined> {
  let name: string;
  try {
    name = (await readFile(markOf(folder, zone), 'latin1')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  if (name.includes('/')) throw new Error(`${markOf(folder, zone)}: the name of a key of this folder was expected`);
  const base = join(folder, name);
  const [text, secret] = [await plain(`${base}.key`, undefined), await plain(`${base}.private`, warn)];
  const { key } = readKeyFiles(text, `${base}.key`, secret, `${base}.private`);
  if (!key.owner.equals(zone)) throw new Error(`${base}.key: a key of ${zone} was expected, not of ${key.owner}`);
  return { name: base, open: text, secret };
}
/** The text of a file that is no link. */
async function plain(path: string, warn: ((text: string) => void) | undefined): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const isOpen = warn !== undefined && ((await file.stat()).mode & OTHERS) !== 0;
    if (isOpen) warn(`the private key ${path} can be read by others: chmod 600 ${path}`);
    return await file.readFile('latin1');
  } finally {
    await file.close();
  }
}

async function makeOwn(folder: string, zone: Name, now: number, warn: (text: string) => void): Promise<KeyTexts> {
  const key = generateKey(zone, ALGORITHM, ZONE_KEY | ENTRY_POINT, TTL);
  const name = keyFileName(zone, key.data);
  const base = join(folder, name);
  const dates = { Created: now, Publish: now, Activate: now, SyncPublish: now };
  await lasting(`${base}.private`, printPrivateFile(key, dates), PRIVATE);
  await lasting(`${base}.key`, printPublicFile(key, dates), PUBLIC);
  const beside = `${base}.csk`;
  await lasting(beside, `${name}\n`, PUBLIC);
  await syncFolder(folder);
  try {
    await link(beside, markOf(folder, zone));
    await syncFolder(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    // Another process was quicker: its key is the zone's.
    await Promise.all([`${base}.private`, `${base}.key`].map((path) => rm(path, { force: true })));
  } finally {
    await rm(beside, { force: true });
  }
  const found = await readOwn(folder, zone, warn);
  if (found === undefined) throw new Error(`${markOf(folder, zone)} went away`);
  return found;
}
/** Writes a file that is not there yet, and waits until it lasts. */
async function lasting(path: string, text: string, mode: number): Promise<void> {
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, mode);
  try {
    await writeFile(file, text);
    await file.sync();
  } finally {
    await file.close();
  }
}
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  // Some file systems cannot do that to a folder.
  await handle.sync().catch(() => {});
  await handle.close();
}

/** The keys of such texts. */
export const keysOfTexts = (texts: readonly KeyTexts[]): SigningKey[] =>
  texts.map(({ name, open: text, secret }) => readKeyFiles(text, `${name}.key`, secret, `${name}.private`).key);
