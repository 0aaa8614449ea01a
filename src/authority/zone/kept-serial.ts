// The serial that a zone got which counts by itself, kept beside its file over restarts: else secondaries would have to wait until it is
// ahead again. Knows a small file; knows no records.
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { putWhole } from '../whole-file.ts';

/** What was served last, and of which state of the file. */
export interface KeptSerial {
  readonly serial: number;
  readonly contents: string;
}
/** Its name says nothing that *auto* could take for a zone. */
const besides = (path: string): string => join(dirname(path), `.serial-${Buffer.from(basename(path)).toString('hex')}`);

/** What was kept beside a zone's file; undefined where nothing was, or nobody can read it. */
export const readKept = (path: string): KeptSerial | undefined => readKeptIn(besides(path));
/** What was kept in a file of its own; likewise. */
export function readKeptIn(file: string): KeptSerial | undefined {
  try {
    const [serial = '', contents = ''] = readFileSync(file, 'utf8').split('\n');
    return /^\d{1,10}$/.test(serial) ? { serial: Number(serial) >>> 0, contents } : undefined;
  } catch {
    return undefined;
  }
}
/**
 * Keeps it beside a zone's file, on the disk when this returns: whole, or what was there before. False where the folder cannot be written.
 */
export const writeKept = (path: string, kept: KeptSerial): boolean => writeKeptIn(besides(path), kept);
/** Keeps it in a file of its own; likewise. */
export function writeKeptIn(file: string, { serial, contents }: KeptSerial): boolean {
  try {
    putWhole(file, `${serial}\n${contents}\n`);
    return true;
  } catch {
    return false;
  }
}
