// Digests of zones (RFC 8976) between Knot and ours: each believes what the other one made, and neither what is not that.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { standard } from '../../src/plugins/index.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { serve } from '../../src/testing/served.ts';
import { AUTHORITIES, blockOf } from './authorities.ts';
import { missing, output, scratch, until } from './programs.ts';

const ZONE = 'example.test', KEY = 'one.key', SECRET = 'NWYwM2Y0NGIxMDI5OGRmZmFiNGUyMDYw';
const whose = { zone: ZONE, key: KEY, secret: SECRET };
const TEXT = `$ORIGIN ${ZONE}.
$TTL 60
@ IN SOA ns host 1 7200 3600 1209600 60
@ IN NS ns
@ IN MX 10 Mail
ns IN A 192.0.2.53
*.Wild IN TXT "a text" "and another"
a.b IN CNAME Mail
sub IN NS ns.sub
ns.sub IN A 192.0.2.5
odd IN TYPE65280 \\# 4 0a000001
`;
const answer = (port: number, type: string): Promise<string> =>
  output('dig', ['@127.0.0.1', '-p', String(port), '+time=10', '+tries=1', '+short', ZONE, type]);
const [, knot] = AUTHORITIES;
const skip = missing(...knot!.programs, 'dig');

test('Knot believes the digest that ours makes', { skip }, async (t) => {
  const [folder, theirs] = [scratch(t), scratch(t)];
  const [port, peer] = [await freePort(), await freePort()];
  writeFileSync(path.join(folder, 'zone'), TEXT);
  const ours = await serve(blockOf(whose, peer, `file ${folder}/zone {\nzonemd make\n}\ntransfer {\nto key ${KEY}\n}`), standard);
  t.after(() => ours.close());
  const running = knot!.secondary(t, { folder: theirs, zone: ZONE, key: KEY, secret: SECRET, port, peer, more: '    zonemd-verify: on' });
  await until('the zone', async () => (await answer(port, 'ZONEMD')) !== '' && (await answer(port, 'SOA')) !== '', running.printed);
  assert.equal(await answer(port, 'ZONEMD'), await answer(peer, 'ZONEMD'));
});

for (const [hash, dnssec] of [['sha384', 'off'], ['sha512', 'off'], ['sha384', 'on']] as const) {
  test(`ours believes the digest that Knot makes with ${hash}${dnssec === 'on' ? ' and signs' : ''}`, { skip }, async (t) => {
    const folder = scratch(t);
    const [port, peer] = [await freePort(), await freePort()];
    writeFileSync(path.join(folder, 'zone'), TEXT);
    const more = `    zonemd-generate: zonemd-${hash}\n    dnssec-signing: ${dnssec}`;
    const running = knot!.primary(t, { folder, zone: ZONE, key: KEY, secret: SECRET, port, peer, more });
    const ours = await serve(blockOf(whose, peer, `secondary {\ntransfer from 127.0.0.1:${port}\nkey ${KEY}\nzonemd require\n}`), standard);
    t.after(() => ours.close());
    await until('the zone', async () => (await answer(peer, 'ZONEMD')) !== '', () => `${running.printed()}\n${ours.log()}`);
    assert.equal(await answer(peer, 'ZONEMD'), await answer(port, 'ZONEMD'));
  });
}

test('a zone without one is not taken where it is required', { skip }, async (t) => {
  const folder = scratch(t);
  const [port, peer] = [await freePort(), await freePort()];
  writeFileSync(path.join(folder, 'zone'), TEXT);
  const running = knot!.primary(t, { folder, zone: ZONE, key: KEY, secret: SECRET, port, peer });
  const ours = await serve(blockOf(whose, peer, `secondary {\ntransfer from 127.0.0.1:${port}\nkey ${KEY}\nzonemd require\n}`), standard);
  t.after(() => ours.close());
  await until('a refusal', () => ours.log().includes('example.test. has no ZONEMD record, and one is required'),
    () => `${running.printed()}\n${ours.log()}`);
  assert.equal(await answer(peer, 'SOA'), '');
});
