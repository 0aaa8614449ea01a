// What a configuration may ask of this machine while it is read. Knows the file system and the network interfaces.
import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync, readdirSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { resolve } from 'node:path';
import { expandGlob } from '../corefile/glob.ts';
import type { Files } from '../corefile/imports.ts';
import type { Machine } from '../kernel/site/plugin.ts';
import { reasonOf } from '../wording/errno.ts';

/** This machine. */
export const machine: Machine = {
  interfaces: () => new Map(Object.entries(networkInterfaces()).map(([name, all = []]) =>
    [name, all.map(({ address, family, scopeid }) => (family === 'IPv6' && scopeid ? `${address}%${name}` : address))])),
  hostname: () => hostname(),
  readFile: (path, last) => (last === undefined ? readFileSync(path) : readEnd(path, last)),
};

function readEnd(path: string, last: number): Uint8Array {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const bytes = new Uint8Array(Math.min(size, last));
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, size - bytes.length));
  } finally {
    closeSync(file);
  }
}

/** The Corefile's own files: what `import` names. */
export const files: Files = {
  absolute: (path) => resolve(path),
  read(path) {
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      throw new Error(reasonOf(error));
    }
  },
  glob: (pattern) => expandGlob(pattern, { list, exists: existsSync }),
};
function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
