// Journals that are cut anywhere, damaged, of others; many writers at once; a fold.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { latin1, latin1Bytes } from '../dns/latin1.ts';
import { Name } from '../dns/name.ts';
import { UpdateJournal } from './update-journal.ts';

const zone = Name.parse('d.test');
const folder = fs.mkdtempSync(join(os.tmpdir(), 'journal-'));
after(() => fs.rmSync(folder, { recursive: true }));
let files = 0;
const fresh = (): string => join(folder, `${files++}.db`);

/** Opens, says what is in it, and closes. */
async function entriesOf(path: string): Promise<string[]> {
  const { journal, entries } = await UpdateJournal.open(path, zone);
  await journal.close();
  return entries.map((entry) => latin1(entry, 0, entry.length));
}
async function append(path: string, ...texts: readonly string[]): Promise<void> {
  const { journal } = await UpdateJournal.open(path, zone);
  for (const text of texts) await journal.append(latin1Bytes(text));
  await journal.close();
}

test('what was appended is there, in its order, for nobody else to read', async () => {
  const path = fresh();
  await append(path, 'one', '', 'three');
  await append(path, 'four');
  assert.deepEqual(await entriesOf(path), ['one', '', 'three', 'four']);
  assert.equal(fs.statSync(path).mode & 0o777, 0o600);
});

test('whoever comes while one is written waits for one write together, and is on disk when told', async () => {
  const path = fresh();
  const { journal } = await UpdateJournal.open(path, zone);
  const texts = Array.from({ length: 200 }, (_, i) => `entry ${i}`);
  const head = journal.size;
  const told: number[] = [];
  const append = async (text: string): Promise<void> => {
    await journal.append(latin1Bytes(text));
    told.push(journal.size);
  };
  const first = append(texts[0]!);
  await undefined;
  await Promise.all([first, ...texts.slice(1).map(append)]);
  assert.equal(new Set(told).size, 2, 'the first alone, all others together');
  assert.equal(journal.size, fs.statSync(path).size);
  assert.equal(journal.size, head + 2 * 8 + texts.reduce((sum, text) => sum + 4 + text.length, 0));
  await journal.close();
  assert.deepEqual(await entriesOf(path), texts);
});

test('a file that ends anywhere has the frames that are whole; what is appended then follows them', async () => {
  const path = fresh();
  const ends: number[] = [];
  const { journal } = await UpdateJournal.open(path, zone);
  ends.push(journal.size);
  for (const text of ['one', 'two', 'three']) {
    await journal.append(latin1Bytes(text));
    ends.push(journal.size);
  }
  await journal.close();
  const whole = fs.readFileSync(path);
  for (let length = ends[0]!; length <= whole.length; length++) {
    for (const tail of [0, 7, 40]) {
      fs.writeFileSync(path, Buffer.concat([whole.subarray(0, length), Buffer.alloc(tail)]));
      const count = ends.filter((end) => end <= length).length - 1;
      const { journal: again, entries, cut } = await UpdateJournal.open(path, zone);
      assert.equal(entries.length, count);
      assert.equal(cut, length + tail - ends[count]!);
      await again.append(latin1Bytes('next'));
      await again.close();
      assert.deepEqual(await entriesOf(path), [...['one', 'two', 'three'].slice(0, count), 'next']);
    }
  }
});

test('damage before the end is refused: what was acknowledged is not dropped in silence', async () => {
  const path = fresh();
  await append(path, 'one', 'two', 'three');
  const bytes = fs.readFileSync(path);
  const at = bytes.indexOf('two');
  bytes[at]! ^= 1;
  fs.writeFileSync(path, bytes);
  await assert.rejects(entriesOf(path), /is damaged at byte \d+: what follows was acknowledged/);
  assert.deepEqual(fs.readFileSync(path), bytes);
});

test('files of others are refused and left as they are', async () => {
  const bolt = Buffer.alloc(4096);
  bolt.writeUInt32LE(0xed0cdaed, 16);
  const others = [[bolt, /is a database of CoreDNS \(bbolt\)/], [Buffer.from('@ IN SOA'), /is no journal of updates/]] as const;
  for (const [bytes, text] of others) {
    const path = fresh();
    fs.writeFileSync(path, bytes);
    await assert.rejects(UpdateJournal.open(path, zone), text);
    assert.deepEqual(fs.readFileSync(path), bytes);
  }
  const path = fresh();
  await append(path, 'one');
  await assert.rejects(UpdateJournal.open(path, Name.parse('e.test')), /is not the journal of e\.test\./);
  await assert.rejects(UpdateJournal.open(join(folder, 'no', 'folder'), zone), { code: 'ENOENT' });
});

test('a fold puts one entry in place of many, and what is appended meanwhile comes behind it', async () => {
  const path = fresh();
  const { journal } = await UpdateJournal.open(path, zone);
  for (let i = 0; i < 20; i++) await journal.append(latin1Bytes(`entry ${i}`));
  const before = journal.size;
  const folded = journal.fold([latin1Bytes('all')]);
  const appended = journal.append(latin1Bytes('next'));
  await Promise.all([folded, appended]);
  assert.ok(journal.size < before);
  await journal.close();
  assert.deepEqual(await entriesOf(path), ['all', 'next']);
  assert.equal(fs.existsSync(`${path}.new`), false);
});

test('each in its turn: a fold takes what came before it, and nothing that came after, however busy the disk', async () => {
  const path = fresh();
  const { journal } = await UpdateJournal.open(path, zone);
  const entry = (text: string): Promise<void> => journal.append(latin1Bytes(text));
  const fold = (text: string): Promise<void> => journal.fold([latin1Bytes(text)]);
  await Promise.all([entry('1'), entry('2'), fold('1 and 2'), entry('3'), fold('1 to 3'), entry('4')]);
  await journal.close();
  assert.deepEqual(await entriesOf(path), ['1 to 3', '4']);
});

test('nothing is acknowledged behind a write that failed', async () => {
  const path = fresh();
  const { journal } = await UpdateJournal.open(path, zone);
  await journal.close();
  for (const text of ['one', 'two']) await assert.rejects(journal.append(latin1Bytes(text)), /is closed/);
  assert.deepEqual(await entriesOf(path), []);
});
