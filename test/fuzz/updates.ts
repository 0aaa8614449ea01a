// Any records as an UPDATE, and any octets where a journal of updates is. Knows what must hold: a zone stays one, what is counted is there,
// an entry says what was put into it, and a file is read or refused in a sentence.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fc } from '../../src/testing/properties.ts';
import { UpdateContents, changedIn, entryOf } from '../../src/authority/update-contents.ts';
import { UpdateJournal } from '../../src/authority/update-journal.ts';
import { update } from '../../src/authority/update.ts';
import { anyRecord } from '../../src/dns/arbitraries.test.ts';
import { decodeMessage, encodeMessage } from '../../src/dns/message.ts';
import { Name } from '../../src/dns/name.ts';
import { message } from '../../src/dns/parts.ts';
import { parseRR } from '../../src/dns/rr.ts';
import { CLASS, TYPE } from '../../src/dns/type-name.ts';
import { target } from './target.ts';

const zone = Name.parse('a.test').folded;
const SEED = ['a.test. 60 IN SOA ns.a.test. h.a.test. 7 2 3 4 5', 'a.test. 60 IN NS ns.a.test.', 'www.a.test. 60 IN A 192.0.2.1'];
const seed = SEED.map((text) => parseRR(text)!);
function seeded(): UpdateContents {
  const contents = new UpdateContents(zone);
  for (const { name: { octets }, type, ttl, rdata } of seed) {
    contents.add(contents.owner(octets, octets.length), type, ttl, rdata, rdata.length);
  }
  contents.end();
  return contents;
}
const name = fc.constantFrom(zone, Name.parse('www.a.test'), Name.parse('*.A.test'), Name.parse('e.test'));
const shape = fc.constantFrom('add', 'remove', 'all', 'every', 'as it is');
const record = fc.tuple(fc.oneof(anyRecord, fc.constantFrom(...seed)), name, shape).map(([made, owner, kind]) => {
  if (kind === 'as it is') return made;
  if (kind === 'add') return { ...made, name: owner, class: CLASS.IN };
  if (kind === 'remove') return { ...made, name: owner, class: CLASS.NONE, ttl: 0 };
  return { name: owner, type: kind === 'every' ? TYPE.ANY : made.type, class: CLASS.ANY, ttl: 0, rdata: new Uint8Array(0) };
});
/** Sections of an UPDATE, forms that are none among them. */
export const records = fc.record({ answer: fc.array(record, { maxLength: 2 }), authority: fc.array(record, { maxLength: 5 }) });
const changes = fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 2 });

/** What a client may send. */
export const updates = target('updates', 400, fc.tuple(records, changes), ([sections, some]) => {
  const question = { name: zone, type: TYPE.SOA, class: CLASS.IN };
  const bytes = encodeMessage(message({ opcode: 5, question, ...sections }), { compress: true });
  for (const [at, value] of some) bytes[at % bytes.length] = value;
  let parts: ReturnType<typeof decodeMessage>;
  try {
    parts = decodeMessage(bytes);
  } catch {
    return;
  }
  const contents = seeded();
  const { rcode, changed, moreRecords, moreBytes } = update(contents, parts, () => true);
  const counted = [contents.records + moreRecords, contents.bytes + moreBytes];
  const other = seeded();
  contents.apply(changed);
  other.apply(changedIn(entryOf(changed)));
  for (const each of [contents, other]) assert.deepEqual([each.records, each.bytes], counted);
  assert.ok(rcode === 0 || changed.size === 0);
  assert.deepEqual(other.whole(), contents.whole());
  const apex = contents.at(zone);
  assert.equal(apex.filter(({ type }) => type === TYPE.SOA).length, 1);
  assert.ok(apex.some(({ type }) => type === TYPE.NS));
  for (const [owner, has] of changed) assert.ok(owner.isUnder(zone) && has.every((each) => each.class === CLASS.IN));
});

/** A journal in which octets are others, and whose end is missing. */
export const journals = target('journals', 60, fc.tuple(changes, fc.nat(60)), async ([some, cut]) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'journal-'));
  try {
    const file = path.join(folder, 'a.db');
    const { journal } = await UpdateJournal.open(file, zone);
    for (const text of ['one', 'two', 'three']) await journal.append(new TextEncoder().encode(text));
    await journal.close();
    const bytes = readFileSync(file);
    for (const [at, value] of some) bytes[at % bytes.length] = value;
    writeFileSync(file, bytes.subarray(0, bytes.length - (cut % bytes.length)));
    const { journal: again, entries } = await UpdateJournal.open(file, zone);
    await again.close();
    entries.forEach((entry, i) => assert.equal(new TextDecoder().decode(entry), ['one', 'two', 'three'][i]));
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    assert.match(String(error), /is damaged at byte|is no journal of updates|is not the journal of/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
