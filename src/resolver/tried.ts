// Which servers of a delegation were asked for one question, and what came of it. Knows servers; asks none.
import type { Name } from '../dns/name.ts';
import type { Server } from './servers.ts';
import type { ServerAddress } from './settings.ts';

/** Which servers of a delegation were asked, and how often. */
export class Tried {
  /** Names of servers whose addresses of all kinds were looked up. */
  readonly widened = new Set<string>();
  readonly #times = new Map<Server, number>();
  readonly #out = new Set<Server>();
  readonly #names = new Set<string>();
  askedParent = false;
  /** Names of servers that led to no address. */
  missing = 0;
  /** Some of them are known to have none: the next question need not look them up. */
  isFurther = false;
  isRefused = false;
  /** Servers that tell what others say. */
  hearsay: ServerAddress[] = [];
  empty = 0;
  count = 0;
  of(server: Server): number {
    return this.#times.get(server) ?? 0;
  }
  add(server: Server): void {
    this.count++;
    this.#times.set(server, this.of(server) + 1);
  }
  out(server: Server): void {
    this.#out.add(server);
  }
  isOut(server: Server): boolean {
    return this.#out.has(server);
  }
  has(name: Name): boolean {
    if (this.#names.has(name.key)) return true;
    this.#names.add(name.key);
    return false;
  }
}
