// The keyed hash of 128 bits against its authors' test vectors, and what must make it another one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { Mac } from './mac.ts';

/** Key and results of the reference implementation: messages of the octets 0, 1, 2 and so on. */
const KEY = new Uint8Array(Int32Array.of(0x833d3433, 0x009f389f, 0x2398e64f, 0x417acf39).buffer);
const VECTORS = [
  ['792e8fe5', '75ce87aa', '2d1450b5', '1191970b'], ['13a9307b', '50e62c89', '4577bd88', 'c0bbdc18'],
  ['55df8922', '2c7ff577', '73809ef4', '4e5084c0'],
];

test('says what the reference implementation says', () => {
  const mac = new Mac(KEY);
  VECTORS.forEach((words, length) => {
    const bytes = Uint8Array.from({ length: 80 }, (_, i) => (i < length ? i : 0xee));
    assert.deepEqual(Array.from(mac.of(bytes, 0, length), (word) => (word >>> 0).toString(16).padStart(8, '0')), words);
  });
});

test('depends on each octet, the length and the key, and on nothing else', () => {
  const mac = new Mac(KEY);
  const hash = (bytes: Uint8Array, by = mac, from = 3): string => {
    const room = new Uint8Array(from + bytes.length + 16).fill(0xaa);
    room.set(bytes, from);
    return by.of(room, from, bytes.length).join();
  };
  fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 100 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (bytes, at, by) => {
    const changed = Uint8Array.from(bytes);
    changed[at % bytes.length]! ^= by;
    assert.notEqual(hash(changed), hash(bytes));
    assert.notEqual(hash(bytes.subarray(1)), hash(bytes));
    assert.notEqual(hash(Uint8Array.from([...bytes, 0])), hash(bytes));
    const other = Uint8Array.from(KEY);
    other[at % 16]! ^= by;
    assert.notEqual(hash(bytes, new Mac(other)), hash(bytes));
    assert.equal(hash(bytes, new Mac(KEY), 16), hash(bytes));
  }));
});

test('the key may be part of a larger buffer, as those of Buffer are', () => {
  const bytes = new Uint8Array(40);
  const [first, second] = [Buffer.from(KEY), Buffer.concat([Buffer.alloc(8), KEY]).subarray(8)];
  const expected = new Mac(KEY).of(bytes, 0, 8).join();
  for (const key of [first, second]) assert.equal(new Mac(key).of(bytes, 0, 8).join(), expected);
});
