// Differences of a transfer, step after step, make of what we have what the primary has.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../testing/properties.ts';
import { latin1 } from '../../dns/latin1.ts';
import { Name } from '../../dns/name.ts';
import { parseRR } from '../../dns/rr.ts';
import { Store } from '../../store/store.ts';
import { StoredZone, octetsOf } from '../../testing/stored-zone.ts';
import { Changer } from '../zone/change.ts';
import { Differences, recordsOf } from '../zone/difference.ts';
import type { RecordList } from '../zone/difference.ts';
import { SERIAL } from '../zone/version.ts';
import { ZoneError } from '../zone/zone-error.ts';
import { Filling } from './filling.ts';
import type { Incoming } from './incoming.ts';
import { STORE_KEY } from '../../testing/store-key.ts';

const ORIGIN = Name.parse('z.test.');
const ZONE = octetsOf(ORIGIN.key);
const soa = (serial: number): string => `@ 60 IN SOA ns hostmaster ${serial} 7200 3600 86400 30`;

/** What a transfer of these steps, each of them lines that go and lines that come, makes of a zone. */
function transfer(zone: StoredZone, serial: number, steps: readonly (readonly [readonly string[], readonly string[]])[]): Filling {
  const { memory } = zone.store;
  const filling = new Filling(zone.scratch.begin(ZONE), ZONE);
  filling.begin('differences');
  const tell = (kind: 'removed' | 'added', line: string): void => {
    const { name, type, ttl, rdata } = parseRR(line, { origin: ORIGIN })!;
    filling.record(kind, octetsOf(name.raw), name.raw.length, type, ttl, rdata, rdata.length);
  };
  for (const [removed, added] of steps) {
    for (const line of [soa(0), ...removed]) tell('removed', line);
    for (const line of [soa(0), ...added]) tell('added', line);
  }
  const last = parseRR(soa(serial), { origin: ORIGIN })!;
  const difference = filling.difference({ soa: last.rdata } as Incoming)!;
  const before = zone.cell.version;
  const built = new Changer(memory).change(ZONE, before, difference);
  zone.cell.publish(built.version, 0);
  for (const at of built.gone) memory.give(at);
  return filling;
}
/** All records of a version but its SOA. */
function allOf(zone: StoredZone): readonly string[] {
  const { memory } = zone.store;
  const empty = new StoredZone('z.test.', zone.store, 'empty');
  empty.load(soa(0));
  const list: RecordList = new Differences(memory, ZONE).between(empty.cell.version, zone.cell.version, 1 << 30)!.added;
  return [...recordsOf(list.bytes, 0, list.length)].map(({ owner, ownerLength, type, ttl, data, size }) =>
    `${latin1(list.bytes, owner, owner + ownerLength)} ${type} ${ttl} ${latin1(list.bytes, data, data + size)}`).sort();
}

test('what is taken away and added in steps is what is left and there in the end', () => {
  const name = fc.constantFrom('a', 'b', 'c.a', '*.a', 'd.c.a', '@', 'A');
  const data = fc.constantFrom('A 192.0.2.1', 'A 192.0.2.2', 'NS ns.a', 'MX 1 Mail', 'MX 1 mail', 'TXT "A"', 'TXT "a"');
  const line = fc.tuple(name, data, fc.constantFrom(60, 61)).map(([owner, text, ttl]) => `${owner} ${ttl} IN ${text}`);
  /** Letters and times to live do not tell records apart, but for those of text. */
  const keyOf = (text: string): string => text.replace(/^A /, 'a ').replace(/ 6\d /, ' ').replace('Mail', 'mail');
  const lines = (most: number): fc.Arbitrary<string[]> => fc.uniqueArray(line, { maxLength: most, selector: keyOf });
  fc.assert(fc.property(lines(14), fc.array(fc.tuple(fc.nat(), lines(5)), { minLength: 1, maxLength: 4 }), (first, edits) => {
    const zone = new StoredZone('z.test.', Store.create(1 << 23, STORE_KEY));
    zone.load([soa(1), ...first].join('\n'));
    let now = first;
    const steps = edits.map(([places, fresh]): [string[], string[]] => {
      const removed = now.filter((_, i) => ((places >> (i % 16)) & 1) === 1);
      const left = now.filter((each) => !removed.includes(each));
      const added = fresh.filter((each) => !left.some((other) => keyOf(other) === keyOf(each)));
      now = [...left, ...added];
      return [removed, added];
    });
    transfer(zone, 2, steps);
    const alone = new StoredZone('z.test.', Store.create(1 << 23, STORE_KEY));
    alone.load([soa(2), ...now].join('\n'));
    assert.deepEqual(allOf(zone), allOf(alone));
    assert.equal(zone.store.memory.words[zone.cell.version + SERIAL], 2);
  }), { numRuns: 200 });
});

test('what is outside of the zone is left out; what is not there cannot go', () => {
  const zone = new StoredZone('z.test.');
  zone.load([soa(1), 'a 60 IN A 192.0.2.1'].join('\n'));
  const filling = transfer(zone, 2, [[['x.other. 60 IN A 192.0.2.1'], ['y.other. 60 IN A 192.0.2.1', 'b 60 IN A 192.0.2.1']]]);
  assert.equal(filling.outside, 1);
  assert.deepEqual(allOf(zone).map((each) => each.slice(0, 3)), ['\x01a ', '\x01b ']);
  assert.throws(() => transfer(zone, 3, [[['c 60 IN A 192.0.2.1'], []]]), ZoneError);
  assert.equal(zone.store.memory.words[zone.cell.version + SERIAL], 2);
  assert.equal(new Filling(zone.scratch, ZONE).difference({ soa: new Uint8Array(22) } as Incoming), undefined);
});
