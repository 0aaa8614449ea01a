// How many of the machine's cores had nothing to do lately. Knows what the system says of its processors; decides nothing.
import { cpus } from 'node:os';
import type { CpuInfo } from 'node:os';

/** Looks at the processors again and again. */
export class IdleCores {
  readonly #read: () => readonly CpuInfo[];
  #idle = 0;
  #total = 0;

  /** `read` is for tests. */
  constructor(read: () => readonly CpuInfo[] = cpus) {
    this.#read = read;
    this.since();
  }
  /** Cores that were idle on average since the last call; all of them where no time has passed. */
  since(): number {
    const all = this.#read();
    const idle = all.reduce((sum, { times }) => sum + times.idle, 0);
    const total = all.reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.idle + times.irq, 0);
    const part = total === this.#total ? 1 : (idle - this.#idle) / (total - this.#total);
    this.#idle = idle;
    this.#total = total;
    return part * all.length;
  }
}
