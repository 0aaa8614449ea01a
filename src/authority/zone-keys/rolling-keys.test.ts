// The keys of a zone on disk, in fast time: what is made and kept, what crashes, other processes, clocks and people do to them, and what of
// it is refused with a reason.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync,
  writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { Name } from '../../dns/name.ts';
import { TYPE, typeName } from '../../dns/type-name.ts';
import { algorithmNamed } from '../../dnssec/algorithm.ts';
import { SHA256, delegationData } from '../../dnssec/delegation.ts';
import { keyTag } from '../../dnssec/dnskey.ts';
import { keyFileName, printPrivateFile, printPublicFile } from '../../dnssec/key-file.ts';
import type { KeyDates } from '../../dnssec/key-file.ts';
import type { KeyPlan } from '../../dnssec/key-plan.ts';
import { parseState } from '../../dnssec/rollover/state-text.ts';
import { stageOf } from '../../dnssec/rollover/state.ts';
import type { KeyPolicy } from '../../dnssec/rollover/wishes.ts';
import { generateKey } from '../../dnssec/signing-key.ts';
import type { Log } from '../../kernel/seen/log.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import type { KeySettings } from './key-settings.ts';
import { putOrder } from './orders.ts';
import { RollingKeys } from './rolling-keys.ts';
import { toldKeys } from './told-steps.ts';

const zone = Name.parse('Example.org.');
const HOUR = 3600, DAY = 24 * HOUR;
const CSK: KeyPolicy = {
  roles: ['csk'], algorithm: 13, bits: undefined, ttl: HOUR, propagation: 600, parentPropagation: HOUR, parentTtl: DAY,
    lifetimes: new Map(),
};

/** A server with the keys of one zone in a folder, and a parent that does what it is asked at once, unless it sleeps. */
class Rig {
  readonly folder: string;
  clock = new FakeClock();
  readonly said: string[] = [];
  ds: Uint8Array[] = [];
  sleeps = false;
  keys: RollingKeys | undefined;
  plan: KeyPlan | undefined;
  settings: KeySettings;
  #signing: Promise<void> = Promise.resolve();

  constructor(t: TestContext, policy: KeyPolicy = CSK, more: Partial<KeySettings> = {}) {
    const scratch = mkdtempSync(join(tmpdir(), 'rolling-'));
    this.folder = join(scratch, 'keys');
    t.after(async () => {
      await this.close();
      rmSync(scratch, { recursive: true, force: true });
    });
    this.settings = {
      folder: this.folder, policy, foreign: undefined, servers: [], ...more,
      parent: { shown: async () => [{ ds: this.ds, ttl: this.ds.length === 0 ? 0 : HOUR }], changed: () => {} },
    };
  }
  get log(): Log {
    const line = (text: string) => void this.said.push(text.replaceAll(this.folder, 'DIR'));
    const log = { debug: () => {}, info: line, warning: line, error: line, prefix: () => log } as unknown as Log;
    return log;
  }
  async open(): Promise<this> {
    this.keys = await RollingKeys.open({ clock: this.clock, log: this.log }, zone, this.settings);
    this.keys.listen(() => this.#sign());
    this.#sign();
    await this.clock.elapse(0);
    return this;
  }
  /** Publishes what the plan says, as whoever signs does; and the parent takes it. */
  #sign(): void {
    this.#signing = this.#signing.then(async () => {
      if (this.keys === undefined) return;
      const { plan } = this.keys;
      await this.keys.foresee(2 * HOUR);
      this.plan = plan;
      void this.keys.published(plan.stamp, 2 * HOUR);
      const cds = plan.records.filter(({ type }) => type === TYPE.CDS).map(({ data }) => data);
      if (cds.length > 0 && !this.sleeps) this.ds = cds.some(({ length }) => length === 5) ? [] : cds;
    });
  }
  async close(): Promise<void> {
    this.keys?.close();
    this.keys = undefined;
    await this.clock.elapse(0);
  }
  /** Ends it as a crash does: nothing more is written, and a new process has another clock. */
  async again(seconds = 1): Promise<this> {
    await this.close();
    this.clock = new FakeClock(this.clock.wall() + seconds * 1000);
    return this.open();
  }
  get state() {
    return parseState(zone, readFileSync(join(this.folder, 'Kexample.org.state'), 'latin1'));
  }
  get stages(): string[] {
    return this.state.keys.map((key) => `${key.role} ${stageOf(key)}`);
  }
  get types(): string[] {
    return this.plan!.records.map(({ type }) => typeName(type));
  }
  async pass(days: number): Promise<void> {
    for (let hour = 0; hour < days * 24; hour += 6) await this.clock.elapse(6 * HOUR * 1000);
  }
}
const mode = (path: string): number => statSync(path).mode & 0o777;

test('a zone begins with one key that signs everything; the parent is asked when no cache is without it', async (t) => {
  const rig = await new Rig(t).open();
  rig.sleeps = true;
  assert.deepEqual([rig.stages, rig.types, rig.plan!.forKeys.length, rig.plan!.forOthers.length], [['csk published'], ['DNSKEY'], 1, 1]);
  await rig.pass(0.25);
  assert.deepEqual([rig.stages, rig.types], [['csk ready'], ['DNSKEY', 'CDS', 'CDNSKEY']]);
  rig.sleeps = false;
  await rig.again();
  await rig.pass(2);
  assert.deepEqual(rig.stages, ['csk active']);
  assert.equal(mode(rig.folder), 0o700);
  for (const name of readdirSync(rig.folder).filter((each) => /state|private|lock/.test(each))) assert.equal(mode(join(rig.folder,
    name)), 0o600, name);
  const [file] = readdirSync(rig.folder).filter((name) => name.endsWith('.private'));
  assert.match(readFileSync(join(rig.folder, file!), 'utf8'), /\nActivate: 20260101000000\n/);
});

test('an order of people rolls; a restart in between goes on where it was, and the old files go in the end', async (t) => {
  const rig = await new Rig(t).open();
  await rig.pass(3);
  const [first] = rig.state.keys;
  rig.sleeps = true;
  const path = await putOrder(rig.folder, zone, ['roll'], 'one');
  await rig.pass(0.25);
  assert.deepEqual([existsSync(path), rig.stages], [false, ['csk retired', 'csk ready']]);
  for (let i = 0; i < 5; i++) {
    await rig.again();
    await rig.pass(1);
  }
  rig.sleeps = false;
  await rig.again();
  await rig.pass(3);
  assert.deepEqual(rig.stages, ['csk active']);
  assert.equal(existsSync(join(rig.folder, `${first!.file}.private`)), false);
  assert.ok(rig.said.some((text) => /csk \d+ \(ECDSAP256SHA256\) is removed, with its files/.test(text)), rig.said.join('\n'));
});

test('ages roll a ZSK, another policy another algorithm, and "unsigned" takes all away', async (t) => {
  const policy = { ...CSK, roles: ['ksk', 'zsk'] as const, lifetimes: new Map([['zsk' as const, 10 * DAY]]) };
  const rig = await new Rig(t, policy).open();
  await rig.pass(5);
  const zsk = rig.state.keys.find(({ role }) => role === 'zsk')!.file;
  await rig.pass(9);
  assert.deepEqual(rig.stages, ['ksk active', 'zsk active']);
  assert.notEqual(rig.state.keys.find(({ role }) => role === 'zsk')!.file, zsk);
  rig.settings = { ...rig.settings, policy: { ...CSK, algorithm: 15 } };
  RollingKeys.configure(rig.clock, rig.settings, () => true);
  await rig.pass(8);
  assert.deepEqual([rig.stages, rig.plan!.forOthers.map(({ algorithm }) => algorithm.number)], [['csk active'], [15]]);
  rig.settings = { ...rig.settings, policy: { ...CSK, roles: [] } };
  RollingKeys.configure(rig.clock, rig.settings, () => true);
  await rig.pass(5);
  assert.deepEqual([rig.stages, rig.plan!.records, rig.plan!.forOthers, rig.ds], [[], [], [], []]);
  assert.deepEqual(readdirSync(rig.folder).filter((name) => /key|private/.test(name)), []);
});

test('hold and confirm-ds', async (t) => {
  const rig = await new Rig(t).open();
  rig.sleeps = true;
  await putOrder(rig.folder, zone, ['hold'], 'one');
  await rig.pass(3);
  assert.deepEqual(rig.stages, ['csk published']);
  assert.match(toldKeys(rig.state)[0]!.waits.join(),
    /^no cache is without its DNSKEY from 2026-01-01T01:10:00Z on, since 2026-01-01T00:00:00Z,/);
  await putOrder(rig.folder, zone, ['hold', 'off'], 'two');
  await rig.pass(3);
  assert.deepEqual(rig.stages, ['csk ready']);
  assert.match(toldKeys(rig.state)[0]!.waits.join(), /^all servers of the parent have to show its DS, since 2026-01-04T/);
  await putOrder(rig.folder, zone, ['confirm-ds'], 'three');
  await putOrder(rig.folder, zone, ['nonsense'], 'four');
  await rig.pass(2);
  assert.deepEqual([rig.stages, readdirSync(join(rig.folder, 'orders'))], [['csk active'], []]);
});

test('keys of BIND, or of "key auto", that lie in the folder are gone on with', async (t) => {
  const rig = new Rig(t, { ...CSK, roles: ['ksk', 'zsk'] });
  mkdirSync(rig.folder, { mode: 0o700 });
  const put = (flags: number, dates: KeyDates): number => {
    const key = generateKey(zone, algorithmNamed('13')!, flags, HOUR);
    const base = join(rig.folder, keyFileName(zone, key.data));
    writeFileSync(`${base}.key`, printPublicFile(key, dates));
    writeFileSync(`${base}.private`, printPrivateFile(key, dates), { mode: 0o600 });
    return key.tag;
  };
  const [now, past] = [Date.UTC(2026, 0, 1) / 1000, Date.UTC(2025, 0, 1) / 1000];
  const tags = [put(257, { Publish: past, Activate: past }), put(256, { Activate: past })];
  put(256, { Activate: past, Inactive: past + 5, Delete: now - 5 });
  await rig.open();
  assert.deepEqual(rig.state.keys.map(({ role, data }) => `${role} ${keyTag(data)}`).sort(), [`ksk ${tags[0]}`, `zsk ${tags[1]}`]);
  assert.deepEqual(rig.types, ['DNSKEY', 'DNSKEY', 'CDS', 'CDNSKEY']);
});

test('of two processes on one folder the second rolls nothing, follows the first, and takes over when that is gone', async (t) => {
  const first = await new Rig(t).open();
  const second = new Rig(t);
  second.settings = { ...first.settings };
  const { said } = second;
  second.keys = await RollingKeys.open({ clock: second.clock, log: second.log }, zone, second.settings);
  assert.ok(said.some((text) => /another process has the keys in .*: this one rolls nothing/.test(text)), said.join());
  assert.deepEqual(second.keys.plan.forOthers.map(({ tag }) => tag), first.plan!.forOthers.map(({ tag }) => tag));
  await putOrder(first.folder, zone, ['roll'], 'one');
  await first.pass(2);
  await second.clock.elapse(600_000);
  assert.deepEqual(second.keys.plan.records.length, first.plan!.records.length);
  assert.equal(second.keys.plan.stamp, first.plan!.stamp);
  await first.close();
  await second.clock.elapse(600_000);
  const { revision } = first.state;
  await putOrder(first.folder, zone, ['hold'], 'two');
  await second.clock.elapse(600_000);
  assert.ok(first.state.isHeld && first.state.revision > revision);
});

test('a clock that jumps while the server runs, or back while it does not, makes nothing come sooner', async (t) => {
  const rig = await new Rig(t).open();
  await rig.pass(3);
  await putOrder(rig.folder, zone, ['roll'], 'one');
  await rig.clock.elapse(300_000);
  assert.deepEqual(rig.stages, ['csk retired', 'csk published']);
  const wall = rig.clock.wall.bind(rig.clock);
  rig.clock.wall = () => wall() + 3650 * DAY * 1000;
  await rig.clock.elapse(1_000_000);
  assert.deepEqual(rig.stages, ['csk retired', 'csk published']);
  assert.ok(rig.said.some((text) => /^The clock was set by 315360000 seconds/.test(text)), rig.said.join('\n'));
  await rig.again(-3650 * DAY);
  await rig.clock.elapse(300_000);
  assert.deepEqual(rig.stages, ['csk retired', 'csk published']);
  await rig.pass(3);
  assert.deepEqual(rig.stages, ['csk active']);
});

test('others\' DNSKEY, CDS and CDNSKEY of a file stand beside ours (RFC 8901), as soon as they are in it', async (t) => {
  const other = generateKey(zone, algorithmNamed('13')!, 256, HOUR);
  const ksk = generateKey(zone, algorithmNamed('13')!, 257, HOUR);
  const base64 = (data: Uint8Array): string => Buffer.from(data.subarray(4)).toString('base64');
  const rig = new Rig(t);
  const path = join(rig.folder, '..', 'foreign');
  rig.settings = { ...rig.settings, foreign: path };
  writeFileSync(path, `@ 60 IN DNSKEY 256 3 13 ${base64(other.data)}\n`);
  await rig.open();
  assert.deepEqual(rig.types, ['DNSKEY', 'DNSKEY']);
  const cds = Buffer.from(delegationData(ksk.signer, ksk.data, SHA256).subarray(4)).toString('hex');
  const dnskey = `DNSKEY 257 3 13 ${base64(ksk.data)}`;
  writeFileSync(path, `@ 60 IN ${dnskey}\n@ 60 IN CDS ${ksk.tag} 13 2 ${cds}\n@ 60 IN C${dnskey}\n`);
  await rig.pass(0.25);
  assert.deepEqual(rig.types, ['DNSKEY', 'CDS', 'CDNSKEY', 'DNSKEY', 'CDS', 'CDNSKEY']);
  writeFileSync(path, '@ 60 IN CDS 0 0 0 00\n');
  await rig.pass(0.25);
  assert.equal(rig.types.length, 6);
  assert.ok(rig.said.some((text) => /one of several signers cannot ask for an unsigned zone/.test(text)), rig.said.join('\n'));
});

test('refuses states and keys that are cut, gone, links, others\', or another zone\'s; says what others can read', async (t) => {
  const rig = await new Rig(t).open();
  await rig.close();
  const state = join(rig.folder, 'Kexample.org.state');
  const text = readFileSync(state, 'latin1');
  const refused = (said: RegExp) => assert.rejects(RollingKeys.open({ clock: new FakeClock(), log: rig.log }, zone, rig.settings), said);
  writeFileSync(state, text.slice(0, -20));
  await refused(/Kexample\.org\.state: its sum is another one|it is cut/);
  writeFileSync(state, '');
  await refused(/Kexample\.org\.state: it is cut, or no state of keys/);
  writeFileSync(state, text);
  const [name] = readdirSync(rig.folder).filter((each) => each.endsWith('.private'));
  const key = join(rig.folder, name!);
  const secret = readFileSync(key, 'latin1');
  writeFileSync(key, secret.slice(0, 60));
  await refused(/\.private:/);
  rmSync(key);
  await refused(/no such file or directory/);
  writeFileSync(`${key}.aside`, secret, { mode: 0o600 });
  symlinkSync(`${key}.aside`, key);
  await refused(/too many levels of symbolic links/);
  rmSync(key);
  const another = generateKey(zone, algorithmNamed('13')!, 257, HOUR);
  writeFileSync(key, printPrivateFile(another, {}));
  writeFileSync(key.replace('.private', '.key'), printPublicFile(another, {}));
  await refused(/this is not the key that .*state says/);
  const stranger = generateKey(Name.parse('example.net.'), algorithmNamed('13')!, 257, HOUR);
  writeFileSync(key, printPrivateFile(stranger, {}));
  writeFileSync(key.replace('.private', '.key'), printPublicFile(stranger, {}));
  await refused(/a key of Example\.org\. was expected, not of example\.net\./);
  const open = new Rig(t);
  await open.open();
  await open.close();
  const [mine] = readdirSync(open.folder).filter((each) => each.endsWith('.private'));
  chmodSync(join(open.folder, mine!), 0o644);
  await open.open();
  assert.ok(open.said.includes(`the private key DIR/${mine} can be read by others: chmod 600 DIR/${mine}`), open.said.join());
});
