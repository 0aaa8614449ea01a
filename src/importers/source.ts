// Files of another server as text: what is UTF-8, what is Latin-1, and what is no line that anybody wrote. Knows bytes and paths; knows no
// configuration.
import { resolve } from 'node:path';
import { latin1 } from '../dns/latin1.ts';
import type { Where } from './outcome.ts';
import { ImportError } from './outcome.ts';

/** Where files come from. Both throw Error in words for people. */
export interface Sources {
  readonly read: (path: string) => Uint8Array;
  /** The names in a folder. */
  readonly list: (folder: string) => readonly string[];
}

/** The longest line that is read, in octets: nobody writes longer ones, and what is made of one takes some hundred times as much. */
const LONGEST_LINE = 1 << 20;
/** All that is read of one file. */
const LARGEST_FILE = 256 << 20;
/** Files within files. */
const DEEPEST = 32;

/** The files of one import. A file may come twice, but not within itself. */
export class Source {
  readonly #sources: Sources;
  readonly #open: string[] = [];

  constructor(sources: Sources) {
    this.#sources = sources;
  }
  /** A file's text; `from` is where it is named. Throws ImportError. */
  text(path: string, from: Where): string {
    let bytes: Uint8Array;
    try {
      bytes = this.#sources.read(path);
    } catch (error) {
      throw new ImportError(from, (error as Error).message);
    }
    if (bytes.length > LARGEST_FILE) throw new ImportError({ file: path, line: 1 }, `a file of ${bytes.length} octets is not read`);
    checkLines(path, bytes);
    return decoded(bytes);
  }
  /** Whether a file can be read. */
  has(path: string): boolean {
    try {
      this.#sources.read(path);
      return true;
    } catch {
      return false;
    }
  }
  /** As `text`, for a file that says what files are read in its place: none of them may be one that is being read. */
  within<T>(path: string, from: Where, read: (text: string) => T): T {
    const whole = resolve(path);
    if (this.#open.includes(whole)) throw new ImportError(from, `${path} includes itself: ${[...this.#open, whole].join(' > ')}`);
    if (this.#open.length >= DEEPEST) throw new ImportError(from, `files are included ${DEEPEST} deep`);
    this.#open.push(whole);
    try {
      return read(this.text(path, from));
    } finally {
      this.#open.pop();
    }
  }
  /** The names in a folder, sorted. Throws ImportError. */
  list(folder: string, from: Where): string[] {
    try {
      return [...this.#sources.list(folder)].sort();
    } catch (error) {
      throw new ImportError(from, (error as Error).message);
    }
  }
  /** The files that a pattern names, whose last part may hold `*`; the one that it is where it holds none. Throws ImportError. */
  matching(pattern: string, from: Where): string[] {
    if (!pattern.includes('*')) return [pattern];
    const folder = pattern.slice(0, pattern.lastIndexOf('/') + 1);
    const [before = '', ...behind] = pattern.slice(folder.length).split('*');
    const rest = behind.join('*');
    return this.list(folder === '' ? '.' : folder, from)
      .filter((file) => !file.startsWith('.') && file.startsWith(before) && file.endsWith(rest)
        && file.length >= before.length + rest.length)
      .map((file) => `${folder}${file}`);
  }
}
function checkLines(file: string, bytes: Uint8Array): void {
  let line = 1;
  for (let at = 0; at < bytes.length; line++) {
    const found = bytes.indexOf(10, at);
    const end = found < 0 ? bytes.length : found;
    if (end - at > LONGEST_LINE) {
      throw new ImportError({ file, line }, `a line of ${end - at} octets is not read: ${LONGEST_LINE} are the most`);
    }
    at = end + 1;
  }
}
/** UTF-8 where it is; else Latin-1, which any octets are. */
function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return latin1(bytes, 0, bytes.length);
  }
}
