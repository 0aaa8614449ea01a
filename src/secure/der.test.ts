// DER, requests and certificates that are made here, as others read them: Node's own reader, and a fuzz of ours.
import assert from 'node:assert/strict';
import * as crypto from 'node:crypto';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { Authority } from '../testing/certificates.ts';
import { der, elements, integer, oid, sequence } from './der.ts';
import { certificateNumbers, certificateRequest, selfSigned } from './made-certificate.ts';

const key = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const raw = (pem: string): Buffer => new crypto.X509Certificate(pem).raw;

test('what is made is read again, whatever its length', () => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 70_000, size: 'max' }), { maxLength: 3 }), (all) => {
    const made = all.map((bytes) => der(0x04, bytes));
    assert.deepEqual(elements(Buffer.concat(made)).map(({ body }) => Buffer.from(body)), all.map((bytes) => Buffer.from(bytes)));
    assert.ok(sequence(...made).equals(elements(sequence(...made))[0]!.whole));
  }), { numRuns: 50 });
});

test('numbers and names of objects have their shortest form (X.690 8.3, 8.19)', () => {
  assert.deepEqual([...integer(0)], [2, 1, 0]);
  assert.deepEqual([...integer(0, 0, 127)], [2, 1, 127]);
  assert.deepEqual([...integer(128)], [2, 2, 0, 128]);
  assert.equal(oid('1.2.840.113549.1.9.14').toString('hex'), '06092a864886f70d01090e');
});

test('octets that are no DER end in a RangeError, and change nothing else', () => {
  const real = raw(new Authority().sign({ names: ['a.test'] }).cert);
  const changed = fc.tuple(fc.nat(real.length - 1), fc.nat(255), fc.nat(real.length)).map(([at, octet, end]) => {
    const bytes = Buffer.from(real);
    bytes[at] = octet;
    return bytes.subarray(0, end);
  });
  fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), changed), (bytes) => {
    try {
      for (const { whole } of elements(bytes)) assert.ok(whole.length >= 2);
    } catch (error) {
      assert.ok(error instanceof RangeError, String(error));
    }
    certificateNumbers(bytes);
  }), { numRuns: 2000 });
  for (const text of ['30', '3080', '308180', '30847fffffff', '3085010000000000', '1f0100', '30810100', '3003020101ff']) {
    assert.throws(() => elements(Buffer.from(text, 'hex')), RangeError, text);
  }
});

test('a request has its names and its key, and is signed by it', () => {
  const request = certificateRequest(['a.test', '*.a.test'], key, crypto);
  const [body, algorithm, signature] = elements(elements(request)[0]!.body);
  assert.ok(crypto.verify('sha256', body!.whole, crypto.createPublicKey(key), signature!.body.subarray(1)));
  assert.equal(Buffer.from(algorithm!.whole).toString('hex'), '300a06082a8648ce3d040302');
  const [version, subject, publicKey, attributes] = elements(body!.body);
  assert.deepEqual([version!.body[0], subject!.body.length, attributes!.tag], [0, 0, 0xa0]);
  assert.deepEqual(Buffer.from(publicKey!.whole), crypto.createPublicKey(key).export({ type: 'spki', format: 'der' }));
  assert.ok(request.includes(Buffer.from('\x82\x06a.test\x82\x08*.a.test', 'latin1')));
});

test('a certificate that signs itself is one: its names, its time and its key', () => {
  const [from, until] = [Date.UTC(2026, 0, 1), Date.UTC(2060, 1, 2)];
  const pem = selfSigned({ common: 'nobody', names: ['a.test'], from, until, serial: Uint8Array.of(0, 200, 7) }, key, crypto);
  const certificate = new crypto.X509Certificate(pem);
  assert.ok(certificate.checkPrivateKey(key) && certificate.verify(crypto.createPublicKey(key)));
  assert.deepEqual([certificate.subjectAltName, certificate.serialNumber, certificate.ca], ['DNS:a.test', 'C807', false]);
  assert.deepEqual([Date.parse(certificate.validFrom), Date.parse(certificate.validTo)], [from, until]);
});

test('the numbers of a certificate (RFC 9773 section 4.1), and one without them', () => {
  const made = raw(new Authority().sign({ names: ['a.test'] }).cert);
  const numbers = certificateNumbers(made)!;
  assert.equal(Buffer.from(numbers.authorityKey).toString('hex'), '0102030405060708090a0b0c0d0e0f1011121314');
  assert.equal(Buffer.from(numbers.serial).toString('hex').toUpperCase(), new crypto.X509Certificate(made).serialNumber);
  assert.equal(certificateNumbers(raw(new Authority().pem)), undefined);
});
