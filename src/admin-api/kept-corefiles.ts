// What outlives the process of Corefiles that served, in a folder: the last of them, the one that waits to be confirmed, the one that the
// file has and that was gone back from. Knows texts; serves nothing. They have secrets: nobody else may read the file.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileError } from '../wording/errno.ts';
import { writeWhole } from './corefile-file.ts';
import type { Change } from './written.ts';

const FILE = 'corefiles.json';

/** A Corefile that served. */
export interface KeptCorefile {
  readonly number: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly text: string;
  /** Its words, whatever its spaces and comments. */
  readonly canonical: string;
  /** What differed from the one before. */
  readonly changes: readonly Change[];
}
/** One that is to be confirmed. */
export interface Trial {
  readonly until: number;
  /** Its words; the text that it goes back to; and whether that is put back into the file, where it stood. */
  readonly canonical: string;
  readonly before: string;
  readonly inFile: boolean;
}
/** All of it. */
export interface KeptState {
  readonly kept: readonly KeptCorefile[];
  readonly trial?: Trial | undefined;
  /** The words that the file has, and the text that serves in their place. */
  readonly passed?: { readonly canonical: string; readonly text: string } | undefined;
}
const NOTHING: KeptState = { kept: [] };

/** The folder. */
export class KeptCorefiles {
  readonly #path: string;
  readonly #complain: (text: string) => void;
  #said = '';

  /** `complain` is told, once, why the folder cannot be read or written: then nothing outlives the process. */
  constructor(folder: string, complain: (text: string) => void) {
    this.#path = join(folder, FILE);
    this.#complain = complain;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      this.#say(fileError(error, folder));
    }
  }
  read(): KeptState {
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#say(fileError(error, this.#path));
      return NOTHING;
    }
    const state = readState(text);
    if (state === undefined) this.#say(`${this.#path} is damaged: what served before is not known`);
    return state ?? NOTHING;
  }
  write(state: KeptState): void {
    try {
      writeWhole(this.#path, JSON.stringify({ version: 1, ...state }));
    } catch (error) {
      this.#say((error as Error).message);
    }
  }
  #say(text: string): void {
    if (text !== this.#said) this.#complain(`Corefiles that served do not outlive the process: ${text}`);
    this.#said = text;
  }
}

/** What a file says; undefined where it is none of ours. */
export function readState(text: string): KeptState | undefined {
  try {
    const { version, kept, trial, passed } = JSON.parse(text) as { [name: string]: unknown };
    if (version !== 1 || !Array.isArray(kept) || !kept.every(isKept)) return undefined;
    if (trial !== undefined && !isTrial(trial)) return undefined;
    if (passed !== undefined && !hasForms(passed, { canonical: isCanonical, text: 'string' })) return undefined;
    return { kept, ...(trial !== undefined && { trial }), ...(passed !== undefined && { passed: passed as KeptState['passed'] }) };
  } catch {
    return undefined;
  }
}
type Form = 'string' | 'number' | 'boolean' | ((value: unknown) => boolean);
const hasForms = (value: unknown, forms: { readonly [name: string]: Form }): boolean => typeof value === 'object' && value !== null
  && Object.entries(forms).every(([name, form]) => {
    const own = (value as { [name: string]: unknown })[name];
    return typeof form === 'function' ? form(own) : typeof own === form;
  });
const isText = (value: unknown): boolean => value === undefined || typeof value === 'string';
const isChange = (value: unknown): boolean => hasForms(value, { block: 'string', word: 'string', before: isText, after: isText });
const isKept = (value: unknown): value is KeptCorefile => hasForms(value, {
  number: Number.isSafeInteger, at: (at) => Number.isFinite(new Date(at as number).getTime()) && typeof at === 'number',
  text: 'string', canonical: isCanonical, changes: (changes) => Array.isArray(changes) && changes.every(isChange),
});
const isTrial = (value: unknown): value is Trial => hasForms(value, {
  until: 'number', canonical: isCanonical, before: 'string', inFile: 'boolean',
});
/** Blocks of keys and lines, as whoever compares two of them reads them. */
function isCanonical(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const blocks = JSON.parse(value) as unknown;
  return Array.isArray(blocks) && blocks.every((block) => Array.isArray(block) && areWords(block[0]) && areLines(block[1]));
}
const areWords = (value: unknown): boolean => Array.isArray(value) && value.every((word) => typeof word === 'string');
function areLines(value: unknown): boolean {
  return Array.isArray(value) && value.every((line) => Array.isArray(line) && typeof line[0] === 'string' && areWords(line[1])
    && (line[2] === undefined || line[2] === null || areLines(line[2])));
}
