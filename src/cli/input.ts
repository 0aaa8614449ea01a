// Where the configuration comes from: a file, standard input, or nowhere (CLI-1, CLI-9). Knows flags and files; knows no Corefile.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileError } from '../wording/errno.ts';
import type { Flags } from './flags.ts';

/** The configuration that is used where there is none (CLI-9). */
export const builtIn = (port: number) => `.:${port} {\nwhoami\nlog\n}\n`;

/** A configuration's text and how to get it again. */
export interface Input {
  /** The name that problems are told with. */
  readonly file: string;
  /** The file that it was read from, where that is what is written to change it. */
  readonly path?: string;
  readonly text: string;
  /** The text as it is now, for SIGUSR1; undefined where there was none. */
  readonly again: (() => string) | undefined;
  /** Whether it can have changed: then `reload` watches it (RLD-2). */
  readonly watched: boolean;
}

/** Reads the configuration. Throws Error with CoreDNS's text where it cannot be read. */
export function readInput(flags: Flags): Input {
  const { text: said, made } = flags;
  if (made !== undefined) return { file: flags.conf, text: made(), again: made, watched: true };
  if (said !== undefined) return { file: 'command line', text: said, again: () => said, watched: false };
  if (flags.conf === 'stdin' || flags.conf === '-') {
    const text = readFileSync(0, 'utf8');
    return { file: 'stdin', text, again: () => text, watched: false };
  }
  const file = flags.conf === '' ? 'Corefile' : flags.conf;
  const read = () => {
    try {
      return readFileSync(file, 'utf8');
    } catch (error) {
      if (flags.conf === '' && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new Error(fileError(error, file));
    }
  };
  const text = read();
  if (text === undefined) return { file: 'Corefile', text: builtIn(flags.port), again: undefined, watched: false };
  return { file, path: resolve(file), text, again: () => read() ?? builtIn(flags.port), watched: true };
}
