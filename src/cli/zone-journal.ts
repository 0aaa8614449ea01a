// The database of a zone that is updated, as the records of a file: what `dynupdate` would serve of it. Knows the journal; writes nothing.
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import type { Name } from '../dns/name.ts';
import { contentsOf } from '../authority/update-contents.ts';
import { UpdateJournal } from '../authority/update-journal.ts';
import type { RR } from '../dns/rr.ts';

/** Octets that tell what a file is. */
const BEGINNING = 32;

/** The records of a database; undefined where the file is none, or cannot be read. Throws Error with what is wrong with it. */
export function readDatabase(file: string, zone: Name): readonly RR[] | undefined {
  if (!isDatabase(file)) return undefined;
  return [...contentsOf(zone, UpdateJournal.entriesOf(file, new Uint8Array(readFileSync(file)), zone)).sets()].flat();
}
function isDatabase(file: string): boolean {
  try {
    const handle = openSync(file, 'r');
    try {
      const bytes = new Uint8Array(BEGINNING);
      return UpdateJournal.isOne(bytes.subarray(0, readSync(handle, bytes)));
    } finally {
      closeSync(handle);
    }
  } catch {
    return false;
  }
}
