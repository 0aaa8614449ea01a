// A way to an upstream: whatever carries questions to it and brings replies. Knows nothing of what it is.
import type { Asking, ExchangeError } from './asking.ts';

/** One way. */
export interface Way {
  /** Sends the question, or says why it cannot be sent. What becomes of it goes to the asking, never before this returns. */
  ask(asking: Asking): ExchangeError | undefined;
  /** Whether a connection stands. */
  readonly open: boolean;
  /** Closes what has been idle for too long. `now` is of the clock of its timers. */
  sweep(now: number): void;
  /** Closes everything as soon as nothing waits on it. Questions can still be asked. */
  close(): void;
}
