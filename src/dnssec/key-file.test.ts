// Key files: what BIND's tools write is read, what is written BIND's tools read, and what is wrong is said with the file's name.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { latin1Bytes } from '../dns/latin1.ts';
import { Name } from '../dns/name.ts';
import { printRR, record } from '../dns/rr.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import { algorithmNamed } from './algorithm.ts';
import { SHA1, SHA256, SHA384, delegationData } from './delegation.ts';
import { KeyFileError, keyFileName, parsePublicFile, printPrivateFile, printPublicFile, readKeyFiles } from './key-file.ts';
import type { KeyDates, KeyFiles } from './key-file.ts';
import { generateKey } from './signing-key.ts';
import { VerifyingKey } from './verification.ts';

const zone = Name.parse('example.org.');
const ALGORITHMS = ['RSASHA256', 'RSASHA512', 'ECDSAP256SHA256', 'ECDSAP384SHA384', 'ED25519', 'ED448'];
const { DS } = TYPE;
const { IN } = CLASS;
const without = (program: string) => (spawnSync(program, ['-V']).error === undefined ? false : `${program} is not installed`);

const dates: KeyDates = { Created: 1700000000, Publish: 1700000000, Activate: 1700000001, Inactive: 1800000000, SyncPublish: 1700000002 };
const again = (publicText: string, privateText: string): KeyFiles => readKeyFiles(publicText, 'K.key', privateText, 'K.private');

for (const name of ALGORITHMS) {
  test(`${name}: what is written is read again`, () => {
    const key = generateKey(zone, algorithmNamed(name)!, 257, 300, 1024);
    const open = printPublicFile(key, dates);
    assert.match(open, /^; This is a key-signing key, keyid \d+, for example\.org\.\n/);
    assert.match(open, /\n; Created: 20231114221320 \(Tue Nov 14 22:13:20 2023\)\n/);
    const read = again(open, printPrivateFile(key, dates));
    assert.deepEqual([read.key.data, read.key.ttl, read.key.owner.text, read.dates], [key.data, 300, 'example.org.', dates]);
    const old = again(open, printPrivateFile(key, dates, 'v1.2'));
    assert.deepEqual(old.dates, {});
    const set = { owner: latin1Bytes(zone.key), type: 16, class: IN, ttl: 60, data: [Uint8Array.of(1, 65)] };
    const made = old.key.signSet(set, { inception: 0, expiration: 10 });
    assert.equal(new VerifyingKey(key.data).verify(set, made, 5), 'valid');
  });
}

suite('with the tools of BIND', { skip: without('dnssec-keygen') }, () => {
  for (const name of ALGORITHMS) {
    test(`${name}: keys of dnssec-keygen are read, and what we write of them is what it wrote`, () => {
      const folder = mkdtempSync(join(tmpdir(), 'keys-'));
      try {
        const bits = name.startsWith('RSA') ? ['-b', '1024'] : [];
        const args = ['-q', '-a', name, ...bits, '-f', 'KSK', '-L', '300', '-K', folder, '-I', '+30d', 'example.org'];
        execFileSync('dnssec-keygen', args, { stdio: 'ignore' });
        const base = join(folder, readdirSync(folder).find((file) => file.endsWith('.key'))!.slice(0, -4));
        const [open, secret] = [readFileSync(`${base}.key`, 'utf8'), readFileSync(`${base}.private`, 'utf8')];
        const { key, dates: read } = again(open, secret);
        assert.equal(join(folder, keyFileName(key.owner, key.data)), base);
        assert.equal(printPrivateFile(key, read), secret);
        // The public text differs in the blanks that BIND puts into a long key, and nothing else.
        const squeezed = (text: string) => text.replace(/(?<= 3 \d+ [^\n]*) /g, '');
        assert.deepEqual(squeezed(printPublicFile(key, read)), squeezed(open));
        writeFileSync(`${base}.key`, printPublicFile(key, read));
        for (const [kind, option] of [[SHA1, '1'], [SHA256, '2'], [SHA384, '4']] as const) {
          const theirs = execFileSync('dnssec-dsfromkey', ['-a', option, `${base}.key`], { encoding: 'utf8', stdio: 'pipe' }).trim();
          const ours = printRR(record(zone, DS, IN, 300, delegationData(latin1Bytes(zone.key), key.data, kind))).replaceAll('\t', ' ');
          assert.equal(theirs.replace(/^(\S+) (?:\d+ )?IN/, '$1 300 IN'), ours);
        }
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
});

const key = generateKey(zone, algorithmNamed('ECDSAP256SHA256')!, 256, 300);
const other = generateKey(zone, algorithmNamed('ECDSAP256SHA256')!, 256, 300);
const rsa = generateKey(zone, algorithmNamed('RSASHA256')!, 256, 300, 1024);
const otherRsa = generateKey(zone, algorithmNamed('RSASHA256')!, 256, 300, 1024);
const PUBLIC = printPublicFile(key, {});
const PRIVATE = printPrivateFile(key, {});
const RSA = printPrivateFile(rsa, {});

/** Files that must not be taken: their texts, and what is said. */
const WRONG: readonly (readonly [about: string, open: string, secret: string, said: RegExp])[] = [
  ['an empty public file', '', PRIVATE, /^K\.key: no DNSKEY in it$/],
  ['another record', 'example.org. IN A 192.0.2.1\n', PRIVATE, /^K\.key: A where a DNSKEY was expected$/],
  ['a DNSKEY without a key', 'example.org. IN DNSKEY 256 3 13\n', PRIVATE, /^K\.key: /],
  ['a public key that is cut', PUBLIC.replace(/\S{8}\n$/, '\n'), PRIVATE, /^K\.(key|private): /],
  ['both in each other\'s place', PRIVATE, PUBLIC, /^K\.key: /],
  ['an empty private file', PUBLIC, '', /^K\.private: Algorithm is missing: the file is cut$/],
  ['a private file that begins with something else', PUBLIC, 'PrivateKey: AA==\n', /^K\.private:1: no private key file/],
  ['a format of the future', PUBLIC, PRIVATE.replace('v1.3', 'v2.0'), /^K\.private:1: format v2\.0 is not known/],
  ['no private key', PUBLIC, PRIVATE.replace(/PrivateKey.*\n/, ''), /^K\.private: PrivateKey is missing: the file is cut$/],
  ['a private key twice', PUBLIC, `${PRIVATE}PrivateKey: AA==\n`, /^K\.private:4: PrivateKey a second time$/],
  ['a private key that is too long', PUBLIC, PRIVATE.replace(/PrivateKey.*/, `PrivateKey: ${'A'.repeat(64)}`), /has 48 octets where 32 /],
  ['what is not base64', PUBLIC, PRIVATE.replace(/PrivateKey.*/, 'PrivateKey: ?%'), /^K\.private:3: a value that is not base64$/],
  ['a line cut in its middle', PUBLIC, PRIVATE.slice(0, -10), /^K\.private/],
  ['the private key of another one', PUBLIC, printPrivateFile(other, {}), /^K\.private: the private key is .*not that of the public key$/],
  ['that of another RSA key', printPublicFile(rsa, {}), printPrivateFile(otherRsa, {}), /^K\.private: the private key is not that of the /],
  ['another algorithm', PUBLIC, RSA, /^K\.private: its algorithm is 8, that of K\.key is 13$/],
  ['RSA without a prime', printPublicFile(rsa, {}), RSA.replace(/Prime2.*\n/, ''), /^K\.private: Prime2 is missing/],
  ['an unknown algorithm', PUBLIC, PRIVATE.replace('13 (', '99 ('), /^K\.private:2: algorithm 99 \(.* is not supported$/],
  ['a key in another device', PUBLIC, `${PRIVATE}Label: x\n`, /^K\.private:4: the private key lies in another device/],
  ['a date that is none', PUBLIC, `${PRIVATE}Publish: 20231399000000\n`, /^K\.private:4: "20231399000000" is no time/],
  ['a line without a colon', PUBLIC, `${PRIVATE}something\n`, /^K\.private:4: "NAME: VALUE" was expected$/],
];
for (const [about, open, secret, said] of WRONG) {
  test(`refuses ${about}`, () => {
    assert.throws(() => again(open, secret), (error) => {
      assert.ok(error instanceof KeyFileError);
      assert.match(error.message, said);
      return true;
    });
  });
}

test('a file without a time to live, in several lines, with fields that nobody knows', () => {
  const [head, body] = printPublicFile(key, {}).split('256 3 13 ');
  const lines = `example.org. IN DNSKEY 256 3 13 (\n  ${body!.slice(0, 20)} ; half\n  ${body!.slice(20).trim()} )\n`;
  assert.equal(parsePublicFile(lines, 'f').ttl, undefined);
  assert.match(head!, /^; This is a zone-signing key/);
  const read = again(`example.org. IN DNSKEY 256 3 13 ${body}`, `${PRIVATE.replace('v1.3', 'v1.9')}Colour: Red\n`);
  assert.equal(read.key.ttl, 3600);
});

test('names of files are those of BIND, without what a file name must not have', () => {
  assert.match(keyFileName(Name.parse('a\\/b.Example.'), key.data), /^Ka%2Fb\.example\.\+013\+\d{5}$/);
  assert.match(keyFileName(Name.root, key.data), /^K\.\+013\+\d{5}$/);
});
