// A server with real sockets in this process, for tests that bring plugins of their own and ask it with programs of others. Knows how one
// is put together; knows no plugin.
import { files, machine } from '../cli/machine.ts';
import { systemClock } from '../kernel/clock.ts';
import type { Clock } from '../kernel/clock.ts';
import { LogLines } from '../kernel/seen/log-lines.ts';
import { createLog } from '../kernel/seen/log.ts';
import { Metrics } from '../kernel/seen/metrics.ts';
import { App } from '../kernel/serving/app.ts';
import type { Plugin } from '../kernel/site/plugin.ts';
import { Store } from '../store/store.ts';
import { dnsTransport } from '../transport/dns.ts';
import { tcp } from '../transport/tcp.ts';
import { udp } from '../transport/udp.ts';
import { freePort } from './free-port.ts';
import { STORE_KEY } from './store-key.ts';

/** A server that listens. */
export interface Served {
  readonly port: number;
  /** What it logged until now. */
  readonly log: () => string;
  /** Takes another Corefile over, as a reload does; rejects with why not. */
  readonly replace: (corefile: string) => Promise<void>;
  /** As the process ends when it is told to: what is kept is written first. */
  readonly leave: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/**
 * Serves this text with these plugins, on a free port where its keys name none; throws what a start throws.
 * The plugins have this clock.
 */
export async function serve(corefile: string, plugins: readonly Plugin[], clock: Clock = systemClock): Promise<Served> {
  let log = '';
  const lines = new LogLines((bytes, from, length) => {
    log += Buffer.from(bytes.buffer, bytes.byteOffset + from, length).toString();
    return length;
  }, () => {});
  const debugging = { on: false };
  const port = await freePort();
  const sockets = udp({ warn: () => {} });
  const app = new App({
    readOptions: {
      file: 'Corefile', plugins, words: new Set(plugins.map(({ name }) => name)), machine, files, environment: () => undefined, port,
      warn: () => {},
    },
    transports: { dns: dnsTransport(sockets, tcp()) }, clock, log: createLog(lines, debugging), debugging,
    metrics: new Metrics(), store: Store.create(undefined, STORE_KEY), datagrams: sockets.datagrams, readAgain: undefined,
    fatal: (text) => {
      throw new Error(text);
    },
  });
  await app.load(corefile);
  return {
    port,
    log: () => {
      lines.flush();
      return log;
    },
    replace: (text) => app.replace(text),
    leave: async () => {
      await app.drain();
      await app.close();
    },
    close: () => app.close(),
  };
}
