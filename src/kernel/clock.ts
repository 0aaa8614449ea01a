// Time, injected: what a server and its parts know of it. Knows nothing of queries.
import type { Signal } from './signal.ts';

/** Where everything that waits or measures gets its time from; a test gives one that it moves by hand. */
export interface Clock {
  /** Milliseconds that only grow, with a fraction: for durations. Costs 70 ns: read once a batch and once a query at most. */
  monotonic(): number;
  /** Milliseconds since 1970. */
  wall(): number;
  /** Calls once after so many milliseconds, unless the returned function is called before. Does not keep a process alive. */
  after(milliseconds: number, call: () => void): () => void;
}

/** The machine's clock. */
export const systemClock: Clock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  after(milliseconds, call) {
    const timer = setTimeout(call, milliseconds);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/**
 * Calls again and again, `milliseconds` after the last call ended, until the signal aborts. What it throws or rejects with goes to
 * `report`. A function as interval is asked before each wait (jitter).
 */
export function every(clock: Clock, milliseconds: number | (() => number), signal: Signal, report: (error: unknown) => void,
  call: () => void | Promise<void>): void {
  const wait = typeof milliseconds === 'number' ? () => milliseconds : milliseconds;
  let cancel = () => {};
  const next = () => {
    if (signal.aborted) return;
    cancel = clock.after(wait(), async () => {
      try {
        if (!signal.aborted) await call();
      } catch (error) {
        report(error);
      }
      next();
    });
  };
  signal.addEventListener('abort', () => cancel(), { once: true });
  next();
}
