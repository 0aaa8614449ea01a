// Two zones of one source, one below the other: who has the DS, and who answers what is below.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Name } from '../dns/name.ts';
import { printRR } from '../dns/rr.ts';
import { TYPE } from '../dns/type-name.ts';
import { NEVER } from '../kernel/site/fallthrough.ts';
import { failure } from '../kernel/query/outcome.ts';
import { loneQuery } from '../testing/lone-query.ts';
import { StoredZone } from '../testing/stored-zone.ts';
import { Lookup } from './lookup.ts';
import { ServedZones } from './served-zones.ts';
import { ZoneSource } from './zone/source.ts';

const HEAD = '@ 60 IN SOA ns host 1 7200 3600 86400 30\n@ 60 IN NS ns\nns 60 IN A 192.0.2.1\n';

function lookup(parent: string): (name: string, type: number) => string[] {
  const above = new StoredZone('z.test.');
  above.load(HEAD + parent);
  const below = new StoredZone('sub.z.test.', above.store);
  below.load(HEAD);
  const zones = new ServedZones(['z.test.', 'sub.z.test.'].map((text) => Name.parse(text)));
  const made = new Lookup(new ZoneSource(above.store, zones, [above.cell, below.cell], NEVER));
  return (name, type) => {
    const reply = made.handle(loneQuery(name, type), () => failure(5));
    assert.ok(!(reply instanceof Promise) && reply.kind === 'reply');
    const { rcode, answer, authority } = reply.parts();
    return [String(rcode), ...[...answer, ...authority].map((record) => printRR(record).split(/\s+/).slice(0, 4).join(' '))];
  };
}

test('the DS of a zone is in the zone above, where that is served too and delegates it', () => {
  const ask = lookup('sub 60 IN NS ns.sub\nsub 60 IN DS 12345 13 2 49fd46e6c4b45c55d4ac69cbd3cd34ac1afe51de4c49fd46e6c4b45c55d4ac69');
  assert.deepEqual(ask('sub.z.test.', TYPE.DS), ['0', 'sub.z.test. 60 IN DS', 'z.test. 60 IN NS']);
  assert.deepEqual(ask('Sub.z.test.', TYPE.SOA), ['0', 'sub.z.test. 60 IN SOA', 'sub.z.test. 60 IN NS']);
  assert.deepEqual(ask('x.sub.z.test.', TYPE.DS), ['3', 'sub.z.test. 30 IN SOA']);
  assert.deepEqual(ask('z.test.', TYPE.DS), ['0', 'z.test. 30 IN SOA']);
  assert.deepEqual(lookup('sub 60 IN NS ns.sub')('sub.z.test.', TYPE.DS), ['0', 'z.test. 30 IN SOA']);
});
test('where the zone above does not delegate it, it answers itself', () => {
  assert.deepEqual(lookup('')('sub.z.test.', TYPE.DS), ['0', 'sub.z.test. 30 IN SOA']);
});
