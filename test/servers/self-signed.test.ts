// Zones that are signed before they are served, beside others: NSD, Knot and BIND have what ours has, whole and then by what changed; a
// zone comes unsigned from NSD and goes on signed; an update is signed when it is answered; and the hidden primary of the page of *dnssec*.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { standard } from '../../src/plugins/index.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { serve } from '../../src/testing/served.ts';
import { examples } from '../gates/page.ts';
import { AUTHORITIES, blockOf } from './authorities.ts';
import type { Authority } from './authorities.ts';
import { missing, output, scratch, until } from './programs.ts';

const ZONE = 'example.org', KEY = 'transfer.example.org', SECRET = 'MSeIeuj72gTBg9n7+mBQPlxYVm9wP4YyXlW5rKGbXDg=';
const whose = { zone: ZONE, key: KEY, secret: SECRET };
const zoneText = (serial: number): string => `$ORIGIN ${ZONE}.
$TTL 60
@ IN SOA ns host ${serial} 7200 3600 1209600 60
@ IN NS ns
ns IN A 192.0.2.53
*.wild IN TXT "a text"
sub IN NS ns.sub
ns.sub IN A 192.0.2.5
${Array.from({ length: 100 }, (_, i) => `host${i} IN A 192.0.2.${i === 7 ? serial : i}\n`).join('')}
${serial > 1 ? 'new IN CNAME host1\n' : 'old IN CNAME host1\n'}`;

const dig = (port: number, ...words: readonly string[]): Promise<string> =>
  output('dig', ['@127.0.0.1', '-p', String(port), '+time=10', '+tries=1', '-y', `hmac-sha256:${KEY}:${SECRET}`, ...words]);
const serialAt = async (port: number): Promise<string | undefined> =>
  /SOA\s+\S+\s+\S+\s+(\d+)/.exec(await dig(port, ZONE, 'SOA', '+noall', '+answer'))?.[1];
/** All records of the zone there, sorted; they are signed rightly. */
async function zoneAt(port: number, folder: string): Promise<readonly string[]> {
  const text = await dig(port, ZONE, 'AXFR', '+noall', '+answer', '+onesoa');
  const file = path.join(folder, 'transferred');
  writeFileSync(file, text);
  assert.match(await output('ldns-verify-zone', [file]), /^Zone is verified and complete/);
  return text.split('\n').filter((line) => /\tIN\t/.test(line)).map((line) => line.toLowerCase()).sort();
}
const TOOLS = ['dig', 'ldns-verify-zone'];
const signing = (folder: string, policy = ''): string => `dnssec {\nauto\nkeys ${folder}/keys\n${policy}\n}`;
function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

for (const authority of AUTHORITIES) {
  for (const policy of ['', 'policy {\nnsec3\n}']) {
    const how = policy === '' ? 'NSEC' : 'NSEC3';
    test(`${authority.name} has what ours signs with ${how}`, { skip: missing(...authority.programs, ...TOOLS) }, async (t) => {
      const [folder, theirs] = [scratch(t), scratch(t)];
      const [port, peer] = [await freePort(), await freePort()];
      const file = path.join(folder, 'ours');
      writeFileSync(file, zoneText(1));
      const lines = `${signing(folder, policy)}\nfile ${file} {\nreload 200ms\n}\ntransfer {\nto 127.0.0.1:${port} key ${KEY}\n}`;
      const ours = await serve(blockOf(whose, peer, lines), standard);
      t.after(() => ours.close());
      const running = authority.secondary(t, { folder: theirs, zone: ZONE, key: KEY, secret: SECRET, port, peer });
      const said = () => `${running.printed()}\n${ours.log()}`;
      await until('the first version', async () => await serialAt(port) === '1', said);
      assert.deepEqual(await zoneAt(port, theirs), await zoneAt(peer, folder));
      for (const serial of [2, 3]) {
        replace(file, zoneText(serial));
        await until(`version ${serial}`, async () => await serialAt(port) === String(serial), said);
        assert.deepEqual(await zoneAt(port, theirs), await zoneAt(peer, folder));
      }
      // What became another is some ten records of some four hundred.
      const difference = (await dig(peer, ZONE, 'IXFR=2', '+noall', '+answer')).split('\n').filter((line) => /\tIN\t/.test(line));
      assert.ok(difference.length > 4 && difference.length < 20, difference.join('\n'));
    });
  }
}

const [nsd] = AUTHORITIES as [Authority];
test('a zone comes unsigned from NSD and goes on signed', { skip: missing(...nsd.programs, ...TOOLS) }, async (t) => {
  const [folder, theirs] = [scratch(t), scratch(t)];
  const [port, peer] = [await freePort(), await freePort()];
  writeFileSync(path.join(theirs, 'zone'), zoneText(1));
  const setting = { folder: theirs, zone: ZONE, key: KEY, secret: SECRET, port, peer };
  const running = nsd.primary(t, setting);
  const lines = `${signing(folder)}\nsecondary {\ntransfer from 127.0.0.1:${port}\nkey ${KEY}\n}\ntransfer {\nto key ${KEY}\n}`;
  const ours = await serve(blockOf(whose, peer, lines), standard);
  t.after(() => ours.close());
  const said = () => `${running.printed()}\n${ours.log()}`;
  await until('the first version', async () => await serialAt(peer) === '1', said);
  const first = await zoneAt(peer, folder);
  writeFileSync(path.join(theirs, 'zone'), zoneText(2));
  nsd.reread(running, setting);
  await until('the second version', async () => await serialAt(peer) === '2', said);
  const second = await zoneAt(peer, folder);
  // Signatures of what is the same stay.
  const same = second.filter((line) => first.includes(line) && line.includes('rrsig'));
  assert.ok(same.length > 190, `${same.length} signatures stayed`);
});

test('an update is signed when it is answered', { skip: missing('nsupdate', ...TOOLS) }, async (t) => {
  const folder = scratch(t);
  const port = await freePort();
  writeFileSync(path.join(folder, 'seed'), zoneText(1));
  const lines = `${signing(folder)}\ndynupdate {\nfile ${folder}/seed\ndatabase ${folder}/db\nallow ${KEY} under ${ZONE}. A AAAA TXT\n}\n`
    + `transfer {\nto key ${KEY}\n}`;
  const ours = await serve(blockOf(whose, port, lines), standard);
  t.after(() => ours.close());
  for (let i = 1; i <= 5; i++) {
    const to = `server 127.0.0.1 ${port}\nzone ${ZONE}\nkey hmac-sha256:${KEY} ${SECRET}\n`;
    assert.equal(await output('nsupdate', [], `${to}update add u${i}.${ZONE} 60 A 192.0.2.${i}\nsend\n`), '');
    const answer = await dig(port, `u${i}.${ZONE}`, 'A', '+dnssec', '+noall', '+answer');
    assert.match(answer, /\tRRSIG\tA 13 3 60 /, ours.log());
    await zoneAt(port, folder);
  }
});

test('the hidden primary of the page, with two NSD secondaries', { skip: missing(...nsd.programs, ...TOOLS) }, async (t) => {
  const page = readFileSync(new URL('../../src/plugins/dnssec/README.md', import.meta.url), 'utf8');
  const example = examples(page).find(({ text }) => text.includes('auto') && text.includes('192.0.2.2'));
  assert.ok(example !== undefined);
  const folder = scratch(t);
  const peer = await freePort();
  const ports = [await freePort(), await freePort()];
  writeFileSync(path.join(folder, 'example.org.zone'), zoneText(1));
  const text = example.text.replace('example.org {', `example.org:${peer} {\nbind 127.0.0.1`)
    .replace('/var/lib/coredns/keys', `${folder}/keys`).replace('/etc/coredns', folder).replace('10s', '200ms')
    .replace('192.0.2.1 ', `127.0.0.1:${ports[0]} `)
    .replace('192.0.2.2', `127.0.0.1:${ports[1]}`);
  const ours = await serve(text, standard);
  t.after(() => ours.close());
  const all = ports.map((port, i) => {
    const theirs = path.join(folder, `nsd${i}`);
    mkdirSync(theirs);
    return { port, theirs, running: nsd.secondary(t, { folder: theirs, zone: ZONE, key: KEY, secret: SECRET, port, peer }) };
  });
  const said = () => `${all.map(({ running }) => running.printed()).join('\n')}\n${ours.log()}`;
  for (const serial of [1, 2]) {
    if (serial > 1) replace(path.join(folder, 'example.org.zone'), zoneText(serial));
    for (const { port, theirs } of all) {
      await until(`version ${serial}`, async () => await serialAt(port) === String(serial), said);
      assert.deepEqual(await zoneAt(port, theirs), await zoneAt(peer, folder));
    }
  }
  assert.deepEqual(readdirSync(path.join(folder, 'keys')).filter((name) => name.endsWith('.private')).length, 1);
});
