// The servers whose configurations can be imported, by their names on the command line. Loads the one that is wanted.
import type { Importer } from './importer.ts';

/** Each with how it is loaded. */
export const IMPORTERS: Readonly<Record<string, () => Promise<Importer>>> = {
  dnsmasq: async () => (await import('./dnsmasq/import.ts')).importDnsmasq,
  bind: async () => (await import('./bind/import.ts')).importBind,
  unbound: async () => (await import('./unbound/import.ts')).importUnbound,
  'kube-dns': async () => (await import('./kube-dns.ts')).importKubeDns,
  resolved: async () => (await import('./resolved.ts')).importResolved,
  adguard: async () => (await import('./adguard.ts')).importAdguard,
  pihole: async () => (await import('./pihole/import.ts')).importPihole,
};
