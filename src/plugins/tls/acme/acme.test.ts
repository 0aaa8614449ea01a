// Certificates that are ordered, through the front door: a server with sockets, an ACME server that is scripted, a clock that is moved by
// hand. What a real ACME server says to it is in test/servers/pebble.test.ts, what a broken one says in faults.test.ts.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { LeapingClock, scene, started, until } from '../../../testing/acme-scene.ts';
import { FIRST_MOMENT } from '../../../testing/fake-clock.ts';
import { freePort } from '../../../testing/free-port.ts';

const DAY = 86_400_000, MINUTE = 60_000;
const filesIn = (folder: string): string[] => readdirSync(folder, { recursive: true }).map(String).toSorted();
const certificateIn = (folder: string): string =>
  join(folder, filesIn(folder).find((name) => name.endsWith('.crt')) ?? 'none');
const serial = (folder: string): string => new X509Certificate(readFileSync(certificateIn(folder))).serialNumber;

test('an order from the account to the certificate: names, proofs, files and what is logged', async (t) => {
  const all = await scene(t);
  const { acme, folder } = all;
  const server = await started(t, all, { names: '*.a.test A.test. a.test', more: 'email me@a.test' });
  await server.says(/the certificate of \*\.a\.test, a\.test is served with from now on, until 2026-04-01/);
  assert.deepEqual(acme.orders.map(({ identifiers }) => identifiers.map(({ value }) => value)), [['*.a.test', 'a.test']]);
  const account = acme.asked.find(({ what }) => what === 'account')!;
  assert.deepEqual(account.payload, { termsOfServiceAgreed: true, contact: ['mailto:me@a.test'] });
  assert.ok(acme.asked.filter(({ what }) => what === 'challenge').every(({ payload }) => JSON.stringify(payload) === '{}'));
  assert.match(server.log(), /agrees to its terms of service: http.*\/terms/);
  const files = filesIn(folder).filter((name) => statSync(join(folder, name)).isFile());
  assert.equal(files.length, 3);
  for (const file of files) assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600, file);
  const expected =
    /acme\/127\.0\.0\.1-\d+-dir\/users\/me@a\.test\/me\.key certificates\/127.*\/wildcard_\.a\.test\+[0-9a-f]{16}\.crt/;
  assert.match(files.join(' '), expected);
});

test('what lies in the folder is served with, and renewed when a third of its life is left, with the same account', async (t) => {
  const all = await scene(t);
  const { acme, folder, clock } = all;
  const first = await started(t, all);
  await first.says(/is served with from now on/);
  await first.close();
  const before = serial(folder);
  const server = await started(t, all);
  clock.leap(50 * DAY);
  await clock.elapse(MINUTE);
  assert.equal(acme.orders.length, 1);
  acme.life = { from: clock.wall() - 3600_000, until: clock.wall() + 90 * DAY };
  await until(() => acme.orders.length === 2, acme, clock, server.log, 3600_000);
  // 60 days, less up to a twentieth of 90.
  const days = (clock.wall() - FIRST_MOMENT) / DAY;
  assert.ok(days > 55 && days < 60.5, String(days));
  await server.says(/is served with from now on/);
  assert.notEqual(serial(folder), before);
  assert.equal(new Set(acme.asked.filter(({ what }) => what === 'account').map(({ head }) => JSON.stringify(head['jwk']))).size, 1);
});

test('an authority says when: the window is asked for, kept to, and the order says what it replaces (RFC 9773)', async (t) => {
  const all = await scene(t);
  const { acme, clock, folder } = all;
  acme.window = { start: FIRST_MOMENT + 10 * DAY, end: FIRST_MOMENT + 11 * DAY };
  const server = await started(t, all);
  await server.says(/is served with from now on/);
  await until(() => acme.count('renewal') > 0, acme, clock, server.log);
  const raw = new X509Certificate(readFileSync(certificateIn(folder))).serialNumber;
  await until(() => clock.wall() > FIRST_MOMENT + 9.9 * DAY, acme, clock, server.log, MINUTE * 30);
  assert.equal(acme.orders.length, 1);
  await until(() => acme.orders.length === 2, acme, clock, server.log, MINUTE * 30);
  assert.ok(clock.wall() - FIRST_MOMENT >= 10 * DAY && clock.wall() - FIRST_MOMENT < 11.1 * DAY);
  const key = Buffer.from('0102030405060708090a0b0c0d0e0f1011121314', 'hex').toString('base64url');
  assert.equal(acme.orders[1]!.replaces, `${key}.${Buffer.from(raw, 'hex').toString('base64url')}`);
  // Asked as often as it said: once an hour.
  assert.ok(acme.count('renewal') > 9 * 15 && acme.count('renewal') < 12 * 25, String(acme.count('renewal')));
});

test('an authority that wants it renewed at once gets its order, and one that forgot what is replaced one without that', async (t) => {
  const all = await scene(t);
  const { acme, clock } = all;
  acme.window = { start: FIRST_MOMENT + 60 * DAY, end: FIRST_MOMENT + 61 * DAY };
  const server = await started(t, all);
  await server.says(/is served with from now on/);
  clock.leap(DAY);
  acme.window = { start: FIRST_MOMENT - DAY, end: FIRST_MOMENT - DAY / 2 };
  acme.script = ({ what, payload }) => (what === 'new' && payload!['replaces'] !== undefined
    ? { status: 404, body: { type: 'urn:ietf:params:acme:error:malformed', detail: 'nobody knows it' } } : undefined);
  await until(() => acme.orders.length === 2, acme, clock, server.log, MINUTE);
  assert.ok(clock.wall() - FIRST_MOMENT < 1.1 * DAY);
  assert.equal(acme.orders[1]!.replaces, undefined);
});

test('one that cannot be renewed stays, is counted, and told of ten days before its end', async (t) => {
  const all = await scene(t);
  const { acme, clock, folder } = all;
  const [metrics, ready] = [await freePort(), await freePort()];
  const server = await started(t, all, { beside: `prometheus 127.0.0.1:${metrics}\nready 127.0.0.1:${ready}` });
  const page = async (port: number, path: string): Promise<string> => (await fetch(`http://127.0.0.1:${port}${path}`)).text();
  assert.match(await page(ready, '/ready'), /^OK\nthere is no certificate of a\.test yet/);
  await server.says(/is served with from now on/);
  const before = serial(folder);
  acme.script = ({ what }) => (what === 'new' ? { status: 500 } : undefined);
  clock.leap(75 * DAY);
  await server.says(/was to be had/);
  assert.equal(await page(ready, '/ready'), 'OK');
  assert.match(server.log(), /no certificate of a\.test was to be had: the order: HTTP status 500/);
  clock.leap(6 * DAY);
  assert.match(await page(ready, '/ready'), /^OK\nthe certificate of a\.test ends 2026-04-01T00:00:00\.000Z: the order: HTTP status 500/);
  const shown = await page(metrics, '/metrics');
  assert.match(shown, /coredns_tls_acme_orders_total\{name="a\.test",result="failed"\} [1-9]/);
  assert.match(shown, /coredns_tls_acme_orders_total\{name="a\.test",result="ok"\} 1/);
  assert.equal(serial(folder), before);
});

test('replicas with one folder order once, answer for whoever orders, and take over what it got', async (t) => {
  const all = await scene(t);
  const { acme, folder } = all;
  const second = await started(t, all);
  const first = await started(t, all, { isAsked: false });
  await first.says(/is served with from now on/);
  await second.says(/is served with from now on/);
  assert.equal(acme.orders.length, 1);
  assert.equal(filesIn(folder).filter((name) => name.endsWith('.crt')).length, 1);
});

test('files that are no pair, half of one, or another name\'s are not served with: another is ordered in their place', async (t) => {
  const all = await scene(t);
  const { acme, folder } = all;
  const first = await started(t, all);
  await first.says(/is served with from now on/);
  await first.close();
  const path = certificateIn(folder);
  const good = readFileSync(path, 'utf8');
  for (const [content, told] of [
    ['', /cannot be served with: tls: failed to find any PEM data/], [good.slice(0, 100), /failed to find any PEM data/],
    [acme.authority.sign({ names: ['a.test'] }).cert, /private key does not match/],
  ] as const) {
    writeFileSync(path, content);
    const server = await started(t, all);
    assert.match(server.log(), told);
    await server.says(/is served with from now on/);
    await server.close();
  }
  assert.equal(acme.orders.length, 4);
});

test('a clock that is set back, or far ahead, costs no more than one order', async (t) => {
  const all = await scene(t);
  const { acme, folder } = all;
  const first = await started(t, all);
  await first.says(/is served with from now on/);
  await first.close();
  const back = new LeapingClock(FIRST_MOMENT - 300 * DAY);
  const early = await started(t, { acme, folder, clock: back });
  back.leap(DAY);
  await back.elapse(MINUTE);
  assert.equal(acme.orders.length, 1);
  await early.close();
  const ahead = new LeapingClock(FIRST_MOMENT + 400 * DAY);
  acme.life = { from: ahead.wall(), until: ahead.wall() + 90 * DAY };
  const late = await started(t, { acme, folder, clock: ahead });
  await late.says(/is served with from now on, until 2027/);
  ahead.leap(DAY);
  await ahead.elapse(MINUTE);
  assert.equal(acme.orders.length, 2);
});
