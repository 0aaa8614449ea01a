// Zones as they lie in shared memory: names and what is at them, bytes of nodes, versions that follow each other.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../testing/properties.ts';
import { latin1 } from '../../dns/latin1.ts';
import { Name } from '../../dns/name.ts';
import { hashName, writeHashedLabel } from '../../dnssec/hashed-name.ts';
import { compareNames } from '../../dns/order.ts';
import { TYPE } from '../../dns/type-name.ts';
import { loneQuery } from '../../testing/lone-query.ts';
import { MadeZone } from '../../testing/made-zone.ts';
import { StoredZone, octetsOf } from '../../testing/stored-zone.ts';
import { KEY_AT, compareBytes, keyLength } from '../../store/ordered-entry.ts';
import { OrderedPages } from '../../store/ordered-pages.ts';
import { Finding, Proof } from '../finding.ts';
import { nextSet, typeAt } from '../record-sets.ts';
import { Place } from '../served-zones.ts';
import type { Source } from '../source.ts';
import { NameKey, writeWire } from './name-key.ts';
import { FIRST, flagsOf } from './nodes.ts';
import { NAMES } from './version.ts';
import { labelsAt } from '../../kernel/site/zones.ts';

const HEAD = '@ 60 IN SOA ns hostmaster 1 7200 3600 86400 30\n@ 60 IN NS ns\n';
const keyOf = (text: string): Uint8Array => {
  const wire = octetsOf(Name.parse(text).raw);
  const starts = new Int32Array(129);
  const key = new NameKey().read(wire, starts, 0, labelsAt(wire, 0, starts));
  return key.bytes.slice(0, key.length);
};
/** All names of a zone, in order, as text without the zone. */
function namesOf(zone: StoredZone): string[] {
  const { memory } = zone.store;
  const pages = new OrderedPages(memory);
  return [...pages.entries(memory.words[zone.cell.version + NAMES]!)].map((node) => {
    const wire = new Uint8Array(600);
    const length = writeWire(memory.bytes, node * 4 + KEY_AT, keyLength(memory.words, node), wire, 0);
    return Name.wire(latin1(wire, 0, length) + '\0').toString();
  });
}

test('the order of keys is the canonical order of names, whatever their octets, and a key says its name', () => {
  const label = fc.array(fc.constantFrom(0, 1, 2, 42, 45, 46, 65, 90, 97, 122, 128, 255), { minLength: 1, maxLength: 5 });
  const name = fc.array(label, { maxLength: 5 }).map((labels) =>
    Name.wire(labels.map((octets) => String.fromCharCode(octets.length, ...octets)).join('') + '\0'));
  fc.assert(fc.property(name, name, (a, b) => {
    const [one, other] = [a, b].map(({ raw }) => {
      const wire = octetsOf(raw);
      const starts = new Int32Array(129);
      const key = new NameKey().read(wire, starts, 0, labelsAt(wire, 0, starts));
      return key.bytes.slice(0, key.length);
    });
    assert.equal(Math.sign(compareBytes(one!, 0, one!.length, other!, 0, other!.length)), Math.sign(compareNames(a, b)));
    const wire = new Uint8Array(600);
    assert.equal(latin1(wire, 0, writeWire(one!, 0, one!.length, wire, 0)) + '\0', a.key);
  }), { numRuns: 3000 });
});

test('a label may hold 0 and 1, and its zone is not mistaken for another', () => {
  assert.deepEqual([...keyOf('\\000.')], [1, 1, 0]);
  assert.deepEqual([...keyOf('a\\001.B.')], [98, 0, 97, 1, 2, 0]);
  const zone = new StoredZone('z.test.');
  assert.equal(zone.read(`${HEAD}\\000 60 IN A 192.0.2.1\n\\001 60 IN A 192.0.2.2\na.\\000 60 IN A 192.0.2.3\nx.elsewhere. 60 IN A 192.0.2.4
xz.test. 60 IN A 192.0.2.5`), 2);
  zone.load(`${HEAD}\\001 60 IN A 192.0.2.2\n\\000 60 IN A 192.0.2.1\na.\\000 60 IN A 192.0.2.3\n\\000\\000 60 IN A 192.0.2.4`);
  assert.deepEqual(namesOf(zone), ['.', '\\000.', 'a.\\000.', '\\000\\000.', '\\001.']);
});

test('names that own nothing lie between those that do, below glue too', () => {
  const zone = new StoredZone('z.test.');
  zone.load(`${HEAD}a.b.c 60 IN A 192.0.2.1\nd.c 60 IN A 192.0.2.2\nx 60 IN NS ns.y.x\nns.y.x 60 IN A 192.0.2.3\nxy.z 60 IN A 192.0.2.4`);
  assert.deepEqual(namesOf(zone), ['.', 'c.', 'b.c.', 'a.b.c.', 'd.c.', 'x.', 'y.x.', 'ns.y.x.', 'z.', 'xy.z.']);
});

test('whether nothing stands before the star of a name is told by the next name, whatever that is', () => {
  const zone = new StoredZone('z.test.');
  zone.load(`${HEAD}a 60 IN A 192.0.2.1\nb 60 IN A 192.0.2.1\nx.b 60 IN A 192.0.2.1\nc 60 IN A 192.0.2.1\n!.c 60 IN A 192.0.2.1
d 60 IN NS ns.!.d\nns.!.d 60 IN A 192.0.2.1\ne 60 IN A 192.0.2.1\n*.e 60 IN A 192.0.2.1`);
  const { memory } = zone.store;
  const nodes = new OrderedPages(memory).entries(memory.words[zone.cell.version + NAMES]!);
  const first = namesOf(zone).filter((_, i) => (flagsOf(memory.words, nodes[i]!) & FIRST) !== 0);
  assert.deepEqual(first, ['.', 'a.', 'b.', 'x.b.', '!.c.', '!.d.', 'ns.!.d.', '*.e.']);
  zone.load(`${HEAD}a 60 IN A 192.0.2.1\n!.a 60 IN A 192.0.2.1`);
  const after = new OrderedPages(memory).entries(memory.words[zone.cell.version + NAMES]!);
  assert.equal(flagsOf(memory.words, after[1]!) & FIRST, 0, 'a neighbour that comes changes the name before it');
});

/** What a source has at a name, and what proves that it is not there. */
function told(source: Source, text: string): unknown {
  const place = new Place();
  const finding = new Finding();
  const proof = new Proof();
  const query = loneQuery(text, TYPE.A);
  assert.ok(source.zones.find(query, place));
  assert.equal(source.find(place, query, finding), undefined);
  const { kind, label, sets, bytes } = finding;
  const proofs = [[label, true], [Math.max(0, label - 1), false], [0, false]].map(([at, wildcard]) => {
    source.prove!(place, query, at as number, wildcard as boolean, proof);
    const type = proof.set === 0 ? 0 : typeAt(proof.bytes, proof.set);
    return [type, String(proof.owner.subarray(0, proof.length)), proof.matches];
  });
  return [kind, label, typesAt(bytes, sets), proofs];
}
function typesAt(bytes: Uint8Array, sets: number): number[] {
  const types: number[] = [];
  for (let at = sets; sets > 0 && typeAt(bytes, at) !== 0; at = nextSet(bytes, at)) types.push(typeAt(bytes, at));
  return types.sort((a, b) => a - b);
}

test('odd zones have what a plain one has, and the same proofs', () => {
  const label = fc.constantFrom('a', 'b', 'c', '*', '!', 'ns', 'zz', '\\000', 'A');
  const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
  const data = fc.constantFrom('A 192.0.2.1', 'A 192.0.2.2', 'NS ns.a', 'TXT "x"', 'DNAME other', 'CNAME a.b', 'MX 1 c');
  const record = fc.tuple(name, data, fc.boolean());
  const input = fc.record({ records: fc.array(record, { maxLength: 14 }), names: fc.array(name, { minLength: 5, maxLength: 12 }) });
  const zone = new StoredZone('z.test.');
  const source = zone.source();
  fc.assert(fc.property(input, ({ records, names }) => {
    const owners = new Set(records.filter(([, data, signed]) => signed && !data.startsWith('NS')).map(([owner]) => owner.toLowerCase()));
    const lines = [HEAD, '@ 30 IN NSEC ns NS SOA NSEC', ...records.map(([owner, data]) => `${owner} 60 IN ${data}`),
      ...[...owners].map((owner) => `${owner} 30 IN NSEC z.test. A NSEC`)].join('\n');
    const plain = new MadeZone('z.test.', lines);
    zone.load(lines);
    // Below a cut there is no NSEC that could prove anything; a plain zone takes it.
    const kindAt = (text: string) => String((told(plain, `x.${text}.z.test.`) as unknown[])[0]);
    const hidden = [...owners].some((owner) => owner.split('.').some((_, i, all) => /cut|rename/.test(kindAt(all.slice(i).join('.')))));
    for (const text of names) {
      const one = told(source, `${text}.z.test.`) as unknown[];
      const other = told(plain, `${text}.z.test.`) as unknown[];
      assert.deepEqual(one.slice(0, hidden ? 3 : 4), other.slice(0, hidden ? 3 : 4), lines);
    }
  }), { numRuns: 300 });
});

test('a zone of hashes has the proofs that a plain one has, whichever chain others are of', () => {
  const names = ['z.test.', 'a.z.test.', 'b.a.z.test.', 'ns.z.test.'];
  const hash = new Uint8Array(20);
  const hashed = (name: string, salt: Uint8Array): string => {
    hashName(octetsOf(Name.parse(name).raw), 0, salt, 3, hash, 0);
    const label = new Uint8Array(32);
    writeHashedLabel(hash, 0, label, 0);
    return Buffer.from(label).toString('latin1');
  };
  const chain = (salt: string): string[] => {
    const all = names.map((name) => hashed(name, Uint8Array.from(Buffer.from(salt, 'hex')))).sort();
    return all.map((label, i) => `${label} 30 IN NSEC3 1 0 3 ${salt} ${all[(i + 1) % all.length]} A`);
  };
  const rest = `@ 0 IN NSEC3PARAM 1 0 3 ABCD\nns 60 IN A 192.0.2.1\nb.a 60 IN A 192.0.2.1\n${chain('ABCD').join('\n')}`;
  const plain = new MadeZone('z.test.', HEAD + rest);
  const zone = new StoredZone('z.test.');
  zone.load(`${HEAD}${rest}\n${chain('01').join('\n')}`);
  const source = zone.source();
  for (const text of ['', 'a.', 'nx.', 'A.', 'x.b.a.', 'ns.', 'q.w.e.', 'b.a.', '*.']) {
    assert.deepEqual(told(source, `${text}z.test.`), told(plain, `${text}z.test.`), text);
  }
  assert.throws(() => zone.load(`${HEAD}${rest.replaceAll(' 3 ABCD', ' 151 ABCD')}`), /NSEC3 with 151 iterations: at most 150/);
});
