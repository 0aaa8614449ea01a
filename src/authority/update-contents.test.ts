// From a zone file over updates and a journal to the same zone: what is acknowledged is what is there after a start.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { Name } from '../dns/name.ts';
import { parseRR, printRR } from '../dns/rr.ts';
import type { RR } from '../dns/rr.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import { Store } from '../store/store.ts';
import { MasterFiles } from '../zonefile/master-file.ts';
import { Builder } from './zone/build.ts';
import { Scratch } from './zone/scratch.ts';
import { RECORDS, SERIAL } from './zone/version.ts';
import { UpdateContents, changedIn, entryOf } from './update-contents.ts';
import { UpdateJournal } from './update-journal.ts';
import { update } from './update.ts';
import { STORE_KEY } from '../testing/store-key.ts';

const zone = Name.parse('d.test').folded;
const folder = fs.mkdtempSync(join(os.tmpdir(), 'contents-'));
after(() => fs.rmSync(folder, { recursive: true }));
const seed = join(folder, 'db.d.test');
fs.writeFileSync(seed, `@ 60 IN SOA ns h 7 1 2 3 60\n@ 60 IN NS ns\nns 60 IN A 192.0.2.53\nWWW 60 IN A 192.0.2.1
www 60 IN A 192.0.2.1\n*.wild 60 IN MX 5 Mail\nconstructor 60 IN TXT "a" "B"\n`);

function seeded(): UpdateContents {
  const contents = new UpdateContents(zone);
  new MasterFiles().read(seed, zone, contents);
  contents.end();
  return contents;
}
/** All records as lines, in order. */
function linesOf(contents: UpdateContents): string[] {
  const lines: string[] = [];
  contents.give({
    owner: (name, length) => names.push(Name.read(name.slice(0, length), 0)) - 1,
    add: (owner, type, ttl, data, length) => {
      lines.push(printRR({ name: names[owner]!, type, class: CLASS.IN, ttl, rdata: data.slice(0, length) }).replaceAll('\t', ' '));
    },
  });
  return lines.sort();
}
const names: Name[] = [];

test('a zone file is taken, a record that it has twice once', () => {
  const contents = seeded();
  assert.deepEqual(linesOf(contents), [
    '*.wild.d.test. 60 IN MX 5 Mail.d.test.', 'constructor.d.test. 60 IN TXT "a" "B"', 'd.test. 60 IN NS ns.d.test.',
    'd.test. 60 IN SOA ns.d.test. h.d.test. 7 1 2 3 60', 'ns.d.test. 60 IN A 192.0.2.53', 'www.d.test. 60 IN A 192.0.2.1',
  ]);
  assert.equal(contents.records, 6);
  assert.deepEqual(contents.at(Name.parse('no.d.test')), []);
  assert.equal(contents.owner(Name.parse('e.test').octets, 8), -1);
});

test('what updates leave is a version that can be served', () => {
  const contents = seeded();
  const { changed } = update(contents, { answer: [], authority: [parseRR('new.d.test. 60 IN A 192.0.2.9')!] }, () => true);
  contents.apply(changed);
  const { memory } = Store.create(1 << 22, STORE_KEY);
  const scratch = new Scratch(memory.hash).begin(zone.octets);
  contents.give(scratch);
  const { version } = new Builder(memory).build(scratch, 0);
  assert.equal(memory.words[version + SERIAL], 8);
  assert.equal(memory.words[version + RECORDS], 7);
});

const owner = fc.constantFrom('d.test.', 'www.d.test.', 'new.d.test.', '__proto__.d.test.', '\\000.d.test.');
const data = fc.constantFrom('A 192.0.2.1', 'A 192.0.2.2', 'NS b.d.test.', 'CNAME Www.d.test.', 'MX 65 a.', 'MX 97 a.', 'TXT "x"');
const change = fc.tuple(owner, data, fc.constantFrom(CLASS.IN, CLASS.NONE, CLASS.ANY)).map(([name, text, klass]): RR => {
  const made = parseRR(`${name} 60 IN ${text}`)!;
  if (klass === CLASS.IN) return made;
  return { ...made, class: klass, ttl: 0, rdata: klass === CLASS.ANY ? new Uint8Array(0) : made.rdata };
});

test('after a start there is what was acknowledged, folded or not', async () => {
  const path = join(folder, 'journal.db');
  const updates = fc.array(fc.array(change, { minLength: 1, maxLength: 4 }), { maxLength: 8 });
  await fc.assert(fc.asyncProperty(updates, fc.nat(8), async (list, foldAt) => {
    fs.rmSync(path, { force: true });
    const { journal } = await UpdateJournal.open(path, zone);
    const contents = seeded();
    await journal.append(contents.whole());
    for (const [i, authority] of list.entries()) {
      const { changed, moreRecords, moreBytes } = update(contents, { answer: [], authority }, () => true);
      const expected = [contents.records + moreRecords, contents.bytes + moreBytes];
      contents.apply(changed);
      assert.deepEqual([contents.records, contents.bytes], expected);
      await journal.append(entryOf(changed));
      if (i === foldAt) await journal.fold([contents.whole()]);
    }
    await journal.close();
    const again = await UpdateJournal.open(path, zone);
    await again.journal.close();
    const restored = new UpdateContents(zone);
    for (const entry of again.entries) restored.apply(changedIn(entry));
    assert.deepEqual(linesOf(restored), linesOf(contents));
    assert.equal(restored.bytes, contents.bytes);
    assert.equal(restored.at(zone).filter(({ type }) => type === TYPE.SOA).length, 1);
  }), { numRuns: 60 });
});
