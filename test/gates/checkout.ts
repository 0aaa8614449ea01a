// The files of this checkout, read for the gates. Knows where the root is and which folders are not ours to judge.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root folder of the checkout, with a slash at its end. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

const skipped = /^(test\/conformance\/(cases|lib|certs|fixtures)|.*\/build)(\/|$)/;

/** Every path below a folder, from the root, sorted. */
export function pathsIn(folder: string): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const at = `${folder}/${entry.name}`;
    if (skipped.test(at)) return [];
    return entry.isDirectory() ? pathsIn(at) : [at];
  }).sort();
}

/** The text of every file below these folders whose name ends in `.ts` or `.tsx`. */
export function sourcesIn(...folders: string[]): Map<string, string> {
  const found = folders.flatMap(pathsIn).filter((file) => /\.tsx?$/.test(file));
  return new Map(found.map((file) => [file, read(file)]));
}

/** The text of one file, by its path from the root. */
export const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
