// Files of a key and its certificates, read again from time to time: what changed is taken over once all of it belongs together. Knows
// files; knows nothing of who serves with them.
import { readPair } from './pair.ts';
import type { Cryptography, Pair, Pem } from './pair.ts';

/** Paths of PEM files. */
export interface PairFiles {
  readonly cert: string;
  readonly key: string;
  readonly ca: string | undefined;
}
/** What it is read with, and who hears of it. */
export interface PairFilesOptions {
  /** The contents of a file. Rejects where it cannot be read. */
  readonly read: (path: string) => Promise<string>;
  readonly cryptography: Cryptography;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Another pair stands in the files. */
  readonly changed: (pair: Pair) => void;
  /** What stands in the files now cannot be served with, and why: said once for each reason. */
  readonly refused: (reason: string) => void;
}
/** So often files are read again where they changed between two of them: a link of Kubernetes leads elsewhere all at once. */
const TRIES = 3;

/** Looks at the files whenever it is told to. */
export class WatchedPair {
  readonly #files: PairFiles;
  readonly #options: PairFilesOptions;
  #last: string;
  #said = '';

  /** `first` is what stood there when the server began. */
  constructor(files: PairFiles, first: Pem, options: PairFilesOptions) {
    this.#files = files;
    this.#options = options;
    this.#last = textOf(first);
  }

  /** Reads the files; tells what is new, or what is wrong with it. */
  async look(): Promise<void> {
    const { changed, cryptography, now } = this.#options;
    try {
      const pem = await this.#read();
      const text = textOf(pem);
      if (text === this.#last) {
        this.#said = '';
        return;
      }
      const pair = readPair(pem, cryptography);
      if (pair.until <= now()) throw new Error(`it has expired at ${new Date(pair.until).toISOString()}`);
      if (pair.from > now()) throw new Error(`it is not good before ${new Date(pair.from).toISOString()}`);
      this.#last = text;
      this.#said = '';
      changed(pair);
    } catch (error) {
      this.#refuse(error instanceof Error ? error.message : String(error));
    }
  }
  #refuse(reason: string): void {
    if (this.#said === reason) return;
    this.#said = reason;
    this.#options.refused(reason);
  }
  /** All of them at one moment: the first one is the same after the last one was read. */
  async #read(): Promise<Pem> {
    const { cert, key, ca } = this.#files;
    const { read } = this.#options;
    let first = await read(cert);
    for (let tries = TRIES; ; tries--) {
      const pem = { cert: first, key: await read(key), ca: ca === undefined ? undefined : await read(ca) };
      const again = await read(cert);
      if (again === first) return pem;
      if (tries === 0) throw new Error('it changes while it is read');
      first = again;
    }
  }
}

const textOf = ({ cert, key, ca = '' }: Pem): string => `${cert}\0${key}\0${ca}`;
