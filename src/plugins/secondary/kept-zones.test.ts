// What is bounded, counted and kept: the most that is taken, the counters, and what goes on over a reload and a start.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { eventually } from '../../testing/conformance/transport-clients.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { freePort } from '../../testing/free-port.ts';
import { serve } from '../../testing/served.ts';
import { standard } from '../index.ts';
import { MadePrimary, address, isMissing, notify, serving, soa, whole } from './made-primary.test.ts';

const of = (zone: string, serial: number): readonly string[] => whole(serial).map((record) => record.replaceAll('a.test.', zone));
const count = (all: readonly string[], what: string): number => all.filter((each) => each === what).length;

test('`max_bytes` bounds what comes on the wire', { skip: isMissing }, async (t) => {
  const primary = await new MadePrimary().open(t);
  primary.says = { AXFR: [whole(1)], SOA: [[soa(1)]] };
  const { ours, has } = await serving(t, primary, 'max_bytes 200');
  await has('AXFR asked, the zone got, 4 records');
  const text = 'x'.repeat(100);
  const [first, ...rest] = whole(2);
  primary.says = { IXFR: 'close', AXFR: [[first!, `t.a.test. 60 IN TXT ${text}`, ...rest]], SOA: [[soa(2)]] };
  await notify(ours.port);
  await has('it has more than 200 bytes');
  assert.equal(await address(ours.port), '192.0.2.1');
});

test('without `max_bytes` a first transfer may be large, and a later one ten times what there is, at least a mebibyte', {
  skip: isMissing,
}, async (t) => {
  const large = (serial: number): readonly (readonly string[])[] => {
    const [first, ...rest] = whole(serial);
    const texts = Array.from({ length: 50 }, (_, i) => Array.from({ length: 100 }, (__, j) => (
      `t${i}.a.test. 60 IN TXT "${String(j).padStart(250, 'x')}"`)));
    return [[first!], ...texts, rest];
  };
  const primary = await new MadePrimary().open(t);
  primary.says = { AXFR: large(1), SOA: [[soa(1)]] };
  const other = await serving(t, primary);
  await other.has('AXFR asked, the zone got, 5004 records');
  await other.ours.close();

  primary.says = { AXFR: [whole(1)], SOA: [[soa(1)]] };
  const { ours, has } = await serving(t, primary);
  await has('AXFR asked, the zone got, 4 records');
  primary.says = { IXFR: 'close', AXFR: large(2), SOA: [[soa(2)]] };
  await notify(ours.port);
  await has('it has more than 1048576 bytes');
  assert.equal(await address(ours.port), '192.0.2.1');
});

test('what came of looks at primaries, and when one was heard, is read from /metrics', async (t) => {
  const primary = await new MadePrimary().open(t);
  const port = await freePort();
  const clock = new FakeClock();
  const ours = await serve(`a.test {\nprometheus 127.0.0.1:${port}\nsecondary {\ntransfer from 127.0.0.1:${primary.port}\n}\n}`,
    standard, clock);
  t.after(() => ours.close());
  const read = async (name: string): Promise<readonly string[]> => {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    return text.split('\n').filter((line) => line.startsWith(`coredns_secondary_${name}{`)).map((line) => line.slice(line.indexOf('{')));
  };
  const one = async (name: string, ...has: readonly string[]): Promise<number> => {
    const found = (await read(name)).find((line) => has.every((each) => line.includes(each)));
    return Number(found?.slice(found.lastIndexOf(' ')) ?? -1);
  };
  const became = async (result: string, times: number): Promise<void> => {
    const line = new RegExp(`^{(?=.*zone="a\\.test\\.")(?=.*result="${result}").*} ${times}$`);
    for (let lines: readonly string[] = []; !lines.some((each) => line.test(each));) lines = await read('transfers_total');
  };
  await became('failed', 1);
  assert.equal(await one('failures'), 1);
  assert.deepEqual((await read('contact_timestamp_seconds')).filter((line) => !line.endsWith(' 0')), []);
  primary.says = { AXFR: [whole(1)], SOA: [[soa(1)]] };
  await clock.elapse(250);
  await became('transferred', 1);
  const [line, ...more] = await read('contact_timestamp_seconds');
  const [labels, value] = line!.split(' ');
  assert.deepEqual([labels, Number(value), more], ['{zone="a.test."}', Math.floor(clock.wall() / 1000), []]);
  await clock.elapse(2000);
  await became('current', 1);
  await became('failed', 1);
  assert.equal(await one('failures'), 0);
  assert.equal(await one('received_total', 'kind="whole"'), 1);
  assert.ok(await one('received_bytes_total') > 100);
  assert.ok(await one('received_seconds_total') >= 0);
});

test('looks at primaries of more than a thousand zones are added up, unless all shall be told of', async (t) => {
  const text = async (property: string): Promise<readonly string[]> => {
    const port = await freePort();
    const zones = Array.from({ length: 1002 }, (_, i) => `z${i}.test`);
    // Nobody listens there: each zone fails once.
    const block = `secondary ${zones.join(' ')} {\ntransfer from 127.0.0.1:${await freePort()}\n${property}\n}`;
    const ours = await serve(`. {\nprometheus 127.0.0.1:${port}\n${block}\n}`, standard, new FakeClock());
    t.after(() => ours.close());
    for (;;) {
      const all = (await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).split('\n');
      const lines = all.filter((line) => line.startsWith('coredns_secondary_transfers_total{'));
      const failed = lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
      if (failed === 1002) return lines;
    }
  };
  const bounded = await text('');
  assert.equal(bounded.length, 1001);
  assert.deepEqual(bounded.filter((line) => line.includes('zone="others"')).map((line) => line.slice(line.lastIndexOf(' '))), [' 2']);
  assert.equal((await text('zone_metrics all')).length, 1002);
});

test('a reload keeps zones, timers and connections of what stays, and pulls no more what went', async (t) => {
  const primary = await new MadePrimary().open(t);
  const clock = new FakeClock();
  primary.says = {
    AXFR: [whole(1)], SOA: [[soa(1)]], 'b.test. AXFR': [of('b.test.', 1)], 'b.test. SOA': [[of('b.test.', 1)[0]!]],
    'c.test. AXFR': 'silence',
  };
  const block = (zone: string) => `${zone} {\nsecondary {\ntransfer from 127.0.0.1:${primary.port}\n}\n}\n`;
  const ours = await serve(['a.test', 'b.test', 'c.test'].map(block).join(''), standard, clock);
  t.after(() => ours.close());
  const came = (zone: string): boolean => ours.log().includes(`Transferred ${zone}`);
  await eventually(() => came('a.test.') && came('b.test.') && primary.waiting.length === 1, 'both came');
  await ours.replace(`${block('a.test')}${block('c.test')}d.test {\nwhoami\n}\n`);
  const before = primary.asked.length;

  // The transfer that was under way goes on over its connection.
  primary.says['c.test. AXFR'] = [of('c.test.', 1)];
  primary.says['c.test. SOA'] = [[of('c.test.', 1)[0]!]];
  primary.waiting[0]!();
  await eventually(() => came('c.test.'), 'it came');
  assert.equal(count(primary.asked, 'c.test. AXFR'), 1);

  // Refresh is a second, and up to a second later.
  for (let looks = 1; looks <= 3; looks++) {
    await clock.elapse(2000);
    await eventually(() => count(primary.asked, 'SOA') >= looks && count(primary.asked, 'c.test. SOA') >= looks, `look ${looks}`);
  }
  assert.deepEqual(primary.asked.slice(before).filter((each) => each.startsWith('b.test.')), []);
  assert.equal(count(primary.asked, 'AXFR'), 1, 'what stays is not transferred anew');
});

test('members of a catalog that were kept are served after a start, and not transferred anew', { skip: isMissing }, async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'secondary-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const primary = await new MadePrimary().open(t);
  const [first, ns, , last] = of('c.test.', 1) as [string, string, string, string];
  const catalog = [first, ns, 'version.c.test. 0 IN TXT "2"', 'one.zones.c.test. 0 IN PTR a.test.', last];
  primary.says = { 'c.test. AXFR': [catalog], 'c.test. SOA': [[first]], AXFR: [whole(1)], SOA: [[soa(1)]] };
  const text = `. {\nsecondary c.test {\ntransfer from 127.0.0.1:${primary.port}\ncatalog\nsnapshot ${folder}\n}\n}`;
  const before = await serve(text, standard);
  await eventually(() => readdirSync(folder).filter((name) => name.endsWith('.zone')).length === 2, 'both are kept');
  await before.close();

  const said = primary.says;
  primary.says = {};
  const silent = await serve(text, standard);
  await eventually(() => silent.log().includes('Failed to check or transfer a.test.'), 'the member was looked at');
  assert.equal(await address(silent.port), '192.0.2.1');
  await silent.close();

  primary.says = said;
  primary.asked.length = 0;
  const after = await serve(text, standard);
  t.after(() => after.close());
  await eventually(() => primary.asked.includes('SOA') && primary.asked.includes('c.test. SOA'), 'the primary was asked');
  assert.equal(await address(after.port), '192.0.2.1');
  assert.deepEqual(primary.asked.filter((each) => each.endsWith('XFR')), []);
});

test('a reload keeps members of a catalog, and their timers', { skip: isMissing }, async (t) => {
  const primary = await new MadePrimary().open(t);
  const [first, ns, , last] = of('c.test.', 1) as [string, string, string, string];
  const catalog = [first, ns, 'version.c.test. 0 IN TXT "2"', 'one.zones.c.test. 0 IN PTR a.test.', last];
  primary.says = { 'c.test. AXFR': [catalog], 'c.test. SOA': [[first]], AXFR: [whole(1)], SOA: [[soa(1)]] };
  const text = `. {\nsecondary c.test {\ntransfer from 127.0.0.1:${primary.port}\ncatalog\n}\n}`;
  const clock = new FakeClock();
  const ours = await serve(text, standard, clock);
  t.after(() => ours.close());
  await eventually(() => ours.log().includes('Transferred a.test.'), 'the member is there');
  await ours.replace(`${text}\nother.test {\nwhoami\n}`);
  assert.equal(await address(ours.port), '192.0.2.1');
  assert.deepEqual(primary.asked.filter((each) => each === 'SOA'), [], 'nothing is asked before its time');
  await clock.elapse(2000);
  await eventually(() => primary.asked.includes('SOA'), 'at its time it is');
});
