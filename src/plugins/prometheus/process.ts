// What the process uses, under the names that Prometheus's clients give it, and numbers of the runtime. Knows /proc and Node; the
// library that would tell the same costs 16 MB.
import { readFileSync, readdirSync } from 'node:fs';
import { PerformanceObserver, constants, monitorEventLoopDelay } from 'node:perf_hooks';
import { getHeapSpaceStatistics } from 'node:v8';
import type { Metrics } from '../../kernel/metrics.ts';

/** What stands for no limit. */
const UNLIMITED = 2 ** 64;
const GC_BUCKETS = [0.001, 0.01, 0.1, 1, 2, 5];
const GC_KINDS: { readonly [kind: number]: string } = {
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major', [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental', [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weakcb',
};

type Set = (value: number | undefined) => void;

/** Numbers of the process, put into its metrics when somebody looks. */
export class ProcessMetrics {
  readonly #metrics: Metrics;
  readonly #refresh: (() => void)[] = [];

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
    this.#use();
    this.#memory();
    const [major = '', minor = '', patch = ''] = process.versions.node.split('.');
    const info = metrics.gauge('nodejs_version_info', 'Node.js version info.', ['version', 'major', 'minor', 'patch']);
    metrics.values[info.cell([process.version, major, minor, patch])] = 1;
  }
  /** Brings everything up to date. */
  refresh(): void {
    for (const each of this.#refresh) each();
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
    this.#refresh.push(() => {
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
    this.#refresh.push(() => {
      const memory = process.memoryUsage();
      resident(memory.rss);
      total(memory.heapTotal);
      used(memory.heapUsed);
      external(memory.external);
      virtual(quietly(() => Number(/^VmSize:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'latin1'))![1]) * 1024));
    });
  }

  /** `runtime_metrics`: heap spaces, pauses of the garbage collector and delays of the event loop, watched until the signal aborts. */
  watchRuntime(signal: AbortSignal): void {
    const metrics = this.#metrics;
    const spaces = metrics.gauge('nodejs_heap_space_size_used_bytes', 'Process heap space size used from Node.js in bytes.', ['space']);
    const pauses = metrics.histogram('nodejs_gc_duration_seconds',
      'Garbage collection duration by kind, one of major, minor, incremental or weakcb.', ['kind'], GC_BUCKETS);
    const delay = monitorEventLoopDelay({ resolution: 20 });
    const mean = this.#gauge('nodejs_eventloop_lag_mean_seconds', 'The mean of the recorded event loop delays.');
    const late = this.#gauge('nodejs_eventloop_lag_p99_seconds', 'The 99th percentile of the recorded event loop delays.');
    delay.enable();
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { kind } = (entry as unknown as { detail: { kind: number } }).detail;
        pauses.observe(pauses.cell([GC_KINDS[kind] ?? 'other']), entry.duration / 1000);
      }
    });
    observer.observe({ entryTypes: ['gc'] });
    const refresh = () => {
      for (const { space_name: space, space_used_size: size } of getHeapSpaceStatistics()) {
        metrics.values[spaces.cell([space.replace(/_space$/, '')])] = size;
      }
      mean(Number.isNaN(delay.mean) ? 0 : delay.mean / 1e9);
      late(delay.percentile(99) / 1e9);
    };
    this.#refresh.push(refresh);
    signal.addEventListener('abort', () => {
      delay.disable();
      observer.disconnect();
      this.#refresh.splice(this.#refresh.indexOf(refresh), 1);
    }, { once: true });
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
