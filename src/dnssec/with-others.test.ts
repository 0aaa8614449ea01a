// A small zone that is signed here, judged by other people's verifiers: every algorithm, NSEC, and the digest of the zone.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { latin1Bytes } from '../dns/latin1.ts';
import { Name } from '../dns/name.ts';
import { compareNames } from '../dns/order.ts';
import { parseRR, printRR, record } from '../dns/rr.ts';
import type { RR } from '../dns/rr.ts';
import { TYPE } from '../dns/type-name.ts';
import { NSEC } from '../dns/types-security.ts';
import { algorithmNamed } from './algorithm.ts';
import { generateKey } from './signing-key.ts';
import type { SigningKey } from './signing-key.ts';
import type { RRset } from './set-form.ts';
import { ZONE_SHA384, ZoneDigest, zoneDigestData } from './zone-digest.ts';

const zone = Name.parse('example.org.');
const { DNSKEY, RRSIG, ZONEMD } = TYPE;
const RECORDS = `
example.org. 300 IN SOA ns.Example.org. admin.example.org. 7 7200 3600 1209600 300
example.org. 300 IN NS ns.example.org.
example.org. 300 IN MX 10 Mail.Example.ORG.
*.w.example.org. 300 IN TXT "one" "Two"
mail.example.org. 300 IN A 192.0.2.2
mail.example.org. 300 IN A 192.0.2.1
ns.example.org. 300 IN AAAA 2001:db8::1
p.example.org. 300 IN NAPTR 1 2 "S" "SIP+D2U" "" _sip.Example.org.
s.example.org. 300 IN SRV 1 2 3 Target.Example.org.
t.example.org. 300 IN TYPE65400 \\# 3 AbCdEf
`.trim().split('\n').map((line) => parseRR(line)!);

/** The sets of these records, in canonical order of names and by type. */
function setsOf(records: readonly RR[]): (RRset & { readonly name: Name })[] {
  const sets = new Map<string, RR[]>();
  for (const one of records) sets.set(`${one.name.key} ${one.type}`, [...sets.get(`${one.name.key} ${one.type}`) ?? [], one]);
  return [...sets.values()].map(([first, ...rest]) => {
    const { name, type, class: klass, ttl } = first!;
    return { name, owner: latin1Bytes(name.raw), type, class: klass, ttl, data: [first!, ...rest].map(({ rdata }) => rdata) };
  }).sort((a, b) => compareNames(a.name, b.name) || a.type - b.type);
}
const rr = (set: RRset & { readonly name: Name }, type: number, data: Uint8Array): RR => record(set.name, type, 1, set.ttl, data);

/** The zone with its key, NSEC, ZONEMD and signatures. */
function signed(key: SigningKey, now: number): string {
  const place = zoneDigestData(7, ZONE_SHA384, new Uint8Array(48));
  const plain = [...RECORDS, record(zone, DNSKEY, 1, 300, key.data), record(zone, ZONEMD, 1, 300, place)];
  const names = setsOf(plain).map(({ name }) => name).filter((name, i, all) => i === 0 || !name.equals(all[i - 1]!));
  const chain = names.map((name, i): RR => {
    const types = [...plain.filter((one) => one.name.equals(name)).map(({ type }) => type), RRSIG, NSEC.type];
    return record(name, NSEC.type, 1, 300, NSEC.rdata({ next: names[(i + 1) % names.length]!, types }));
  });
  const validity = { inception: now - 3600, expiration: now + 86400 };
  const sets = setsOf([...plain, ...chain]);
  const digest = new ZoneDigest(latin1Bytes(zone.key));
  const lines: RR[] = [];
  const signatures = new Map(sets.filter(({ type }) => type !== ZONEMD).map((set) => [set, key.signSet(set, validity)]));
  for (const name of names) {
    const here = sets.filter((set) => set.name.equals(name));
    const made = here.flatMap((set) => signatures.get(set) ?? []);
    const all = [...here, { ...here[0]!, type: RRSIG, data: made }].sort((a, b) => a.type - b.type);
    for (const set of all) {
      digest.add(set);
      if (set.type !== ZONEMD) lines.push(...set.data.map((data) => rr(set, set.type, data)));
    }
  }
  const md = { ...sets.find(({ type }) => type === ZONEMD)!, data: [zoneDigestData(7, ZONE_SHA384, digest.digest())] };
  lines.push(rr(md, ZONEMD, md.data[0]!), rr(md, RRSIG, key.signSet(md, validity)));
  // Knot's reader knows no classes by number.
  return `${lines.map(printRR).join('\n')}\n`.replaceAll('CLASS1\t', 'IN\t');
}

const JUDGES: readonly (readonly [program: string, args: (file: string) => readonly string[]])[] = [
  ['ldns-verify-zone', (file) => ['-Z', file]], ['dnssec-verify', (file) => ['-z', '-o', 'example.org', file]],
  ['kzonecheck', (file) => ['-d', 'on', '-o', 'example.org', file]],
];
for (const [program, args] of JUDGES) {
  const skip = spawnSync(program, ['-h']).error === undefined ? false : `${program} is not installed`;
  test(`${program} finds what is signed here right`, { skip }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'zone-'));
    try {
      for (const name of ['RSASHA256', 'RSASHA512', 'ECDSAP256SHA256', 'ECDSAP384SHA384', 'ED25519', 'ED448']) {
        const key = generateKey(zone, algorithmNamed(name)!, 257, 300, 1024);
        const text = signed(key, Math.floor(Date.now() / 1000));
        const judge = (written: string) => {
          writeFileSync(join(folder, 'zone'), written);
          return spawnSync(program, args(join(folder, 'zone')), { encoding: 'utf8' });
        };
        const said = judge(text);
        assert.equal(said.status, 0, `${name}: ${said.stdout}${said.stderr}`);
        assert.notEqual(judge(text.replace('192.0.2.2', '192.0.2.3')).status, 0, 'it sees nothing');
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}
