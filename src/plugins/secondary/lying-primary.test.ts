// What becomes of a zone whose primary lies, refuses, cuts or signs wrongly: what was served stays, and the log says why.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { eventually } from '../../testing/conformance/transport-clients.ts';
import { serve } from '../../testing/served.ts';
import { standard } from '../index.ts';
import { MadePrimary, SECRET, address, isMissing, notify, serving, soa, whole } from './made-primary.test.ts';
import type { Said } from './made-primary.test.ts';

test('differences that do not fit are followed by the whole zone at once', { skip: isMissing }, async (t) => {
  const primary = await new MadePrimary().open(t);
  primary.says = { AXFR: [whole(1)], SOA: [[soa(1)]] };
  const { ours, has } = await serving(t, primary);
  await has('AXFR asked, the zone got, 4 records');
  assert.equal(await address(ours.port), '192.0.2.1');
  const wrong: readonly (readonly [said: (serial: number) => Said, why: string])[] = [
    [() => 'close', 'EOF'],
    [(n) => [[soa(n), soa(n - 1), 'gone.a.test. 60 IN A 192.0.2.1', soa(n), soa(n)]],
      'the differences take 1 records away that are not there'],
    [(n) => [[soa(n), soa(n - 2), soa(n), soa(n)]], 'a difference begins with serial 2, and not with ours'],
    [() => Uint8Array.of(1, 2, 3), 'what came is no reply to the question'],
  ];
  let serial = 2;
  for (const [said, why] of wrong) {
    primary.says = { IXFR: said(serial), AXFR: [whole(serial)], SOA: [[soa(serial)]] };
    await notify(ours.port);
    await has(`${serial} SOA serial; the differences did not do: ${why}`);
    assert.equal(await address(ours.port), `192.0.2.${serial}`);
    serial++;
  }
  primary.says = {
    IXFR: [[soa(9), soa(5), 'WWW.a.test. 60 IN A 192.0.2.5', soa(7), 'www.a.test. 60 IN A 192.0.2.7'],
      [soa(7), 'www.a.test. 60 IN A 192.0.2.7', soa(9), 'www.a.test. 60 IN A 192.0.2.9', 'new.a.test. 60 IN A 192.0.2.10', soa(9)]],
    SOA: [[soa(9)]],
  };
  await notify(ours.port);
  await has('IXFR asked, differences got');
  assert.equal(await address(ours.port), '192.0.2.9');
  assert.equal(await address(ours.port, 'new.a.test'), '192.0.2.10');
  assert.ok(primary.asked.includes('IXFR 5'));
});

test('a zone that is not whole, shrunk, of another name or too large is not taken', { skip: isMissing }, async (t) => {
  const primary = await new MadePrimary().open(t);
  primary.says = { AXFR: [[...whole(1).slice(0, 3), 'www.other.test. 60 IN A 192.0.2.66', soa(1)]], SOA: [[soa(1)]] };
  const { ours, has } = await serving(t, primary, 'max_records 10');
  await has('5 records, ');
  await has('1 SOA serial; 1 records outside of the zone were left out');
  const many = Array.from({ length: 10 }, (_, i) => `h${i}.a.test. 60 IN A 192.0.2.66`);
  const wrong: [Said, string][] = [
    [[[soa(2), soa(2)]], 'the zone has nothing but its SOA'], [[whole(2).slice(0, 2), whole(3).slice(2)], 'first and last SOA differ'],
    [[[soa(2), ...many, soa(2)]], 'it has more than 10 records'],
    [[['b.test. 60 IN SOA ns.a.test. h.a.test. 2 1 1 1000 60', ...whole(2)]], 'it begins with SOA and not with the SOA of the zone'],
  ];
  for (const [said, why] of wrong) {
    primary.says = { IXFR: 'close', AXFR: said, SOA: [[soa(2)]] };
    await notify(ours.port);
    await has(why);
    assert.equal(await address(ours.port), '192.0.2.1');
    primary.says = { SOA: [[soa(1)]] };
  }
});

test('with a key only what is rightly signed is believed', { skip: isMissing }, async (t) => {
  const primary = await new MadePrimary().open(t);
  primary.says = { AXFR: [whole(1).slice(0, 2), whole(1).slice(2)], SOA: [[soa(1)]] };
  const { ours, has } = await serving(t, primary, 'key one.key', `tsig {\nsecret one.key ${SECRET}\n}`);
  await has('the reply is not signed');
  primary.signs = 'wrong';
  await has('the signature is wrong');
  primary.signs = 'first';
  await has('the last message is not signed');
  assert.equal(await address(ours.port), '');
  primary.signs = 'all';
  await has('AXFR asked, the zone got, 4 records');
  assert.equal(await address(ours.port), '192.0.2.1');
});

test('a primary that says nothing delays neither the start nor the end', async (t) => {
  const primary = await new MadePrimary().open(t);
  primary.says = { AXFR: 'silence' };
  const ours = await serve(`a.test {\nsecondary {\ntransfer from 127.0.0.1:${primary.port}\n}\n}`, standard);
  await eventually(() => primary.asked.length === 1, 'it was asked');
  await ours.close();
});

test('what was kept is served after a start, while no primary answers', { skip: isMissing }, async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'secondary-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const primary = await new MadePrimary().open(t);
  primary.says = { AXFR: [whole(1)], SOA: [[soa(1)]] };
  const first = await serving(t, primary, `snapshot ${folder}`);
  await first.has('AXFR asked, the zone got');
  const file = path.join(folder, 'a.test.zone');
  await eventually(() => existsSync(file), 'it is kept');
  await first.ours.close();
  primary.says = {};
  const second = await serving(t, primary, `snapshot ${folder}`);
  await second.has('Failed to check or transfer a.test.');
  assert.equal(await address(second.ours.port), '192.0.2.1');
  await second.ours.close();

  // A primary was heard so long ago that the zone has expired, and one octet is another.
  utimesSync(file, 1000, 1000);
  const third = await serving(t, primary, `snapshot ${folder}`);
  await third.has('Failed to check or transfer a.test.');
  assert.equal(await address(third.ours.port), '');
  await third.ours.close();
  const bytes = readFileSync(file);
  bytes[60]! ^= 1;
  writeFileSync(file, bytes);
  const fourth = await serving(t, primary, `snapshot ${folder}`);
  await fourth.has(`The snapshot of a.test. is not taken: ${file} is no whole snapshot`);
  assert.equal(await address(fourth.ours.port), '');
});
