// What the process uses, under the names that Prometheus's clients give it, and what its heap is like. Knows /proc; the library that
// would tell the same costs 16 MB.
import { readFileSync, readdirSync } from 'node:fs';
import type { Metrics } from '../../kernel/seen/metrics.ts';
import type { Closable } from '../../kernel/shared.ts';

/** What stands for no limit. */
const UNLIMITED = 2 ** 64;
type Set = (value: number | undefined) => void;

/** Numbers of the process, put into its metrics when somebody looks, until it is closed. */
export class ProcessMetrics implements Closable {
  readonly #metrics: Metrics;
  readonly #end = new AbortController();

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
    this.#use();
    this.#memory();
    const [major = '', minor = '', patch = ''] = process.versions.node.split('.');
    const info = metrics.gauge('nodejs_version_info', 'Node.js version info.', ['version', 'major', 'minor', 'patch']);
    metrics.values[info.cell([process.version, major, minor, patch])] = 1;
  }
  close(): void {
    this.#end.abort();
  }

  #gauge(name: string, help: string, kind: 'gauge' | 'counter' = 'gauge'): Set {
    const cell = this.#metrics[kind](name, help).cell([]);
    return (value) => {
      if (value !== undefined) this.#metrics.values[cell] = value;
    };
  }
  #use(): void {
    const cpu = this.#gauge('process_cpu_seconds_total', 'Total user and system CPU time spent in seconds.', 'counter');
    const start = this.#gauge('process_start_time_seconds', 'Start time of the process since unix epoch in seconds.');
    start(Math.round(performance.timeOrigin / 10) / 100);
    const open = this.#gauge('process_open_fds', 'Number of open file descriptors.');
    const most = this.#gauge('process_max_fds', 'Maximum number of open file descriptors.');
    most(limit(/^Max open files +(\S+)/m));
    const received = this.#gauge('process_network_receive_bytes_total',
      'Number of bytes received by the process over the network.', 'counter');
    const sent = this.#gauge('process_network_transmit_bytes_total',
      'Number of bytes sent by the process over the network.', 'counter');
    this.#metrics.whenAsked(this.#end.signal, () => {
      const { user, system } = process.cpuUsage();
      cpu((user + system) / 1e6);
      open(quietly(() => readdirSync('/proc/self/fd').length - 1));
      const octets = quietly(networkOctets);
      received(octets?.received);
      sent(octets?.sent);
    });
  }
  #memory(): void {
    const resident = this.#gauge('process_resident_memory_bytes', 'Resident memory size in bytes.');
    const virtual = this.#gauge('process_virtual_memory_bytes', 'Virtual memory size in bytes.');
    const most = this.#gauge('process_virtual_memory_max_bytes', 'Maximum amount of virtual memory available in bytes.');
    most(limit(/^Max address space +(\S+)/m));
    const total = this.#gauge('nodejs_heap_size_total_bytes', 'Process heap size from Node.js in bytes.');
    const used = this.#gauge('nodejs_heap_size_used_bytes', 'Process heap size used from Node.js in bytes.');
    const external = this.#gauge('nodejs_external_memory_bytes', 'Node.js external memory size in bytes.');
    this.#metrics.whenAsked(this.#end.signal, () => {
      const memory = process.memoryUsage();
      resident(memory.rss);
      total(memory.heapTotal);
      used(memory.heapUsed);
      external(memory.external);
      virtual(quietly(() => Number(/^VmSize:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'latin1'))![1]) * 1024));
    });
  }
}

/** Undefined where the system has no such number. */
function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
function limit(pattern: RegExp): number | undefined {
  const [, value] = pattern.exec(quietly(() => readFileSync('/proc/self/limits', 'latin1')) ?? '') ?? [];
  return value === undefined ? undefined : value === 'unlimited' ? UNLIMITED : Number(value);
}
/** Octets of the network namespace, as the clients of Prometheus take them. */
function networkOctets(): { received: number; sent: number } {
  const lines = readFileSync('/proc/self/net/netstat', 'latin1').split('\n').filter((line) => line.startsWith('IpExt:'));
  const [names, numbers] = lines.map((line) => line.split(' '));
  const of = (name: string) => Number(numbers![names!.indexOf(name)]);
  return { received: of('InOctets'), sent: of('OutOctets') };
}
