// The wheel of time-outs that all lines of a thread share. Knows a load; knows no upstream.
import type { Run } from '../../kernel/site/plugin.ts';
import { Timers } from '../../upstream/timers.ts';

/** One wheel for each thread. */
export const timersOf = (run: Run): Promise<Timers> =>
  run.shared.use(`upstream/timers ${run.thread}`, run.signal, () => new Timers(run.clock));
