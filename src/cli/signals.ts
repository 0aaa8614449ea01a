// What signals do to the server (SIG-1 to SIG-5). Knows an App and the end of the process; knows no configuration.
import type { App } from '../kernel/serving/app.ts';
import type { Log } from '../kernel/seen/log.ts';
import type { Companion } from './companion.ts';

/** Milliseconds within which a second SIGINT is the same key press. */
const SAME_PRESS = 200;

/** What handling signals needs. */
export interface SignalOptions {
  readonly app: App;
  readonly log: Log;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** What goes along with the server: heard before it drains, and after it closed. */
  readonly companion?: Pick<Companion, 'leaving' | 'gone'> | undefined;
  /** Ends the process with this status, its log written. */
  readonly leave: (status: number) => void;
  /** Who is told when a reload begins and is over, and that the process ends. */
  readonly service?: { reloading(): void; ready(status: string): void; stopping(): void } | undefined;
  /** What it is told of what is served. */
  readonly status?: () => string;
}

/** Handlers stand from the start on, so that a signal during the start ends the process as it should. */
export function handleEndSignals({ app, log, leave, now, companion, service }: SignalOptions): void {
  let stopping = false;
  let first = 0;
  const stop = async (text: string) => {
    if (stopping) return;
    stopping = true;
    log.info(text);
    service?.stopping();
    await companion?.leaving();
    await app.drain();
    await app.close();
    await companion?.gone();
    leave(0);
  };
  process.on('SIGINT', () => {
    // `npm start` hands the signal on that a terminal has sent to all: both are one key press.
    if (stopping && now() - first < SAME_PRESS) return;
    if (stopping) {
      log.info('SIGINT: Force quit');
      leave(2);
    }
    first = now();
    void stop('SIGINT: Shutting down');
  });
  process.on('SIGTERM', () => void stop('SIGTERM: Shutting down servers then terminating'));
  process.on('SIGQUIT', () => {
    log.info('SIGQUIT: Quitting process immediately');
    leave(0);
  });
  process.on('SIGHUP', () => {});
  process.on('SIGUSR2', () => {});
  process.on('SIGPIPE', () => {});
}

/**
 * What SIGUSR1 does (SIG-4): `read` gives the text as it is now; undefined where there was none. One reload comes after the other, and
 * signals while one is under way are one more.
 */
export function reloadOnSignal({ app, log, service, status = () => '' }: SignalOptions, read: (() => string) | undefined): () => void {
  let running = false;
  let again = false;
  const replace = async () => {
    log.info('SIGUSR1: Reloading');
    if (read === undefined) throw new Error('no Caddyfile loader with which to reload Caddyfile');
    let text: string;
    try {
      text = read();
    } catch (error) {
      app.failed();
      throw new Error(`loading updated Caddyfile: ${(error as Error).message}`);
    }
    await app.replace(text).catch((error: Error) => {
      throw new Error(`starting with listener file descriptors: ${error.message}`);
    });
  };
  return async () => {
    again = true;
    if (running) return;
    running = true;
    while (again) {
      again = false;
      service?.reloading();
      await replace().catch((error: Error) => log.error(`SIGUSR1: ${error.message}`));
      service?.ready(status());
    }
    running = false;
  };
}
