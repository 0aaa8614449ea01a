// A registry's zone at NSD, Knot and BIND as secondaries, signed: whole at first, what changed after a NOTIFY, what changed while the
// server was away by the store's past; and all have what ours answers.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { standard } from '../../src/plugins/index.ts';
import { Client } from '../../src/plugins/registry/registry-rig.test.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { serve } from '../../src/testing/served.ts';
import { AUTHORITIES, blockOf } from './authorities.ts';
import { missing, output, scratch, until } from './programs.ts';

const ZONE = 'svc.test', KEY = 'one.key', SECRET = 'NWYwM2Y0NGIxMDI5OGRmZmFiNGUyMDYw';
const whose = { zone: ZONE, key: KEY, secret: SECRET };
const at = (instance: string): string => `/v1/zones/${ZONE}/services/web/instances/${instance}`;
const SPEC = { addresses: ['10.0.0.7', '2001:db8::7'], ports: { http: 8080 }, text: ['v=3'], ttl: 5 };

const dig = (port: number, ...words: readonly string[]): Promise<string> =>
  output('dig', ['@127.0.0.1', '-p', String(port), '+time=10', '+tries=1', '-y', `hmac-sha256:${KEY}:${SECRET}`, ...words]);
/** All records of the zone there, sorted, without the SOA. */
const zoneAt = async (port: number): Promise<readonly string[]> => (await dig(port, ZONE, 'AXFR', '+noall', '+answer')).split('\n')
  .filter((line) => /\tIN\t(?!SOA)/.test(line)).map((line) => line.toLowerCase().replace(/\s+/g, ' ')).sort();
const answersAt = async (port: number, name: string, type: string): Promise<readonly string[]> =>
  (await dig(port, `${name}.${ZONE}`, type, '+noall', '+answer')).split('\n').filter((line) => line.includes('IN'))
    .map((line) => line.replace(/\s+/g, ' ')).sort();

for (const authority of AUTHORITIES) {
  test(`${authority.name} is the secondary of a registry`, { skip: missing(...authority.programs, 'dig') }, async (t) => {
    const [folder, theirs] = [scratch(t), scratch(t)];
    const [port, peer, api] = [await freePort(), await freePort(), await freePort()];
    const lines = `registry {\nfile ${path.join(folder, 'keys')}\nlisten 127.0.0.1:${api}\n}\n`
      + `transfer {\nto 127.0.0.1:${port} key ${KEY}\n}`;
    const client = new Client({ port: api });
    let ours = await serve(blockOf(whose, peer, lines), standard);
    t.after(async () => {
      client.close();
      await ours.close();
    });
    assert.equal((await client.send('PUT', at('i-7'), SPEC)).status, 201);
    for (const [name, type, records] of [['ns.dns', 'A', ['127.0.0.1']], ['www', 'CAA', ['0 issue "ca.test"']]] as const) {
      assert.equal((await client.send('PUT', `/v1/zones/${ZONE}/records/${name}/${type}`, { ttl: 60, records })).status, 201);
    }
    const running = authority.secondary(t, { folder: theirs, zone: ZONE, key: KEY, secret: SECRET, port, peer });
    const said = () => `${running.printed()}\n${ours.log()}`;
    const isSame = async (line: RegExp): Promise<boolean> => {
      const [there, here] = [await zoneAt(port), await zoneAt(peer)];
      return here.some((each) => line.test(each)) && there.join('\n') === here.join('\n');
    };
    await until('all of it', () => isSame(/^www\.svc\.test\. 60 in caa/), said);
    assert.equal((await client.send('PUT', at('i-8'), { ...SPEC, addresses: ['10.0.0.8'] })).status, 201);
    await until('one more', () => isSame(/^web\.svc\.test\. 5 in a 10\.0\.0\.8$/), said);
    for (const [name, type] of [
      ['web', 'A'], ['web', 'AAAA'], ['web', 'SRV'], ['web', 'TXT'], ['i-7.web', 'AAAA'], ['_http._tcp.web', 'SRV'],
      ['_http._tcp.web', 'PTR'], ['i-8._http._tcp.web', 'TXT'], ['_services._dns-sd._udp.web', 'PTR'], ['www', 'CAA'], ['www', 'A'],
    ] as const) {
      const answers = await answersAt(peer, name, type);
      assert.equal(answers.length > 0, type !== 'A' || name !== 'www', `${name} ${type}`);
      assert.deepEqual(await answersAt(port, name, type), answers);
    }
    // Nobody hears of what changes while no server of ours gives the zone away.
    await ours.close();
    ours = await serve(blockOf(whose, peer, lines.replace(/transfer \{[^}]*\}/, '')), standard);
    assert.equal((await client.send('DELETE', at('i-7'))).status, 204);
    assert.equal((await client.send('PUT', at('i-9'), { ...SPEC, addresses: ['10.0.0.9'] })).status, 201);
    await ours.close();
    ours = await serve(blockOf(whose, peer, lines), standard);
    await until('what differs since then', () => isSame(/^web\.svc\.test\. 5 in a 10\.0\.0\.9$/), said);
    assert.match(ours.log(), /Outgoing incremental transfer of \d+ records of zone "svc\.test\." to 127\.0\.0\.1/);
    assert.equal((await answersAt(port, 'i-7.web', 'A')).length, 0);
  });
}
