// The servers whose configurations can be imported, by their names on the command line. Loads the one that is wanted.
import type { Importer } from './importer.ts';

/** Each with how it is loaded. */
export const IMPORTERS: Readonly<Record<string, () => Promise<Importer>>> = {
  dnsmasq: async () => (await import('./dnsmasq/import.ts')).importDnsmasq,
  bind: async () => (await import('./bind/import.ts')).importBind,
  unbound: async () => (await import('./unbound/import.ts')).importUnbound,
};
