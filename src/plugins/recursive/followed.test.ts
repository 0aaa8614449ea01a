// Keys of the root that are followed (RFC 5011), from a file with the DS of the first one to a root that this one has left.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { rcodeName } from '../../dns/rcode.ts';
import { record } from '../../dns/rr.ts';
import type { RR } from '../../dns/rr.ts';
import { CLASS, TYPE } from '../../dns/type-name.ts';
import { REVOKED, dnskeyData, flagsOf, keyOctets } from '../../dnssec/dnskey.ts';
import { SigningKey } from '../../dnssec/signing-key.ts';
import { FIRST_MOMENT } from '../../testing/fake-clock.ts';
import { eventually } from '../../testing/conformance/transport-clients.ts';
import { InProcess } from '../../testing/in-process.ts';
import { MadeDatagrams } from '../../testing/made-datagrams.ts';
import { MadeInternet, MadeZone } from '../../testing/made-internet.ts';
import { parseAsk } from '../../testing/question.ts';
import { standard } from '../index.ts';

const NOW = FIRST_MOMENT / 1000, DAY = 86_400, TTL = 20 * DAY;
const ROOT = '192.0.2.1';
const LINES = ['@ 300 NS ns.root.', `ns.root. 300 A ${ROOT}`, 'host.land. 300 A 192.0.2.80'];
const [first, second] = [new MadeZone('.', LINES, true, NOW), new MadeZone('.', LINES, true, NOW)];
const revokedKey = ({ apex, key }: MadeZone): SigningKey => new SigningKey(apex, TTL,
  dnskeyData(flagsOf(key!.data) | REVOKED, key!.algorithm.number, keyOctets(key!.data)), key!.privateParts());

/** The keys as a set with signatures of some. */
function keySet(keys: readonly SigningKey[], signers: readonly SigningKey[]): RR[] {
  const owner = first.apex;
  const set = { owner: owner.octets, type: TYPE.DNSKEY, class: CLASS.IN, ttl: TTL, data: keys.map(({ data }) => data) };
  const signatures = signers.map((key) => key.signSet(set, { inception: NOW - DAY, expiration: NOW + 300 * DAY }));
  return [...set.data.map((data) => record(owner, TYPE.DNSKEY, CLASS.IN, TTL, data)),
    ...signatures.map((data) => record(owner, TYPE.RRSIG, CLASS.IN, TTL, data))];
}
function folderOf(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'followed-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(path.join(folder, 'hints'), LINES.slice(0, 2).join('\n').replaceAll('@', '.'));
  writeFileSync(path.join(folder, 'key'), `${first.ds}\n`);
  return folder;
}
/** A server whose root says these keys, and all else signed by this zone's key. */
async function start(t: TestContext, folder: string, root: { zone: MadeZone; keys: RR[] }, more = '') {
  const internet = new MadeInternet().at(ROOT, (asked) => (asked.type === TYPE.DNSKEY ? { flags: 0x400, answer: root.keys }
    : root.zone.answer(asked)));
  const server = new InProcess(standard, new MadeDatagrams(internet));
  t.after(() => server.close());
  const lines = [`trust_anchor ${folder}/key ${more}`, `root_hints ${folder}/hints`, 'ipv6 off'];
  assert.equal(await server.start(`. {\nrecursive {\n${lines.join('\n')}\n}\n}`), undefined);
  const ask = async (): Promise<string> => {
    const [reply] = await server.ask(parseAsk('host.land. A +ad'));
    return `${rcodeName(reply!.rcode)}${reply!.flags & 0x20 ? ' ad' : ''}`;
  };
  const has = (text: string): boolean => server.log().join('\n').includes(text);
  const says = (text: string) => eventually(() => has(text), text);
  const passDays = async (days: number): Promise<void> => {
    for (let i = 0; i < days; i++) await server.elapse(DAY * 1000);
  };
  return { server, ask, says, has, passDays };
}
const stateOf = (folder: string): string => {
  try {
    return readFileSync(path.join(folder, 'key.state'), 'latin1').replaceAll(/.*;;state=(\d) .*/g, 'state $1').replaceAll(/^;.*\n/gm, '');
  } catch {
    return '';
  }
};

test('a root that goes from one key to another is followed, also over a start', async (t) => {
  const folder = folderOf(t);
  const root = { zone: first, keys: keySet([first.key!, second.key!], [first.key!]) };
  const { server, ask, says, passDays } = await start(t, folder, root);
  await server.elapse(1);
  await says(`trust anchor: key ${second.key!.tag} of . is new, and will be trusted if it stays`);
  await eventually(() => stateOf(folder) === 'state 2\nstate 1\n', 'the state is written');
  assert.equal(await ask(), 'NOERROR ad');
  await passDays(45);
  await says(`key ${second.key!.tag} of . is trusted`);
  root.keys = keySet([revokedKey(first), second.key!], [revokedKey(first), second.key!]);
  root.zone = second;
  await passDays(45);
  await says(`trust anchor: key ${revokedKey(first).tag} of . is revoked`);
  await eventually(() => /^state [45]\nstate 2\n$/.test(stateOf(folder)), 'the state is written');
  assert.equal(await ask(), 'NOERROR ad');
  await server.close();
  // The file still names the first key alone, and the clock is that of the beginning: what was learnt is what counts.
  const again = await start(t, folder, root);
  assert.equal(await again.ask(), 'NOERROR ad');
});
test('static keys are those of the file, and of another file nothing is known', async (t) => {
  const folder = folderOf(t);
  const root = { zone: second, keys: keySet([second.key!], [second.key!]) };
  const { server, ask } = await start(t, folder, root, 'static');
  await server.elapse(1);
  assert.equal(await ask(), 'SERVFAIL');
  assert.equal(stateOf(folder), '');
});
test('where the state cannot be written that is told, and the keys are followed all the same', async (t) => {
  const folder = folderOf(t);
  mkdirSync(path.join(folder, 'key.state'));
  const { server, ask, says } = await start(t, folder, { zone: first, keys: keySet([first.key!], [first.key!]) });
  await server.elapse(1);
  await says(`${folder}/key.state could not be written`);
  assert.equal(await ask(), 'NOERROR ad');
});
test('keys that nobody trusted has signed are not followed, and answers are bogus', async (t) => {
  const folder = folderOf(t);
  const { server, ask, says } = await start(t, folder, { zone: second, keys: keySet([second.key!], [second.key!]) });
  await server.elapse(1);
  await says('trust anchor: the keys of . are not signed by one that is trusted');
  assert.equal(await ask(), 'SERVFAIL');
  await eventually(() => stateOf(folder).includes('\tDS\t'), 'the state is written');
});
