// What the process uses, under the names that Prometheus's clients give it, and what its heap is like. Knows /proc; the library that
// would tell the same costs 16 MB.
import { readFileSync, readdirSync } from 'node:fs';
import { counter, gauge } from '../../kernel/seen/metrics.ts';
import type { Metrics } from '../../kernel/seen/metrics.ts';
import type { Closable } from '../../kernel/shared.ts';

/** What stands for no limit. */
const UNLIMITED = 2 ** 64;
const FAMILIES = {
  version: gauge('nodejs_version_info', 'Node.js version info.', ['version', 'major', 'minor', 'patch']),
  cpu: counter('process_cpu_seconds_total', 'Total user and system CPU time spent in seconds.'),
  start: gauge('process_start_time_seconds', 'Start time of the process since unix epoch in seconds.'),
  files: gauge('process_open_fds', 'Number of open file descriptors.'),
  mostFiles: gauge('process_max_fds', 'Maximum number of open file descriptors.'),
  received: counter('process_network_receive_bytes_total', 'Number of bytes received by the process over the network.'),
  sent: counter('process_network_transmit_bytes_total', 'Number of bytes sent by the process over the network.'),
  resident: gauge('process_resident_memory_bytes', 'Resident memory size in bytes.'),
  virtual: gauge('process_virtual_memory_bytes', 'Virtual memory size in bytes.'),
  mostVirtual: gauge('process_virtual_memory_max_bytes', 'Maximum amount of virtual memory available in bytes.'),
  heap: gauge('nodejs_heap_size_total_bytes', 'Process heap size from Node.js in bytes.'),
  heapUsed: gauge('nodejs_heap_size_used_bytes', 'Process heap size used from Node.js in bytes.'),
  external: gauge('nodejs_external_memory_bytes', 'Node.js external memory size in bytes.'),
};
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
    const info = metrics.family(FAMILIES.version);
    metrics.values[info.cell([process.version, major, minor, patch])] = 1;
  }
  close(): void {
    this.#end.abort();
  }

  #set(which: Exclude<keyof typeof FAMILIES, 'version'>): Set {
    const cell = this.#metrics.family(FAMILIES[which]).cell([]);
    return (value) => {
      if (value !== undefined) this.#metrics.values[cell] = value;
    };
  }
  #use(): void {
    const cpu = this.#set('cpu');
    const start = this.#set('start');
    start(Math.round(performance.timeOrigin / 10) / 100);
    const open = this.#set('files');
    const most = this.#set('mostFiles');
    most(limit(/^Max open files +(\S+)/m));
    const received = this.#set('received');
    const sent = this.#set('sent');
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
    const resident = this.#set('resident');
    const virtual = this.#set('virtual');
    const most = this.#set('mostVirtual');
    most(limit(/^Max address space +(\S+)/m));
    const total = this.#set('heap');
    const used = this.#set('heapUsed');
    const external = this.#set('external');
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
