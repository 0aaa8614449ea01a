// Any octets where steps of a zone are kept. Knows what must hold: a file is read up to what is not whole, and what was read are lists of
// records with one SOA before and one after.
import assert from 'node:assert/strict';
import { fc } from '../../src/testing/properties.ts';
import { recordsOf } from '../../src/authority/zone/difference.ts';
import { stepsIn } from '../../src/authority/zone/step-file.ts';
import { checksum } from '../../src/authority/update-journal.ts';
import { target } from './target.ts';

const octets = (maxLength: number) => fc.uint8Array({ maxLength });
/** A record of a list: an owner, a type, a TTL and data, whose lengths need not be right. */
const listed = fc.tuple(octets(4), octets(5), fc.integer({ min: -1, max: 1 })).map(([owner, data, wrong]) =>
  Buffer.concat([
    Buffer.of(owner.length), owner, Buffer.from('000100000e10', 'hex'), Buffer.of(0, Math.max(0, data.length + wrong)), data,
  ]));
const list = fc.array(listed, { maxLength: 2 }).map((all) => Buffer.concat(all));
const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const head = fc.array(fc.nat(), { minLength: 4, maxLength: 4 });
const step = fc.tuple(fc.tuple(list, list, list, list), head, fc.nat(3)).map(([parts, numbers, more]) => {
  const lengths = parts.map(({ length }) => number(length));
  const body = Buffer.concat([...numbers.map(number), ...lengths, ...parts, Buffer.alloc(more === 3 ? 1 : 0)]);
  return Buffer.concat([number(body.length), number(checksum(0, body)), body]);
});
const file = fc.array(fc.oneof({ weight: 4, arbitrary: step }, { weight: 1, arbitrary: octets(60) }), { maxLength: 4 });

/** What a folder may have. */
export const keptSteps = target('kept steps', 400, file, (parts) => {
  const bytes = Uint8Array.from(Buffer.concat(parts));
  const { steps, end } = stepsIn(bytes, 0);
  assert.ok(end <= bytes.length);
  for (const { parts: lists } of steps) {
    const counts = lists.map((each) => {
      const records = [...recordsOf(each, 0, each.length)];
      assert.ok(records.every(({ data, size }) => data + size <= each.length));
      return records.length;
    });
    assert.deepEqual(counts.slice(2), [1, 1]);
  }
});
