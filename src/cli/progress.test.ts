// How far long work has come: said on a terminal, after a second, some times a second, with the rate and the time that is left.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { Name } from '../dns/name.ts';
import { Progress } from './progress.ts';
import { zoneFindings } from './zone-findings.ts';
import { readZone } from './zone-records.ts';

/** A terminal whose clock goes on by so many milliseconds at each look. */
function rig(step: number, isTTY = true) {
  const said: string[] = [];
  const clock = { now: 0 };
  const look = (): number => (clock.now += step);
  return { said, progress: new Progress({ isTTY, write: (text) => said.push(text.replace('\x1b[K', '')) }, look), clock };
}

test('records, the rate and the time that is left; nothing in the first second, and at most four lines in one', () => {
  const { said, progress, clock } = rig(0);
  progress.stage('Reading db');
  for (let i = 1; i <= 1_000_000; i++) {
    clock.now = i / 100;
    progress.tell(i, i, 4_000_000);
  }
  assert.equal(said[0]!.slice(0, 42), '\rReading db: 100,096 records, 100,000 a se');
  assert.ok(said.length >= 30 && said.length <= 36, `${said.length} lines`);
  assert.match(said.at(-1)!, /^\rReading db: 9\d\d,\d{3} records, 100,000 a second, 31 s left$/);
  progress.end();
  assert.equal(said.at(-1), '\r');
  progress.end();
  assert.equal(said.filter((text) => text === '\r').length, 1);
});

test('minutes and hours; without an end in sight no time', () => {
  const { said, progress, clock } = rig(0);
  progress.stage('Signing');
  const at = (seconds: number, done: number, all: number): void => {
    clock.now = seconds * 1000;
    for (let i = 0; i < 256; i++) progress.tell(done, done, all);
  };
  at(10, 10, 100);
  at(20, 10, 4000);
  at(30, 0, 100);
  assert.deepEqual(said.map((text) => text.slice(text.indexOf(' a second') + 9)), [', 1:30 left', ', 2:13:00 left', '']);
});

test('nobody who redirects sees anything, and short work says nothing', () => {
  for (const [{ said, progress, clock }, milliseconds] of [[rig(0, false), 5000], [rig(0), 900]] as const) {
    progress.stage('Reading db');
    clock.now = milliseconds;
    for (let i = 0; i < 1000; i++) progress.tell(i, i, 1000);
    progress.end();
    assert.deepEqual(said, []);
  }
});

test('reading a file and looking through its records tell how far they are', (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'progress-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'db');
  const hosts = Array.from({ length: 5000 }, (_, i) => `host${i} 60 IN A 192.0.2.1`);
  writeFileSync(file, ['@ 60 IN SOA ns h 1 2 3 4 5', '@ 60 IN NS ns', 'ns 60 IN A 192.0.2.1', ...hosts, ''].join('\n'));
  const { said, progress } = rig(300);
  const zone = Name.parse('z.test');
  const text = readZone(file, zone, 1, progress);
  assert.ok(said.length > 8);
  assert.match(said[0]!, new RegExp(`^\rReading ${file}: [\\d,]+ records, [\\d,]+ a second, [\\d:]+( s)? left$`));
  const read = said.length;
  zoneFindings(zone, file, text, 0, progress);
  assert.match(said[read]!, /^\rLooking through .*: [\d,]+ records, /);
});
