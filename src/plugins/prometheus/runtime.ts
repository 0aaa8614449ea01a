// Numbers of the runtime that cost something to collect: pauses of the garbage collector, delays of the event loop, heap spaces. Knows
// what Node measures; knows nothing of queries.
import { PerformanceObserver, constants, monitorEventLoopDelay } from 'node:perf_hooks';
import { getHeapSpaceStatistics } from 'node:v8';
import { gauge, histogram } from '../../kernel/seen/metrics.ts';
import type { Metrics } from '../../kernel/seen/metrics.ts';
import type { Closable } from '../../kernel/shared.ts';

/** Seconds. */
const GC_BUCKETS = [0.001, 0.01, 0.1, 1, 2, 5];
const GC_KINDS: { readonly [kind: number]: string } = {
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major', [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental', [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weakcb',
};

/** Only there with `runtime_metrics`. */
const FAMILIES = {
  spaces: gauge('nodejs_heap_space_size_used_bytes', 'Process heap space size used from Node.js in bytes.', ['space']),
  mean: gauge('nodejs_eventloop_lag_mean_seconds', 'The mean of the recorded event loop delays.'),
  late: gauge('nodejs_eventloop_lag_p99_seconds', 'The 99th percentile of the recorded event loop delays.'),
  pauses: histogram('nodejs_gc_duration_seconds',
    'Garbage collection duration by kind, one of major, minor, incremental or weakcb.', ['kind'], GC_BUCKETS),
};

/** Milliseconds between two looks at the event loop; what Node tells of its delay has them in it. */
const RESOLUTION = 20;

/** Watches the runtime of this thread until it is closed: once a process, or pauses count twice. */
export function watchRuntime(metrics: Metrics): Closable {
  const end = new AbortController();
  const { values } = metrics;
  const spaces = metrics.family(FAMILIES.spaces);
  const mean = metrics.family(FAMILIES.mean).cell([]);
  const late = metrics.family(FAMILIES.late).cell([]);
  const pauses = metrics.family(FAMILIES.pauses);
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  delay.enable();
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { kind } = (entry as unknown as { readonly detail: { readonly kind: number } }).detail;
      pauses.observe(pauses.cell([GC_KINDS[kind] ?? 'other']), entry.duration / 1000);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  metrics.whenAsked(end.signal, () => {
    for (const { space_name: space, space_used_size: size } of getHeapSpaceStatistics()) {
      values[spaces.cell([space.replace(/_space$/, '')])] = size;
    }
    values[mean] = seconds(delay.mean);
    values[late] = seconds(delay.percentile(99));
  });
  return {
    close() {
      delay.disable();
      observer.disconnect();
      end.abort();
    },
  };
}

/** Seconds of delay in what was measured in nanoseconds. */
const seconds = (measured: number): number => (Number.isNaN(measured) ? 0 : Math.max(0, measured / 1e9 - RESOLUTION / 1000));
