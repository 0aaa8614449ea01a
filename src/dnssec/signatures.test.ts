// Signing and verifying: the examples of RFCs 6605 and 8080, every algorithm there and back, and what must not pass.
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { test } from 'node:test';
import { latin1Bytes } from '../dns/latin1.ts';
import { Name } from '../dns/name.ts';
import { parseRR } from '../dns/rr.ts';
import { algorithmNamed } from './algorithm.ts';
import { dnskeyData, keyTag, rsaKey } from './dnskey.ts';
import { readKeyFiles } from './key-file.ts';
import { formOf } from './set-form.ts';
import type { RRset } from './set-form.ts';
import { signatureData, toSign } from './signature.ts';
import { SigningKey, generateKey } from './signing-key.ts';
import { VerifyingKey } from './verification.ts';

const setOf = (...lines: readonly string[]): RRset => {
  const records = lines.map((line) => parseRR(line)!);
  const [{ name, type, class: klass, ttl }] = records as [NonNullable<ReturnType<typeof parseRR>>];
  return { owner: latin1Bytes(name.raw), type, class: klass, ttl, data: records.map(({ rdata }) => rdata) };
};
const rdata = (line: string): Uint8Array => parseRR(line)!.rdata;
const at = (text: string): number => Date.parse(text) / 1000;

/** Examples of RFCs: the key, its tag, the set and its signature, and a moment at which that holds. */
const EXAMPLES = [{
  title: 'RFC 6605 section 6.1, P-256',
  key: 'example.net. 3600 IN DNSKEY 257 3 13 GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==',
  secret: 'GU6SnQ/Ou+xC5RumuIUIuJZteXT2z0O/ok1s38Et6mQ=', tag: 55648,
  set: 'www.example.net. 3600 IN A 192.0.2.1',
  signature: 'www.example.net. 3600 IN RRSIG A 13 3 3600 20100909100439 20100812100439 55648 example.net. ' +
    'qx6wLYqmh+l9oCKTN6qIc+bw6ya+KJ8oMz0YP107epXAyGmt+3SNruPFKG7tZoLBLlUzGGus7ZwmwWep666VCw==',
  moment: '2010-08-20T00:00:00Z',
}, {
  title: 'RFC 6605 section 6.2, P-384',
  key: 'example.net. 3600 IN DNSKEY 257 3 14 xKYaNhWdGOfJ+nPrL8/arkwf2EY3MDJ+SErKivBVSum1w/egsXvSADtNJhyem5RCOpgQ6K8X1DRSEkrbYQ+OB+v8' +
    '/uX45NBwY8rp65F6Glur8I/mlVNgF6W/qTI37m40',
  secret: 'WURgWHCcYIYUPWgeLmiPY2DJJk02vgrmTfitxgqcL4vwW7BOrbawVmVe0d9V94SR', tag: 10771,
  set: 'www.example.net. 3600 IN A 192.0.2.1',
  signature: 'www.example.net. 3600 IN RRSIG A 14 3 3600 20100909102025 20100812102025 10771 example.net. ' +
    '/L5hDKIvGDyI1fcARX3z65qrmPsVz73QD1Mr5CEqOiLP95hxQouuroGCeZOvzFaxsT8Glr74hbavRKayJNuydCuzWTSSPdz7wnqXL5bdcJzusdnI0RSMROxxwGipWcJm',
  moment: '2010-08-20T00:00:00Z',
}, {
  title: 'RFC 8080 section 6.1, Ed25519',
  key: 'example.com. 3600 IN DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=',
  secret: 'ODIyNjAzODQ2MjgwODAxMjI2NDUxOTAyMDQxNDIyNjI=', tag: 3613,
  set: 'example.com. 3600 IN MX 10 mail.example.com.',
  signature: 'example.com. 3600 IN RRSIG MX 15 2 3600 1440021600 1438207200 3613 example.com. ' +
    'oL9krJun7xfBOIWcGHi7mag5/hdZrKWw15jPGrHpjQeRAvTdszaPD+QLs3fx8A4M3e23mRZ9VrbpMngwcrqNAg==',
  moment: '2015-08-01T00:00:00Z',
}, {
  title: 'RFC 8080 section 6.2, Ed448',
  key: 'example.com. 3600 IN DNSKEY 257 3 16 3kgROaDjrh0H2iuixWBrc8g2EpBBLCdGzHmn+G2MpTPhpj/OiBVHHSfPodx1FYYUcJKm1MDpJtIA',
  secret: 'xZ+5Cgm463xugtkY5B0Jx6erFTXp13rYegst0qRtNsOYnaVpMx0Z/c5EiA9x8wWbDDct/U3FhYWA', tag: 9713,
  set: 'example.com. 3600 IN MX 10 mail.example.com.',
  signature: 'example.com. 3600 IN RRSIG MX 16 2 3600 1440021600 1438207200 9713 example.com. ' +
    '3cPAHkmlnxcDHMyg7vFC34l0blBhuG1qpwLmjInI8w1CMB29FkEAIJUA0amxWndkmnBZ6SKiwZSAxGILn/NBtOXft0+Gj7FSvOKxE/07+4RQvE581N3Aj/JtIyaiYVdn' +
    'YtyMWbSNyGEY2213WKsJlwEA',
  moment: '2015-08-01T00:00:00Z',
}];

for (const { title, key, secret, tag, set, signature, moment } of EXAMPLES) {
  test(`the example of ${title} holds, and the key's own signature does`, () => {
    const algorithm = parseRR(key)!.rdata[3]!;
    const verifying = new VerifyingKey(rdata(key));
    assert.equal(verifying.tag, tag);
    const now = at(moment);
    assert.equal(verifying.verify(setOf(set), rdata(signature), now), 'valid');
    const file = `Private-key-format: v1.2\nAlgorithm: ${algorithm}\nPrivateKey: ${secret}\n`;
    const { key: signing } = readKeyFiles(key, 'K.key', file, 'K.private');
    const made = signing.signSet(setOf(set), { inception: now - 1, expiration: now + 1 });
    assert.equal(verifying.verify(setOf(set), made, now), 'valid');
    if (signing.algorithm.kind !== 'okp') return;
    // These sign without chance, so ours are the RFC's to the octet.
    const whole = signing.signSet(setOf(set), { inception: 1438207200, expiration: 1440021600 });
    assert.deepEqual(whole, rdata(signature));
  });
}

for (const name of ['RSASHA256', 'RSASHA512', 'ECDSAP256SHA256', 'ECDSAP384SHA384', 'ED25519', 'ED448']) {
  test(`${name}: what is signed holds, and nothing else does`, async () => {
    const zone = Name.parse('Example.org.');
    const key = generateKey(zone, algorithmNamed(name)!, 256, 300, 1024);
    const other = generateKey(zone, algorithmNamed(name)!, 256, 300, 1024);
    const set = setOf('B.example.org. 60 IN MX 10 Mail.Example.org.', 'b.example.org. 60 IN MX 5 mail.example.org.');
    const verifying = new VerifyingKey(key.data);
    const made = key.signSet(set, { inception: 1000, expiration: 2000 });
    const holds = (changed: RRset, now = 1500) => verifying.verify(changed, made, now);
    assert.equal(holds(set), 'valid');
    // Letters, order and doubles do not count, nor does the TTL.
    assert.equal(holds(setOf('b.EXAMPLE.org. 5 IN MX 5 MAIL.example.org.', 'b.example.org. 5 IN MX 10 mail.example.org.',
      'b.example.org. 5 IN MX 5 mail.example.org.')), 'valid');
    assert.equal(holds(setOf('b.example.org. 60 IN MX 10 mail.example.org.')), 'bogus');
    assert.equal(holds(setOf('c.example.org. 60 IN MX 10 mail.example.org.', 'c.example.org. 60 IN MX 5 mail.example.org.')), 'bogus');
    assert.equal(holds({ ...set, type: 18 }), 'other set');
    assert.equal(holds({ ...set, owner: latin1Bytes(Name.parse('b.example.net.').raw) }), 'other set');
    assert.equal(holds(set, 2001), 'expired');
    assert.equal(holds(set, 999), 'not yet');
    assert.equal(new VerifyingKey(other.data).verify(set, made, 1500), 'other key');
    const revoked = dnskeyData(0x180, key.algorithm.number, key.data.subarray(4));
    assert.notEqual(new VerifyingKey(revoked).verify(set, made, 1500), 'valid');
    assert.equal(verifying.verify(set, made.subarray(0, made.length - 1), 1500), 'bogus');
    assert.equal(verifying.verify(set, made.subarray(0, 20), 1500), 'malformed');
    for (const place of [8, 12, 40, made.length - 1]) {
      const changed = Uint8Array.from(made);
      changed[place]! ^= 1;
      assert.notEqual(verifying.verify(set, changed, 1500), 'valid', String(place));
    }
    assert.deepEqual(await key.signElsewhere(Uint8Array.of(1)).then(({ length }) => length), key.sign(Uint8Array.of(1)).length);
  });
}

test('a signature over a wildcard holds for what it stands for, and a `*` is no label', () => {
  const key = generateKey(Name.parse('example.org.'), algorithmNamed('13')!, 256, 300);
  const made = key.signSet(setOf('*.w.example.org. 60 IN A 192.0.2.1'), { inception: 0, expiration: 10 });
  assert.equal(made[3], 3);
  const verifying = new VerifyingKey(key.data);
  assert.equal(verifying.verify(setOf('a.b.w.example.org. 60 IN A 192.0.2.1'), made, 5), 'valid');
  assert.equal(verifying.verify(setOf('*.w.example.org. 60 IN A 192.0.2.1'), made, 5), 'valid');
  assert.equal(verifying.verify(setOf('a.v.example.org. 60 IN A 192.0.2.1'), made, 5), 'bogus');
  assert.equal(verifying.verify(setOf('w.example.org. 60 IN A 192.0.2.1'), made, 5), 'bogus');
  assert.equal(verifying.verify(setOf('example.org. 60 IN A 192.0.2.1'), made, 5), 'other set');
});

test('a signature of RSA and SHA-1 is verified, and no key of it signs', () => {
  const made = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const { n, e, ...parts } = made.privateKey.export({ format: 'jwk' });
  const data = dnskeyData(256, 5, rsaKey(Buffer.from(n!, 'base64url'), Buffer.from(e!, 'base64url')));
  const zone = Name.parse('example.org.');
  const set = setOf('a.example.org. 60 IN A 192.0.2.1');
  const fields = {
    covered: 1, algorithm: 5, labels: 3, originalTtl: 60, inception: 0, expiration: 10, keyTag: keyTag(data), signer: latin1Bytes(zone.raw),
  };
  const signature = signatureData(fields, sign('sha1', toSign(formOf(set), fields), made.privateKey));
  assert.equal(new VerifyingKey(data).verify(set, signature, 5), 'valid');
  assert.throws(() => new SigningKey(zone, 60, data, parts as Record<string, string>), /RSASHA1 is for old signatures alone/);
});
