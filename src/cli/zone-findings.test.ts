// What `zone check` finds, one thing after another, and the difference of two zones.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Name } from '../dns/name.ts';
import { inOrder } from '../zonefile/print.ts';
import { printDifference, printUpdate } from './zone-difference.ts';
import { zoneFindings } from './zone-findings.ts';
import { readZone } from './zone-records.ts';
import type { ZoneText } from './zone-records.ts';

const folder = mkdtempSync(join(tmpdir(), 'zone-findings-'));
after(() => rmSync(folder, { recursive: true }));
const zone = Name.parse('example.org.');
const file = join(folder, 'db');
const NOW = Date.UTC(2026, 0, 10) / 1000;
const HEAD = '$TTL 60\n@ SOA ns h 1 1 1 1 1\n@ NS ns\nns A 192.0.2.1\n';

function read(text: string, most = 100): ZoneText {
  writeFileSync(file, text);
  return readZone(file, zone, most);
}
/** Line, severity and message of each finding of a zone with this behind its first four lines. */
function found(text: string, head = HEAD): string[] {
  return zoneFindings(zone, file, read(head + text), NOW).map(({ line, severity,
    message }) => `${line} ${severity}: ${message.replaceAll('.example.org.', '')}`);
}

test('a zone with which nothing is wrong', () => {
  assert.deepEqual(found('www CNAME ns\n@ MX 1 ns\n@ MX 2 .\nsub NS ns.sub\nns.sub A 192.0.2.2\n*.w A 192.0.2.3\n' +
      'x SRV 1 1 1 y.w\nz DNAME ns\nfar NS ns.far.example.\n'), []);
});

test('the apex needs one SOA and an NS', () => {
  assert.deepEqual(found('a 1 A 192.0.2.1\n', ''), ['0 error: example.org. has no SOA', '0 error: example.org. has no NS']);
  assert.deepEqual(found('@ SOA ns h 2 1 1 1 1\n'), ['5 error: example.org. has a second SOA']);
});

test('aliases beside others, of themselves and two of them', () => {
  assert.deepEqual(found('a CNAME b\na TXT x\nc CNAME d\nc CNAME e\nf CNAME F\ng DNAME h\ng DNAME i\nj DNAME k.j\n'), [
    '5 error: a has CNAME beside TXT', '8 error: c has two CNAME', '9 error: f is an alias of itself', '11 error: g has two DNAME',
    '12 error: j has a DNAME to what is below it',
  ]);
});

test('glue, and servers and targets that are not there', () => {
  assert.deepEqual(found('a NS ns.a\nb NS ns.a\nc NS none\nd NS al\nal CNAME ns\ne MX 1 none\nf SRV 1 1 1 al\ng NS below.h\nh NS ns\n'), [
    '5 error: a NS ns.a has no address in the zone', '6 warning: b NS ns.a has no glue: it is below a',
    '7 error: c NS none has no address in the zone',
    '8 error: d NS al is an alias', '10 warning: e MX none is not in the zone', '11 warning: f SRV al is an alias',
    '12 warning: g NS below.h has no glue: it is below h',
  ]);
});

test('what is never answered, and what is in no zone', () => {
  assert.deepEqual(found('a NS ns\na TXT x\nb.a MX 1 ns\nc DNAME ns\nd.c A 192.0.2.1\ne.c TXT x\nexample. A 192.0.2.1\n' +
      ''.replace('example. A', 'example. A')), [
    '6 warning: a TXT is never answered: it is delegated', '7 warning: b.a MX is never answered: it is delegated at a',
    '10 warning: e.c TXT is never answered: c has a DNAME', '11 warning: example. is outside of the zone and left out',
  ]);
});

test('times to live that differ, NS at a wildcard, names hidden from their wildcard', () => {
  assert.deepEqual(found('a A 192.0.2.1\na 61 A 192.0.2.2\n*.b NS ns\n*.c A 192.0.2.1\nx.y.c A 192.0.2.1\nz.y.c A 192.0.2.1\n' +
      'd.c A 192.0.2.1\n'), [
    '6 warning: a A has TTLs 60 and 61', '7 warning: *.b has NS at a wildcard: servers disagree on it',
    '9 warning: y.c is not answered from *.c, since x.y.c lies below it',
  ]);
});

test('signatures that end, that begin later, of nobody and for nothing; DS and CDS without NS and key', () => {
  const signature = Buffer.alloc(64).toString('base64');
  const key = `257 3 13 ${signature}`;
  const sign = (owner: string, type: string, begin: string, end: string, tag = 1038,
    signer = '@') => `${owner} RRSIG ${type} 13 2 60 ${end} ${begin} ${tag} ${signer} ${signature}\n`;
  const all = found(`@ DNSKEY ${key}\n${sign('@', 'DNSKEY', '20260101000000', '20260301000000')}`
    + sign('@', 'SOA', '20260101000000', '20260111000000')
    + sign('@', 'NS', '20250101000000', '20260109000000') + sign('ns', 'A', '20260201000000', '20260301000000')
    + sign('ns', 'AAAA', '20260101000000', '20260301000000', 7) + sign('t', 'TXT', '20260101000000', '20260301000000', 1038,
    'other.') + 't TXT x\nu TXT x\n'
    + `v DS 1 13 2 ${'ab'.repeat(32)}\n@ CDS 9 13 2 ${'ab'.repeat(32)}\n`);
  assert.deepEqual(all, [
    '7 warning: the signature of example.org. SOA ends at 2026-01-11 00:00',
    '8 error: the signature of example.org. NS ended at 2026-01-09 00:00',
    '9 error: the signature of ns A begins at 2026-02-01 00:00', '10 warning: the signature of ns AAAA is by key 7, which has no DNSKEY',
    '10 warning: the signature of ns AAAA covers nothing', '11 error: the signature of t TXT is by other., not by the zone',
    '13 error: u TXT has no signature, and the zone has keys', '14 error: v has DS without NS',
    '14 error: v DS has no signature, and the zone has keys',
    '15 error: example.org. CDS 9 has no DNSKEY', '15 error: example.org. CDS has no signature, and the zone has keys',
  ]);
});

test('DS, CDS and CDNSKEY of the zone that are of none of its keys, or not what a key has', () => {
  const zero = Buffer.alloc(64).toString('base64');
  const digest = createHash('sha256').update('\x07example\x03org\0\x01\x01\x03\x0d').update(Buffer.alloc(64)).digest('hex');
  const all = found(`@ DNSKEY 257 3 13 ${zero}\n@ DS 1038 13 2 ${digest}\n@ DS 1038 13 2 ${'ab'.repeat(32)}\n@ DS 7 13 2 ${digest}\n`
    + `@ DS 1038 13 200 ABCD\n@ CDNSKEY 257 3 13 ${zero}\n@ CDNSKEY 256 3 13 ${zero}\n`);
  assert.deepEqual(all.filter((text) => !text.includes('signature')), [
    '7 error: example.org. DS 1038 is not that of the DNSKEY', '8 error: example.org. DS 7 has no DNSKEY',
    '11 error: example.org. CDNSKEY 1037 has no DNSKEY',
  ]);
  assert.deepEqual(found('@ CDS 0 0 0 00\n@ CDNSKEY 0 3 0 AA==\n'), []);
  assert.deepEqual(found(`@ DS 7 13 2 ${digest}\n`), ['5 error: example.org. DS 7 has no DNSKEY']);
});

test('text that cannot be read comes with its line, and hides no other finding; there are a hundred at most', () => {
  assert.deepEqual(found('a A 1\nb CNAME c\nb TXT x\n'), ['5 error: address of type A expected, found "1"',
    '6 error: b has CNAME beside TXT']);
  const { problems } = read('a 1 A x\n'.repeat(1000), 100);
  assert.equal(problems.length, 100);
  assert.equal(readZone(join(folder, 'nowhere'), zone, 100).problems[0]?.message,
    `open ${join(folder, 'nowhere')}: no such file or directory`);
});

test('a difference as lines, and as a script that changes servers first and the SOA last', () => {
  const old = inOrder(read(`${HEAD}a A 192.0.2.1\nb 5 TXT x\n`).records);
  const fresh = inOrder(read(`${HEAD.replace('h 1 1', 'h 2 1').replace('NS ns', 'NS ns2')}ns2 A 192.0.2.2\nb 6 TXT x\n`).records);
  assert.deepEqual([...printDifference(old, old)], []);
  assert.deepEqual([...printUpdate(zone, old, old)], []);
  assert.deepEqual([...printDifference(old, fresh)].map((line) => line.replaceAll('\t', ' ').trim()), [
    '- example.org. 60 IN SOA ns.example.org. h.example.org. 1 1 1 1 1',
    '+ example.org. 60 IN SOA ns.example.org. h.example.org. 2 1 1 1 1',
    '- example.org. 60 IN NS ns.example.org.', '+ example.org. 60 IN NS ns2.example.org.', '- a.example.org. 60 IN A 192.0.2.1',
    '- b.example.org. 5 IN TXT "x"', '+ b.example.org. 6 IN TXT "x"', '+ ns2.example.org. 60 IN A 192.0.2.2',
  ]);
  assert.deepEqual([...printUpdate(zone, old, fresh)].map((line) => line.trim()), [
    'zone example.org.', 'prereq yxrrset example.org. IN SOA ns.example.org. h.example.org. 1 1 1 1 1',
    'update add example.org. 60 IN NS ns2.example.org.', 'update delete example.org. IN NS ns.example.org.',
    'update delete a.example.org. IN A 192.0.2.1', 'update delete b.example.org. IN TXT "x"', 'update add b.example.org. 6 IN TXT "x"',
    'update add ns2.example.org. 60 IN A 192.0.2.2', 'update add example.org. 60 IN SOA ns.example.org. h.example.org. 2 1 1 1 1', 'send',
  ]);
});
