// What a Corefile is read with on this machine: files, environment, words, schemes. Knows the machine; opens nothing.
import type { Reading } from '../kernel/site/build.ts';
import type { LatePlugin } from '../kernel/site/plugin.ts';
import { files, machine } from './machine.ts';
import { ORDER } from './plugin-names.ts';

/** The schemes of the transports that are there; a test compares them. */
export const SCHEMES: ReadonlySet<string> = new Set(['dns']);

/** The reading of one Corefile. */
export function readingOf(file: string, port: number, late: readonly LatePlugin[], warn: Reading['warn']): Reading {
  return {
    file, plugins: [], late, port, warn, machine, files, schemes: SCHEMES, environment: (name) => process.env[name],
    words: new Set([...ORDER, ...late.flatMap(({ name, aliases = [] }) => [name, ...aliases])]),
  };
}
