// Which upstreams are left alone because they do not answer, and the checks that find out when they do again (FWD-9, FWD-10). Knows
// numbers of upstreams; how one is asked is handed to it.

/** What the checks need. */
export interface Checks {
  readonly after: (milliseconds: number, call: () => void) => () => void;
  /** Milliseconds between two checks of one upstream. */
  readonly interval: number;
  readonly signal: AbortSignal;
  /** Asks upstream `index`; rejects where nothing came. */
  readonly probe: (index: number) => Promise<unknown>;
  /** A check failed. */
  readonly failed: (index: number) => void;
}

/** A check that fails at once is not repeated sooner than this, milliseconds. */
const LEAST_INTERVAL = 10;

/** Failed checks of each upstream, in memory that threads can share, and who runs the checks. */
export class Health {
  /** How many checks failed in a row, for each upstream. */
  readonly fails: Int32Array;
  readonly #active: boolean[];
  #checks: Checks | undefined = undefined;

  constructor(count: number) {
    this.fails = new Int32Array(new SharedArrayBuffer(count * 4));
    this.#active = new Array<boolean>(count).fill(false);
  }

  /** Whether more checks failed than may; never where 0 may (FWD-9). */
  down(index: number, maxFails: number): boolean {
    return maxFails !== 0 && Atomics.load(this.fails, index) > maxFails;
  }
  /** From now on checks are run here. */
  run(checks: Checks): void {
    this.#checks = checks;
  }
  /** An error was met: checks the upstream until one check succeeds, unless that is being done. */
  check(index: number): void {
    const checks = this.#checks;
    if (checks === undefined || this.#active[index] === true || checks.signal.aborted) return;
    this.#active[index] = true;
    this.#probe(checks, index);
  }
  #probe(checks: Checks, index: number): void {
    checks.probe(index).then(
      () => {
        Atomics.store(this.fails, index, 0);
        this.#active[index] = false;
      },
      () => {
        if (checks.signal.aborted) return;
        Atomics.add(this.fails, index, 1);
        checks.failed(index);
        checks.after(Math.max(LEAST_INTERVAL, checks.interval), () => {
          if (!checks.signal.aborted) this.#probe(checks, index);
        });
      },
    );
  }
}
