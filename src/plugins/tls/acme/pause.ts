// Waiting on an injected clock that can be cut short. Knows time alone.
import type { Clock } from '../../../kernel/clock.ts';

/** Resolves after so many milliseconds; rejects with Error as soon as the signal aborts. */
export function pause(clock: Pick<Clock, 'after'>, milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      cancel();
      reject(new Error('the server ends'));
    };
    if (signal.aborted) return reject(new Error('the server ends'));
    const cancel = clock.after(milliseconds, () => {
      signal.removeEventListener('abort', stop);
      resolve();
    });
    signal.addEventListener('abort', stop, { once: true });
  });
}
