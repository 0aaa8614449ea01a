// Which upstreams are left alone because they do not answer, and the checks that find out when they do again (FWD-9, FWD-10). Knows
// numbers of upstreams and of threads' shared cells; how one is asked is handed to it.

/** Whole numbers that threads share; the kernel's flags are some. */
export interface SharedNumbers {
  get(index: number): number;
  set(index: number, value: number): void;
  add(index: number, delta: number): number;
  exchange(index: number, expected: number, value: number): boolean;
}
/** What the checks need. */
export interface HealthParts {
  /** How many upstreams there are. */
  readonly count: number;
  /** `CELLS` for each upstream. */
  readonly numbers: SharedNumbers;
  readonly after: (milliseconds: number, call: () => void) => () => void;
  /** Milliseconds since 1970. */
  readonly wall: () => number;
  /** Milliseconds between two checks of one upstream. */
  readonly interval: number;
  readonly signal: AbortSignal;
  /** Asks upstream `index`; rejects where nothing came. */
  readonly probe: (index: number) => Promise<unknown>;
  /** A check failed. */
  readonly failed: (index: number) => void;
}

/**
 * Shared numbers of one upstream: checks that failed in a row, when its checker was seen last, how often checks found it well, and until
 * when it is to be left alone, in seconds.
 */
export const CELLS = 4;
/** A check that fails at once is not repeated sooner than this, milliseconds. */
const LEAST_INTERVAL = 10;
/** Seconds without a sign of the thread that checks, beyond the interval, after which another one takes over: it is gone. */
const GONE = 10;

/** Failed checks of each upstream. One thread at a time checks an upstream; all of them see what it finds. */
export class Health {
  readonly #parts: HealthParts;
  readonly #mine = new Set<number>();

  constructor(parts: HealthParts) {
    this.#parts = parts;
    parts.signal.addEventListener('abort', () => {
      for (const index of this.#mine) parts.numbers.set(parts.count + index, 0);
    }, { once: true });
  }

  /** Whether more checks failed than may, never where 0 may (FWD-9); or whether somebody wants it to be left alone. */
  down(index: number, maxFails: number): boolean {
    return (maxFails !== 0 && this.#parts.numbers.get(index) > maxFails) || this.drained(index) > 0;
  }
  /** Until when it is left alone, in seconds since 1970; 0 where it is not. */
  drained(index: number): number {
    const { numbers, count } = this.#parts;
    const until = numbers.get(3 * count + index);
    return until !== 0 && until > this.#seconds() ? until : 0;
  }
  /** It is left alone until then; 0: it is asked again. */
  drain(index: number, until: number): void {
    this.#parts.numbers.set(3 * this.#parts.count + index, until);
  }
  /** Another one has the number now. */
  forget(index: number): void {
    this.#parts.numbers.set(index, 0);
    this.drain(index, 0);
  }
  /** How often checks found it well, in whichever thread. */
  recoveries(index: number): number {
    const { numbers, count } = this.#parts;
    return numbers.get(2 * count + index);
  }
  /** An error was met: checks the upstream until one check succeeds, unless that is being done. */
  check(index: number): void {
    const { numbers, count, signal, interval } = this.#parts;
    if (signal.aborted || this.#mine.has(index)) return;
    const seen = numbers.get(count + index);
    const now = this.#seconds();
    if (seen !== 0 && now - seen < GONE + interval / 1000) return;
    if (!numbers.exchange(count + index, seen, now)) return;
    this.#mine.add(index);
    this.#probe(index);
  }
  #seconds(): number {
    return Math.floor(this.#parts.wall() / 1000) | 0;
  }
  #probe(index: number): void {
    const { numbers, count, probe, signal, failed, after, interval } = this.#parts;
    probe(index).then(
      () => {
        numbers.set(index, 0);
        numbers.add(2 * count + index, 1);
        if (this.#mine.delete(index) && !signal.aborted) numbers.set(count + index, 0);
      },
      () => {
        if (signal.aborted) return;
        numbers.add(index, 1);
        numbers.set(count + index, this.#seconds());
        failed(index);
        after(Math.max(LEAST_INTERVAL, interval), () => {
          if (!signal.aborted) this.#probe(index);
        });
      },
    );
  }
}
