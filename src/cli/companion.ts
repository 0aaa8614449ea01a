// What goes along with a server that is more than its Corefile, such as a cache of a node: what it is handed, and when it is heard. Knows
// moments; knows nothing of what is done there.
import type { Clock } from '../kernel/clock.ts';
import type { App } from '../kernel/serving/app.ts';
import type { Log } from '../kernel/seen/log.ts';
import type { Metrics } from '../kernel/seen/metrics.ts';

/** The server that it goes along with. */
export interface Accompanied {
  readonly app: App;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: Clock;
}
/** Who goes along with a server. None of these rejects but `begin`, which refuses the start. */
export interface Companion {
  /** Before anything of the Corefile is opened. */
  begin(server: Accompanied): Promise<void>;
  /** What is waited for before the process is ready. */
  awaited(): readonly string[];
  /** Everything listens. */
  serving(): void;
  /** A signal ends the process; everything is still served. */
  leaving(): Promise<void>;
  /** Nothing is served any more. */
  gone(): Promise<void>;
}
