// Random values for every field of record data, for the other tests of this folder.

import { fc } from '../testing/properties.ts';
import { maskAddress } from './address.ts';
import { prefixes } from './apl.ts';
import { compressedName, duration, type Field, name, timestamp, u8, u16, u32, u48 } from './field.ts';
import { eui48, eui64, ipv4, ipv6, locator64, nodeId } from './field-address.ts';
import { algorithm, certificateKind, namedAlgorithm, recordType, typeBitmap } from './field-number.ts';
import * as text from './field-text.ts';
import { gateway, identity, relay } from './gateway.ts';
import { latin1 } from './latin1.ts';
import { location } from './loc.ts';
import { Name } from './name.ts';
import type { RR } from './rr.ts';
import { allShapes } from './shapes.ts';
import type { Shape } from './shape.ts';
import { parameters } from './svcb.ts';

export const number = (bits: number): fc.Arbitrary<number> => fc.nat({ max: 2 ** bits - 1 });
export const bytes = (minLength: number, maxLength = minLength): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength, maxLength });
export const octetText = (maxLength: number, minLength = 0): fc.Arbitrary<string> =>
  bytes(minLength, maxLength).map((value) => latin1(value, 0, value.length));

const label = fc.oneof(fc.constantFrom('www', 'Mail', '*', '_tcp', 'a'), octetText(12, 1));
export const anyName: fc.Arbitrary<Name> = fc
  .tuple(fc.array(label, { maxLength: 3 }), fc.constantFrom(['example', 'org'], ['Example', 'ORG'], ['org'], []))
  .map(([head, tail]) => Name.of([...head, ...tail]));

const types = fc.uniqueArray(number(16), { maxLength: 8 }).map((list) => list.sort((a, b) => a - b));
const target = fc.oneof(fc.constant(undefined), bytes(4), bytes(16), anyName);
const prefix = fc.tuple(fc.boolean(), fc.oneof(bytes(4), bytes(16)), number(8)).map(([negated, address, size]) => {
  const bits = size % (8 * address.length + 1);
  return { negated, network: maskAddress(address, bits), bits };
});
const precision = fc.oneof(
  fc.constantFrom(0),
  fc.tuple(fc.integer({ min: 1, max: 9 }), fc.nat({ max: 9 })).map(([m, e]) => (m << 4) | e),
);
const angle = (most: number) => fc.integer({ min: -most * 3_600_000, max: most * 3_600_000 }).map((value) => value + 0x80000000);
const hints = (length: number) =>
  fc.array(bytes(length), { minLength: 1, maxLength: 3 }).map((list) => Uint8Array.from(list.flatMap((one) => [...one])));
const protocols = fc.array(bytes(1, 8), { maxLength: 3 }).map((list) => Uint8Array.from(list.flatMap((one) => [one.length, ...one])));
const parameterValue = (key: number): fc.Arbitrary<Uint8Array> => {
  const empty = fc.constant(new Uint8Array(0));
  const known = [hints(2), protocols, empty, bytes(2), hints(4), bytes(0, 9), hints(16), bytes(0, 9), empty];
  return known[key] ?? bytes(0, 9);
};
const parameterList = fc
  .uniqueArray(fc.oneof(fc.nat({ max: 9 }), fc.nat({ max: 0xfffe })), { maxLength: 5 })
  .chain((keys) => fc.tuple(...keys.sort((a, b) => a - b).map((key) => parameterValue(key).map((value) => ({ key, value })))));
const mandatorySorted = parameterList.filter((list) => list.every(({ key, value }) => key !== 0 || ascending(value)));

function ascending(value: Uint8Array): boolean {
  for (let i = 2; i < value.length; i += 2) {
    const at = (j: number) => ((value[j] as number) << 8) | (value[j + 1] as number);
    if (at(i) < at(i - 2) || at(i) === 0xffff) return false;
  }
  return value.length === 0 || value[0] !== 0xff;
}

const known = new Map<Field<never>, fc.Arbitrary<unknown>>();
const set = <T>(field: Field<T>, values: fc.Arbitrary<T>): void => void known.set(field as unknown as Field<never>, values);
for (const field of [u8, algorithm, namedAlgorithm]) set(field, number(8));
for (const field of [u16, recordType, certificateKind]) set(field, number(16));
for (const field of [u32, duration, timestamp]) set(field, number(32));
for (const field of [name, compressedName]) set(field, anyName);
for (const field of [text.string, text.bareString, text.lastString]) set(field, octetText(255));
for (const field of [text.hex, text.upperHex, text.longHex, text.base64]) set(field, bytes(1, 40));
for (const field of [text.salt, text.hashedOwner]) set(field, bytes(0, 255));
for (const field of [eui64, locator64, nodeId]) set(field, bytes(8));
set(u48, number(48));
set(text.strings, fc.array(octetText(255), { minLength: 1, maxLength: 3 }));
set(text.octetString, octetText(300, 1));
set(text.countedBase64, bytes(0, 300));
set(ipv4, bytes(4));
set(
  ipv6,
  fc.oneof(
    bytes(16),
    bytes(4).map((value) => Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...value)),
  ),
);
set(eui48, bytes(6));
set(typeBitmap, types);
set(parameters, mandatorySorted);
set(prefixes, fc.array(prefix, { minLength: 1, maxLength: 3 }));
set(gateway, fc.record({ algorithm: number(8), target }));
set(relay, fc.record({ discovery: fc.boolean(), target }));
set(
  identity,
  fc.record({ algorithm: number(8), tag: bytes(1, 20), publicKey: bytes(1, 40), servers: fc.array(anyName, { maxLength: 2 }) }),
);
set(
  location,
  fc.record({
    version: fc.constant(0),
    size: precision,
    horizontal: precision,
    vertical: precision,
    latitude: angle(90),
    longitude: angle(180),
    altitude: number(32),
  }),
);

/** Random values of a shape. */
export function valuesOf<V extends object>(shape: Shape<V>): fc.Arbitrary<V> {
  const model: Record<string, fc.Arbitrary<unknown>> = {};
  for (const [key, field] of Object.entries(shape.fields)) {
    const values = known.get(field as Field<never>);
    if (values === undefined) throw new Error(`no random values for ${shape.name} ${key}`);
    model[key] = values;
  }
  return fc.record(model) as unknown as fc.Arbitrary<V>;
}

/** Random records of all types. */
export const anyRecord: fc.Arbitrary<RR> = fc
  .constantFrom(...allShapes.values())
  .chain((shape) => fc.tuple(fc.constant(shape), valuesOf(shape), anyName, number(32), fc.constantFrom(1, 3, 254, 77)))
  .map(([shape, values, owner, ttl, klass]) => ({ name: owner, type: shape.type, class: klass, ttl, rdata: shape.rdata(values) }));
