// The versions of one module, as one thread loads them. Knows files and imports; knows no query.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';

/** After how many versions their size is said. */
const MANY = 5;

/** One file. */
export class Versions {
  /** What the version in use exports; undefined until one was taken. */
  query: ((...args: readonly unknown[]) => unknown) | undefined;
  readonly #path: string;
  /** Octets of each version that was loaded. */
  readonly #sizes = new Map<string, number>();
  #size = 0;
  #isSaid = false;

  constructor(path: string) {
    this.#path = path;
  }
  /** What the file is now, as a text that another file has not. Rejects as Node does where it cannot be read. */
  async read(): Promise<string> {
    const bytes = await readFile(this.#path);
    this.#size = bytes.length;
    return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  }
  /** Loads a version and uses it from now on. Rejects where that cannot be: then the one before is used further. */
  async take(version: string): Promise<void> {
    const url = pathToFileURL(this.#path);
    url.search = version;
    const { query, default: other } = await import(url.href) as { readonly query?: unknown; readonly default?: unknown };
    const found = query ?? other;
    if (typeof found !== 'function') throw new Error('it exports no function query');
    this.#sizes.set(version, this.#size);
    this.query = found as (...args: readonly unknown[]) => unknown;
  }
  /** Whether there are many by now, once. */
  isMany(): boolean {
    if (this.#isSaid || this.#sizes.size <= MANY) return false;
    this.#isSaid = true;
    return true;
  }
  /** How many there are, and of what size. */
  said(): string {
    const octets = [...this.#sizes.values()].reduce((sum, size) => sum + size, 0);
    return `${this.#sizes.size} versions (${Math.ceil(octets / 1024)} KB)`;
  }
}
