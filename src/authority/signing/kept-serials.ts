// The serial that a zone was signed under last, kept over restarts beside its keys, and beside what else is kept of the zone, since keys
// may be lost: a zone that is signed anew is another one for secondaries, whatever its source says. Knows small files; knows no zone.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Name } from '../../dns/name.ts';
import { compareSerials } from '../../dns/order.ts';
import { keyFileStem } from '../../dnssec/key-file.ts';

/** 0 is left out: some take it for none. */
const next = (serial: number): number => (serial + 1) >>> 0 || 1;
const PRIVATE = 0o600;

/** The file in a folder of keys. */
export const serialPath = (folder: string, zone: Name): string => join(folder, `${keyFileStem(zone)}serial`);

/** The serial of one zone. */
export class KeptSerial {
  readonly #paths: readonly string[];
  #last: number | undefined;

  /** It is kept in each of these files, and at least what is `served` already, where something is. */
  constructor(paths: readonly string[], served: number | undefined) {
    this.#paths = paths;
    this.#last = [served, ...paths.map(read)].reduce(later);
  }
  /** The serial of the next version of a zone whose source says this one: its own where that is ahead of all, else the next one. */
  after(own: number): number {
    return this.#last === undefined || compareSerials(own, this.#last) > 0 ? own : next(this.#last);
  }
  /** This one is served now. Says where it cannot be kept. */
  keep(serial: number): string | undefined {
    this.#last = serial;
    return this.#paths.find((path) => !keep(path, serial));
  }
}
/** The later of two serials. */
const later = (one: number | undefined, other: number | undefined): number | undefined =>
  (one === undefined || (other !== undefined && compareSerials(other, one) > 0) ? other : one);
function read(path: string): number | undefined {
  try {
    const text = readFileSync(path, 'latin1').trim();
    return /^\d{1,10}$/.test(text) ? Number(text) >>> 0 : undefined;
  } catch {
    return undefined;
  }
}
function keep(path: string, serial: number): boolean {
  // Another source of a zone with this name counts in the same file: the higher one stays.
  const there = read(path);
  if (there !== undefined && compareSerials(there, serial) >= 0) return true;
  try {
    writeFileSync(`${path}.new`, `${serial}\n`, { mode: PRIVATE });
    renameSync(`${path}.new`, path);
    return true;
  } catch {
    return false;
  }
}
