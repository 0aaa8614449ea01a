// The plan of a zone with one key: what it brings into the zone, and that the parent can check it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Name } from '../dns/name.ts';
import { TYPE } from '../dns/type-name.ts';
import { algorithmNamed } from './algorithm.ts';
import { SHA256, delegationData } from './delegation.ts';
import { PLANNED, steadyPlan } from './key-plan.ts';
import { generateKey } from './signing-key.ts';

test('one key stands at the apex with what the parent needs of it, and signs everything', () => {
  const zone = Name.parse('Example.org.');
  const key = generateKey(zone, algorithmNamed('ECDSAP256SHA256')!, 257, 600);
  const plan = steadyPlan(zone, [key]);
  assert.deepEqual(plan.records.map(({ name, type, data }) => [name.text, type, Buffer.from(data)]), [
    ['Example.org.', TYPE.DNSKEY, Buffer.from(key.data)],
    ['Example.org.', TYPE.CDS, Buffer.from(delegationData(key.signer, key.data, SHA256))],
    ['Example.org.', TYPE.CDNSKEY, Buffer.from(key.data)],
  ]);
  assert.ok(plan.records.every(({ type }) => PLANNED.has(type)));
  assert.deepEqual([plan.ttl, plan.forKeys, plan.forOthers, plan.next], [600, [key], [key], Infinity]);
});
