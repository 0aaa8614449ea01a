// What is said of networks: the smallest one that has an address decides. Knows addresses.
import { inPrefix } from '../dns/address.ts';
import type { CIDR } from '../dns/address.ts';

/** Of those whose network has the address the one with the smallest network; of equals the first. */
export function nearestOf<T extends { readonly network: CIDR }>(all: readonly T[], address: Uint8Array): T | undefined {
  let nearest: T | undefined;
  for (const each of all) {
    const { network: { address: network, bits } } = each;
    if ((nearest === undefined || bits > nearest.network.bits) && inPrefix(address, network, bits)) nearest = each;
  }
  return nearest;
}
