// Members that several catalogs have: they stay with the first, until it says that they pass over (RFC 9432, section 4.3.1).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { eventually } from '../../testing/conformance/transport-clients.ts';
import { serve } from '../../testing/served.ts';
import { standard } from '../index.ts';
import { MadePrimary, address, isMissing, soa, whole } from './made-primary.test.ts';

/** Says a catalog; its timers look for another version each second. */
function catalog(primary: MadePrimary, zone: string, serial: number, ...records: readonly string[]): void {
  const first = soa(serial).replaceAll('a.test.', zone);
  primary.says[`${zone} SOA`] = [[first]];
  primary.says[`${zone} IXFR`] = 'close';
  const owned = records.map((record) => record.replace(' ', `.zones.${zone} 0 IN `));
  primary.says[`${zone} AXFR`] = [[first, `${zone} 0 IN NS invalid.`, `version.${zone} 0 IN TXT "2"`, ...owned, first]];
}
const transfers = (primary: MadePrimary): number => primary.asked.filter((each) => each === 'AXFR').length;
/** Two catalogs, of which the first has a.test. */
async function serving(t: TestContext) {
  const primary = await new MadePrimary().open(t);
  primary.says = { AXFR: [whole(1)], SOA: [[soa(1)]] };
  catalog(primary, 'b.test.', 1);
  catalog(primary, 'c.test.', 1, 'one PTR a.test.');
  const ours = await serve(`. {\nsecondary b.test c.test {\ntransfer from 127.0.0.1:${primary.port}\ncatalog\n}\n}`, standard);
  t.after(() => ours.close());
  const has = (text: string) => eventually(() => ours.log().includes(text), text);
  await has('Transferred a.test.');
  return { primary, ours, has };
}

test('a member of two catalogs stays with the one that had it first, which is said once', { skip: isMissing }, async (t) => {
  const { primary, ours, has } = await serving(t);
  const text = 'a.test. is a member of b.test. too, and stays with c.test., which does not say that it passes over';
  catalog(primary, 'b.test.', 2, 'two PTR a.test.');
  await has(text);
  catalog(primary, 'b.test.', 3, 'two PTR a.test.', 'other PTR z.test.');
  await has('3 SOA serial');
  assert.equal(await address(ours.port), '192.0.2.1');
  assert.equal(transfers(primary), 1, 'nothing of it was transferred for the other');
  assert.equal(ours.log().split(text).length, 2);
});

test('a member passes over when its catalog says so, and under the same id keeps what it has', { skip: isMissing }, async (t) => {
  const { primary, ours, has } = await serving(t);
  catalog(primary, 'c.test.', 2, 'one PTR a.test.', 'coo.one PTR b.test.');
  await has('2 SOA serial');
  primary.says['AXFR'] = 'close';
  catalog(primary, 'b.test.', 2, 'one PTR a.test.');
  await eventually(() => ours.log().split('2 SOA serial').length === 3, 'the other came too');
  // The old catalog has it no more.
  catalog(primary, 'c.test.', 3);
  await has('3 SOA serial');
  assert.equal(await address(ours.port), '192.0.2.1');
  assert.equal(transfers(primary), 1);
  assert.equal(ours.log().includes('stays with'), false);
});

test('one that passes over under another id begins anew', { skip: isMissing }, async (t) => {
  const { primary, ours } = await serving(t);
  primary.says['AXFR'] = [whole(7)];
  catalog(primary, 'c.test.', 2, 'one PTR a.test.', 'coo.one PTR b.test.');
  catalog(primary, 'b.test.', 2, 'two PTR a.test.');
  await eventually(() => ours.log().split('Transferred a.test.').length === 3, 'it was transferred anew');
  assert.equal(await address(ours.port), '192.0.2.7');
  assert.equal(transfers(primary), 2);
});
