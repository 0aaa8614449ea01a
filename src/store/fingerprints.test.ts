// What was put into a table is found in it with all that was said of it, and nothing else is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { FingerprintDraft, eachFingerprint, fingerprintCount, fingerprintWord } from './fingerprints.ts';
import { LabelHash } from './label-hash.ts';
import { Memory } from './memory.ts';
import { STORE_KEY } from '../testing/store-key.ts';

const label = fc.string({ unit: fc.constantFrom('a', 'b', 'Z', '-', '9', '[', '@', '\x80', '\xff'), minLength: 1, maxLength: 63 });
const names = fc.array(fc.array(label, { minLength: 1, maxLength: 4 }), { maxLength: 40 });
const octets = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

function hashed(hash: LabelHash, labels: readonly string[]): [a: number, b: number] {
  hash.reset();
  for (const each of labels.toReversed()) hash.absorb(octets(each), 0, each.length);
  return [hash.a, hash.b];
}
const folded = (labels: readonly string[]): string =>
  labels.map((each) => each.replace(/[A-Z]/g, (letter) => letter.toLowerCase())).join('.');

test('each name is found with the words of all that put it in, and no other is', () => {
  fc.assert(fc.property(names, names, (put, others) => {
    const memory = Memory.create(1 << 26, STORE_KEY);
    const hash = new LabelHash(memory);
    const draft = new FingerprintDraft(), second = new FingerprintDraft();
    const expected = new Map<string, number>();
    put.forEach((labels, i) => {
      const word = 1 << (i % 31);
      expected.set(folded(labels), (expected.get(folded(labels)) ?? 0) | word);
      (i % 2 === 0 ? draft : second).add(...hashed(hash, labels), word);
    });
    draft.join(second);
    const table = draft.make(memory);
    assert.equal(fingerprintCount(memory, table), expected.size);
    let count = 0;
    eachFingerprint(memory, table, () => count++);
    assert.equal(count, expected.size);
    for (const labels of [...put, ...others]) {
      assert.equal(fingerprintWord(memory, table, ...hashed(hash, labels)), expected.get(folded(labels)) ?? 0);
    }
  }), { numRuns: 100 });
});

test('letters have no case, and where a label ends counts', () => {
  const hash = new LabelHash(Memory.create(1 << 26, STORE_KEY));
  assert.deepEqual(hashed(hash, ['AbC', 'TEST']), hashed(hash, ['aBc', 'test']));
  const all = [['ab', 'c'], ['a', 'bc'], ['abc'], ['c', 'ab'], ['a', 'b', 'c'], ['abcd'], ['abcd', 'a'], ['abcda'], ['[bc'], ['{bc']];
  assert.equal(new Set(all.map((labels) => hashed(hash, labels).join())).size, all.length);
});

test('what is cleared is gone, and what stands behind it is still found', () => {
  const memory = Memory.create(1 << 26, STORE_KEY);
  const draft = new FingerprintDraft(), cleared = new FingerprintDraft();
  // All of one place in the table.
  for (let b = 1; b <= 3; b++) draft.add(7, b, 0x101);
  cleared.add(7, 1, 1);
  cleared.add(9, 9, 1);
  const table = draft.make(memory, cleared);
  assert.deepEqual([1, 2, 3, 4].map((b) => fingerprintWord(memory, table, 7, b)), [0x100, 0x101, 0x101, 0]);
  assert.equal(fingerprintWord(memory, table, 9, 9), 0);
});

test('names that several lists have take the room of one', () => {
  const memory = Memory.create(1 << 26, STORE_KEY);
  const draft = new FingerprintDraft();
  for (let round = 0; round < 8; round++) for (let i = 0; i < 5000; i++) draft.add(i * 77_777, i, 1 << round);
  const table = draft.make(memory);
  assert.equal(fingerprintCount(memory, table), 5000);
  assert.ok(memory.words[table]! < 7000);
  assert.equal(fingerprintWord(memory, table, 77_777, 1), 255);
});
