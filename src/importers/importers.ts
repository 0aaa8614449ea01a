// The servers whose configurations can be imported, by their names on the command line. Loads the one that is wanted.
import type { Outcome } from './outcome.ts';
import type { Source } from './source.ts';

/** Makes an outcome of a file. `hostname` is the name of the machine. Throws ImportError. */
export type Importer = (file: string, source: Source, outcome: Outcome, hostname: string) => void | Promise<void>;

/** Each with how it is loaded. */
export const IMPORTERS: Readonly<Record<string, () => Promise<Importer>>> = {
  dnsmasq: async () => (await import('./dnsmasq/import.ts')).importDnsmasq,
  unbound: async () => (await import('./unbound/import.ts')).importUnbound,
};
