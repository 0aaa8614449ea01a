// The numbers under which threads share what they know of upstreams that come and go. Knows addresses; main alone gives numbers out.
import { addressKey } from '../../upstream/address.ts';
import type { UpstreamAddress } from '../../upstream/address.ts';

/** Addresses that host names of a line may have at one time; those beyond are not asked. */
const NAMED = 64;

/** An address with its number. */
export interface Seated extends UpstreamAddress {
  readonly seat: number;
}

/** Numbers of addresses. One that was given back is given out again as late as can be: threads may still know it by the address before. */
export class Seats {
  /** How many there are. */
  readonly count: number;
  readonly #free: number[];
  #taken = new Map<string, number>();
  /** Those that were given to another address the last time. */
  fresh: readonly number[] = [];

  /** `written` addresses stand in the line, beside names. */
  constructor(written: number) {
    this.count = written + NAMED;
    this.#free = Array.from({ length: this.count }, (_, i) => i);
  }

  /** Those that have a number keep it. */
  give(addresses: readonly UpstreamAddress[]): readonly Seated[] {
    const before = this.#taken;
    const keys = new Set(addresses.map(addressKey));
    this.#taken = new Map([...before].filter(([key]) => keys.has(key)));
    const seated: Seated[] = [];
    const fresh: number[] = [];
    for (const address of addresses) {
      const key = addressKey(address);
      let seat = this.#taken.get(key);
      if (seat === undefined) {
        seat = this.#free.shift();
        if (seat === undefined) break;
        fresh.push(seat);
        this.#taken.set(key, seat);
      }
      seated.push({ ...address, seat });
    }
    for (const [key, seat] of before) if (!keys.has(key)) this.#free.push(seat);
    this.fresh = fresh;
    return seated;
  }
}
