// Where blocks listen: one address for each key and `bind` address, its label, and the overlaps that are refused (KEY-6, 7, 8).
// Knows keys as they were parsed; opens nothing.
import type { Scheme } from '../../dns/port.ts';

/** One zone at one address. */
export interface ZoneAddress {
  readonly scheme: Scheme;
  /** Presentation form, absolute. */
  readonly zone: string;
  readonly port: number;
  /** '' for every address. */
  readonly address: string;
}

/** `dns://127.0.0.1:53`, `dns://:53`, `tls://[::1]:853` (KEY-10). */
export function label(scheme: string, address: string, port: number): string {
  return `${scheme}://${address.includes(':') ? `[${address}]` : address}:${port}`;
}

const text = ({ scheme, zone, port, address }: ZoneAddress) => `${scheme}://${zone}:${port}${address === '' ? '' : ` on ${address}`}`;
const key = ({ scheme, zone, port, address }: ZoneAddress) => `${scheme} ${zone} ${port} ${address}`;

/** Refuses what two blocks without a filter cannot both serve. A block with one may stand anywhere: it takes some questions alone. */
export class Overlaps {
  readonly #registered = new Set<string>();
  readonly #unbound = new Map<string, ZoneAddress>();

  /** The reason why a block without a filter cannot serve this zone here, or undefined: then it is remembered. */
  add(at: ZoneAddress): string | undefined {
    if (this.#registered.has(key(at))) return `cannot serve ${text(at)} - it is already defined`;
    const everywhere = { ...at, address: '' };
    const already = this.#unbound.get(key(everywhere));
    if (already !== undefined) {
      const clash = at.address === '' ? already : this.#registered.has(key(everywhere)) ? everywhere : undefined;
      if (clash !== undefined) return `cannot serve ${text(at)} - zone overlap listener capacity with ${text(clash)}`;
    }
    this.#registered.add(key(at));
    this.#unbound.set(key(everywhere), at);
    return undefined;
  }
}
