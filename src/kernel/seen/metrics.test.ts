// The table of metrics: one declaration a name, what is shown before anybody counts, and what becomes of numbers that find no room.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counter, gauge, histogram, Metrics } from './metrics.ts';

test('a name has one declaration: a second one that says the same is the same family, another one is an error', () => {
  const metrics = new Metrics();
  const family = metrics.family(counter('a_total', 'All.', ['x']));
  assert.equal(metrics.family(counter('a_total', 'All.', ['x'])), family);
  assert.equal(metrics.family(counter('a_total', 'All.', ['x'])), family);
  for (const other of [
    counter('a_total', 'Every one.', ['x']), counter('a_total', 'All.', ['y']), counter('a_total', 'All.'), gauge('a_total', 'All.', ['x']),
    histogram('a_total', 'All.', ['x'], [1]),
  ]) assert.throws(() => metrics.family(other), /^Error: metric a_total is declared twice: as counter\(x\) "All\.", and as /);
  metrics.family(histogram('h', 'Sizes.', [], [1, 2]));
  assert.throws(() => metrics.declare({ other: histogram('h', 'Sizes.', [], [1, 3]) }), { message: /as histogram\(\) \[1, 2\]/ });
});

test('what has no labels is there as soon as it is declared', () => {
  const metrics = new Metrics();
  metrics.declare({ one: counter('one', 'One.'), many: counter('many', 'Many.', ['x']) });
  assert.deepEqual(Array.from(metrics.families(), (family) => [family.name, [...family.series()].length]), [['one', 1], ['many', 0]]);
});

test('a full table is said once, each label set that finds no room is counted, and no number gets into another', () => {
  const metrics = new Metrics(100);
  const said: string[] = [];
  metrics.full = (text) => said.push(text);
  const family = metrics.family(counter('zones_total', 'By zone.', ['zone']));
  const sizes = metrics.family(histogram('sizes', 'By zone.', ['zone'], [1, 2, 3]));
  for (let n = 0; n < 50; n++) {
    metrics.values[family.cell([`zone ${n}`])]! += n + 1;
    sizes.observe(sizes.cell([`zone ${n}`]), n);
  }
  for (let again = 0; again < 3; again++) {
    metrics.values[family.cell(['zone 49'])]!++;
    sizes.observe(sizes.cell(['zone 49']), 1000);
  }
  assert.deepEqual(said, ['The table of metrics is full: sizes and others do not count all that they should']);
  const counted = [...family.series()].map((series) => [series.values[0], family.total(series)]);
  assert.deepEqual(counted, counted.map((_, n) => [`zone ${n}`, n + 1]));
  const measured = [...sizes.series()].map((series) => [0, 1, 2, 3, 4].map((i) => sizes.total(series, i)));
  const bucketOf = (n: number) => Math.max(0, Math.min(3, n - 1));
  assert.deepEqual(measured, measured.map((_, n) => [...[0, 1, 2, 3].map((bucket) => Number(bucket === bucketOf(n))), n]));
  const [without] = [...metrics.families()].filter(({ name }) => name === 'coredns_metrics_without_room_total');
  const [series] = without!.series();
  assert.equal(without!.total(series!), 100 - counted.length - measured.length);
  assert.ok(counted.length > 0 && measured.length > 0);
});
