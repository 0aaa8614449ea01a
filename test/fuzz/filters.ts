// Any text as a filter of questions, tried on questions with any name and client: read or refused, and then it says yes or no, and with
// `not` the other. Knows what must hold of what was read.
import assert from 'node:assert/strict';
import { fc } from '../../src/testing/properties.ts';
import { questionJson, readFilter } from '../../src/admin-api/filter.ts';
import { Name } from '../../src/dns/name.ts';
import { RecentWriter } from '../../src/kernel/seen/recent.ts';
import { RecentReader } from '../../src/kernel/seen/recent-reader.ts';
import { Key } from '../../src/store/key.ts';
import { Memory } from '../../src/store/memory.ts';
import { target, textOf } from './target.ts';

const memory = Memory.create(1 << 24);
const writer = new RecentWriter(memory, 0, () => 'forward');
const reader = new RecentReader(memory);
const names = ['.', 'www.example.org.', '<b>.example.org.', `\\000\\255\\.\\\\.${'x'.repeat(63)}.${'y'.repeat(63)}.example.org.`];
const trail = { lastHop: 0, tail: () => 0 };

const words = textOf('not', 'type:A', 'type:', 'rcode:NONE', 'rcode:3', 'by:forward', 'under:example.org', 'under:a..b', '10.0.0.0/8',
  '::/0', '>5ms', '<1h', '>', 'www', '\\000', '\\', 'x'.repeat(70));
const questions = fc.record({
  name: fc.constantFrom(...names), type: fc.nat(65_535), rcode: fc.integer({ min: -1, max: 4095 }), client: fc.nat(),
});

/** A filter. */
export const filters = target('filters', 1000, fc.tuple(words, questions), ([text, { name, type, rcode, client }]) => {
  const read = readFilter(text);
  if (typeof read === 'string') return assert.ok(read.length > 0 && read.length < 1200);
  const key = new Key().named(Name.parse(name).key, type);
  const question = { words: key.words, keyAt: key.at << 2, nameLength: Name.parse(name).key.length, type };
  const outcome = { rcode, extended: -1, trail, isStream: false, microseconds: client & 0xffff, at: 0 };
  writer.write(question, outcome, Int32Array.of(client), 0, 4, true);
  const last = reader.written.get(0)!;
  let said: boolean | undefined;
  const lost = reader.each(0, last - 1, last, (record) => {
    said = read(record);
    // What it shows is text, whatever the octets were.
    assert.match(JSON.stringify(questionJson(record.question)), /^[\x20-\x7e]*$/);
  });
  assert.equal(lost, 0);
  assert.equal(typeof said, 'boolean');
  const [word, ...more] = text.split(/\s+/).filter((each) => each !== '');
  if (word === undefined || word === 'not' || more.length > 0) return;
  const other = readFilter(`not ${word}`);
  assert.ok(typeof other === 'function');
  reader.each(0, last - 1, last, (record) => assert.equal(other(record), !said));
});
