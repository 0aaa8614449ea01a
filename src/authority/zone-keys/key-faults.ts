// What is wrong with the keys that lie in a folder, before anybody relies on them: before a reload, and for `check`. Knows files and
// states; changes nothing.
import { promises } from 'node:fs';
import type { Name } from '../../dns/name.ts';
import { stemOwner } from '../../dnssec/key-file.ts';
import { fileError } from '../../wording/errno.ts';
import { readOwn } from './own-keys.ts';
import { ZoneKeyFiles } from './zone-key-files.ts';

const { readdir } = promises;
const STATE = 'state';
const quiet = (): void => {};
/** What the system says of a file of the folder, with the zone whose it is. */
const told = (zone: Name, error: unknown, folder: string): string =>
  `the keys of zone ${zone.text}: ${fileError(error, (error as NodeJS.ErrnoException).path ?? folder)}`;

/**
 * A sentence for each zone of a folder that `has` says yes to and whose keys are not there whole: a file of a key is gone, cut, or another
 * one than was written down.
 */
export async function keyFaults(folder: string, has: (zone: Name) => boolean): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  const faults: string[] = [];
  for (const name of names.filter((each) => each.endsWith(`.${STATE}`)).sort()) {
    const zone = stemOwner(name.slice(0, -STATE.length));
    if (zone === undefined || !has(zone)) continue;
    const fault = await faultOf(folder, zone);
    if (fault !== undefined) faults.push(fault);
  }
  return faults;
}
/** A process that rolls them may take one away in between: what was written down before that counts. */
async function faultOf(folder: string, zone: Name): Promise<string | undefined> {
  for (let revision = -1; ;) {
    const files = new ZoneKeyFiles(folder, zone, quiet);
    let state: Awaited<ReturnType<ZoneKeyFiles['read']>>;
    try {
      state = await files.read();
      if (state === undefined) return undefined;
      await files.load(state);
      return undefined;
    } catch (error) {
      if (state === undefined || state.revision === revision) return told(zone, error, folder);
      revision = state.revision;
    }
  }
}

/** The same of a folder in which each zone has the one key that was made for it. */
export async function ownKeyFaults(folder: string, zones: readonly Name[]): Promise<string[]> {
  const faults: string[] = [];
  for (const zone of zones) {
    try {
      await readOwn(folder, zone, quiet);
    } catch (error) {
      faults.push(told(zone, error, folder));
    }
  }
  return faults;
}
