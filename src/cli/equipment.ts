// What every thread of the process serves with: the standard plugins, this machine, UDP and TCP. Knows them all; starts nothing.
import type { Reading } from '../kernel/build.ts';
import { systemClock } from '../kernel/clock.ts';
import { Lines } from '../kernel/lines.ts';
import { createLog } from '../kernel/log.ts';
import type { Debugging } from '../kernel/log.ts';
import { standard } from '../plugins/index.ts';
import { dnsTransport } from '../transport/dns.ts';
import { tcp } from '../transport/tcp.ts';
import { udp } from '../transport/udp.ts';
import { builtIn } from './input.ts';
import { files, machine } from './machine.ts';
import { ORDER } from './plugin-names.ts';

/** What the threads of a process have in common. Can be sent. */
export interface Common {
  /** The Corefile's name. */
  readonly file: string;
  /** For `dns://` keys without a port (CLI-2). */
  readonly port: number;
}

/** The equipment of one thread. Warnings of a configuration are said once, by the main thread. */
export function equip({ file, port }: Common, main: boolean) {
  const lines = new Lines();
  const debugging: Debugging = { on: false };
  const log = createLog(lines, debugging);
  const warn = (text: string) => {
    if (main) log.warning(text);
  };
  const datagrams = udp({ warn });
  const reading: Reading = {
    file, plugins: standard, words: new Set(ORDER), machine, files, environment: (name) => process.env[name], port, warn, builtIn: builtIn(port),
  };
  return { lines, debugging, log, reading, transports: { dns: dnsTransport(datagrams, tcp()) }, clock: systemClock, datagrams: datagrams.datagrams };
}
