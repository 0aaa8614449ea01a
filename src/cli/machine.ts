// What a configuration may ask of this machine while it is read. Knows the file system and the network interfaces.
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { join, resolve } from 'node:path';
import type { Files } from '../corefile/imports.ts';
import type { Machine } from '../kernel/plugin.ts';

/** This machine. */
export const machine: Machine = {
  interfaces: () => new Map(Object.entries(networkInterfaces()).map(([name, all = []]) =>
    [name, all.map(({ address, family, scopeid }) => (family === 'IPv6' && scopeid ? `${address}%${name}` : address))])),
  hostname: () => hostname(),
  readFile: (path) => readFileSync(path),
};

/** The Corefile's own files: what `import` names. */
export const files: Files = {
  absolute: (path) => resolve(path),
  read: (path) => readFileSync(path, 'utf8'),
  glob: (pattern) => matching(pattern),
};

/** Paths that match a pattern with `*` and `?` in any of its parts; hidden files too, as CoreDNS does (PARSE-11). */
function matching(pattern: string): readonly string[] {
  let found = [pattern.startsWith('/') ? '/' : '.'];
  for (const part of pattern.split('/').filter((each) => each !== '')) {
    found = found.flatMap((folder) => (/[*?]/.test(part) ? inFolder(folder, part) : existsSync(join(folder, part)) ? [join(folder, part)] : []));
  }
  return found.sort();
}
function inFolder(folder: string, part: string): readonly string[] {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return [];
  const fits = new RegExp(`^${part.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*').replace(/\?/g, '.')}$`, 's');
  return readdirSync(folder).filter((name) => fits.test(name)).map((name) => join(folder, name));
}
