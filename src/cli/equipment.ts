// What every thread of the process serves with: the standard plugins, this machine, UDP and TCP. Knows them all; starts nothing.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Reading } from '../kernel/site/build.ts';
import { systemClock } from '../kernel/clock.ts';
import { Lines } from '../kernel/seen/lines.ts';
import { createLog } from '../kernel/seen/log.ts';
import type { Debugging } from '../kernel/seen/log.ts';
import type { Plugin } from '../kernel/site/plugin.ts';
import { standard } from '../plugins/index.ts';
import { dnsTransport } from '../transport/dns.ts';
import { tcp } from '../transport/tcp.ts';
import { udp } from '../transport/udp.ts';
import { builtIn } from './input.ts';
import { files, machine } from './machine.ts';
import type { Addition } from './plugin-config.ts';
import { ORDER } from './plugin-names.ts';

/** What the threads of a process have in common. Can be sent. */
export interface Common {
  /** The Corefile's name. */
  readonly file: string;
  /** For `dns://` keys without a port (CLI-2). */
  readonly port: number;
  /** What `plugin.cfg` adds to the plugins. */
  readonly additions?: readonly Addition[];
}

/** What `plugin.cfg` beside the Corefile adds. Rejects with its line. */
export async function additionsOf(corefile: string): Promise<readonly Addition[]> {
  if (!existsSync(join(dirname(corefile), 'plugin.cfg'))) return [];
  const { readAdditions } = await import('./plugin-config.ts');
  return readAdditions(corefile);
}
/** The plugins of a thread. Rejects where one that is added cannot be loaded. */
export async function pluginsWith(additions: readonly Addition[] = [], plugins: readonly Plugin[] = standard): Promise<readonly Plugin[]> {
  if (additions.length === 0) return plugins;
  const { withAdditions } = await import('./plugin-config.ts');
  return withAdditions(plugins, additions);
}

/** The equipment of one thread. Warnings of a configuration are said once, by the main thread. */
export function equip({ file, port }: Common, main: boolean, plugins: readonly Plugin[] = standard) {
  const lines = new Lines();
  const debugging: Debugging = { on: false };
  const log = createLog(lines, debugging);
  const warn = (text: string) => {
    if (main) log.warning(text);
  };
  const datagrams = udp({ warn });
  const reading: Reading = {
    file, plugins, words: new Set([...ORDER, ...plugins.flatMap(({ name, aliases = [] }) => [name, ...aliases])]), machine, files,
    environment: (name) => process.env[name], port, warn, builtIn: builtIn(port),
  };
  const transports = { dns: dnsTransport(datagrams, tcp()) };
  return { lines, debugging, log, reading, transports, clock: systemClock, datagrams: datagrams.datagrams };
}
