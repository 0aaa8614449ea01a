// What every thread of the process serves with: the standard plugins, this machine, UDP and TCP. Knows them all; starts nothing.
import { systemClock } from '../kernel/clock.ts';
import { LogLines } from '../kernel/seen/log-lines.ts';
import { createJsonLog, createLog } from '../kernel/seen/log.ts';
import type { Debugging } from '../kernel/seen/log.ts';
import type { LatePlugin } from '../kernel/site/plugin.ts';
import { fileLimit } from '../threads/limits.ts';
import { Connections } from '../transport/connections.ts';
import { dnsTransport } from '../transport/dns.ts';
import type { KeptSockets } from '../transport/kept-sockets.ts';
import { lateTransport } from '../transport/late.ts';
import { Ledger } from '../transport/ledger.ts';
import type { QuicPorts } from '../transport/quic-listener.ts';
import { tcp } from '../transport/tcp.ts';
import { udp } from '../transport/udp.ts';
import { builtIn } from './input.ts';
import { logSink } from './output.ts';
import type { Code } from './plugin-code.ts';
import type { Addition } from './plugin-config.ts';
import { readOptionsOf } from './read-options.ts';

/** What the threads of a process have in common. Can be sent. */
export interface Common {
  /** The Corefile's name. */
  readonly file: string;
  /** For `dns://` keys without a port (CLI-2). */
  readonly port: number;
  /** Whether the log is JSON. */
  readonly json?: boolean;
  /** What `plugin.cfg` adds to the plugins. */
  readonly additions?: readonly Addition[];
  /** What was read of those. */
  readonly code?: Code;
  /** What the TCP connections of all threads hold. */
  readonly streams?: Int32Array;
}

/** The equipment of one thread. Warnings of a configuration are said once, by the main thread, which alone has sockets that are `kept`. */
export function equip({ file, port, json = false, streams }: Common, thread: number, plugins: readonly LatePlugin[], kept?: KeptSockets) {
  const lines = new LogLines(logSink());
  const debugging: Debugging = { on: false };
  const log = json ? createJsonLog(lines, debugging, systemClock.wall) : createLog(lines, debugging);
  const warn = (text: string) => {
    if (thread === 0) log.warning(text);
  };
  const datagrams = udp({ warn, kept });
  const options = { ...readOptionsOf(file, port, plugins, warn), builtIn: builtIn(port) };
  const all = new Connections(new Ledger(streams, thread), { files: fileLimit() });
  let ports: Promise<QuicPorts> | undefined;
  const quicPorts = () => (ports ??= import('../transport/quic-listener.ts').then((module) => new module.QuicPorts()));
  const transports = {
    dns: dnsTransport(datagrams, tcp({ all, kept })),
    tls: lateTransport('tls', async () => (await import('../transport/dot.ts')).dot({ all, kept })),
    https: lateTransport('https', async () => (await import('../transport/https.ts')).https({ all, kept })),
    quic: lateTransport('quic', async () => {
      const { doq } = await import('../transport/doq.ts');
      return doq(await quicPorts(), { all });
    }),
    https3: lateTransport('https3', async () => {
      const module = await import('../transport/https3.ts');
      return module.https3(await quicPorts(), { all });
    }),
    grpc: lateTransport('grpc', async () => (await import('../transport/grpc.ts')).grpc({ all, kept })),
  };
  return { lines, debugging, log, readOptions: options, transports, clock: systemClock, datagrams: datagrams.datagrams };
}
