// What `dnssec { auto }` makes of a zone is held against others: ldns-verify-zone and dnssec-verify on what is transferred, Unbound
// on answers, with the zone's key as trust anchor. A real server in a process of its own.
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { freePort } from '../../testing/free-port.ts';
import { Spawned } from '../../testing/spawned.ts';
import { startUnbound } from '../../testing/unbound.ts';

const missing = ['dig', 'unbound', 'ldns-verify-zone', 'dnssec-verify'].filter((program) => spawnSync(program, ['-h']).error !== undefined);
const skip = missing.length === 0 ? false : `${missing.join(' and ')} not installed`;

const zoneOf = (serial: number, more = ''): string => `
@ 300 IN SOA ns Host ${serial} 7200 3600 1209600 60
@ 300 IN NS ns
@ 300 IN NS ns.sub
@ 300 IN RRSIG NS 13 2 300 20200101000000 20190101000000 1 @ ${'A'.repeat(86)}==
@ 300 IN NSEC www NS
ns 300 IN A 192.0.2.1
NS 100 IN A 192.0.2.2
www 300 IN A 192.0.2.2
www 300 IN MX 10 Mail.Example.ORG.
*.w 300 IN TXT "One"
a.deep.er 300 IN AAAA 2001:db8::1
sub 300 IN NS ns.sub
sub 300 IN A 192.0.2.66
ns.sub 300 IN A 192.0.2.3
b.sub 300 IN NS ns.sub
signed 300 IN NS ns.example.net.
signed 300 IN DS 1 13 2 00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF
ins.deleg 300 IN NS ns.example.net.
ins.both 300 IN NS ns.example.net.
own.both 300 IN A 192.0.2.9
dn 300 IN DNAME deep.er
x.dn 300 IN A 192.0.2.4
alias 300 IN CNAME WWW
broken 300 IN CNAME nothere
svc 300 IN SVCB 1 Svc.Example.ORG. alpn=h2
\\000 300 IN TXT "zero"
\\200 300 IN TYPE65400 \\# 2 ABCD
${more}`;
const ZONES = [
  { zone: 'nsec.test', policy: '' }, { zone: 'nsec3.test', policy: 'policy {\nnsec3\n}' },
  { zone: 'optout.test', policy: 'policy {\nnsec3\noptout\n}' },
];
/** What is asked, with which rcode and how many records it is answered. */
const QUESTIONS: readonly (readonly [name: string, type: string, rcode: string, answers: number])[] = [
  ['', 'SOA', 'NOERROR', 2], ['', 'DNSKEY', 'NOERROR', 2], ['', 'CDS', 'NOERROR', 0], ['', 'CDNSKEY', 'NOERROR', 0],
  ['www.', 'A', 'NOERROR', 2],
  ['wWw.', 'MX', 'NOERROR', 2], ['alias.', 'A', 'NOERROR', 4], ['x.w.', 'TXT', 'NOERROR', 2], ['x.y.w.', 'TXT', 'NOERROR', 2],
  ['ns.', 'A', 'NOERROR', 3],
  ['a.dn.', 'AAAA', 'NOERROR', 5], ['www.', 'TXT', 'NOERROR', 0], ['x.w.', 'A', 'NOERROR', 0], ['deep.er.', 'A', 'NOERROR', 0],
  ['er.', 'A', 'NOERROR', 0], ['nothere.', 'A', 'NXDOMAIN', 0], ['x.www.', 'A', 'NXDOMAIN', 0], ['zz.deep.er.', 'A', 'NXDOMAIN', 0],
  ['broken.', 'A', 'NXDOMAIN', 2], ['sub.', 'DS', 'NOERROR', 0], ['ins.deleg.', 'DS', 'NOERROR', 0], ['ins.both.', 'DS', 'NOERROR', 0],
  ['signed.', 'DS', 'NOERROR', 2], ['www.', 'DS', 'NOERROR', 0], ['\\000.', 'TXT', 'NOERROR', 2], ['svc.', 'SVCB', 'NOERROR', 2],
];

const folder = mkdtempSync(join(tmpdir(), 'whole-'));
const said = (program: string, ...args: readonly string[]): Promise<string> =>
  new Promise((resolve) => execFile(program, args, { timeout: 90_000 }, (_, out, complaint) => resolve(out + complaint)));
let port = 0;
let resolver = 0;
let server: Spawned;
let unbound: ChildProcess;
const serialOf = async (zone: string): Promise<number> =>
  Number((await said('dig', '@127.0.0.1', '-p', String(port), '+short', zone, 'SOA')).split(' ')[2] ?? '0');
async function verified(zone: string): Promise<string> {
  const file = join(folder, 'transferred');
  writeFileSync(file, await said('dig', '@127.0.0.1', '-p', String(port), '+onesoa', zone, 'AXFR'));
  assert.match(await said('ldns-verify-zone', file), /^Zone is verified and complete/);
  assert.match(await said('dnssec-verify', '-z', '-o', zone, file), /Zone fully signed/);
  return readFileSync(file, 'utf8');
}

suite('zones that are signed before they are served', { skip }, () => {
  before(async () => {
    port = await freePort();
    resolver = await freePort();
    for (const { zone } of ZONES) writeFileSync(join(folder, zone), zoneOf(7));
    server = new Spawned(ZONES.map(({ zone, policy }) => `${zone}:${port} {
      root ${folder}
      dnssec {
        auto
        keys keys
        ${policy}
      }
      file ${zone} {
        reload 100ms
      }
      transfer {
        to *
      }
    }\n`).join(''));
    await server.says(/CoreDNS/);
    const anchors = readdirSync(join(folder, 'keys')).filter((name) => name.endsWith('.key')).map((name) =>
      readFileSync(join(folder, 'keys', name), 'latin1').split('\n').find((line) => !line.startsWith(';'))!);
    const zones = ZONES.map(({ zone }) => ({ zone, anchor: anchors.find((line) => line.startsWith(`${zone}.`))! }));
    unbound = startUnbound({ zones, server: port, port: resolver, folder });
    const asked = () => said('dig', '@127.0.0.1', '-p', String(resolver), '+tries=1', 'www.nsec.test');
    await server.until(async () => /NOERROR/.test(await asked()), 'unbound');
  });
  after(async () => {
    unbound.kill('SIGKILL');
    await server.kill();
    rmSync(folder, { recursive: true });
  });

  for (const { zone } of ZONES) {
    test(`${zone} as it is transferred, before and after changes`, async () => {
      await verified(zone);
      const changes = [
        'new 300 IN A 192.0.2.7\n', 'er 300 IN NS ns.example.net.\n', 'x.y.z 300 IN NS ns.example.net.\nq.y.z 300 IN A 192.0.2.8\n',
        'x.y.z 300 IN NS ns.example.net.\n', 'ns.sub 300 IN NS ns\nww 300 IN DNAME example.net.\nx.ww 300 IN A 192.0.2.8\n', '',
      ];
      for (const [i, more] of changes.entries()) {
        const serial = 8 + i;
        writeFileSync(join(folder, `${zone}.new`), zoneOf(serial, more));
        await said('mv', join(folder, `${zone}.new`), join(folder, zone));
        await server.until(async () => await serialOf(zone) === serial, `serial ${serial} of ${zone}`);
        const text = await verified(zone);
        assert.ok(text.includes(more.split(' ')[0]!), more);
      }
    });
    test(`Unbound finds ${zone} secure`, async () => {
      for (const [name, type, rcode, answers] of QUESTIONS) {
        const text = await said('dig', '@127.0.0.1', '-p', String(resolver), '+dnssec', '+tries=3', '+time=10', `${name}${zone}`, type);
        assert.ok(text.includes(`status: ${rcode},`) && text.includes(`ANSWER: ${answers},`), text);
        // An opt-out proof says that there may be a delegation that nobody signed: no name is denied securely (RFC 5155 section 9.2).
        const isDenied = rcode === 'NXDOMAIN' || (answers === 0 && type === 'DS') || /^x\.|er\.$/.test(name);
        const isOpen = zone === 'optout.test' && isDenied;
        if (!isOpen) assert.match(text, /flags: qr rd ra ad;/, text);
      }
    });
  }
});
