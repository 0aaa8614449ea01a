// Steps over a restart: what is known of older versions is known afterwards, or nothing is; whatever became of the file meanwhile.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { fc } from '../../testing/properties.ts';
import { latin1Bytes } from '../../dns/latin1.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { StoredZone } from '../../testing/stored-zone.ts';
import { remember } from './history.ts';
import { allSteps, partsOf, serialsOf, stepsSince } from './journal.ts';
import { StepFile } from './step-file.ts';
import { JOURNAL } from './version.ts';

const ZONE = latin1Bytes('\x01z\x04test\0');
const soa = (serial: number): string => `@ 60 IN SOA ns hostmaster ${serial} 7200 3600 86400 30\n`;
const NOW = 1_800_000_000;

/** A zone as a process has it, whose steps are kept in a file. */
class Process {
  readonly zone = new StoredZone('z.test.');
  readonly complaints: string[] = [];
  readonly clock = new FakeClock();
  readonly file: StepFile;
  constructor(file: string) {
    this.file = new StepFile(file, ZONE, this.zone.store.memory, { clock: this.clock, complain: (text) => this.complaints.push(text) });
  }
  /** The next version: of so many hosts. */
  load(serial: number, hosts: number): void {
    const { zone, file } = this;
    const { memory } = zone.store;
    const before = zone.cell.version;
    zone.read(soa(serial) + Array.from({ length: hosts }, (_, i) => `host${i} 60 IN A 192.0.2.${(serial * 7 + i) % 250}\n`).join(''));
    const { version } = zone.builder.build(zone.scratch, before);
    remember(memory, ZONE, before, version, NOW);
    if (before === 0) file.adopt(version);
    zone.cell.publish(version, NOW);
    file.note(version);
  }
  async written(): Promise<void> {
    await this.clock.elapse(100);
    await this.file.written();
  }
  /** What is known: serials and the octets of each step, newest first. */
  known(): unknown[] {
    const { memory } = this.zone.store;
    const { version } = this.zone.cell;
    return allSteps(memory, memory.words[version + JOURNAL]!).map((step) => [serialsOf(memory, step), partsOf(memory, step)]);
  }
  knows(serial: number): boolean {
    const { memory } = this.zone.store;
    return stepsSince(memory, memory.words[this.zone.cell.version + JOURNAL]!, serial) !== undefined;
  }
}
function scratch(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'steps-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return path.join(folder, 'z.test.steps');
}

test('what is known of older versions is known after a restart, and goes on', async (t) => {
  const file = scratch(t);
  let process = new Process(file);
  for (let serial = 1; serial <= 12; serial++) {
    process.load(serial, 20);
    if (serial % 4 !== 0) continue;
    await process.written();
    const known = process.known();
    process = new Process(file);
    process.load(serial, 20);
    assert.deepEqual(process.known(), known);
    assert.ok(process.knows(1));
    assert.deepEqual(process.complaints, []);
  }
});

test('what comes at once is written at once, and what is due at the end', async (t) => {
  const file = scratch(t);
  const process = new Process(file);
  for (let serial = 1; serial <= 5; serial++) process.load(serial, 5);
  await process.written();
  const size = readFileSync(file).length;
  for (let serial = 6; serial <= 8; serial++) process.load(serial, 5);
  assert.equal(readFileSync(file).length, size);
  process.file.close();
  await process.clock.elapse(1000);
  const next = new Process(file);
  next.load(8, 5);
  assert.deepEqual(next.known(), process.known());
  next.file.close();
});

test('of another version, or of as many records under another SOA, nothing is known, and what was kept goes', async (t) => {
  const file = scratch(t);
  const process = new Process(file);
  for (const serial of [1, 2, 3]) process.load(serial, 10);
  await process.written();
  const kept = readFileSync(file);
  for (const [serial, hosts] of [[4, 10], [3, 11], [0, 10]] as const) {
    writeFileSync(file, kept);
    const next = new Process(file);
    next.load(serial, hosts);
    assert.deepEqual(next.known(), []);
    await next.written();
    assert.throws(() => readFileSync(file), { code: 'ENOENT' });
  }
  // One that went back to what there was.
  writeFileSync(file, kept);
  const next = new Process(file);
  next.load(2, 10);
  assert.deepEqual([next.knows(1), next.knows(2), next.knows(3)], [true, false, false]);
  next.load(5, 10);
  await next.written();
  const last = new Process(file);
  last.load(5, 10);
  assert.deepEqual([last.knows(1), last.knows(2), last.knows(3)], [true, true, false]);
});

test('a version that nothing leads to ends what is known; the next ones begin anew', async (t) => {
  const file = scratch(t);
  const process = new Process(file);
  for (const serial of [5, 6, 3, 4]) process.load(serial, 10);
  await process.written();
  const next = new Process(file);
  next.load(4, 10);
  assert.deepEqual([next.knows(5), next.knows(3)], [false, true]);
});

test('the file grows no further than what is known, and says it where it cannot be written', async (t) => {
  const file = scratch(t);
  const process = new Process(file);
  let most = 0;
  for (let serial = 1; serial < 60; serial++) {
    process.load(serial, 60);
    await process.written();
    most = Math.max(most, readFileSync(file, { flag: 'a+' }).length);
  }
  assert.ok(most < 200_000, `${most} octets`);
  const lost = new Process(path.join(file, 'nowhere'));
  for (const serial of [1, 2]) lost.load(serial, 2);
  await lost.written();
  assert.match(lost.complaints.join(), /ENOTDIR/);
});

test('a file that was cut, or has other octets, gives the steps as they were, or none', async (t) => {
  const file = scratch(t);
  const process = new Process(file);
  for (let serial = 1; serial <= 6; serial++) process.load(serial, 5);
  await process.written();
  const kept = readFileSync(file);
  const known = process.known();
  fc.assert(fc.property(fc.nat(kept.length - 1), fc.nat(255), fc.boolean(), (at, octet, cuts) => {
    const spoilt = Buffer.from(cuts ? kept.subarray(0, at) : kept);
    if (!cuts) spoilt[at] = octet;
    writeFileSync(file, spoilt);
    const next = new Process(file);
    next.load(6, 5);
    assert.deepEqual(next.known(), next.known().length === 0 ? [] : known);
  }), { numRuns: 150, endOnFailure: true });
});
