// The text of metrics as Prometheus reads it, and numbers as Go prints them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counter, gauge, histogram, Metrics } from '../../kernel/seen/metrics.ts';
import { exposeOpenMetrics, exposeText, formatNumber } from './exposition.ts';
import { gather } from './gathered.ts';
import { ProcessMetrics } from './process.ts';
import { watchRuntime } from './runtime.ts';

const expose = (metrics: Metrics): string => exposeText(gather(metrics));

test('families, labels and series are sorted; what has no series is not there', () => {
  const metrics = new Metrics();
  const requests = metrics.family(counter('z_total', 'Requests\nof "all" \\ kinds.', ['server', 'kind']));
  metrics.values[requests.cell(['b', 'x'])] = 2;
  metrics.values[requests.cell(['a', 'x'])] = 1;
  metrics.values[requests.cell(['a', 'quote " slash \\ line \n'])] = 3;
  metrics.family(gauge('nothing', 'Never used.', ['label']));
  metrics.family(gauge('a_gauge', 'A gauge.'));
  assert.equal(expose(metrics), [
    '# HELP a_gauge A gauge.', '# TYPE a_gauge gauge', 'a_gauge 0',
    '# HELP z_total Requests\\nof "all" \\\\ kinds.', '# TYPE z_total counter',
    'z_total{kind="quote \\" slash \\\\ line \\n",server="a"} 3', 'z_total{kind="x",server="a"} 1', 'z_total{kind="x",server="b"} 2', '',
  ].join('\n'));
});

test('a histogram adds up its buckets', () => {
  const metrics = new Metrics();
  const sizes = metrics.family(histogram('sizes', 'Sizes.', ['proto'], [0, 100, 16e3]));
  const cell = sizes.cell(['udp']);
  for (const size of [0, 100, 101, 16e3, 1e5]) sizes.observe(cell, size);
  assert.equal(expose(metrics), [
    '# HELP sizes Sizes.', '# TYPE sizes histogram', 'sizes_bucket{proto="udp",le="0"} 1', 'sizes_bucket{proto="udp",le="100"} 2',
    'sizes_bucket{proto="udp",le="16000"} 4', 'sizes_bucket{proto="udp",le="+Inf"} 5', 'sizes_sum{proto="udp"} 116201',
    'sizes_count{proto="udp"} 5', '',
  ].join('\n'));
});

test('OpenMetrics names families of counters without their ending, and ends', () => {
  const metrics = new Metrics();
  metrics.values[metrics.family(counter('z_total', 'All "kinds".', ['kind'])).cell(['x'])] = 2;
  metrics.values[metrics.family(counter('odd', 'A counter without the ending.')).cell([])] = 1;
  metrics.family(gauge('a_total', 'A gauge.'));
  const sizes = metrics.family(histogram('sizes', 'Sizes.', [], [0, 0.5, 100]));
  sizes.observe(sizes.cell([]), 7);
  assert.equal(exposeOpenMetrics(gather(metrics)), [
    '# TYPE a_total gauge', '# HELP a_total A gauge.', 'a_total 0',
    '# TYPE odd counter', '# HELP odd A counter without the ending.', 'odd_total 1',
    '# TYPE sizes histogram', '# HELP sizes Sizes.', 'sizes_bucket{le="0.0"} 0', 'sizes_bucket{le="0.5"} 0', 'sizes_bucket{le="100.0"} 1',
    'sizes_bucket{le="+Inf"} 1', 'sizes_sum 7', 'sizes_count 1',
    '# TYPE z counter', '# HELP z All \\"kinds\\".', 'z_total{kind="x"} 2', '# EOF', '',
  ].join('\n'));
});

test('numbers as Go prints them', () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, '0'], [1, '1'], [-1.5, '-1.5'], [0.00025, '0.00025'], [8.192, '8.192'], [999999, '999999'], [1e6, '1e+06'],
    [18192648, '1.8192648e+07'],
    [0.00001, '1e-05'], [1.23e-7, '1.23e-07'], [2 ** 64, '1.8446744073709552e+19'], [1e100, '1e+100'],
    [NaN, 'NaN'], [Infinity, '+Inf'], [-Infinity, '-Inf'],
  ];
  for (const [value, text] of cases) assert.equal(formatNumber(value), text);
});

test('the process tells of itself', () => {
  const metrics = new Metrics();
  const watched = [new ProcessMetrics(metrics), watchRuntime(metrics)];
  const text = expose(metrics);
  for (const each of watched) void each.close();
  for (const name of ['process_resident_memory_bytes', 'process_cpu_seconds_total', 'nodejs_heap_size_used_bytes']) {
    const [, value] = new RegExp(`^${name} (\\S+)$`, 'm').exec(text) ?? [];
    assert.ok(Number(value) > 0, name);
  }
  assert.match(text, /^nodejs_heap_space_size_used_bytes\{space="old"\} /m);
});
