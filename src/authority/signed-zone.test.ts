// Zones that are signed whole, judged by other people's verifiers; and what is signed and what is not.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { Name } from '../dns/name.ts';
import { compareNames } from '../dns/order.ts';
import { parseRR, printRdata } from '../dns/rr.ts';
import { TYPE, typeName } from '../dns/type-name.ts';
import { NSEC, RRSIG } from '../dns/types-security.ts';
import { algorithmNamed } from '../dnssec/algorithm.ts';
import { generateKey } from '../dnssec/signing-key.ts';
import { VerifyingKey } from '../dnssec/verification.ts';
import { printZone } from '../zonefile/print.ts';
import type { ListedRecord } from '../zonefile/record-list.ts';
import { SigningError, signZone } from './signed-zone.ts';

const zone = Name.parse('example.org.');
const key = generateKey(zone, algorithmNamed('ECDSAP256SHA256')!, 257, 300);
const NOW = Math.floor(Date.now() / 1000);
const signing = { keys: [key], serial: 42, inception: NOW - 3600, expiration: NOW + 86_400 };

const SOA = 'example.org. 300 IN SOA ns.Example.org. admin.example.org. 7 7200 3600 1209600 60';
const records = (text: string): ListedRecord[] => text.trim().split('\n').map((line) => parseRR(line)!)
  .map(({ name, type, ttl, rdata }) => ({ name, type, ttl, rdata }));
const ODD = records(`
${SOA}
example.org. 300 IN NS ns.example.org.
example.org. 300 IN NS ns.sub.example.org.
example.org. 300 IN RRSIG NS 13 2 300 20200101000000 20190101000000 1 example.org. AAAA
example.org. 300 IN DNSKEY 256 3 13 AAAA
example.org. 300 IN NSEC www.example.org. NS
ns.example.org. 300 IN A 192.0.2.1
NS.example.org. 100 IN A 192.0.2.2
*.w.example.org. 300 IN TXT "One"
a.deep.er.example.org. 300 IN AAAA 2001:db8::1
sub.example.org. 300 IN NS ns.sub.example.org.
sub.example.org. 300 IN A 192.0.2.66
ns.sub.example.org. 300 IN A 192.0.2.3
b.sub.example.org. 300 IN NS ns.sub.example.org.
signed.example.org. 300 IN NS ns.example.net.
signed.example.org. 300 IN DS 1 13 2 00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF
dn.example.org. 300 IN DNAME example.net.
x.dn.example.org. 300 IN A 192.0.2.4
alias.example.org. 300 IN CNAME WWW.example.org.
www.example.org. 300 IN MX 10 Mail.Example.ORG.
\\000.example.org. 300 IN TXT "zero"
\\200.example.org. 300 IN TYPE65400 \\# 2 ABCD
`);

const covered = (type: number, rdata: Uint8Array): string => (type === TYPE.RRSIG ? ` ${typeName(RRSIG.values(rdata).covered)}` : '');
const told = (signed: readonly ListedRecord[]): string[] =>
  signed.map(({ name, type, rdata }) => `${name.folded} ${typeName(type)}${covered(type, rdata)}`);

test('at and below a cut, and below a DNAME, nothing is signed that is not the zone\'s', async () => {
  const signed = await signZone(ODD, zone, signing);
  const lines = told(signed);
  assert.deepEqual(lines.slice(0, 2), ['example.org. SOA', 'example.org. RRSIG SOA']);
  assert.match(printRdata(TYPE.SOA, signed[0]!.rdata), / 42 7200 3600 1209600 60$/);
  const at = (name: string) => lines.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1)).sort();
  assert.deepEqual(at('sub.example.org.'), ['A', 'NS', 'NSEC', 'RRSIG NSEC']);
  assert.deepEqual(at('ns.sub.example.org.'), ['A']);
  assert.deepEqual(at('b.sub.example.org.'), ['NS']);
  assert.deepEqual(at('signed.example.org.'), ['DS', 'NS', 'NSEC', 'RRSIG DS', 'RRSIG NSEC']);
  assert.deepEqual(at('x.dn.example.org.'), ['A']);
  assert.deepEqual(at('deep.er.example.org.'), []);
  assert.equal(at('example.org.').filter((type) => type === 'DNSKEY').length, 1);
  const addresses = signed.filter(({ name, type }) => type === TYPE.A && name.folded.text === 'ns.example.org.');
  assert.deepEqual(addresses.map(({ ttl }) => ttl), [100, 100]);
  // The chain leads through every name of the zone's own, and back; it lives no longer than MINIMUM.
  const chain = signed.filter(({ type }) => type === TYPE.NSEC);
  chain.forEach(({ rdata, ttl }, i) => {
    assert.ok(NSEC.values(rdata).next.equals(chain[(i + 1) % chain.length]!.name));
    assert.equal(ttl, 60);
  });
});

test('refuses a zone without a SOA, no key, and the key of another zone', async () => {
  await assert.rejects(signZone(ODD.slice(1), zone, signing), (error) => error instanceof SigningError && /no SOA/.test(error.message));
  await assert.rejects(signZone(ODD, zone, { ...signing, keys: [] }), /there is no key/);
  const other = generateKey(Name.parse('org.'), key.algorithm, 257, 300);
  await assert.rejects(signZone(ODD, zone, { ...signing, keys: [other] }), /key org\. \(keyid: \d+\) is of another zone/);
});

const labels = fc.constantFrom('a', 'B', '*', 'sub', 'xn--a', '\\000', '\\255', 'ns');
const names = fc.array(labels, { maxLength: 3 }).map((before) => [...before, 'example.org.'].join('.'));
const data = fc.constantFrom('A 192.0.2.1', 'A 192.0.2.2', 'TXT "x"', 'MX 1 A.example.org.', 'NS ns.example.net.', 'TYPE65400 \\# 1 00');
const made = fc.array(fc.tuple(names, fc.constantFrom(60, 300), data), { maxLength: 12 })
  .map((lines) => records([SOA, ...lines.map(([name, ttl, rest]) => `${name} ${ttl} IN ${rest}`)].join('\n')));

test('whatever is in a zone, its sets are signed once each and hold, and the chain closes', async () => {
  const verifying = new VerifyingKey(key.data);
  await fc.assert(fc.asyncProperty(made, async (some) => {
    const signed = await signZone(some, zone, signing);
    for (const { name, rdata } of signed.filter(({ type }) => type === TYPE.RRSIG)) {
      const { covered: of } = RRSIG.values(rdata);
      const set = signed.filter((one) => one.type === of && one.name.equals(name));
      const [{ ttl }] = set as [ListedRecord];
      assert.ok(set.every((one) => one.ttl === ttl));
      const whole = { owner: name.octets, type: of, class: 1, ttl, data: set.map((one) => one.rdata) };
      assert.equal(verifying.verify(whole, rdata, NOW), 'valid');
    }
    const chain = signed.filter(({ type }) => type === TYPE.NSEC);
    chain.forEach(({ name, rdata }, i) => {
      assert.ok(i === 0 || compareNames(chain[i - 1]!.name, name) < 0);
      assert.ok(NSEC.values(rdata).next.equals(chain[(i + 1) % chain.length]!.name));
    });
  }), { numRuns: 60 });
});

const CHAINS = ['nsec', 'nsec3', 'opt-out'] as const;
const JUDGES: readonly (readonly [program: string, args: readonly string[]])[] = [
  ['ldns-verify-zone', []], ['dnssec-verify', ['-z', '-o', 'example.org']], ['kzonecheck', ['-d', 'on', '-o', 'example.org']],
];
for (const [program, args, chain] of JUDGES.flatMap(([name, words]) => CHAINS.map((each) => [name, words, each] as const))) {
  const skip = spawnSync(program, ['-h']).error === undefined ? false : `${program} is not installed`;
  test(`${program} finds a zone of odd things with ${chain} right`, { skip }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zone-'));
    try {
      // Knot takes what lies below a DNAME for an error of its own.
      const odd = program === 'kzonecheck' ? ODD.filter(({ name }) => name.text !== 'x.dn.example.org.') : ODD;
      const text = [...printZone(await signZone(odd, zone, { ...signing, chain }))].join('');
      const judge = (written: string) => {
        writeFileSync(join(folder, 'zone'), written);
        return spawnSync(program, [...args, join(folder, 'zone')], { encoding: 'utf8' });
      };
      const said = judge(text);
      assert.equal(said.status, 0, `${said.stdout}${said.stderr}`);
      assert.notEqual(judge(text.replace(/^ns\.example\.org\..*\tA\t.*\n/m, '')).status, 0, 'it sees nothing');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}
