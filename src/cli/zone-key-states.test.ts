// `coredns-ts zone keys ZONE` as people and programs call it: where the folder of keys is found, and what is told of them.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import dnssec from '../plugins/dnssec/index.ts';
import file from '../plugins/file/index.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { serve } from '../testing/served.ts';
import { MAIN } from '../testing/spawned.ts';

const folder = mkdtempSync(join(tmpdir(), 'zone-key-states-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const at = (cwd: string, ...args: readonly string[]) =>
  spawnSync(process.execPath, [MAIN, 'zone', 'keys', ...args], { encoding: 'utf8', cwd });
const run = (...args: readonly string[]) => at(folder, ...args);
const block = (zone: string, keys: string): string =>
  `${zone}:1053 {\n    dnssec {\n        auto\n        keys ${keys}\n    }\n    file ${folder}/db\n}\n`;

before(async () => {
  writeFileSync(join(folder, 'db'), '@ 300 IN SOA ns host 7 7200 3600 1209600 60\n@ 300 IN NS ns\nns 300 IN A 192.0.2.1\n');
  const clock = new FakeClock();
  const server = await serve(block('example.org', `${folder}/keys`), [dnssec, file], clock);
  for (let hour = 0; hour < 4; hour++) await clock.elapse(3_600_000);
  await server.close();
  writeFileSync(join(folder, 'Corefile'), block('example.org', 'keys'));
  writeFileSync(join(folder, 'two'), `${block('example.org', 'keys')}${block('.', 'others')}`);
});

test('the folder is the one that the Corefile says, here or by its name', () => {
  const named = run('example.org', 'keys');
  assert.equal(named.status, 0);
  assert.match(named.stdout, /^Kexample\.org\.\+013\+\d+: csk \d+ ECDSAP256SHA256 ready \(DNSKEY omnipresent, /);
  assert.match(named.stdout, /\n {2}all servers of the parent have to show its DS, since 2026-/);
  mkdirSync(join(folder, 'elsewhere'), { recursive: true });
  writeFileSync(join(folder, 'elsewhere', 'C'), block('example.org', join(folder, 'keys')));
  const others = [run('example.org'), run('--conf', 'Corefile', 'example.org')];
  others.push(at(join(folder, 'elsewhere'), '--conf', 'C', 'example.org'));
  for (const { stdout, status } of others) assert.deepEqual([stdout, status], [named.stdout, 0]);
});

test('programs get it as JSON', () => {
  const { stdout, status } = run('--json', 'example.org');
  const told = JSON.parse(stdout);
  assert.deepEqual([status, told.zone, told.folder, told.held, told.keys.length], [0, 'example.org.', join(folder, 'keys'), false, 1]);
  const [key] = told.keys;
  const { role, algorithm, stage } = key;
  assert.deepEqual([role, algorithm, stage, key.dnskey.is, key.ds.is], ['csk', 'ECDSAP256SHA256', 'ready', 'omnipresent', 'rumoured']);
  assert.match(key.record, new RegExp(`^example\\.org\\.\t3600\tIN\tDS\t${key.tag} 13 2 [0-9A-F]{64}$`));
  assert.ok(Number.isSafeInteger(key.ds.since) && Number.isSafeInteger(told.changed) && key.waits.length === 1);
});

test('an order goes to that folder too', () => {
  const { stdout, stderr, status } = run('--json', 'example.org', 'hold', 'off');
  assert.deepEqual([status, JSON.parse(stdout).held], [0, false]);
  assert.match(stderr, /no server has taken the order yet/);
  assert.ok(existsSync(join(folder, 'keys', 'orders')));
});

test('what cannot be found is said', () => {
  for (const [args, code, text] of [
    [['example.net'], 1, /^Corefile: no block has example\.net\. with "dnssec \{ auto \}": name the folder of its keys\n$/],
    [['--conf', 'nowhere', 'example.org'], 1, /^open nowhere: no such file or directory\n$/],
    [['--conf', 'two', 'example.org'], 1, /^two: example\.org\. has keys in .*keys and in .*others: name one of them\n$/],
    [['example.org', 'roll', 'all'], 2, /"roll all" is not roll \[csk\|ksk\|zsk\]/],
  ] as const) {
    const { stderr, status } = run(...args);
    assert.match(stderr, text);
    assert.equal(status, code);
  }
});
