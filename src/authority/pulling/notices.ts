// Who may say that a zone has changed (RFC 1996), and what threads were told so, for main to look at. Knows clients' addresses and keys;
// knows no zone.
import { inPrefix } from '../../dns/address.ts';
import type { CIDR } from '../../dns/address.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Flags } from '../../store/cells.ts';
import type { Store } from '../../store/store.ts';
import type { Primary } from './settings.ts';

/** Milliseconds between two looks at what other threads were notified of. */
export const LOOK = 200;

/** Who may say that a zone has changed, beside its primaries. */
export interface Notifying {
  readonly networks: readonly CIDR[];
  /** A key with which it has to be signed, with its last dot. */
  readonly keys: readonly string[];
}
/** Whether a client is one that says when a zone changes: a primary, or who is named. */
export function mayNotify(primaries: readonly Primary[], { networks, keys }: Notifying, query: Query): boolean {
  const { signature } = query.journey;
  if (signature?.error === 0 && keys.includes(signature.key)) return true;
  const client = query.clientAddress;
  if (primaries.some((primary) => primary.client === client)) return true;
  const address = query.bytes.subarray(query.clientAt, query.clientAt + query.clientLength);
  return networks.some(({ network, bits }) => inPrefix(address, network, bits));
}

/** The notices of one part: other threads count them, main looks. */
export class Notices {
  readonly #store: Store;
  /** How often a thread was told that some zone has changed, and how often main had heard of. */
  readonly #calls: Flags;
  #heard = 0;

  /** `name` is the part's own. */
  constructor(store: Store, name: string) {
    this.#store = store;
    this.#calls = store.cells.flags(`notified ${name}`, 1);
  }
  /** Where notices of a zone are counted. */
  flags(zone: string): Flags {
    return this.#store.cells.flags(`notified ${zone}`, 1);
  }
  /** A thread was told. */
  count(flags: Flags): void {
    flags.add(0, 1);
    this.#calls.add(0, 1);
  }
  /** Main's: which of them were counted since it looked last. */
  taken(flags: () => readonly Flags[]): number[] {
    const calls = this.#calls.get(0);
    if (calls === this.#heard) return [];
    this.#heard = calls;
    return flags().flatMap((each, i) => {
      if (each.get(0) === 0) return [];
      each.set(0, 0);
      return [i];
    });
  }
}
