// Every record type in all four directions: values, octets and text lead to one another and back.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { valuesOf } from './arbitraries.test.ts';
import { Name } from './name.ts';
import { allShapes } from './shapes.ts';
import { type Shape, shape } from './shape.ts';
import { u16 } from './field.ts';
import { MX } from './types.ts';
import { Reader } from './wire.ts';
import { WireError } from './wire-error.ts';
import { RRError, splitEntry, Words } from './words.ts';

/** Values that can be compared: names by their octets, whatever they have worked out so far. */
function plain(value: unknown): unknown {
  if (value instanceof Name) return { raw: value.raw };
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
}

function parse(one: Shape, text: string): Uint8Array {
  return one.parse(new Words(splitEntry(text)?.words ?? []));
}

for (const one of allShapes.values()) {
  test(`${one.name}: values, octets and text lead to one another`, () => {
    fc.assert(
      fc.property(valuesOf(one), (values) => {
        const rdata = one.rdata(values);
        assert.deepEqual(plain(one.values(rdata)), plain(values));
        const text = one.print(rdata);
        assert.deepEqual(parse(one, text), rdata, text);
        one.check(new Reader(rdata));
      }),
      { numRuns: 40 },
    );
  });

  test(`${one.name}: any octets are read, or are a WireError`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          one.values(bytes);
        } catch (error) {
          assert.ok(error instanceof WireError, String(error));
        }
      }),
      { numRuns: 40 },
    );
  });
}

test('values are typed, and text is refused with the type and the field that is wrong', () => {
  const preference: number = MX.values(MX.rdata({ preference: 10, exchange: Name.root })).preference;
  assert.equal(preference, 10);
  assert.throws(() => parse(MX as unknown as Shape, '99999 mx.'), { name: 'RRError', message: /^bad MX preference: "99999"/ });
  assert.throws(() => parse(MX as unknown as Shape, '10'), { name: 'RRError', message: 'bad MX exchange: a value is missing' });
  assert.throws(() => parse(MX as unknown as Shape, '10 a b'), RRError);
  assert.throws(() => parse(MX as unknown as Shape, '10 a..b'), RRError);
});

test('data that is too short or too long is refused', () => {
  const PAIR = shape('PAIR', 65280, { one: u16, two: u16 });
  assert.deepEqual(PAIR.values(Uint8Array.of(0, 1, 0, 2)), { one: 1, two: 2 });
  assert.throws(() => PAIR.values(Uint8Array.of(0, 1, 0)), WireError);
  assert.throws(() => PAIR.values(Uint8Array.of(0, 1, 0, 2, 3)), WireError);
  assert.throws(() => PAIR.check(new Reader(Uint8Array.of(0, 1, 0, 2, 3))), WireError);
});
