// Which servers of a delegation were asked for one question, and what came of it. Knows servers; asks none.
import type { Name } from '../dns/name.ts';
import type { Server } from './servers.ts';
import type { ServerAddress } from './settings.ts';

/** Which servers of a delegation were asked, and how often. */
export class Tried {
  /** Names of servers whose addresses of all kinds were looked up. */
  #widened: Set<string> | undefined;
  readonly #times: Server[] = [];
  #out: Server[] | undefined;
  #names: Set<string> | undefined;
  askedParent = false;
  /** Names of servers that led to no address. */
  missing = 0;
  /** Some of them are known to have none: the next question need not look them up. */
  isFurther = false;
  isRefused = false;
  /** Servers that tell what others say. */
  hearsay: readonly ServerAddress[] = NOBODY;
  empty = 0;
  get count(): number {
    return this.#times.length;
  }
  of(server: Server): number {
    let times = 0;
    for (const each of this.#times) if (each === server) times++;
    return times;
  }
  add(server: Server): void {
    this.#times.push(server);
  }
  out(server: Server): void {
    (this.#out ??= []).push(server);
  }
  isOut(server: Server): boolean {
    return this.#out?.includes(server) === true;
  }
  tells(server: ServerAddress): void {
    this.hearsay = [...this.hearsay, server];
  }
  has(name: Name): boolean {
    this.#names ??= new Set();
    if (this.#names.has(name.key)) return true;
    this.#names.add(name.key);
    return false;
  }
  /** The same, of names of which addresses of all kinds are looked up. */
  hasWidened(name: Name): boolean {
    this.#widened ??= new Set();
    if (this.#widened.has(name.key)) return true;
    this.#widened.add(name.key);
    return false;
  }
}
const NOBODY: readonly ServerAddress[] = [];
