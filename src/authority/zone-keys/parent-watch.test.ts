// What is said of a zone's parent: that it has the DS of keys that are lost, that a rollover waits for it for long; and when it is told of
// what it is asked for. Fast time, a parent that shows what the test says.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { Name } from '../../dns/name.ts';
import { TYPE } from '../../dns/type-name.ts';
import { algorithmNamed } from '../../dnssec/algorithm.ts';
import { SHA256, delegationData } from '../../dnssec/delegation.ts';
import { keyTag } from '../../dnssec/dnskey.ts';
import { generateKey } from '../../dnssec/signing-key.ts';
import type { Log } from '../../kernel/seen/log.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { usualSettings } from './key-settings.ts';
import { putOrder } from './orders.ts';
import { RollingKeys } from './rolling-keys.ts';

const zone = Name.parse('example.org.');
const HOUR = 3600, DAY = 24 * HOUR;

/** The keys of a zone that is published as they want, below a parent that has `ds`. */
async function open(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'parent-watch-'));
  const clock = new FakeClock();
  const said: string[] = [];
  const rig = { folder, clock, said, ds: [] as Uint8Array[], told: 0, keys: undefined as unknown as RollingKeys };
  const line = (level: string) => (text: string) => void said.push(`${level} ${text}`);
  const log = { debug: () => {}, info: line('info'), warning: line('warning'), error: line('error'), prefix: () => log } as unknown as Log;
  const parent = {
    shown: async () => [{ ds: rig.ds, ttl: rig.ds.length === 0 ? 0 : HOUR }],
    changed: async () => `told ${++rig.told}`,
  };
  rig.keys = await RollingKeys.open({ clock, log }, zone, { ...usualSettings(folder), parent });
  const publish = (): void => void rig.keys.foresee(HOUR).then(() => rig.keys.published(rig.keys.plan.stamp, HOUR));
  rig.keys.listen(publish);
  publish();
  t.after(async () => {
    rig.keys.close();
    await clock.elapse(0);
    rmSync(folder, { recursive: true, force: true });
  });
  return rig;
}
type Rig = Awaited<ReturnType<typeof open>>;
async function pass({ clock }: Rig, days: number): Promise<void> {
  for (let hour = 0; hour < days * 24; hour += 3) await clock.elapse(3 * HOUR * 1000);
}
const cds = ({ keys }: Rig): Uint8Array[] => keys.plan.records.filter(({ type }) => type === TYPE.CDS).map(({ data }) => data);

test('a parent that has the DS of lost keys is said once, with both tags, until it has ours', async (t) => {
  const rig = await open(t);
  const lost = generateKey(zone, algorithmNamed('13')!, 257, HOUR);
  rig.ds = [delegationData(lost.signer, lost.data, SHA256)];
  await pass(rig, 1);
  const own = keyTag(rig.keys.plan.records.find(({ type }) => type === TYPE.DNSKEY)!.data);
  const text = `zone example.org.: its parent has the DS of ${lost.tag}, of which no key is in ${rig.folder}: `
    + `validators refuse the zone until its parent has that of ${own}`;
  assert.equal(rig.keys.trouble, text);
  assert.equal(rig.said.filter((each) => each === `error ${text}`).length, 1);
  rig.ds = [...rig.ds, ...cds(rig)];
  await pass(rig, 1);
  assert.equal(rig.keys.trouble, undefined);
});

test('a reload that says otherwise while a key is made counts from the next step on', async (t) => {
  const rig = await open(t);
  await pass(rig, 1);
  const say = (algorithm: number): void => {
    const { policy } = usualSettings(rig.folder);
    RollingKeys.configure(rig.clock, { ...usualSettings(rig.folder), policy: { ...policy, algorithm } }, () => true);
  };
  say(14);
  // Now the first of these turns waits for its key.
  await new Promise((resolve) => setImmediate(resolve));
  say(15);
  await pass(rig, 0.25);
  const made = rig.said.filter((text) => / is (generated|published)$/.test(text));
  assert.ok(made.length >= 2 && made.length <= 3, made.join('\n'));
});

test('the parent is told whenever the zone shows that it asks for something else', async (t) => {
  const rig = await open(t);
  assert.equal(rig.told, 0, 'nothing is asked of it while caches may be without the key');
  await pass(rig, 0.25);
  assert.deepEqual([rig.told, cds(rig).length], [1, 1]);
  rig.ds = cds(rig);
  await pass(rig, 3);
  assert.equal(rig.told, 1);
  await putOrder(rig.folder, zone, ['roll'], 'one');
  await pass(rig, 1);
  assert.equal(rig.told, 2);
  assert.ok(rig.said.includes('info zone example.org.: told 2'), rig.said.join('\n'));
});

test('a rollover that waits for the parent for more than a week is remarked; a zone that never had a DS is not', async (t) => {
  const rig = await open(t);
  await pass(rig, 30);
  assert.equal(rig.keys.trouble, undefined);
  assert.ok(rig.keys.waitsSince > 0);
  rig.ds = cds(rig);
  await pass(rig, 3);
  assert.deepEqual([rig.keys.trouble, rig.keys.waitsSince], [undefined, 0]);
  await putOrder(rig.folder, zone, ['roll'], 'one');
  const since = rig.clock.wall() / 1000;
  await pass(rig, 6);
  assert.equal(rig.keys.trouble, undefined);
  assert.ok(rig.keys.waitsSince >= since && rig.keys.waitsSince < since + DAY);
  await pass(rig, 3);
  assert.match(rig.keys.trouble!, /^a rollover of the keys of zone example\.org\. waits for the DS at its parent since 2026-02-03T/);
  rig.ds = cds(rig);
  await pass(rig, 3);
  assert.deepEqual([rig.keys.trouble, rig.keys.waitsSince], [undefined, 0]);
});
