// An `auth-zone` that a primary has: taken, kept in its zonefile, begun with that at the next start.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { eventually } from '../../testing/conformance/transport-clients.ts';
import { serve } from '../../testing/served.ts';
import { standard } from '../index.ts';
import { MadePrimary, address, isMissing, whole } from '../secondary/made-primary.test.ts';

/** Hours, where the primary of others has seconds: nothing is looked at but what a test wants to be. */
const calm = (records: readonly string[]): readonly string[] =>
  records.map((record) => record.replace(/ 1 1 1000 60$/, ' 7200 3600 86400 60'));

async function start(t: TestContext, folder: string, port: number, more = '') {
  const conf = path.join(folder, 'unbound.conf');
  const zone = `auth-zone: name: a.test primary: 127.0.0.1@${port} zonefile: "${folder}/a.zone" ${more}`;
  writeFileSync(conf, `server: local-zone: test. nodefault\n${zone}\n`);
  const ours = await serve(`. {\nunbound {\nconfig ${conf}\n}\n}`, standard);
  t.after(() => ours.close());
  return ours;
}
function folderOf(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'auth-zone-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('a zone is taken from its primary, kept as text, and the next start begins with that', { skip: isMissing }, async (t) => {
  const primary = await new MadePrimary().open(t);
  primary.says = { AXFR: [calm(whole(1))] };
  const folder = folderOf(t);
  const kept = (): string => {
    try {
      return readFileSync(path.join(folder, 'a.zone'), 'latin1');
    } catch {
      return '';
    }
  };
  const first = await start(t, folder, primary.port);
  await eventually(() => kept().includes('192.0.2.1\n'), 'the zonefile has it');
  assert.equal(await address(first.port), '192.0.2.1');
  assert.deepEqual(kept().trimEnd().split('\n'), [
    'a.test.\t60\tIN\tSOA\tns.a.test. h.a.test. 1 7200 3600 86400 60', 'a.test.\t60\tIN\tNS\tns.a.test.',
    'www.a.test.\t60\tIN\tA\t192.0.2.1']);
  await first.close();

  primary.says = {};
  primary.asked.length = 0;
  const second = await start(t, folder, primary.port);
  assert.equal(await address(second.port), '192.0.2.1');
  assert.deepEqual(primary.asked, [], 'it is not yet the time to look');
});
test('a zonefile that is none of the zone is not taken, and the primary is asked', { skip: isMissing }, async (t) => {
  const primary = await new MadePrimary().open(t);
  primary.says = { AXFR: [calm(whole(2))] };
  const folder = folderOf(t);
  writeFileSync(path.join(folder, 'a.zone'), 'www.a.test. 60 IN A 192.0.2.9\n');
  const ours = await start(t, folder, primary.port);
  await eventually(() => ours.log().includes('AXFR asked, the zone got'), 'it is taken');
  assert.match(ours.log(), /The zonefile of a\.test\. is not taken: .*a\.zone has no SOA record for a\.test\./);
  assert.equal(await address(ours.port), '192.0.2.2');
});
test('what the digest of a zone has to be, it has to be where it comes from a primary too', { skip: isMissing }, async (t) => {
  const primary = await new MadePrimary().open(t);
  const [first, ...rest] = calm(whole(3));
  primary.says = { AXFR: [[first!, `a.test. 60 IN ZONEMD 3 1 1 ${'00'.repeat(48)}`, ...rest]] };
  const ours = await start(t, folderOf(t), primary.port, 'zonemd-check: yes');
  await eventually(() => ours.log().includes('the digest of a.test. is not the one in its ZONEMD record'), 'it is refused');
  assert.equal(await address(ours.port), '');
});
