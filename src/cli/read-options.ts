// What a Corefile is read with on this machine: files, environment, words, schemes. Knows the machine; opens nothing.
import type { ReadOptions } from '../kernel/site/build.ts';
import type { LatePlugin } from '../kernel/site/plugin.ts';
import { files, machine } from './machine.ts';
import { ORDER } from './plugin-names.ts';

/** The schemes of the transports that are there; a test compares them. */
export const SCHEMES: ReadonlySet<string> = new Set(['dns', 'tls', 'quic', 'https', 'https3', 'grpc']);

/** The options of one Corefile. */
export function readOptionsOf(file: string, port: number, late: readonly LatePlugin[], warn: ReadOptions['warn']): ReadOptions {
  return {
    file, plugins: [], late, port, warn, machine, files, schemes: SCHEMES, environment: (name) => process.env[name],
    words: new Set([...ORDER, ...late.flatMap(({ name, aliases = [] }) => [name, ...aliases])]),
  };
}
