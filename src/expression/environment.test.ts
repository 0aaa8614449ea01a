// What the tests of expressions lend to them: functions and variables of every type, known, unknown and failing.

import type { Environment } from './index.ts';
import { printValue } from './value.ts';

/** The names of the tests. */
export const environment: Environment<undefined> = {
  functions: {
    incidr: { parameters: ['string', 'string'], result: 'bool', fallible: true, call: (_: undefined, ip: string) => inCidr(ip) },
    metadata: { parameters: ['string'], result: 'string', call: (_: undefined, label: string) => `md:${label}` },
    type: { parameters: [], result: 'string', call: () => 'A' },
    name: { parameters: [], result: 'string', call: () => 'www.example.org.' },
    size: { parameters: [], result: 'int', call: () => 40 },
    do: { parameters: [], result: 'bool', call: () => true },
    bufsize: { parameters: [], result: 'int', call: () => 1232 },
    group: { parameters: ['any'], result: 'string', call: (_: undefined, name: unknown) => printValue(name) },
    any_: { parameters: [], result: 'any', call: () => 'text' },
    anynum: { parameters: [], result: 'any', call: () => 7 },
    anynil: { parameters: [], result: 'any', call: () => undefined },
  },
  variables: {
    v: { type: 'string', value: () => 'variable' },
    n: { type: 'int', value: () => 5 },
    x: { type: 'any', value: () => undefined },
    fl: { type: 'float', value: () => 2.5 },
  },
  clock: () => 1_700_000_000_000,
};

function inCidr(ip: string): boolean {
  if (ip === 'bad') throw new Error('first argument is not an IP address');
  return true;
}
