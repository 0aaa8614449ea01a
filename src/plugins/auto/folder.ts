// The files of a folder that are zones, as they are at one moment (AUTO-3, AUTO-4). Knows files; reads no zone.
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Name } from '../../dns/name.ts';
import type { FileNames } from './config.ts';

/** A file and the zone that it is. */
export interface Found {
  readonly zone: Name;
  /** Below the folder as it is named, so that it stays the same when a link leads elsewhere. */
  readonly path: string;
}
/** What one look found: zones by their keys, and what is to be said of it. */
export interface Scan {
  readonly zones: ReadonlyMap<string, Found>;
  /** The same by their paths, and those that another file was taken for. */
  readonly files?: ReadonlyMap<string, Found>;
  readonly complaints: readonly string[];
}

/** How often a look begins again when the folder became another meanwhile. */
const TRIES = 5;

/**
 * Looks at the folder and all in it for zones that are wanted; undefined where it is not there. Where the folder is a link that leads
 * elsewhere before the look has ended, it begins again: what is found is never part of one and part of another. What files are called is
 * not read again where the look `before` knew them, with the same names and wishes.
 */
export async function scan(folder: string, names: FileNames, isWanted: (zone: Name) => boolean = () => true,
  before?: Scan): Promise<Scan | undefined> {
  for (let left = TRIES; ; left--) {
    const real = await realpath(folder).catch(missing);
    if (real === undefined) return undefined;
    const look = new Look(names, isWanted, before?.files);
    const isWhole = await look.walk(real, folder);
    const after = await realpath(folder).catch(missing);
    if ((isWhole && after === real) || left === 0) return isWhole ? look : undefined;
  }
}

/**
 * Does this, again where the folder is a link that leads elsewhere afterwards: files that were found in one folder and read in another are
 * part of both.
 */
export async function inOneFolder(folder: string, act: () => Promise<void>): Promise<void> {
  for (let left = TRIES; left > 0; left--) {
    const real = await realpath(folder).catch(missing);
    await act();
    if (await realpath(folder).catch(missing) === real) return;
  }
}

function missing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
}

/** One look, as far as it has come. */
class Look implements Scan {
  readonly zones = new Map<string, Found>();
  readonly files = new Map<string, Found>();
  readonly complaints: string[] = [];
  readonly #names: FileNames;
  readonly #isWanted: (zone: Name) => boolean;
  readonly #known: ReadonlyMap<string, Found> | undefined;

  constructor(names: FileNames, isWanted: (zone: Name) => boolean, known: ReadonlyMap<string, Found> | undefined) {
    this.#names = names;
    this.#isWanted = isWanted;
    this.#known = known;
  }

  /** Looks at a folder, and at those in it where they stand in the order of names; false where it is gone or cannot be read. */
  async walk(real: string, named: string): Promise<boolean> {
    const entries = await readdir(real, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
      this.complaints.push(`Failed to read ${named}: ${error.message}`);
    });
    if (entries === undefined) return false;
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const { name } = entry;
      // What whoever mounts a volume keeps its versions in: the files of the folder are links into it.
      if (name.startsWith('..')) continue;
      if (entry.isDirectory()) {
        await this.walk(join(real, name), join(named, name));
        continue;
      }
      const path = join(named, name);
      const known = this.#known?.get(path);
      const text = known === undefined ? this.#names.zoneOf(name) : '';
      if (text === undefined || !(entry.isFile() || (entry.isSymbolicLink() && await isFile(join(real, name))))) continue;
      const found = known ?? this.#read(text, path);
      if (found !== undefined) this.#add(found);
    }
    return true;
  }
  /** The zone of a file, where it is wanted. */
  #read(text: string, path: string): Found | undefined {
    try {
      const zone = Name.parse(text.toLowerCase(), Name.root);
      return this.#isWanted(zone) ? { zone, path } : undefined;
    } catch {
      this.complaints.push(`"${text}" of ${path} is no zone`);
      return undefined;
    }
  }
  #add(found: Found): void {
    const { zone, path } = found;
    this.files.set(path, found);
    const before = this.zones.get(zone.key);
    if (before === undefined) this.zones.set(zone.key, found);
    else this.complaints.push(`Multiple zone files match origin ${zone.text}: ${before.path} is taken, ${path} is not`);
  }
}
async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true;
}
