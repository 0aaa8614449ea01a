// What is left of leases: asked for once a lease, and again when half of what was left is over, while somebody needs it. Knows time; knows
// no keys. Main's.
import type { Clock } from '../../kernel/clock.ts';
import type { EtcdClient } from '../../key-value/etcd-client.ts';

/** Seconds between which what is left of a lease counts as a TTL. */
export interface LeaseBounds {
  readonly least: number;
  readonly most: number;
}
interface Known {
  /** Milliseconds of the clock at which it ends, and at which it is asked for again. */
  readonly ends: number;
  readonly again: number;
}

/** Leases that are remembered. */
const MOST = 100_000;

/** All leases of one etcd. */
export class Leases {
  readonly #client: EtcdClient;
  readonly #clock: Clock;
  readonly #known = new Map<bigint, Known>();
  readonly #asked = new Map<bigint, Promise<Known>>();

  constructor(client: EtcdClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** Seconds, within the bounds; the least where nobody says. */
  async ttl(id: bigint, { least, most }: LeaseBounds): Promise<number> {
    const now = this.#clock.monotonic();
    let known = this.#known.get(id);
    if (known === undefined || known.again <= now) {
      try {
        known = await this.#ask(id);
      } catch {
        // What was known of it counts on.
      }
    }
    const left = known === undefined ? 0 : Math.floor((known.ends - this.#clock.monotonic()) / 1000);
    return Math.max(least, Math.min(most, left));
  }
  #ask(id: bigint): Promise<Known> {
    let asked = this.#asked.get(id);
    if (asked === undefined) {
      asked = this.#client.lease(id).then(({ left }) => {
        const now = this.#clock.monotonic();
        // etcd says whole seconds, rounded down.
        const milliseconds = Math.max(0, left) * 1000 + 999;
        const known = { ends: now + milliseconds, again: now + Math.max(1000, milliseconds / 2) };
        if (this.#known.size >= MOST) this.#known.clear();
        this.#known.set(id, known);
        return known;
      }).finally(() => this.#asked.delete(id));
      this.#asked.set(id, asked);
    }
    return asked;
  }
}
