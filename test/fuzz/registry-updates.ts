// Backups of a registry, and UPDATEs of its zone, any and several at once: what is there afterwards is what RFC 2136 makes of them, with
// and without leases, and nothing is half done. Knows the registry's parts; opens no socket and no file.
import assert from 'node:assert/strict';
import { fc } from '../../src/testing/properties.ts';
import { UpdateContents } from '../../src/authority/update-contents.ts';
import { recordKey, update } from '../../src/authority/update.ts';
import { decodeMessage, encodeMessage } from '../../src/dns/message.ts';
import { Name } from '../../src/dns/name.ts';
import { edns } from '../../src/dns/opt.ts';
import { message } from '../../src/dns/parts.ts';
import { RCODE } from '../../src/dns/rcode.ts';
import { CLASS, TYPE } from '../../src/dns/type-name.ts';
import { readBackup } from '../../src/key-value/backup.ts';
import { memoryKeys } from '../../src/key-value/memory-rig.test.ts';
import { Metrics } from '../../src/kernel/seen/metrics.ts';
import { LogLines } from '../../src/kernel/seen/log-lines.ts';
import { createLog } from '../../src/kernel/seen/log.ts';
import { Zones } from '../../src/kernel/site/zones.ts';
import { Directory } from '../../src/plugins/registry/directory.ts';
import { StoreUpdates } from '../../src/plugins/registry/updates/store-updates.ts';
import { LiveNames } from '../../src/plugins/registry/zones/live-names.ts';
import { SkydnsNames } from '../../src/skydns/skydns-names.ts';
import { OwnSource, WatchedFeed } from '../../src/skydns/watched-feed.ts';
import { skydnsSoa } from '../../src/skydns/zone-soa.ts';
import { Store } from '../../src/store/store.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { updateOf } from '../../src/testing/update-words.ts';
import { target } from './target.ts';

const ZONE = Name.parse('svc.test.');
const GRANTS = [{ name: undefined, isUnder: false, types: undefined }];
const log = createLog(new LogLines((_, __, length) => length, () => {}), { on: false });

/** A registry whose file is memory and whose thread is this one. */
function registry() {
  const clock = new FakeClock();
  const keys = memoryKeys(clock);
  const zones = new Zones([ZONE]);
  const names = new SkydnsNames({ clock, log, store: Store.create(), metrics: new Metrics() }, {
    word: 'registry', store: 'keys', path: 'skydns', isNamed: false, zones: zones.names, source: new OwnSource(keys), mended() {},
    feed: (listener) => new WatchedFeed(keys, '/skydns/', clock, listener),
  });
  const { signal } = new AbortController();
  names.follow();
  const directory = new Directory({ keys, names, path: 'skydns', clock, lease: { least: 0, most: 0 }, allowed: () => [], signal });
  const live = new LiveNames({ names, path: 'skydns', zones }, signal);
  const updates = new StoreUpdates({
    directory, names: () => live.now, most: 1000, audit: undefined,
    failed(error) {
      throw error;
    },
  });
  return { updates, live };
}

const owner = fc.constantFrom('a', 'b', 'c.a', '_x._tcp').map((label) => `${label}.svc.test.`);
const data = fc.constantFrom('A 192.0.2.1', 'A 192.0.2.2', 'TXT x', 'CNAME a.svc.test.', 'PTR b.svc.test.', 'PTR B.svc.test.', 'MX 10 m.');
const clause = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(owner, fc.constantFrom(30, 60), data).map(([name, ttl, each]) => `add ${name} ${ttl} ${each}`) },
  fc.tuple(owner, data).map(([name, each]) => `delete ${name} ${each}`),
  fc.tuple(owner, data).map(([name, each]) => `delete ${name} ${each.split(' ')[0]!}`),
  owner.map((name) => `delete ${name}`),
  fc.tuple(fc.constantFrom('nxdomain', 'yxdomain'), owner).map(([verb, name]) => `${verb} ${name}`),
  fc.tuple(fc.constantFrom('nxrrset', 'yxrrset'), owner, data).map(([verb, name, each]) => `${verb} ${name} ${each.split(' ')[0]!}`),
);
const one = fc.record({ clauses: fc.array(clause, { minLength: 1, maxLength: 5 }), lease: fc.option(fc.constantFrom(30, 60)) });

/** Files that might be backups. */
const line = fc.oneof(fc.constantFrom('{"backup":"coredns-ts registry","format":1,"revision":"7"}', '{"end":0}', '{"end":1}',
  '{"lease":"3f","seconds":5}', '{"key":"L2E=","value":"MQ=="}', '{"key":"L2E=","value":"MQ==","lease":"3f"}', '[]', ''), fc.json());
export const registryBackups = target('registry-backups', 300, fc.array(line, { maxLength: 6 }), (lines) => {
  try {
    const { pairs, leases } = readBackup(lines.map((each) => `${each}\n`).join(''));
    assert.ok(pairs.every(({ lease }) => lease === 0n || leases.has(lease)));
  } catch (error) {
    assert.match((error as Error).message, /^(?:it |line \d+ )/);
  }
});

/** Updates one after the other. */
export const registryUpdates = target('registry-updates', 60, fc.array(one, { maxLength: 8 }), async (all) => {
  const { updates, live } = registry();
  const model = new UpdateContents(ZONE);
  model.apply(new Map([[ZONE, [skydnsSoa(ZONE, 1)]]]));
  for (const [i, { clauses, lease }] of all.entries()) {
    const option = Uint8Array.of(0, 0, 0, lease ?? 0);
    const packet = encodeMessage(message({
      ...updateOf(clauses), question: { name: ZONE, type: TYPE.SOA, class: CLASS.IN },
      edns: lease === null ? undefined : edns(1232, false, [{ code: 2, data: option }]),
    }), { compress: true });
    const signed = { key: 'k.', mac: Uint8Array.of(i), until: 2 ** 32 };
    const order = { update: ZONE.text, packet, signed, grants: GRANTS, bounds: { least: 5, most: 100 } };
    const [done, again] = await Promise.all([updates.take(order), updates.take(order)]);
    const wanted = update(model, decodeMessage(packet), () => true);
    assert.deepEqual([done.rcode, again.rcode], [wanted.rcode, wanted.rcode]);
    assert.equal(done.lease?.lease, lease === null || wanted.rcode !== RCODE.NOERROR ? undefined : lease);
    model.apply(wanted.changed);
    for (const label of ['a', 'b', 'c.a', '_x._tcp']) {
      const name = Name.parse(`${label}.svc.test.`);
      const told = (records: ReturnType<typeof model.at>) => records.map((each) => `${each.ttl} ${recordKey(each)}`).sort();
      assert.deepEqual(told(live.now!.at(name)), told(model.at(name)), `${name.text} after ${JSON.stringify(clauses)}`);
    }
  }
});
