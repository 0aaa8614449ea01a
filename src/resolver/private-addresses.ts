// Addresses that no public name may have: those of private networks, in A and AAAA, in hints of HTTPS and SVCB (rebinding). Knows
// networks and records; knows no zone.
import { inPrefix, isMapped } from '../dns/address.ts';
import type { CIDR } from '../dns/address.ts';
import type { Name } from '../dns/name.ts';
import type { RR } from '../dns/rr.ts';
import { TYPE } from '../dns/type-name.ts';

const IPV4_HINT = 4, IPV6_HINT = 6;

/** Private networks, and the names that may have them. */
export class PrivateAddresses {
  readonly #networks: readonly CIDR[];
  readonly #domains: readonly Name[];
  constructor(networks: readonly CIDR[], domains: readonly Name[]) {
    this.#networks = networks;
    this.#domains = domains;
  }
  /** Whether the record says an address that its name may not have. */
  isIn({ name, type, rdata }: RR): boolean {
    if (this.#networks.length === 0 || this.#domains.some((domain) => name.isUnder(domain))) return false;
    if (type === TYPE.A || type === TYPE.AAAA) return this.#has(rdata);
    return (type === TYPE.HTTPS || type === TYPE.SVCB) && hintsOf(rdata).some((hint) => this.#has(hint));
  }
  #has(octets: Uint8Array): boolean {
    return this.#networks.some(({ address, bits }) => inPrefix(octets, address, bits))
      || (isMapped(octets) && this.#has(octets.subarray(12)));
  }
}
/** The addresses among a service's parameters (RFC 9460 section 7.3). */
function hintsOf(rdata: Uint8Array): Uint8Array[] {
  let at = 2;
  while (at < rdata.length && rdata[at] !== 0) at += rdata[at]! + 1;
  const found: Uint8Array[] = [];
  for (at++; at + 4 <= rdata.length;) {
    const key = (rdata[at]! << 8) | rdata[at + 1]!;
    const length = (rdata[at + 2]! << 8) | rdata[at + 3]!;
    const size = key === IPV4_HINT ? 4 : key === IPV6_HINT ? 16 : 0;
    const end = Math.min(at + 4 + length, rdata.length);
    for (let i = at + 4; size > 0 && i + size <= end; i += size) found.push(rdata.subarray(i, i + size));
    at += 4 + length;
  }
  return found;
}
