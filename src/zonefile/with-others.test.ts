// Master files as others read them: BIND's named-compilezone and ldns-read-zone print the same records, kzonecheck and nsd-checkzone load
// what these load; what all of them refuse is refused. Skipped by name where a program is missing.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Name } from '../dns/name.ts';
import { MasterFiles } from './master-file.ts';
import { inOrder, printRecord } from './print.ts';
import { RecordList } from './record-list.ts';

const folder = mkdtempSync(join(tmpdir(), 'zone-with-others-'));
after(() => rmSync(folder, { recursive: true }));
const zone = Name.parse('example.org.');
const files = new MasterFiles();

/** A program: how it is called, and whether it prints the records. */
interface Other { readonly program: string; readonly args: readonly string[]; readonly prints: boolean }
const others: readonly Other[] = [
  { program: 'named-compilezone', args: ['-k', 'ignore', '-i', 'none', '-n', 'ignore', '-r', 'ignore', '-q', '-s', 'full', '-o', '-',
    'example.org'], prints: true },
  { program: 'ldns-read-zone', args: [], prints: true },
  { program: 'kzonecheck', args: ['-o', 'example.org'], prints: false },
  { program: 'nsd-checkzone', args: ['example.org'], prints: false },
];
const missing = ({ program }: Other): string | false => (spawnSync(program, ['-h']).error === undefined ? false : `${program} is missing`);

function ours(file: string): string[] {
  const list = new RecordList();
  files.read(file, zone, list);
  return inOrder(list.records).map(printRecord);
}
function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}
const HEAD = '$TTL 3600\n$ORIGIN example.org.\n@ IN SOA ns host\\.master ( 2026010101 ; serial\n  7200 3600 1209600 300 )\n' +
      '  IN NS ns\nns IN A 192.0.2.1\n';
const signature = Buffer.alloc(64, 'signature').toString('base64');

/** What all of them load, and read alike. */
const good: Readonly<Record<string, string>> = {
  'owners, times and classes': 'a 60 IN A 192.0.2.2\n\t61\tIN AAAA ::1\nb IN A 192.0.2.4\n  TXT x\n$TTL 1d\nc A 192.0.2.5\n' +
      'C.example.ORG. AAAA 2001:DB8::1\n',
  origins: '$ORIGIN sub.example.org.\n@ A 192.0.2.1\nx MX 10 @\n$ORIGIN deep.sub.example.org.\ny CNAME x\n' +
      '$ORIGIN example.org.\nz CNAME y.deep.sub\n',
  'parentheses and comments': 'a TXT ( "one" ; "not this"\n  "two" ) ; nor this\n; nor this ( "\n\nb MX ( 10\n ns )\n',
  strings: 'a TXT "semi;colon" "quo\\"te" "back\\\\slash" "" \\065\\255 unquoted\nb TXT "( ) ; \\000 \\200"\n' +
      'c HINFO "PC 1" Linux\nd SPF "v=spf1 -all"\n',
  'escapes in names': 'a\\.b A 192.0.2.1\n\\097\\098 A 192.0.2.2\nx\\032y A 192.0.2.3\n*.w A 192.0.2.4\n' +
      '_sip._tcp SRV 0 5 5060 ns\n\\*.v A 192.0.2.5\n',
  'unknown types': 'a TYPE731 \\# 6 abcdef ( 01 23\n 45 )\nb TYPE731 \\# 0\nc TYPE1 \\# 4 C0000201\nd IN TYPE16 \\# 2 0141\n',
  mail: 'm MX 0 ns\nm MX 65535 mail.example.net.\nr RP who.example.org. txt\n' +
      'n NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:x@example.org!" .\na AFSDB 1 ns\nk KX 1 ns\n',
  keys: `s SSHFP 1 1 ${'ab'.repeat(20)}\nt TLSA 3 1 1 ${'cd'.repeat(16)} ${'ef'.repeat(16)}\nc CERT PKIX 1 8 AAAA\n` +
      `o OPENPGPKEY AAAA BBBB\nd DHCID AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=\n`,
  dnssec: `@ DNSKEY 257 3 13 ${signature.slice(0, 40)} ${signature.slice(40)}\nd NS ns\nd DS 1 13 2 ${'ab'.repeat(32)}\n` +
      `d NSEC e A NS TYPE1234 RRSIG\n`
    + `d RRSIG DS 13 3 3600 20300101000000 20200101000000 12345 example.org. ${signature}\n@ CDS 1 13 4 ${'AB'.repeat(48)}\n`,
  'hashed names': '@ NSEC3PARAM 1 0 0 -\n0p9mhaveqvm6t7vbl5lop2u3t2rp3tom NSEC3 1 1 0 aabb 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR A RRSIG\n',
  services: 's SVCB 1 ns alpn=h2,h3 port=443 ipv4hint=192.0.2.1,192.0.2.2 ipv6hint=2001:db8::1\n' +
      'h HTTPS 1 . alpn="h3" key65333=x\na HTTPS 0 s\n',
  rare: 'l LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m\nu URI 10 1 "https://example.org/"\n' +
      'c CAA 128 issue "ca.example.net; x=1"\ne EUI48 00-00-5e-00-53-2a\n'
    + 'f EUI64 00-00-5e-ef-10-00-00-2a\nn NID 10 0014:4fff:ff20:ee64\ni L32 10 10.1.2.0\nj L64 10 2001:0DB8:1140:1000\np LP 10 ns\n',
  addresses: 'a AAAA ::\na AAAA ::1\na AAAA 1::\na AAAA 2001:db8:0:0:1:0:0:1\na AAAA ::ffff:192.0.2.1\na A 0.0.0.0\na A 255.255.255.255\n',
  'no newline at the end': 'a A 192.0.2.1',
  'lines of another system': 'a A 192.0.2.1\r\nb TXT "x"\r\n\r\nc A 192.0.2.2\r\n',
  'the longest names': `${'x'.repeat(63)} A 192.0.2.1\n${`${'y'.repeat(31)}.`.repeat(7)}zzzzz A 192.0.2.1\n`,
};

/** Who sees it otherwise, and is alone with that. */
const alone = new Set([
  'kzonecheck: lines of another system', 'kzonecheck: an escape above 255', 'nsd-checkzone: an escape above 255',
    'kzonecheck: an escape at the end',
  'ldns-read-zone: a name of 256', 'ldns-read-zone: a large preference', 'nsd-checkzone: a large preference',
    'ldns-read-zone: odd hexadecimal',
]);

/** What they do not load. */
const bad: Readonly<Record<string, string>> = {
  'a label of 64': `${'x'.repeat(64)} A 192.0.2.1\n`, 'a name of 256': `${'abcdefg.'.repeat(30)}abcd A 192.0.2.1\n` +
      ``, 'an empty label': 'a..b A 192.0.2.1\n',
  'an address of a wrong number': 'a A 192.0.2.256\n', 'an address of three': 'a A 192.0.2\n', 'two gaps': 'a AAAA 1::2::3\n' +
      '', 'no data': 'a A\n',
  'no target': 'a MX 10\n', 'a large preference': 'a MX 65536 ns\n', 'no strings': 'a TXT\n' +
      '', 'a string of 256': `a HINFO ${'x'.repeat(256)} y\n`,
  'an unknown type': 'a FOO x\n', 'odd hexadecimal': 'a DS 1 13 2 abc\n', 'no hexadecimal': 'a DS 1 13 2 xx\n' +
      '', 'no base64': 'a DNSKEY 257 3 13 ?\n',
  'no time': 'a RRSIG A 13 2 1 2030 x 1 . AAAA\n', 'garbage behind an address': 'a A 192.0.2.1 192.0.2.2\n' +
      '', 'an escape above 255': 'a\\256 A 192.0.2.1\n',
  'an escape at the end': 'a\\', 'two classes': 'a IN IN A 192.0.2.1\n', 'two times': 'a 5 5 A 192.0.2.1\n' +
      '', 'a file that is not there': '$INCLUDE nowhere\n',
  'no origin': '$ORIGIN\n', 'a pointer': 'a NS \\# 2 c000\n',
};

for (const [what, text] of Object.entries(good)) {
  test(`read alike: ${what}`, async (t) => {
    const file = write('good', `${HEAD}${text}`);
    const own = ours(file);
    for (const other of others) {
      await t.test(other.program, { skip: alone.has(`${other.program}: ${what}`) || missing(other) }, () => {
        const { status, stdout, stderr } = spawnSync(other.program, [...other.args, file], { encoding: 'utf8' });
        assert.equal(status, 0, stdout + stderr);
        if (other.prints) assert.deepEqual(ours(write('theirs', stdout)), own);
      });
    }
  });
}

for (const [what, text] of Object.entries(bad)) {
  test(`refused alike: ${what}`, async (t) => {
    const file = write('bad', `${HEAD}${text}`);
    assert.throws(() => ours(file), { name: 'ZoneFileError' });
    for (const other of others) {
      await t.test(other.program, { skip: alone.has(`${other.program}: ${what}`) || missing(other) }, () => {
        assert.notEqual(spawnSync(other.program, [...other.args, file]).status, 0);
      });
    }
  });
}
