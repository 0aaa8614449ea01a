// Zones that are signed before they are served, in fast time: every signature holds whenever somebody looks, serials never go back, and
// of a change little is signed again.
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { Name } from '../../dns/name.ts';
import { compareSerials } from '../../dns/order.ts';
import type { RR } from '../../dns/rr.ts';
import { TYPE, typeName } from '../../dns/type-name.ts';
import { RRSIG } from '../../dns/types-security.ts';
import { VerifyingKey } from '../../dnssec/verification.ts';
import type { Log } from '../../kernel/seen/log.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { StoredZone } from '../../testing/stored-zone.ts';
import { writtenRecords } from '../../testing/written-zone.ts';
import { serialOf } from '../transfer.ts';
import type { ZoneWriter } from '../transfer.ts';
import { transferOf } from '../zone/zone-transfer.ts';
import { usualSettings } from '../zone-keys/key-settings.ts';
import type { Chain } from './chain.ts';
import { keeperOf } from './keeping.ts';
import type { Keeper } from './keeping.ts';

const ZONE = Name.parse('example.org.');
const DAY = 86_400, HOUR = 3600;
const lines = (serial: number, more = ''): string => `
example.org. 300 IN SOA ns.example.org. host.example.org. ${serial} 7200 3600 1209600 60
example.org. 300 IN NS ns.example.org.
ns.example.org. 300 IN A 192.0.2.1
www.example.org. 300 IN A 192.0.2.2
*.w.example.org. 300 IN TXT "One"
a.deep.er.example.org. 300 IN AAAA 2001:db8::1
sub.example.org. 300 IN NS ns.sub.example.org.
ns.sub.example.org. 300 IN A 192.0.2.3
signed.example.org. 300 IN NS ns.example.net.
signed.example.org. 300 IN DS 1 13 2 00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF
${more}`;

class Rig {
  readonly folder = mkdtempSync(join(tmpdir(), 'signed-'));
  readonly clock: FakeClock;
  readonly said: string[] = [];
  stored = new StoredZone('example.org.');
  chain: Chain = 'nsec';
  served = 0;
  keeper!: Keeper;

  constructor(t: TestContext, clock = new FakeClock()) {
    this.clock = clock;
    t.after(() => rmSync(this.folder, { recursive: true, force: true }));
  }
  async open(): Promise<this> {
    const line = (text: string) => void this.said.push(text.replaceAll(this.folder, 'DIR'));
    const log = { debug: () => {}, info: line, warning: line, error: line, prefix: () => log } as unknown as Log;
    const run = { store: this.stored.store, clock: this.clock, log, aside: undefined };
    this.keeper = await keeperOf(run, ZONE, 'z', { keys: usualSettings(join(this.folder, 'keys')), chain: this.chain }, () =>
      void this.served++);
    return this;
  }
  /** As if the process began again. */
  async again(): Promise<this> {
    this.keeper.close();
    this.stored = new StoredZone('example.org.');
    return this.open();
  }
  async load(serial: number, more?: string): Promise<void> {
    const { store, builder, scratch } = this.stored;
    this.stored.read(lines(serial, more));
    await this.keeper.publish(store.reading.within(() => builder.build(scratch, this.keeper.cell.version)));
  }
  get now(): number {
    return Math.floor(this.clock.wall() / 1000);
  }
  get serial(): number {
    const { store } = this.stored;
    return store.reading.within(() => serialOf(transferOf(store, ZONE, this.keeper.served).soa));
  }
  get records(): RR[] {
    const { store } = this.stored;
    return store.reading.within(() => {
      const { soa, records } = transferOf(store, ZONE, this.keeper.served);
      return [soa, ...writtenRecords(ZONE, records as ZoneWriter)];
    });
  }
  /** Signatures by what they cover, as text. */
  get signatures(): Map<string, string> {
    return new Map(this.records.filter(({ type }) => type === TYPE.RRSIG).map(({ name, rdata }) =>
      [`${name.folded} ${typeName(RRSIG.values(rdata).covered)}`, Buffer.from(rdata).toString('hex')]));
  }
  /** Every set that has to be signed is, rightly; says how many seconds the first signature has left. */
  check(): number {
    const { records, now } = this;
    const keys = records.filter(({ type }) => type === TYPE.DNSKEY).map(({ rdata }) => new VerifyingKey(rdata));
    const sets = Map.groupBy(records, ({ name, type, rdata }) =>
      `${name.folded} ${type === TYPE.RRSIG ? `RRSIG ${typeName(RRSIG.values(rdata).covered)}` : typeName(type)}`);
    const cuts = records.filter(({ name, type }) => type === TYPE.NS && !name.equals(ZONE)).map(({ name }) => name);
    let least = Infinity;
    for (const [what, set] of sets) {
      const { name, type, ttl } = set[0]!;
      if (type === TYPE.RRSIG) continue;
      const signatures = sets.get(`${name.folded} RRSIG ${typeName(type)}`) ?? [];
      const isBelow = cuts.some((cut) => name.isUnder(cut) && !name.equals(cut));
      const isOwn = !isBelow && (!cuts.some((cut) => name.equals(cut)) || type === TYPE.DS || type === TYPE.NSEC);
      assert.equal(signatures.length, isOwn ? 1 : 0, what);
      for (const { rdata } of signatures) {
        const of = { owner: name.octets, type, class: 1, ttl, data: set.map((one) => one.rdata) };
        const verdicts = keys.map((key) => key.verify(of, rdata, now));
        assert.ok(verdicts.includes('valid'), `${what}: ${verdicts.join()}`);
        least = Math.min(least, RRSIG.values(rdata).expiration - now);
      }
    }
    return least;
  }
}

test('signed for 14 days, made anew 4 to 7 days before the end, spread over these; serials grow', async (t) => {
  const rig = await new Rig(t).open();
  await rig.load(7);
  assert.equal(rig.serial, 7);
  assert.equal(rig.check(), 14 * DAY);
  let { serial, signatures } = rig;
  const rounds: number[] = [];
  let most = 0;
  for (let hour = 1; hour <= 60 * 24; hour++) {
    await rig.clock.elapse(HOUR * 1000);
    if (rig.serial === serial) continue;
    assert.ok(compareSerials(rig.serial, serial) > 0);
    const left = rig.check();
    assert.ok(left >= 4 * DAY - HOUR, `${left / DAY} days at hour ${hour}`);
    const made = [...rig.signatures].filter(([what, signature]) => what !== 'example.org. SOA' && signatures.get(what) !== signature);
    most = Math.max(most, made.length);
    ({ serial, signatures } = rig);
    rounds.push(hour);
  }
  // Fourteen to seventeen sets, each made anew every seven to ten days: spread by a hash whose key is drawn anew for each process, so a
  // few come together at times, and never most of them.
  // Before them, when no cache is without the key, the parent is asked to have its DS.
  assert.ok(rounds[0]! < 4 && rounds[1]! >= 7 * 24 - 1, String(rounds.slice(0, 2)));
  assert.ok(rounds.length > 25 && most < 11, `${rounds.length} ${most}`);
  rig.keeper.close();
});

test('of a change only what it touches is signed again', async (t) => {
  const rig = await new Rig(t).open();
  await rig.load(7);
  const others = async (serial: number, more: string): Promise<string[]> => {
    const old = rig.signatures;
    await rig.load(serial, more);
    rig.check();
    return [...rig.signatures].filter(([what, signature]) => old.get(what) !== signature).map(([what]) => what).sort();
  };
  assert.deepEqual(await others(8, 'www.example.org. 300 IN A 192.0.2.9\n'), ['example.org. SOA', 'www.example.org. A']);
  assert.deepEqual(await others(9, 'www.example.org. 300 IN MX 1 ns.example.org.\n'),
    ['example.org. SOA', 'www.example.org. A', 'www.example.org. MX', 'www.example.org. NSEC']);
  assert.deepEqual(await others(10, 'new.example.org. 300 IN A 192.0.2.9\n'), [
    'a.deep.er.example.org. NSEC', 'example.org. SOA', 'new.example.org. A', 'new.example.org. NSEC', 'www.example.org. NSEC',
  ]);
  // What becomes a delegation hides what is below it, and comes back.
  assert.deepEqual(await others(11, 'er.example.org. 300 IN NS ns.example.net.\n'),
    ['er.example.org. NSEC', 'example.org. NSEC', 'example.org. SOA'].sort());
  assert.deepEqual(await others(12, ''),
    ['a.deep.er.example.org. AAAA', 'a.deep.er.example.org. NSEC', 'example.org. NSEC', 'example.org. SOA']);
  rig.keeper.close();
});

test('serials are those of the source while they are ahead, count on by themselves, and go on behind a restart', async (t) => {
  const rig = await new Rig(t).open();
  await rig.load(7);
  await rig.clock.elapse(12 * DAY * 1000);
  const { serial } = rig;
  assert.ok(serial > 7);
  await rig.load(8);
  assert.equal(rig.serial, serial + 1);
  await rig.load(serial + 100);
  assert.equal(rig.serial, serial + 100);
  const key = rig.records.find(({ type }) => type === TYPE.DNSKEY)!;
  await rig.again();
  await rig.load(serial + 100);
  assert.equal(rig.serial, serial + 101);
  assert.deepEqual(rig.records.find(({ type }) => type === TYPE.DNSKEY), key);
  rig.check();
  // Nobody else can read any of it but public keys.
  for (const file of readdirSync(join(rig.folder, 'keys')).filter((name) => /private|serial/.test(name))) {
    assert.equal(statSync(join(rig.folder, 'keys', file)).mode & 0o077, 0, file);
  }
  rig.keeper.close();
});

test('what cannot be kept is said, and what cannot be signed leaves what was served', async (t) => {
  const rig = await new Rig(t).open();
  await rig.load(7);
  rig.said.length = 0;
  rmSync(join(rig.folder, 'keys'), { recursive: true });
  await rig.load(8);
  await rig.load(9);
  assert.equal(rig.serial, 9);
  rig.check();
  assert.deepEqual(rig.said.filter((text) => /serial/.test(text)),
    ['The serial of example.org. as it is signed cannot be kept in DIR/keys/Kexample.org.serial: after a restart it may be behind']);
  assert.equal(rig.keeper.trouble, undefined);
  rig.keeper.close();
});

test('where it cannot be signed that is tried again, and three days before an end it is said', async (t) => {
  const rig = await new Rig(t).open();
  await rig.load(7);
  const { memory } = rig.stored.store;
  const said = (text: RegExp): number => rig.said.filter((line) => text.test(line)).length;
  const { clock } = rig;
  const wall = clock.wall.bind(clock);
  let days = 0;
  // Days go by at once: each minute of them it would be tried.
  Object.assign(clock, { wall: () => wall() + days * DAY * 1000 });
  Object.assign(memory, { take: () => 0 });
  days = 10.8;
  await clock.elapse(HOUR * 1000);
  assert.match(rig.keeper.trouble!, /^zone example\.org\. cannot be signed: the shared memory is full$/);
  assert.equal(said(/cannot be signed: the shared memory is full; what was signed before is served/), 1);
  assert.equal(said(/end at/), 0);
  days = 11.2;
  await clock.elapse(60_000);
  assert.match(rig.keeper.trouble!, /; signatures of zone example\.org\. end at 2026-01-15T/);
  assert.equal(said(/signatures of zone example\.org\. end at/), 1);
  Reflect.deleteProperty(memory, 'take');
  await clock.elapse(60_000);
  assert.equal(rig.keeper.trouble, undefined);
  assert.ok(rig.check() > 4 * DAY);
  rig.keeper.close();
});

test('a clock that jumps', async (t) => {
  const rig = await new Rig(t, new FakeClock(Date.UTC(2030, 0, 1))).open();
  await rig.load(7);
  const early = new FakeClock(Date.UTC(2026, 0, 1));
  const { clock } = rig;
  Object.assign(rig, { clock: { ...early, wall: () => early.wall(), monotonic: () => clock.monotonic(), after: clock.after.bind(clock) } });
  rig.keeper.close();
  await rig.open();
  await rig.load(8);
  assert.equal(rig.check(), 14 * DAY);
  rig.keeper.close();
});

test('a folder that others can read is said, one that is a file is refused', async (t) => {
  const rig = await new Rig(t).open();
  chmodSync(join(rig.folder, 'keys'), 0o755);
  await rig.again();
  assert.match(rig.said.join('\n'), /DIR\/keys can be read by others: chmod 700 DIR\/keys/);
  rig.keeper.close();
  rmSync(join(rig.folder, 'keys'), { recursive: true });
  writeFileSync(join(rig.folder, 'keys'), '');
  await assert.rejects(rig.open(), /keys/);
});
