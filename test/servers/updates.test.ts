// Clients of others change a zone of ours, and secondaries of others follow it: nsupdate of BIND and knsupdate of Knot say the same, and
// NSD, Knot and BIND have what was changed, by what changed.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { standard } from '../../src/plugins/index.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { serve } from '../../src/testing/served.ts';
import { AUTHORITIES } from './authorities.ts';
import { missing, output, scratch, until } from './programs.ts';

const ZONE = 'example.test', KEY = 'one.key', SECRET = 'NWYwM2Y0NGIxMDI5OGRmZmFiNGUyMDYw';
const SEED = '@ 60 SOA ns host 1 7200 3600 1209600 60\n@ 60 NS ns\nns 60 A 192.0.2.53\nold 60 TXT "a text"\n';

async function served(t: TestContext, more = '') {
  const port = await freePort();
  const folder = scratch(t);
  writeFileSync(path.join(folder, 'seed'), SEED);
  const ours = await serve(`${ZONE}:${port} {\nbind 127.0.0.1\ntsig {\nsecret ${KEY} ${SECRET}\n}\n${more}\n`
    + `dynupdate {\nfile ${folder}/seed\ndatabase ${folder}/db\nallow ${KEY} * *\n}\nerrors\n}\n`, standard);
  t.after(() => ours.close());
  return { port, ours };
}
const dig = (port: number, ...words: readonly string[]): Promise<string> =>
  output('dig', ['@127.0.0.1', '-p', String(port), '+time=10', '+tries=1', '-y', `hmac-sha256:${KEY}:${SECRET}`, ...words]);
const zoneAt = async (port: number): Promise<readonly string[]> => (await dig(port, ZONE, 'AXFR', '+noall', '+answer')).split('\n')
  .filter((line) => /\tIN\t/.test(line)).map((line) => line.toLowerCase().replace(/\s+/g, ' ')).sort();
const serialAt = async (port: number): Promise<string | undefined> =>
  /SOA\s+\S+\s+\S+\s+(\d+)/.exec(await dig(port, ZONE, 'SOA', '+noall', '+answer'))?.[1];

/** What both programs read in the same words. */
const SCRIPT = (port: number): string => `server 127.0.0.1 ${port}
zone ${ZONE}.
key hmac-sha256:${KEY} ${SECRET}
prereq nxdomain new.${ZONE}.
prereq yxrrset old.${ZONE}. TXT
update add new.${ZONE}. 30 A 192.0.2.1
update add new.${ZONE}. 30 A 192.0.2.2
update add _sip._tcp.${ZONE}. 30 SRV 1 2 5060 new.${ZONE}.
update delete old.${ZONE}. TXT
send
`;
const AGAIN = `prereq nxdomain new.${ZONE}.
update add other.${ZONE}. 30 A 192.0.2.1
send
`;
const WITHOUT = (port: number): string => `server 127.0.0.1 ${port}
zone ${ZONE}.
update add unsigned.${ZONE}. 30 A 192.0.2.1
send
`;
const EXPECTED = [
  `${ZONE}. 60 in soa ns.${ZONE}. host.${ZONE}. 2 7200 3600 1209600 60`, `${ZONE}. 60 in ns ns.${ZONE}.`,
  `ns.${ZONE}. 60 in a 192.0.2.53`, `new.${ZONE}. 30 in a 192.0.2.1`, `new.${ZONE}. 30 in a 192.0.2.2`,
  `_sip._tcp.${ZONE}. 30 in srv 1 2 5060 new.${ZONE}.`,
];

for (const [program, ...ways] of [['nsupdate', [], ['-v']], ['knsupdate', [], ['-v']]] as const) {
  for (const way of ways) {
    test(`${[program, ...way].join(' ')} changes a zone`, { skip: missing(program, 'dig') }, async (t) => {
      const { port, ours } = await served(t, 'transfer {\nto *\n}');
      const first = await output(program, way, SCRIPT(port));
      const said = (): string => `${first}\n${ours.log()}`;
      const zone = new Set(await zoneAt(port));
      assert.deepEqual(zone, new Set(EXPECTED), said());
      const second = await output(program, way, SCRIPT(port) + AGAIN);
      assert.match(second, /YXDOMAIN/);
      assert.match(await output(program, way, WITHOUT(port)), /REFUSED/);
      assert.deepEqual(new Set(await zoneAt(port)), zone);
    });
  }
}

for (const authority of AUTHORITIES) {
  const programs = [...authority.programs, 'dig', 'nsupdate'];
  test(`${authority.name} follows a zone that is updated`, { skip: missing(...programs) }, async (t) => {
    const peer = await freePort();
    const { port, ours } = await served(t, `transfer {\nto 127.0.0.1:${peer} key ${KEY}\n}`);
    const running = authority.secondary(t, { folder: scratch(t), zone: ZONE, key: KEY, secret: SECRET, port: peer, peer: port });
    const said = (): string => `${running.printed()}\n${ours.log()}`;
    await until('the seed', async () => (await serialAt(peer)) === '1', said);
    for (let serial = 2; serial < 6; serial++) {
      const change = serial % 2 === 0 ? `update add a${serial}.${ZONE}. 30 A 192.0.2.${serial}` : `update delete a${serial - 1}.${ZONE}. A`;
      const words = `server 127.0.0.1 ${port}\nzone ${ZONE}.\nkey hmac-sha256:${KEY} ${SECRET}\n${change}\nsend\n`;
      const printed = await output('nsupdate', [], words);
      assert.equal(printed, '');
      await until(`serial ${serial}`, async () => (await serialAt(peer)) === String(serial), said);
    }
    assert.deepEqual(await zoneAt(peer), await zoneAt(port));
  });
}
