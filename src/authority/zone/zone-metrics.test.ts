// What is told of few zones, and of very many.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Metrics } from '../../kernel/seen/metrics.ts';
import { Store } from '../../store/store.ts';
import { BYTES, RECORDS, SERIAL } from './version.ts';
import { Told, ZONE_FAMILIES, tellFailure, tellGone, tellVersion } from './zone-metrics.ts';

function metricsOf() {
  const metrics = new Metrics();
  const { memory } = Store.create(1 << 22);
  const version = memory.take(64);
  const tell = (zone: string, told: Told, records: number, all = false): void => {
    memory.words.fill(0, version, version + 64);
    memory.words[version + RECORDS] = records;
    memory.words[version + BYTES] = records * 10;
    memory.words[version + SERIAL] = 7;
    tellVersion(metrics, memory, version, zone, 5, told, all);
  };
  const of = (family: keyof typeof ZONE_FAMILIES, ...values: string[]): number | undefined => {
    const found = metrics.family(ZONE_FAMILIES[family]);
    return found.has(values) ? metrics.values[found.cell(values)] : undefined;
  };
  return { metrics, tell, of };
}

test('a thousand zones have numbers of their own; those of others are added up, and taken away again', () => {
  const { metrics, tell, of } = metricsOf();
  for (let i = 0; i < 1000; i++) tell(`z${i}.`, new Told(), 2);
  const [first, second] = [new Told(), new Told()];
  tell('one.', first, 3);
  tell('two.', second, 4);
  assert.deepEqual([of('records', 'z999.'), of('serial', 'z999.'), of('records', 'one.'), of('serial', 'others')], [2, 7, undefined,
    undefined]);
  assert.deepEqual([of('records', 'others'), of('bytes', 'others'), of('loads', 'others'), of('loaded', 'others')], [7, 70, 2, 5]);
  tell('one.', first, 1);
  assert.deepEqual([of('records', 'others'), of('loads', 'others')], [5, 3]);
  tellFailure(metrics, 'two.', 'syntax', second);
  assert.equal(of('failures', 'others', 'syntax'), 1);
  tellGone(metrics, second);
  assert.deepEqual([of('records', 'others'), of('bytes', 'others')], [1, 10]);
  tell('all.', new Told(), 9, true);
  assert.equal(of('records', 'all.'), 9);
});

test('a zone that is gone has no records any more, and has them again when it comes back', () => {
  const { metrics, tell, of } = metricsOf();
  const told = new Told();
  tellGone(metrics, told);
  tell('one.', told, 3);
  tellGone(metrics, told);
  tellGone(metrics, told);
  assert.deepEqual([of('records', 'one.'), of('bytes', 'one.')], [0, 0]);
  tell('one.', new Told(), 4);
  assert.equal(of('records', 'one.'), 4);
});
