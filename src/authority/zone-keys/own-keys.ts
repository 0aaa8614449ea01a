// Keys that the server makes for itself: one for each zone, P-256, in a folder that nobody else can read, in BIND's format, so that one can
// leave. Lasting before anybody sees them. Knows files; knows no reply. Main's.
import { promises } from 'node:fs';
import { join } from 'node:path';
import type { Name } from '../../dns/name.ts';
import { algorithmNamed } from '../../dnssec/algorithm.ts';
import { ENTRY_POINT, ZONE_KEY } from '../../dnssec/dnskey.ts';
import { keyFileName, keyFileStem } from '../../dnssec/key-file.ts';
import { generateKey } from '../../dnssec/signing-key.ts';
import type { SigningKey } from '../../dnssec/signing-key.ts';
import { fileError } from '../../wording/errno.ts';
import { keyOfTexts, openFolder, readTexts, removeKey, syncFolder, writeKey, writeLasting } from './key-files.ts';
import type { KeyTexts, Warn } from './key-files.ts';
import { toldMade } from './told-steps.ts';

const { link, readFile, rm } = promises;
const ALGORITHM = algorithmNamed('ECDSAP256SHA256')!;
/** Seconds to live of the keys. */
const TTL = 3600;

/** Which key is a zone's stands in this file of the folder: whoever makes it first wins, of all processes. */
const markOf = (folder: string, zone: Name): string => join(folder, `${keyFileStem(zone)}csk`);

/**
 * The key of each zone, read or made. Rejects with a text for people where the folder or a file cannot be had, where a file is a link, or
 * where the key is of another zone. `warn` hears of what others can read.
 */
export async function ownKeys(folder: string, zones: readonly Name[], now: number, warn: Warn): Promise<KeyTexts[]> {
  const keys: KeyTexts[] = [];
  let what = '';
  try {
    await openFolder(folder, warn);
    for (const zone of zones) {
      what = `the keys of zone ${zone.text}: `;
      keys.push(await readOwn(folder, zone, warn) ?? await makeOwn(folder, zone, now, warn));
    }
    return keys;
  } catch (error) {
    const { path = folder } = error as NodeJS.ErrnoException;
    throw new Error(`${what}${fileError(error, path)}`, { cause: error });
  }
}

/** The key that was made for a zone; undefined where none was. Rejects where it is not there whole. */
export async function readOwn(folder: string, zone: Name, warn: Warn): Promise<KeyTexts | undefined> {
  let name: string;
  try {
    name = (await readFile(markOf(folder, zone), 'latin1')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  if (name.includes('/')) throw new Error(`${markOf(folder, zone)}: the name of a key of this folder was expected`);
  return readTexts(folder, name, zone, warn);
}

async function makeOwn(folder: string, zone: Name, now: number, warn: Warn): Promise<KeyTexts> {
  const key = generateKey(zone, ALGORITHM, ZONE_KEY | ENTRY_POINT, TTL);
  const name = keyFileName(zone, key.data);
  const base = join(folder, name);
  await writeKey(folder, name, key, { Created: now, Publish: now, Activate: now, SyncPublish: now });
  const beside = `${base}.csk`;
  await writeLasting(beside, `${name}\n`);
  await syncFolder(folder);
  try {
    await link(beside, markOf(folder, zone));
    await syncFolder(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    // Another process was quicker: its key is the zone's.
    await removeKey(folder, name);
  } finally {
    await rm(beside, { force: true });
  }
  const found = await readOwn(folder, zone, warn);
  if (found === undefined) throw new Error(`${markOf(folder, zone)} went away`);
  if (found.name === base) warn(toldMade(zone, { role: 'csk', data: key.data }, folder));
  return found;
}
/** The keys of such texts. */
export const keysOfTexts = (texts: readonly KeyTexts[]): SigningKey[] => texts.map(keyOfTexts);
