// Time as this client needs it. Knows timers; a timer of it keeps no process alive.

/** Resolves after so many milliseconds, or when the signal aborts. */
export type Wait = (milliseconds: number, signal: AbortSignal) => Promise<void>;

/** The machine's time. */
export const wait: Wait = (milliseconds, signal) => new Promise((resolve) => {
  if (signal.aborted) return resolve();
  const timer = setTimeout(end, milliseconds) as unknown as { unref?(): void };
  timer.unref?.();
  signal.addEventListener('abort', end, { once: true });
  function end(): void {
    clearTimeout(timer as never);
    signal.removeEventListener('abort', end);
    resolve();
  }
});
/** Milliseconds before the next try of what failed so often: longer each time, and not the same for all who wait. */
export const backOff = (failures: number): number => Math.min(30_000, 250 * 2 ** Math.min(failures, 7)) * (0.5 + Math.random() / 2);
