// Whose digests of zones are believed: those that a chain of trust leads to, and those of zones that nobody signed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TYPE } from '../dns/type-name.ts';
import { Scratch } from '../authority/zone/scratch.ts';
import { Memory } from '../store/memory.ts';
import { MadeZone } from '../testing/made-internet.ts';
import { rigOf } from './rig.test.ts';
import { approve } from './zone-approval.ts';

const DIGEST = `@ 300 ZONEMD 1 1 1 ${'ab'.repeat(48)}`;
const scratch = new Scratch(Memory.create().hash);
/** The keys of one zone and the digest of another. */
function filled(keys: MadeZone, digest: MadeZone): Scratch {
  scratch.begin(keys.apex.folded.octets);
  for (const { name, type, ttl, rdata } of [...keys.set(keys.apex, TYPE.DNSKEY), ...digest.set(digest.apex, TYPE.ZONEMD)]) {
    scratch.add(scratch.owner(name.octets, name.octets.length), type, ttl, rdata, rdata.length);
  }
  return scratch;
}
/** A copy of `a.test.` with a digest, signed as the zone itself is. */
const withDigest = (zone: MadeZone): MadeZone => {
  const copy = new MadeZone('a.test.', [DIGEST], true);
  return Object.assign(copy, { key: zone.key });
};

test('a digest is believed where a chain of trust leads to the keys that signed it', async () => {
  const rig = rigOf({}, true);
  const { a } = rig.zones;
  await approve(rig.resolver, a.apex, filled(a, withDigest(a)));
});
test('a digest that other keys have signed is not believed, whoever says that they are the zone\'s', async () => {
  const rig = rigOf({}, true);
  const { a } = rig.zones;
  const other = new MadeZone('a.test.', [DIGEST], true);
  await assert.rejects(approve(rig.resolver, a.apex, filled(other, other)),
    /^Error: the digest of a\.test\. is not proved: no DNSKEY of a\.test\./);
  await assert.rejects(approve(rig.resolver, a.apex, filled(a, other)), /^Error: the digest of a\.test\. is not proved: /);
  // What was refused is not taken for the zone's keys afterwards.
  assert.match(await rig.ask('www.a.test. A'), /^secure NOERROR /);
});
test('an unsigned zone, and one below nothing that is trusted, has nothing to prove', async () => {
  const rig = rigOf({}, true);
  const { b } = rig.zones;
  const plain = new MadeZone('b.test.', [DIGEST]);
  await approve(rig.resolver, b.apex, filled(plain, plain));
  const trusting = rigOf();
  const other = new MadeZone('a.test.', [DIGEST], true);
  await approve(trusting.resolver, other.apex, filled(other, other));
});
