// Addresses of this machine and as the kernel writes them. Knows sockaddr and network interfaces; opens nothing.
import { networkInterfaces } from 'node:os';

/** True for '' and both families' unspecified addresses: each of them means every address of the machine, as with CoreDNS. */
export const isWildcard = (address: string): boolean => address === '' || address === '::' || address === '0.0.0.0';

/**
 * Opens a wildcard: IPv6 and IPv4 at once, or the family that it has for itself (`0.0.0.0` in one block and `::` in another); IPv4 alone
 * where the machine has no IPv6.
 */
export function openWildcard<T>({ family }: { readonly family?: 4 | 6 }, open: (address: string, dual: boolean) => T): T {
  if (family === 4) return open('0.0.0.0', false);
  const four = (error: unknown): T => {
    const { code } = error as { code?: string };
    if (family === 6 || (code !== 'EAFNOSUPPORT' && code !== 'EADDRNOTAVAIL')) throw error;
    return open('0.0.0.0', false);
  };
  try {
    const opened = open('::', family === undefined);
    return opened instanceof Promise ? (opened.catch(four) as T) : opened;
  } catch (error) {
    return four(error);
  }
}

/** An IPv4 address where this is one in IPv6's clothes, else the address itself. */
export const unmapped = (address: string): string => (address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address);

/** Every address of the machine's interfaces, link-local ones with their zone. */
export function localAddresses(): string[] {
  const all = Object.entries(networkInterfaces()).flatMap(([name, list]) => (list ?? []).map(({ address, family, scopeid }) =>
    family === 'IPv6' && scopeid !== undefined && scopeid !== 0 && !address.includes('%') ? `${address}%${name}` : address));
  return [...new Set(all)];
}
