// Keys of `dnssec { auto }` and `key auto` that are gone, whole or in part: what is said of it at a start, at a reload and by `check`, and
// that the serial goes on where something else of the zone was kept.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { checkCorefile } from '../../cli/check.ts';
import { decodeMessage, encodeMessage } from '../../dns/message.ts';
import { AA, QR, message } from '../../dns/parts.ts';
import { parseRR } from '../../dns/rr.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { freePort } from '../../testing/free-port.ts';
import { serve } from '../../testing/served.ts';
import dynupdate from '../dynupdate/index.ts';
import file from '../file/index.ts';
import prometheus from '../prometheus/index.ts';
import ready from '../ready/index.ts';
import tsig from '../tsig/index.ts';
import dnssec from './index.ts';

const PLUGINS = [dnssec, file, dynupdate, tsig];
const ZONE = '@ 300 IN SOA ns host 7 7200 3600 1209600 60\n@ 300 IN NS ns\nns 300 IN A 192.0.2.1\n';

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'lost-keys-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'db'), ZONE);
  return folder;
}
/** A block whose zone is signed before it is served, or whose replies are. */
const whole = (folder: string, source = `file ${folder}/db`): string =>
  `example.org {\n    dnssec {\n        auto\n        keys ${folder}/keys\n    }\n    ${source}\n}\n`;
const online = (folder: string): string =>
  `example.org {\n    dnssec {\n        key auto ${folder}/keys\n    }\n    file ${folder}/db\n}\n`;
/** Serves for a moment; what it logged, and why it does not serve. */
async function served(corefile: string, clock = new FakeClock()): Promise<string> {
  try {
    const server = await serve(corefile, PLUGINS, clock);
    await clock.elapse(1000);
    await server.close();
    return server.log();
  } catch (error) {
    return `refused: ${(error as Error).message}`;
  }
}
const checked = async (corefile: string): Promise<string[]> =>
  (await checkCorefile(corefile, 'C', 53, PLUGINS)).problems.map(({ line, severity, message }) => `${line} ${severity} ${message}`);
/** Takes the file of a key away; its name. */
function lose(folder: string, ending: string): string {
  const name = readdirSync(join(folder, 'keys')).find((each) => each.endsWith(ending))!;
  rmSync(join(folder, 'keys', name));
  return join(folder, 'keys', name);
}

for (const [what, corefile] of [['dnssec { auto }', whole], ['key auto', online]] as const) {
  test(`${what}: whenever a key is made where there was none, zone, folder and tag are said`, async (t) => {
    const folder = folderOf(t);
    const tags = new Set<string>();
    for (let i = 0; i < 2; i++) {
      const log = await served(corefile(folder));
      const said = new RegExp(`WARNING\\] plugin/dnssec: zone example\\.org\\. had no csk in ${folder}/keys: made csk (\\d+) `
        + '\\(ECDSAP256SHA256\\); if it was signed before, its keys are lost');
      const tag = said.exec(log)?.[1];
      assert.ok(tag !== undefined && readdirSync(join(folder, 'keys')).some((name) => name.endsWith(`+${tag.padStart(5, '0')}.key`)), log);
      tags.add(tag);
      assert.doesNotMatch(await served(corefile(folder)), /made csk/);
      rmSync(join(folder, 'keys'), { recursive: true });
    }
    assert.equal(tags.size, 2);
  });

  for (const ending of ['.private', '.key']) {
    test(`${what}: a ${ending} file that is gone is found by check, and stops a start and a reload, with zone and file`, async (t) => {
      const folder = folderOf(t);
      const text = corefile(folder);
      const server = await serve(text, PLUGINS, new FakeClock());
      t.after(() => server.close());
      await server.replace(text);
      assert.deepEqual(await checked(text), []);
      const name = lose(folder, ending);
      const fault = `plugin/dnssec: the keys of zone example.org.: open ${name}: no such file or directory`;
      await assert.rejects(server.replace(`${text}# again\n`), (error: Error) => error.message.includes(fault));
      assert.deepEqual(await checked(text), [`${what === 'key auto' ? 3 : 2} error ${fault}`]);
      assert.match(await served(text), /^refused: .*zone example\.org\..*dnssec.*|^refused: .*dnssec.*zone example\.org\./);
      assert.ok((await served(text)).includes(`open ${name}: no such file`));
    });
  }
}

test('a key that is cut, and one of somebody else, are found by check', async (t) => {
  const folder = folderOf(t);
  await served(whole(folder));
  const name = readdirSync(join(folder, 'keys')).find((each) => each.endsWith('.private'))!;
  const path = join(folder, 'keys', name);
  const text = readFileSync(path, 'latin1');
  writeFileSync(path, text.slice(0, text.length / 2));
  const [cut = ''] = await checked(whole(folder));
  assert.match(cut, /^2 error plugin\/dnssec: the keys of zone example\.org\.: .*\.private/);
  writeFileSync(path, text);
  writeFileSync(join(folder, 'keys', 'Kexample.org.state'), 'nonsense');
  assert.match((await checked(whole(folder))).join(), /^2 error plugin\/dnssec: the keys of zone example\.org\.: .*Kexample\.org\.state/);
});

test('a parent that has the DS of lost keys is said, remarked by ready, and what waits for it is a metric', async (t) => {
  const folder = folderOf(t);
  const parent = createSocket('udp4');
  t.after(() => parent.close());
  const ds = parseRR(`example.org. 3600 IN DS 4711 13 2 ${'AB'.repeat(32)}`)!;
  parent.on('message', (bytes, { port }) => {
    const { id, question } = decodeMessage(bytes);
    parent.send(encodeMessage(message({ id, flags: QR | AA, question: question!, answer: [ds] }), { compress: true }), port, '127.0.0.1');
  });
  await new Promise<void>((resolve) => parent.bind(0, '127.0.0.1', resolve));
  const [pages, numbers] = [await freePort(), await freePort()];
  const corefile = whole(folder, `file ${folder}/db\n    ready 127.0.0.1:${pages}\n    prometheus 127.0.0.1:${numbers}`)
    .replace('auto\n', `auto\n        parent 127.0.0.1:${parent.address().port}\n`);
  const clock = new FakeClock();
  const server = await serve(corefile, [...PLUGINS, prometheus, ready], clock);
  t.after(() => server.close());
  const text = `example.org.: its parent has the DS of 4711, of which no key is in ${folder}/keys: validators refuse the zone`;
  for (let left = 1000; left > 0 && !server.log().includes(text); left--) {
    await clock.elapse(600_000);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.ok(server.log().includes(`[ERROR] plugin/dnssec: zone ${text}`), server.log());
  for (let hour = 0; hour < 6; hour++) await clock.elapse(3_600_000);
  const page = async (port: number, path: string): Promise<string> => (await fetch(`http://127.0.0.1:${port}${path}`)).text();
  assert.ok((await page(pages, '/ready')).includes(text));
  const since = /coredns_dnssec_parent_awaited_timestamp_seconds\{zone="example\.org\."\} (\S+)/.exec(await page(numbers, '/metrics'));
  assert.ok(Math.abs(Number(since?.[1]) - clock.wall() / 1000) < 10 * 86_400, since?.[0]);
});

test('where the folder of keys is lost and the database is not, the serial goes on', async (t) => {
  const folder = folderOf(t);
  const corefile = `example.org {
    dnssec {
        auto
        keys ${folder}/keys
    }
    tsig {
        secret k.example. NoTCJU+DMqFWywaPyxSijrDEA/eC3nK0xi3AMEZuPVk=
    }
    dynupdate example.org {
        file ${folder}/db
        database ${folder}/db.updates
        allow k.example. www.example.org. TXT
    }
}\n`;
  const serialOf = (log: string): number => Number(/Signed example\.org\. with (\d+) SOA serial/.exec(log)![1]);
  const clock = new FakeClock();
  const server = await serve(corefile, PLUGINS, clock);
  for (let day = 0; day < 40; day++) await clock.elapse(86_400_000);
  await server.close();
  assert.equal(serialOf(server.log()), 7);
  const last = Number(readFileSync(join(folder, 'keys', 'Kexample.org.serial'), 'latin1'));
  assert.ok(last > 8, String(last));
  rmSync(join(folder, 'keys'), { recursive: true });
  const log = await served(corefile, new FakeClock(clock.wall()));
  assert.ok(serialOf(log) > last, `${serialOf(log)} behind ${last}`);
  assert.match(log, /made csk/);
});

test('a zone below that of another block, with keys in the same folder, has the policy of its own block', async (t) => {
  const folder = folderOf(t);
  const below = whole(folder).replace('example.org', 'sub.example.org')
    .replace('auto\n', 'auto\n        policy {\n            ksk\n            zsk\n        }\n');
  for (const corefile of [`${whole(folder)}${below}`, `${below}${whole(folder)}`]) {
    const clock = new FakeClock();
    const server = await serve(corefile, PLUGINS, clock);
    for (let hour = 0; hour < 4; hour++) await clock.elapse(3_600_000);
    await server.close();
    assert.doesNotMatch(server.log(), /retired|removed/);
    const roles = [...server.log().matchAll(/zone (\S+) had no (\w+) in/g)].map(([, zone, role]) => `${zone} ${role}`).sort();
    assert.deepEqual(roles, ['example.org. csk', 'sub.example.org. ksk', 'sub.example.org. zsk']);
    rmSync(join(folder, 'keys'), { recursive: true });
  }
});
