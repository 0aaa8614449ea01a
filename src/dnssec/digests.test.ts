// Key tags, DS, hashed names, bitmaps and zone digests, held against the examples of RFCs 4034, 4509, 6605, 5155 and 8976.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { latin1, latin1Bytes } from '../dns/latin1.ts';
import { Name } from '../dns/name.ts';
import { parseRR, printRdata } from '../dns/rr.ts';
import { allShapes } from '../dns/shapes.ts';
import { TYPE } from '../dns/type-name.ts';
import { anyRecord } from '../dns/arbitraries.test.ts';
import { writeCanonicalData } from './canonical.ts';
import { SHA1, SHA256, SHA384, delegationData, digestLength } from './delegation.ts';
import { keyTag } from './dnskey.ts';
import { HASHED_LABEL, hashName, writeHashedLabel } from './hashed-name.ts';
import { formOf } from './set-form.ts';
import { sha1 } from './sha1.ts';
import { bitmapOf, isInBitmap } from './type-bitmap.ts';
import { ZONE_SHA384, ZONE_SHA512, ZoneDigest, zoneDigestData } from './zone-digest.ts';

const wire = (text: string): Uint8Array => latin1Bytes(Name.parse(text).key);
const { DS, ZONEMD, NSEC } = TYPE;

test('DS and key tags are those of the RFCs', () => {
  const old = 'dskey.example.com. 86400 IN DNSKEY 256 3 5 AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNX' +
    'xeYCmZDRD99WYwYqUSdjMmmAphXdvxegXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw==';
  const curve = 'example.net. 3600 IN DNSKEY 257 3 14 xKYaNhWdGOfJ+nPrL8/arkwf2EY3MDJ+SErKivBVSum1w/egsXvSADtNJhyem5RCOpgQ6K8X1DRSEkrb' +
    'YQ+OB+v8/uX45NBwY8rp65F6Glur8I/mlVNgF6W/qTI37m40';
  const shown = (key: string, kind: number) => {
    const { name, rdata } = parseRR(key)!;
    const data = delegationData(latin1Bytes(name.key), rdata, kind);
    assert.equal(data.length, 4 + digestLength(kind)!);
    return printRdata(DS, data);
  };
  assert.equal(shown(old, SHA1), '60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118');
  assert.equal(shown(old, SHA256), '60485 5 2 D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A');
  assert.equal(shown(curve, SHA384), '10771 14 4 ' +
    '72D7B62976CE06438E9C0BF319013CF801F09ECC84B8D7E9495F27E305C6A9B0563A9B5F4D288405C3008A946DF983D6');
  assert.equal(keyTag(Uint8Array.of()), 0);
  assert.throws(() => delegationData(wire('a.'), Uint8Array.of(), 3), RangeError);
  assert.equal(digestLength(3), undefined);
});

const hashed = (name: string, salt: string, iterations: number): string => {
  const hash = new Uint8Array(20);
  const label = new Uint8Array(HASHED_LABEL);
  hashName(latin1Bytes(Name.parse(name).raw), 0, Buffer.from(salt, 'hex'), iterations, hash, 0);
  writeHashedLabel(hash, 0, label, 0);
  return latin1(label, 0, label.length);
};

test('hashed names are those of RFC 5155 appendix A, whatever their case', () => {
  const known = {
    'example.': '0p9mhaveqvm6t7vbl5lop2u3t2rp3tom', 'a.example.': '35mthgpgcu1qg68fab165klnsnk3dpvl',
    'ai.example.': 'gjeqe526plbf1g8mklp59enfd789njgi', 'ns1.example.': '2t7b4g4vsa5smi47k61mv5bv1a22bojr',
    'NS2.example.': 'q04jkcevqvmu85r014c7dkba38o0ji5r', 'w.Example.': 'k8udemvp1j2f7eg6jebps17vp3n8i58h',
    '*.w.example.': 'r53bq7cc2uvmubfu5ocmm6pers9tk9en', 'x.y.w.example.': '2vptu5timamqttgl4luu9kg21e0aor3s',
    'xx.example.': 't644ebqk9bibcna874givr6joj62mlhv',
  };
  for (const [name, hash] of Object.entries(known)) assert.equal(hashed(name, 'aabbccdd', 12), hash, name);
});

test('SHA-1 is that of the library for every length', () => {
  const out = new Uint8Array(22);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
    const work = new Uint8Array(bytes.length + 72);
    work.set(bytes);
    sha1(work, bytes.length, out, 1);
    assert.deepEqual(out.slice(1, 21), Uint8Array.from(createHash('sha1').update(bytes).digest()));
  }));
});

test('a bitmap has the types that were put in', () => {
  fc.assert(fc.property(fc.uniqueArray(fc.nat(65535), { minLength: 1, maxLength: 40 }), fc.nat(65535), (types, other) => {
    const bitmap = bitmapOf(types);
    for (const type of types) assert.ok(isInBitmap(bitmap, type));
    assert.equal(isInBitmap(bitmap, other), types.includes(other));
  }));
  assert.equal(isInBitmap(Uint8Array.of(0, 9), 1), false);
});

test('the digest of a zone is that of RFC 8976 appendix A.1', () => {
  const zone = [
    ['example. 86400 IN NS ns1.example.', 'example. 86400 IN NS ns2.example.'],
    ['example. 86400 IN SOA ns1.example. admin.example. 2018031900 1800 900 604800 86400'],
    ['example. 86400 IN ZONEMD 2018031900 1 1 ' +
      'c68090d90a7aed716bc459f9340e3d7c1370d4d24b7e2fc3a1ddc0b9a87153b9a9713b3c9ae5cc27777f98b8e730044c'],
    ['ns1.example. 3600 IN A 203.0.113.63'], ['ns2.example. 3600 IN AAAA 2001:db8::63'],
  ].map((lines) => lines.map((line) => parseRR(line)!));
  const digest = (hash: number) => {
    const made = new ZoneDigest(wire('example.'), hash);
    for (const [first, ...rest] of zone) {
      const { name, type, class: klass, ttl, rdata } = first!;
      made.add({ owner: latin1Bytes(name.raw), type, class: klass, ttl, data: [rdata, ...rest.map((each) => each.rdata)] });
    }
    return made.digest();
  };
  assert.deepEqual(zoneDigestData(2018031900, ZONE_SHA384, digest(ZONE_SHA384)), zone[2]![0]!.rdata);
  assert.equal(digest(ZONE_SHA512).length, 64);
  assert.equal(printRdata(ZONEMD, zoneDigestData(1, 2, Uint8Array.of(1))), '1 1 2 01');
  assert.throws(() => new ZoneDigest(wire('example.'), 3), RangeError);
});

/** The same by the fields of the types: names lowered where RFC 4034 section 6.2 says so. */
const LOWERED = [2, 3, 4, 5, 6, 7, 8, 9, 12, 14, 15, 17, 18, 21, 24, 26, 30, 33, 35, 36, 39, 46];
test('canonical data is the data with the names of the old types lowered, and nothing else changed', () => {
  fc.assert(fc.property(anyRecord, ({ type, rdata }) => {
    const out = new Uint8Array(rdata.length + 512);
    const end = writeCanonicalData(type, rdata, 0, rdata.length, rdata.length, 0, out, 0);
    const shape = allShapes.get(type);
    let expected = rdata;
    if (shape !== undefined && rdata.length > 0 && LOWERED.includes(type)) {
      const values = Object.entries(shape.values(rdata)).map(([key, value]) => [key, value instanceof Name ? value.folded : value]);
      expected = shape.rdata(Object.fromEntries(values));
    }
    assert.deepEqual(out.slice(0, end), Uint8Array.from(expected));
  }));
});

test('the next name of NSEC keeps its letters (RFC 6840 section 5.1)', () => {
  const { rdata } = parseRR('a. 1 IN NSEC B.Example. A')!;
  const out = new Uint8Array(600);
  assert.deepEqual(out.slice(0, writeCanonicalData(NSEC, rdata, 0, rdata.length, rdata.length, 0, out, 0)), Uint8Array.from(rdata));
});

test('a set is sorted by its octets, each record once', () => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 4 }), { maxLength: 90 }), (data) => {
    const form = formOf({ owner: wire('a.'), type: 65400, class: 1, ttl: 1, data });
    const out = new Uint8Array(form.size);
    assert.equal(form.write(out, 0, 1), out.length);
    const sorted = [...new Set(data.map((each) => Buffer.from(each).toString('hex')))].sort();
    const fixed = (length: number) => Uint8Array.of(0xff, 0x78, 0, 1, 0, 0, 0, 1, 0, length);
    const expected = sorted.map((hex) => Buffer.concat([wire('a.'), fixed(hex.length / 2), Buffer.from(hex, 'hex')]));
    assert.deepEqual(Buffer.from(out), Buffer.concat(expected));
  }));
});
