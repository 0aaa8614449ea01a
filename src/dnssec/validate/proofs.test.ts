// Tests of proofs: what a chain of NSEC or NSEC3 of a random zone proves is what is so, and nothing else.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../testing/properties.ts';
import { Name } from '../../dns/name.ts';
import { compareNames } from '../../dns/order.ts';
import { TYPE } from '../../dns/type-name.ts';
import { HASH_LENGTH, hashName, writeHashedLabel } from '../hashed-name.ts';
import { bitmapOf } from '../type-bitmap.ts';
import { HashedDenials } from './nsec3.ts';
import { provesCut, provesNoData, provesNoName, provesWildcard } from './nsec.ts';
import type { Denial } from './proof.ts';

const apex = Name.parse('z.test.');
const APEX: readonly number[] = [TYPE.SOA, TYPE.NS, TYPE.NSEC, TYPE.RRSIG];
type Zone = ReadonlyMap<string, readonly number[]>;
const nameOf = (text: string): Name => (text === '@' ? apex : Name.parse(text, apex));

/** The whole chain of a zone. */
function nsec(zone: Zone): Denial[] {
  const names = [...zone.keys()].map(nameOf).sort(compareNames);
  return names.map((name, i) => {
    const types = [...zone.entries()].find(([text]) => nameOf(text).equals(name))![1];
    return { name, data: Buffer.concat([names[(i + 1) % names.length]!.octets, bitmapOf([...types, TYPE.NSEC, TYPE.RRSIG])]) };
  });
}
function nsec3(zone: Zone, flags = 0, iterations = 0): Denial[] {
  const all = new Map<string, readonly number[]>();
  for (const [text, types] of zone) {
    const name = nameOf(text);
    all.set(name.key, types);
    for (let above = name.parent!; above.isUnder(apex); above = above.parent!) if (!all.has(above.key)) all.set(above.key, []);
  }
  const hashed = [...all].map(([key, types]) => {
    const hash = Buffer.alloc(HASH_LENGTH);
    hashName(Name.wire(key).octets, 0, new Uint8Array(), iterations, hash, 0);
    return { hash, types: zone.get('@') !== undefined && key === apex.key ? APEX : types };
  }).sort((a, b) => Buffer.compare(a.hash, b.hash));
  return hashed.map(({ hash, types }, i) => {
    const label = Buffer.alloc(32);
    writeHashedLabel(hash, 0, label, 0);
    const head = Uint8Array.of(1, flags, iterations >> 8, iterations & 255, 0, HASH_LENGTH);
    const next = hashed[(i + 1) % hashed.length]!.hash;
    return { name: apex.under(label.toString('latin1')), data: Buffer.concat([head, next, bitmapOf([...types])]) };
  });
}

const label = fc.constantFrom('a', 'b', 'c', '*', 'w');
const owner = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join('.'));
const types = fc.subarray<number>([TYPE.A, TYPE.MX], { minLength: 1 });
const zones = fc.array(fc.tuple(owner, types), { minLength: 1, maxLength: 6 })
  .map((entries): Zone => new Map([['@', APEX], ...entries]));
/** What is so (RFC 4592): the name exists, or a wildcard of its closest encloser stands for it. */
function truth(zone: Zone, name: Name): { exists: boolean; types: readonly number[] | undefined } {
  const names = [...zone].map(([text, types]) => ({ name: nameOf(text), types }));
  const at = (wanted: Name): readonly number[] | undefined => names.find((each) => each.name.equals(wanted))?.types
    ?? (names.some((each) => each.name.isUnder(wanted)) ? [] : undefined);
  const own = at(name);
  if (own !== undefined) return { exists: true, types: own };
  let encloser = name.parent!;
  while (!names.some((each) => each.name.isUnder(encloser))) encloser = encloser.parent!;
  const wildcard = Name.wire(`\x01*${encloser.raw}`);
  return { exists: false, types: at(wildcard) };
}

test('a whole chain proves what is so of any name and type, and nothing else', () => {
  fc.assert(fc.property(zones, owner, fc.constantFrom(TYPE.A, TYPE.MX, TYPE.TXT), (zone, text, type) => {
    const name = nameOf(text);
    const { exists, types } = truth(zone, name);
    const noName = !exists && types === undefined;
    const noData = types !== undefined && !types.includes(type);
    const plain = nsec(zone);
    assert.equal(provesNoName(plain, name), noName ? 'proven' : 'missing', 'NSEC, no name');
    assert.equal(provesNoData(plain, name, type), noData ? 'proven' : 'missing', 'NSEC, no data');
    const hashed = nsec3(zone);
    assert.equal(new HashedDenials(hashed, 50).provesNoName(name), noName ? 'proven' : 'missing', 'NSEC3, no name');
    assert.equal(new HashedDenials(hashed, 50).provesNoData(name, type), noData ? 'proven' : 'missing', 'NSEC3, no data');
  }), { numRuns: 400, endOnFailure: true });
});
test('a part of a chain proves no more than the whole', () => {
  fc.assert(fc.property(zones, owner, fc.infiniteStream(fc.boolean()), (zone, text, kept) => {
    const name = nameOf(text);
    const { exists, types } = truth(zone, name);
    const picked = kept[Symbol.iterator]();
    const some = nsec(zone).filter(() => picked.next().value as boolean);
    if (exists || types !== undefined) assert.equal(provesNoName(some, name), 'missing');
    if (types?.includes(TYPE.A) === true) assert.equal(provesNoData(some, name, TYPE.A), 'missing');
  }), { numRuns: 400, endOnFailure: true });
});
test('what lies below a cut or a DNAME is not denied from above', () => {
  const zone: Zone = new Map<string, readonly number[]>([['@', APEX], ['sub', [TYPE.NS]], ['alias', [TYPE.DNAME]], ['zz', [TYPE.A]]]);
  const plain = nsec(zone);
  for (const text of ['x.sub', 'x.alias']) {
    assert.equal(provesNoName(plain, nameOf(text)), 'missing', text);
    assert.equal(new HashedDenials(nsec3(zone), 50).provesNoName(nameOf(text)), 'missing', text);
  }
  assert.equal(provesNoData(plain, nameOf('sub'), TYPE.A), 'missing', 'the parent does not know what the child has');
  assert.equal(provesNoData(plain, nameOf('sub'), TYPE.DS), 'proven');
  assert.deepEqual(['sub', 'zz', 'nope'].map((text) => provesCut(plain, nameOf(text))), ['unsigned cut', 'no cut', 'no name']);
  const hashed = () => new HashedDenials(nsec3(zone), 50);
  assert.deepEqual(['sub', 'zz', 'nope'].map((text) => hashed().provesCut(nameOf(text))), ['unsigned cut', 'no cut', 'no name']);
  assert.equal(provesCut(nsec(new Map([['@', APEX]])), apex), 'missing', 'the child does not deny its own DS');
});
test('opt-out leaves it open whether there is something, and too many iterations whether anything is so (RFC 9276)', () => {
  const zone: Zone = new Map([['@', APEX], ['a', [TYPE.A]]]);
  assert.equal(new HashedDenials(nsec3(zone, 1), 50).provesNoName(nameOf('b')), 'insecure');
  assert.equal(new HashedDenials(nsec3(zone, 1), 50).provesCut(nameOf('b')), 'insecure');
  assert.equal(new HashedDenials(nsec3(zone, 0, 51), 50).provesNoName(nameOf('b')), 'insecure');
  assert.equal(new HashedDenials(nsec3(zone, 0, 50), 50).provesNoName(nameOf('b')), 'proven');
  assert.equal(new HashedDenials(nsec3(zone, 2), 50).provesNoName(nameOf('b')), 'missing', 'flags that nobody knows');
});
test('a wildcard stands for a name where nothing nearer exists', () => {
  const zone: Zone = new Map([['@', APEX], ['*', [TYPE.A]], ['c', [TYPE.A]]]);
  assert.equal(provesWildcard(nsec(zone), nameOf('b'), apex), 'proven');
  assert.equal(provesWildcard(nsec(zone), nameOf('c'), apex), 'missing');
  assert.equal(provesWildcard(nsec(zone), nameOf('x.c'), apex), 'missing', 'c is nearer');
  assert.equal(new HashedDenials(nsec3(zone), 50).provesWildcard(nameOf('b'), apex), 'proven');
  assert.equal(new HashedDenials(nsec3(zone), 50).provesWildcard(nameOf('x.c'), apex), 'missing');
});
