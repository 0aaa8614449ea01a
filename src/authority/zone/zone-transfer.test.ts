// A zone as it is given away: its records with their whole names, and nothing where it is another one by then.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeMessage } from '../../dns/message.ts';
import { Name } from '../../dns/name.ts';
import { printRR } from '../../dns/rr.ts';
import { StoredZone } from '../../testing/stored-zone.ts';
import { Overtaken } from '../transfer.ts';
import type { Transfer, ZoneWriter } from '../transfer.ts';
import { ZoneRecords } from '../zone-records.ts';
import { transferOf } from './zone-transfer.ts';

const HEAD = Uint8Array.of(0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0);
const soa = (serial: number): string => `@ 60 IN SOA ns hostmaster ${serial} 7200 3600 86400 30\n`;
const of = (zone: StoredZone): Transfer => zone.store.reading.within(() => transferOf(zone.store, Name.parse('z.test.'), zone.cell));
/** All records of a transfer, as text. */
function textOf({ records }: Transfer): string[] {
  const to = new ZoneRecords({ head: HEAD, tail: new Uint8Array(0) });
  for (const _ of (records as ZoneWriter)(to));
  to.end();
  return to.full.flatMap((message) => decodeMessage(message).answer.map((record) => printRR(record).replace(/\s+/g, ' ')));
}

test('names that were cut are whole: at the zone, at their owner, and not at a wildcard', () => {
  const zone = new StoredZone('z.test.');
  zone.load(`${soa(1)}@ 60 IN NS ns
a 60 IN NS ns.a
a 60 IN NS x.y.a
a 60 IN NS ns.elsewhere.
*.b 60 IN MX 5 m.*.b\nb 60 IN CNAME c.b`);
  assert.deepEqual(textOf(of(zone)), [
    'z.test. 60 IN NS ns.z.test.', 'a.z.test. 60 IN NS ns.a.z.test.', 'a.z.test. 60 IN NS x.y.a.z.test.',
    'a.z.test. 60 IN NS ns.elsewhere.',
    'b.z.test. 60 IN CNAME c.b.z.test.', '*.b.z.test. 60 IN MX 5 m.*.b.z.test.',
  ]);
});

test('a transfer that was overtaken before it could begin says so', () => {
  const zone = new StoredZone('z.test.');
  zone.load(`${soa(1)}a 60 IN A 192.0.2.1`);
  const transfer = of(zone);
  zone.load(`${soa(2)}a 60 IN A 192.0.2.2`);
  assert.throws(() => textOf(transfer), Overtaken);
  assert.deepEqual(textOf(of(zone)), ['a.z.test. 60 IN A 192.0.2.2']);
});
