// Waiting on an injected clock that can be cut short. Knows time alone.
import type { Clock } from '../kernel/clock.ts';

/** Resolves after so many milliseconds, when `woken` is given the way to end it and that is called, or when the signal aborts. */
export function pause(clock: Clock, milliseconds: number, signal: AbortSignal, woken?: (wake: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.after(milliseconds, end);
    if (signal.aborted) return end();
    signal.addEventListener('abort', end, { once: true });
    woken?.(end);
  });
}
