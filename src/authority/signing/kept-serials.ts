// The serial that a zone was signed under last, kept over restarts beside its keys: a zone that is signed anew is another one for
// secondaries, whatever its source says. Knows a small file; knows no zone's contents.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Name } from '../../dns/name.ts';
import { compareSerials } from '../../dns/order.ts';
import { keyFileStem } from '../../dnssec/key-file.ts';

/** 0 is left out: some take it for none. */
const next = (serial: number): number => (serial + 1) >>> 0 || 1;
const PRIVATE = 0o600;

/** The serial of one zone. */
export class KeptSerial {
  readonly #path: string;
  #last: number | undefined;

  constructor(folder: string, zone: Name) {
    this.#path = join(folder, `${keyFileStem(zone)}serial`);
    this.#last = this.#read();
  }
  #read(): number | undefined {
    try {
      const text = readFileSync(this.#path, 'latin1').trim();
      return /^\d{1,10}$/.test(text) ? Number(text) >>> 0 : undefined;
    } catch {
      return undefined;
    }
  }
  /** The serial of the next version of a zone whose source says this one: its own where that is ahead of all, else the next one. */
  after(own: number): number {
    return this.#last === undefined || compareSerials(own, this.#last) > 0 ? own : next(this.#last);
  }
  /** This one is served now. False where it cannot be kept. */
  keep(serial: number): boolean {
    this.#last = serial;
    // Another source of a zone with this name counts in the same file: the higher one stays.
    const there = this.#read();
    if (there !== undefined && compareSerials(there, serial) >= 0) return true;
    try {
      writeFileSync(`${this.#path}.new`, `${serial}\n`, { mode: PRIVATE });
      renameSync(`${this.#path}.new`, this.#path);
      return true;
    } catch {
      return false;
    }
  }
}
