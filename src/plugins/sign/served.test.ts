// What *sign* writes and *file* serves is held against Unbound, with the key as trust anchor: answers, wildcards, aliases, and every way in
// which something is not there. A real server in a process of its own.
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Name } from '../../dns/name.ts';
import { printRdata } from '../../dns/rr.ts';
import { TYPE } from '../../dns/type-name.ts';
import { algorithmNamed } from '../../dnssec/algorithm.ts';
import { printPrivateFile, printPublicFile } from '../../dnssec/key-file.ts';
import { generateKey } from '../../dnssec/signing-key.ts';
import { freePort } from '../../testing/free-port.ts';
import { Spawned } from '../../testing/spawned.ts';
import { startUnbound } from '../../testing/unbound.ts';

const DIG = 'dig';
const missing = [DIG, 'unbound'].filter((program) => spawnSync(program, ['-h']).error !== undefined);
const skip = missing.length === 0 ? false : `${missing.join(' and ')} not installed`;

const ZONE = `$ORIGIN z.test.
@ 60 IN SOA ns host 1 7200 3600 1209600 30
@ 60 IN NS ns
ns 60 IN A 192.0.2.53
www 60 IN A 192.0.2.1
www 60 IN A 192.0.2.2
alias 60 IN CNAME WWW
broken 60 IN CNAME nothere
*.wild 60 IN A 192.0.2.3
*.wild 60 IN MX 10 Mail.z.test.
a.deep 60 IN A 192.0.2.4
d 60 IN DNAME deep
sub 60 IN NS ns.sub
ns.sub 60 IN A 192.0.2.5
`;
/** What is asked, with which rcode and how many records it is answered. */
const QUESTIONS: readonly (readonly [name: string, type: string, rcode: string, answers: number])[] = [
  ['z.test', 'SOA', 'NOERROR', 2], ['z.test', 'DNSKEY', 'NOERROR', 2], ['z.test', 'CDS', 'NOERROR', 3], ['www.z.test', 'A', 'NOERROR', 3],
  ['wWw.Z.test', 'A', 'NOERROR', 3], ['alias.z.test', 'A', 'NOERROR', 5], ['x.wild.z.test', 'A', 'NOERROR', 2],
  ['x.y.wild.z.test', 'MX', 'NOERROR', 2], ['a.d.z.test', 'A', 'NOERROR', 5], ['www.z.test', 'TXT', 'NOERROR', 0],
  ['x.wild.z.test', 'TXT', 'NOERROR', 0], ['deep.z.test', 'A', 'NOERROR', 0], ['nothere.z.test', 'A', 'NXDOMAIN', 0],
  ['x.www.z.test', 'A', 'NXDOMAIN', 0], ['zz.deep.z.test', 'A', 'NXDOMAIN', 0], ['broken.z.test', 'A', 'NXDOMAIN', 2],
  ['sub.z.test', 'DS', 'NOERROR', 0], ['www.z.test', 'DS', 'NOERROR', 0],
];

test('Unbound finds all of it secure', { skip }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sign-served-'));
  const key = generateKey(Name.parse('z.test.'), algorithmNamed('ECDSAP256SHA256')!, 257, 300);
  writeFileSync(join(folder, 'k.key'), printPublicFile(key, {}));
  writeFileSync(join(folder, 'k.private'), printPrivateFile(key, {}), { mode: 0o600 });
  writeFileSync(join(folder, 'db'), ZONE);
  const [port, resolver] = [await freePort(), await freePort()];
  const ask = (at: number, name: string, type: string): Promise<string> => new Promise((resolve) => {
    const args = ['@127.0.0.1', '-p', String(at), '+dnssec', '+tries=3', '+time=10', name, type];
    execFile(DIG, args, { timeout: 90_000 }, (_, out) => resolve(out));
  });
  const server = new Spawned(`z.test:${port} {
    file ${folder}/db.z.test.signed {
        reload 1s
    }
    sign ${folder}/db {
        key file ${folder}/k
        directory ${folder}
    }
}
`);
  const anchor = `z.test. IN DNSKEY ${printRdata(TYPE.DNSKEY, key.data)}`;
  const unbound = startUnbound({ zones: [{ zone: 'z.test', anchor }], server: port, port: resolver, folder });
  try {
    await server.until(async () => /status: NOERROR/.test(await ask(port, 'z.test', 'SOA')), 'the zone');
    await server.until(async () => /flags: qr rd ra ad;/.test(await ask(resolver, 'z.test', 'SOA')), 'unbound');
    for (const [name, type, rcode, answers] of QUESTIONS) {
      const text = await ask(resolver, name, type);
      assert.match(text, /flags: qr rd ra ad;/, text);
      assert.ok(text.includes(`status: ${rcode},`) && text.includes(`ANSWER: ${answers},`), text);
    }
  } finally {
    unbound.kill('SIGKILL');
    await server.kill();
    rmSync(folder, { recursive: true });
  }
});
