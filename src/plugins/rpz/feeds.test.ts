// A response policy zone that a primary has: taken, kept, taken anew when it says so, signed both ways; and what is only reported.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { eventually } from '../../testing/conformance/transport-clients.ts';
import { askOnce } from '../../testing/one-question.ts';
import { serve } from '../../testing/served.ts';
import { standard } from '../index.ts';
import { MadePrimary, SECRET, notify } from '../secondary/made-primary.test.ts';

/** Hours between looks, so that nothing is looked at but what a test wants to be. */
const soa = (serial: number): string => `a.test. 60 IN SOA ns.a.test. h.a.test. ${serial} 7200 3600 86400 60`;
const zone = (serial: number, ...rules: readonly string[]): readonly string[] => [soa(serial), 'a.test. 60 IN NS ns.a.test.',
  ...rules.map((rule) => `${rule.replace(' ', '.a.test. 60 IN ')}`), soa(serial)];

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'rpz-feed-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
async function start(t: TestContext, folder: string, primary: MadePrimary, more = '', before = '') {
  const lines = `file ${folder}/a.zone\nfrom 127.0.0.1:${primary.port}\nlog\n${more}`;
  const ours = await serve(`. {\n${before}\nrpz a.test {\n${lines}\n}\nwhoami\n}`, standard);
  t.after(() => ours.close());
  const says = (text: string) => eventually(() => ours.log().includes(text), text);
  const ask = async (name: string): Promise<string> => (await askOnce(ours.port, name, 'A')).rcode;
  return { ours, says, ask };
}

test('rules are taken from a primary, again where it says that there are others, and are there at the next start', async (t) => {
  const primary = await new MadePrimary().open(t);
  primary.says = { AXFR: [zone(1, 'bad.test CNAME .')] };
  const folder = folderOf(t);
  const { ours, says, ask } = await start(t, folder, primary);
  assert.match(ours.log(), /none of its rules is known yet/);
  await says('rpz a.test.: 1 rules');
  assert.equal(await ask('bad.test.'), 'NXDOMAIN');
  assert.equal(await ask('worse.test.'), 'NOERROR');
  primary.says = { SOA: [[soa(2)]], IXFR: [zone(2, 'bad.test CNAME .', 'worse.test CNAME .')] };
  await notify(ours.port);
  await says('rpz a.test.: 2 rules');
  assert.equal(await ask('worse.test.'), 'NXDOMAIN');
  await ours.close();
  primary.says = {};
  const again = await start(t, folder, primary);
  assert.equal(await again.ask('worse.test.'), 'NXDOMAIN');
  assert.match(readFileSync(path.join(folder, 'a.zone'), 'latin1'), /^worse\.test\.a\.test\.\t/m);
});
test('questions and answers are signed, and what is not is not taken', async (t) => {
  const primary = await new MadePrimary().open(t);
  primary.says = { AXFR: [zone(1, 'bad.test CNAME .')] };
  const { says, ask } = await start(t, folderOf(t), primary, 'key one.key', `tsig {\nsecret one.key ${SECRET}\n}`);
  await says("All 'a.test.' masters failed to transfer");
  assert.equal(await ask('bad.test.'), 'NOERROR');
  primary.signs = 'all';
  await says('rpz a.test.: 1 rules');
  assert.equal(await ask('bad.test.'), 'NXDOMAIN');
});
test('what is only reported changes nothing, and says what would have been', async (t) => {
  const primary = await new MadePrimary().open(t);
  primary.says = { AXFR: [zone(1, 'bad.test CNAME .')] };
  const { says, ask } = await start(t, folderOf(t), primary, 'report_only');
  await says('rpz a.test.: 1 rules');
  assert.equal(await ask('bad.test.'), 'NOERROR');
  await says('rpz a.test.: qname would be nxdomain for 127.0.0.1 bad.test. A');
});
test('a key that nobody has, one without a primary, and no file are refused', async () => {
  const refused = async (lines: string): Promise<string> => {
    try {
      await (await serve(`. {\nrpz a.test {\n${lines}\n}\nwhoami\n}`, standard)).close();
      return 'taken';
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.match(await refused('file /no/a\nfrom 127.0.0.1\nkey other.key'), /there is no key "other\.key\."/);
  assert.match(await refused('file /no/a\nkey other.key'), /rpz a\.test\. has a key, and nobody to ask with it/);
  assert.match(await refused('from 127.0.0.1'), /rpz a\.test\. has no file/);
  assert.match(await refused('file /no/a\nfrom here'), /not an address: here/);
});
