// What the page does with texts, without a browser: what cannot be seen is written out, tables that are taken away have no formula, events
// are whole however they come, an address behind `#` is read whatever it is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cell, csv, json } from '../../src/console-page/download.ts';
import { EventReader } from '../../src/console-page/events.ts';
import type { ServerEvent } from '../../src/console-page/events.ts';
import { bandOf, cellsOf, gridOf, histogram, joined, rowOf, within } from '../../src/console-page/seconds.ts';
import { lasting, plain, reverseOf, shell, short, took } from '../../src/console-page/words.ts';
import { boundOf } from '../../src/kernel/seen/latency.ts';
import { fc } from '../../src/testing/properties.ts';

const row = (name: string) => ({
  key: 1, at: '2026-01-01T00:00:00.000Z', client: '192.0.2.1', transport: 'datagram', name, type: 'A', rcode: 'NOERROR', by: 'hosts',
  trail: [], took: 0.001,
});

test('what cannot be seen is written out, and nothing else is', () => {
  assert.equal(plain('a\u202eb\u0000\u200bc\n'), 'a\\u{202e}b\\u{0}\\u{200b}c\\u{a}');
  assert.equal(plain('<img src=x>"\u00e9\u05d0'), '<img src=x>"\u00e9\u05d0');
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u.test(plain(text))));
});

test('a table that is taken away has no formula, and as many columns in each row', () => {
  assert.deepEqual(['=1+1', '+1', '-1', '@a', '\tx', 'a,b', 'a"b', 'x\r\ny'].map(cell), [
    "\"'=1+1\"", "\"'+1\"", "\"'-1\"", "\"'@a\"", "\"'\tx\"", '"a,b"', '"a""b"', '"x\r\ny"']);
  assert.deepEqual([null, undefined, -1, 0.5].map(cell), ['', '', '-1', '0.5']);
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (name) => {
    const [, line = ''] = csv([row(name)]).split(/(?<=took)\r\n/);
    // Quotes taken away, no cell begins with what a program would take for a formula.
    const cells = line.slice(0, -2).match(/(?:"(?:[^"]|"")*"|[^,"]*)(?:,|$)/g)!;
    return cells.filter((each) => each !== '').length >= 9 && cells.every((each) => !/^"?[=+\-@\t\r]/.test(each));
  }));
  const [read] = JSON.parse(json([row('a')])) as [object];
  assert.ok(!('key' in read) && 'name' in read);
});

test('events are the same however they come in pieces', () => {
  const sent: readonly ServerEvent[] = [
    { event: 'queries', id: 'k-0:1', data: '{"a":1}' }, { event: 'message', id: undefined, data: 'two\nlines' },
    { event: 'load', id: 'k-2', data: '' }];
  const text = ':\n\nevent: queries\nid: k-0:1\ndata: {"a":1}\n\ndata: two\ndata: lines\n\n: sign of life\n\n'
    + 'event: load\nid: k-2\ndata: \n\n';
  fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: text.length })), (cuts) => {
    const places = [0, ...cuts.toSorted((a, b) => a - b), text.length];
    const reader = new EventReader();
    assert.deepEqual(places.flatMap((at, i) => reader.feed(text.slice(at, places[i + 1] ?? at))), sent);
  }));
  const reader = new EventReader();
  assert.throws(() => {
    for (let i = 0; i < 100; i++) reader.feed('data: x'.repeat(10_000));
  }, RangeError);
});

test('numbers and times are short', () => {
  assert.deepEqual([0, 0.000_041, 0.0062, 0.318, 1.4, 12].map(took), ['0 \u00b5s', '41 \u00b5s', '6.2 ms', '318 ms', '1.4 s', '12 s']);
  assert.deepEqual([0, 59, 60, 3661, 536_400].map(lasting), ['0 s', '59 s', '1 min', '1 h 1 min', '6 d 5 h']);
  assert.deepEqual([0, 9999, 12_345, 2_500_000].map(short), ['0', '9,999', '12.3 k', '2.5 M']);
  assert.deepEqual(['a.example.', "it's", '', '$(id)', 'a b'].map(shell), ['a.example.', "'it'\\''s'", "''", "'$(id)'", "'a b'"]);
});

test('names of addresses are asked for as PTR', () => {
  assert.equal(reverseOf('192.0.2.44'), '44.2.0.192.in-addr.arpa.');
  const zeros = (count: number) => '0.'.repeat(count);
  assert.equal(reverseOf('2001:db8::7'), `7.${zeros(23)}8.b.d.0.1.0.0.2.ip6.arpa.`);
  assert.equal(reverseOf('::'), `${zeros(32)}ip6.arpa.`);
  assert.equal(reverseOf('::ffff:192.0.2.1'), `1.0.2.0.0.0.0.c.f.f.f.f.${zeros(20)}ip6.arpa.`);
  assert.equal(reverseOf('1:2:3:4:5:6:7:8').length, 32 * 2 + 'ip6.arpa.'.length);
});

test('seconds become a picture, and its places times', () => {
  const bounds = Array.from({ length: 201 }, (_, step) => boundOf(step));
  const second = (at: number, step: number, count: number) => ({ at, cache: [[step, count]] as const, own: [], upstream: [] });
  const seconds = joined([second(1, 8, 1), second(2, 8, 1)], [second(2, 40, 5), second(3, 80, 4)]);
  assert.deepEqual(seconds.map(({ at }) => at), [1, 2, 3]);
  assert.equal(histogram(seconds)[40], 5);
  assert.equal(within(seconds, 0.5, bounds), bounds[41]! / 1e6);
  assert.equal(within([], 0.5, bounds), undefined);
  const grid = gridOf(600, 100);
  assert.deepEqual([grid.seconds, grid.begins + grid.columns * grid.seconds > 600, grid.begins <= 6], [6, true, true]);
  const cells = cellsOf([second(600, 40, 5), second(601, 41, 2)], grid);
  assert.deepEqual(cells.map(({ count }) => count), [7]);
  const [from, until] = bandOf(cells[0]!.row, grid.rows, bounds);
  assert.ok(from <= bounds[40]! && bounds[41]! < until!);
  fc.assert(fc.property(fc.integer({ min: 0, max: 60_000_000 }), (microseconds) => {
    const [low, high] = bandOf(Math.floor(rowOf(microseconds, grid.rows, bounds)), grid.rows, bounds);
    return low <= microseconds && (high === undefined || microseconds < high);
  }));
});
