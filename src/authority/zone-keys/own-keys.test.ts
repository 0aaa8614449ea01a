// Keys that the server makes for itself: who can read them, that they stay, and what is refused.
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Name } from '../../dns/name.ts';
import { TYPE } from '../../dns/type-name.ts';
import { VerifyingKey } from '../../dnssec/verification.ts';
import { InProcess } from '../../testing/in-process.ts';
import { parseAsk } from '../../testing/question.ts';
import { standard } from '../../plugins/index.ts';
import { keysOfTexts, ownKeys } from './own-keys.ts';

const zones = ['example.org.', 'A/b.Example.net.'].map((text) => Name.parse(text));
const NOW = 1_700_000_000;

async function within<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const scratch = mkdtempSync(join(tmpdir(), 'own-keys-'));
  try {
    return await use(join(scratch, 'deep', 'keys'));
  } finally {
    rmSync(scratch, { recursive: true });
  }
}
/** Nothing is said but that a key was made. */
const never = (text: string): void => assert.match(text, / had no csk in /);
const mode = (path: string): number => statSync(path).mode & 0o777;

test('one for each zone, for its owner alone to read, and the same the next time', () => within(async (folder) => {
  const made = await ownKeys(folder, zones, NOW, never);
  const keys = keysOfTexts(made);
  assert.deepEqual(keys.map(({ owner, entryPoint, algorithm }) => [owner.key, entryPoint, algorithm.number]),
    zones.map((zone) => [zone.key, true, 13]));
  assert.equal(mode(folder), 0o700);
  const files = readdirSync(folder).sort();
  assert.deepEqual(files.filter((name) => name.endsWith('.csk')), ['Ka%2Fb.example.net.csk', 'Kexample.org.csk']);
  assert.equal(files.length, 6);
  for (const name of files.filter((each) => each.endsWith('.private'))) assert.equal(mode(join(folder, name)), 0o600);
  assert.match(readFileSync(`${made[0]!.name}.private`, 'utf8'), /\nCreated: 20231114221320\n/);
  assert.deepEqual(await ownKeys(folder, zones, NOW + 1, never), made);
}));

test('of two processes that begin at once one makes the key, and nothing is left of the other\'s', () => within(async (folder) => {
  const both = await Promise.all(Array.from({ length: 4 }, () => ownKeys(folder, zones.slice(0, 1), NOW, never)));
  for (const texts of both) assert.deepEqual(texts, both[0]);
  assert.equal(readdirSync(folder).length, 3);
}));

test('what a crash left before the key was the zone\'s does no harm', () => within(async (folder) => {
  const [first] = await ownKeys(folder, zones.slice(0, 1), NOW, never);
  rmSync(join(folder, 'Kexample.org.csk'));
  rmSync(`${first!.name}.key`);
  const [again] = await ownKeys(folder, zones.slice(0, 1), NOW, never);
  assert.notEqual(again!.name, first!.name);
}));

test('says what others can read', () => within(async (folder) => {
  const [first] = await ownKeys(folder, zones.slice(0, 1), NOW, never);
  const { name } = first!;
  chmodSync(folder, 0o755);
  chmodSync(`${name}.private`, 0o640);
  const said: string[] = [];
  await ownKeys(folder, zones.slice(0, 1), NOW, (text) => void said.push(text));
  assert.deepEqual(said, [`the folder ${folder} can be read by others: chmod 700 ${folder}`,
    `the private key ${name}.private can be read by others: chmod 600 ${name}.private`]);
}));

test('refuses links, files that are cut or gone, keys of another zone and names of other folders', () => within(async (folder) => {
  const [one, other] = await ownKeys(folder, zones, NOW, never);
  const mark = join(folder, 'Kexample.org.csk');
  const refused = (said: RegExp) => assert.rejects(ownKeys(folder, zones, NOW, never), said);
  const text = readFileSync(`${one!.name}.private`, 'utf8');
  writeFileSync(`${one!.name}.private`, text.slice(0, 70));
  await refused(/\.private:/);
  writeFileSync(`${one!.name}.private`, text);
  renameSync(`${one!.name}.private`, join(folder, 'elsewhere'));
  await refused(/^Error: the keys of zone example\.org\.: open .*\.private: no such file or directory$/);
  symlinkSync(join(folder, 'elsewhere'), `${one!.name}.private`);
  await refused(/too many levels of symbolic links/);
  writeFileSync(mark, other!.name.slice(folder.length + 1));
  await refused(/a key of example\.org\. was expected, not of /);
  writeFileSync(mark, '../../x\n');
  await refused(/the name of a key of this folder was expected/);
}));

test('answers are signed with it, and a reload keeps it', () => within(async (folder) => {
  const server = new InProcess(standard);
  const corefile = `example.org {\n    dnssec {\n        key auto ${folder}\n    }\n    whoami\n}\n`;
  try {
    assert.equal(await server.start(corefile), undefined);
    const ask = async () => (await server.ask(parseAsk('example.org DNSKEY +do')))[0]!.answer;
    const first = await ask();
    const key = first.find(({ type }) => type === TYPE.DNSKEY)!;
    const set = { owner: key.name.octets, type: key.type, class: 1, ttl: key.ttl, data: [key.rdata] };
    const signature = first.find(({ type }) => type === TYPE.RRSIG)!.rdata;
    assert.equal(new VerifyingKey(key.rdata).verify(set, signature, server.clock.wall() / 1000), 'valid');
    server.rewrite(`${corefile}# another\n`);
    assert.equal(await server.reload(), undefined);
    assert.deepEqual((await ask()).find(({ type }) => type === TYPE.DNSKEY), key);
  } finally {
    await server.close();
  }
}));
