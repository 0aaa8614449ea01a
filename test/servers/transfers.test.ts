// A zone goes from NSD, Knot and BIND to ours and from ours to them, signed: whole at first, then, after a NOTIFY, what changed; and both
// have the same records afterwards.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { standard } from '../../src/plugins/index.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { serve } from '../../src/testing/served.ts';
import { AUTHORITIES, blockOf } from './authorities.ts';
import type { Authority } from './authorities.ts';
import { missing, output, scratch, until } from './programs.ts';

const ZONE = 'example.test', KEY = 'one.key', SECRET = 'NWYwM2Y0NGIxMDI5OGRmZmFiNGUyMDYw';
const whose = { zone: ZONE, key: KEY, secret: SECRET };
/** A version of the zone: so many hosts, each with the serial in its address. */
const zoneText = (serial: number): string => `$ORIGIN ${ZONE}.
$TTL 60
@ IN SOA ns host ${serial} 7200 3600 1209600 60
@ IN NS ns
@ IN MX 10 Mail.${ZONE}.
ns IN A 192.0.2.53
mail IN AAAA 2001:db8::${serial}
*.wild IN TXT "a text" "and another \\"one\\""
_sip._tcp IN SRV 1 2 5060 mail
sub IN NS ns.sub
ns.sub IN A 192.0.2.5
naptr IN NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:x@example.test!" .
caa IN CAA 0 issue "ca.example"
odd IN TYPE65280 \\# 4 0a000001
${Array.from({ length: 300 }, (_, i) => `host${i} IN A 192.0.${i % 7 === 0 ? serial : 0}.${i % 250}\n`).join('')}
${serial > 1 ? 'new IN CNAME host1\n' : 'old IN CNAME host1\n'}`;

const dig = (port: number, ...words: readonly string[]): Promise<string> =>
  output('dig', ['@127.0.0.1', '-p', String(port), '+time=10', '+tries=1', '-y', `hmac-sha256:${KEY}:${SECRET}`, ...words]);
/** The serial there; undefined where nobody answers. */
const serialAt = async (port: number): Promise<string | undefined> =>
  /SOA\s+\S+\s+\S+\s+(\d+)/.exec(await dig(port, ZONE, 'SOA', '+noall', '+answer'))?.[1];
/** All records of the zone there, sorted. */
const zoneAt = async (port: number): Promise<readonly string[]> => (await dig(port, ZONE, 'AXFR', '+noall', '+answer')).split('\n')
  .filter((line) => /\tIN\t/.test(line)).map((line) => line.toLowerCase()).sort();

for (const authority of AUTHORITIES) {
  test(`${authority.name} is the primary`, { skip: missing(...authority.programs, 'dig') }, async (t) => {
    const folder = scratch(t);
    const [port, peer] = [await freePort(), await freePort()];
    writeFileSync(path.join(folder, 'zone'), zoneText(1));
    const setting = { folder, zone: ZONE, key: KEY, secret: SECRET, port, peer };
    const running = authority.primary(t, setting);
    const lines = `secondary {\ntransfer from 127.0.0.1:${port}\nkey ${KEY}\n}\ntransfer {\nto key ${KEY}\n}`;
    const ours = await serve(blockOf(whose, peer, lines), standard);
    t.after(() => ours.close());
    const said = () => `${running.printed()}\n${ours.log()}`;
    await until('the first version', async () => await serialAt(peer) === '1', said);
    const first = await zoneAt(port);
    assert.ok(first.length > 310, `${first.length} records`);
    assert.deepEqual(await zoneAt(peer), first);
    writeFileSync(path.join(folder, 'zone'), zoneText(2));
    authority.reread(running, setting);
    await until('the second version', async () => await serialAt(peer) === '2', said);
    assert.deepEqual(await zoneAt(peer), await zoneAt(port));
    assert.match(ours.log(), /Transferred example\.test\. from \S+: AXFR asked, the zone got/);
    assert.match(ours.log(), /Transferred example\.test\. from \S+: IXFR asked, differences got/);
  });

  test(`${authority.name} is the secondary`, { skip: missing(...authority.programs, 'dig') }, async (t) => {
    const folder = scratch(t);
    const theirs = scratch(t);
    const [port, peer] = [await freePort(), await freePort()];
    const file = path.join(folder, 'ours');
    writeFileSync(file, zoneText(1));
    const lines = `file ${file} {\nreload 200ms\njournal ${folder}\n}\ntransfer {\nto 127.0.0.1:${port} key ${KEY}\n}`;
    let ours = await serve(blockOf(whose, peer, lines), standard);
    t.after(() => ours.close());
    const running = authority.secondary(t, { folder: theirs, zone: ZONE, key: KEY, secret: SECRET, port, peer });
    const said = () => `${running.printed()}\n${ours.log()}`;
    await until('the first version', async () => await serialAt(port) === '1', said);
    assert.deepEqual(await zoneAt(port), await zoneAt(peer));
    writeFileSync(`${file}.new`, zoneText(2));
    renameSync(`${file}.new`, file);
    await until('the second version', async () => await serialAt(port) === '2', said);
    assert.deepEqual(await zoneAt(port), await zoneAt(peer));
    // Changed while nobody served it: what differs since then.
    const has = (name: string): boolean => name.endsWith('.zone') && readFileSync(path.join(folder, name)).includes('\x03new');
    await until('it is kept', () => readdirSync(folder).some(has), said);
    await ours.close();
    writeFileSync(file, zoneText(3));
    ours = await serve(blockOf(whose, peer, lines), standard);
    await until('the third version', async () => await serialAt(port) === '3', said);
    assert.match(ours.log(), /Outgoing incremental transfer of \d+ records of zone "example\.test\." to 127\.0\.0\.1 for 3 SOA serial/);
    assert.doesNotMatch(ours.log(), /Outgoing transfer/);
    assert.deepEqual(await zoneAt(port), await zoneAt(peer));
  });
}

const [nsd, knot] = AUTHORITIES as [Authority, Authority];
test('a change goes from NSD through ours to Knot', { skip: missing(...nsd.programs, ...knot.programs, 'dig') }, async (t) => {
  const [first, last] = [scratch(t), scratch(t)];
  const [from, ours, to] = [await freePort(), await freePort(), await freePort()];
  writeFileSync(path.join(first, 'zone'), zoneText(1));
  const lines = `secondary {\ntransfer from 127.0.0.1:${from}\nkey ${KEY}\n}\ntransfer {\nto 127.0.0.1:${to} key ${KEY}\n}`;
  const server = await serve(blockOf(whose, ours, lines), standard);
  t.after(() => server.close());
  const primary = nsd.primary(t, { folder: first, zone: ZONE, key: KEY, secret: SECRET, port: from, peer: ours });
  const secondary = knot.secondary(t, { folder: last, zone: ZONE, key: KEY, secret: SECRET, port: to, peer: ours });
  const said = () => `${primary.printed()}\n${server.log()}\n${secondary.printed()}`;
  await until('the first version at the end', async () => await serialAt(to) === '1', said);
  assert.deepEqual(await zoneAt(to), await zoneAt(from));
  writeFileSync(path.join(first, 'zone'), zoneText(2));
  nsd.reread(primary, { folder: first, zone: ZONE, key: KEY, secret: SECRET, port: from, peer: ours });
  await until('the second version at the end', async () => await serialAt(to) === '2', said);
  assert.deepEqual(await zoneAt(to), await zoneAt(from));
});
