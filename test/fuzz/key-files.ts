// Any text as the two files of a key: a pair that signs, or a refusal that names the file. Knows what must hold; knows no algorithm.
import assert from 'node:assert/strict';
import { fc } from '../../src/testing/properties.ts';
import { Name } from '../../src/dns/name.ts';
import { algorithmNamed } from '../../src/dnssec/algorithm.ts';
import { KeyFileError, printPrivateFile, printPublicFile, readKeyFiles } from '../../src/dnssec/key-file.ts';
import { generateKey } from '../../src/dnssec/signing-key.ts';
import { VerifyingKey } from '../../src/dnssec/verification.ts';
import { target, textOf } from './target.ts';

const dates = { Created: 0, Activate: 1700000000 };
const pairs = ['RSASHA256', 'ECDSAP256SHA256', 'ED25519', 'ED448'].map((name) => {
  const key = generateKey(Name.parse('example.org.'), algorithmNamed(name)!, 257, 300, 1024);
  return [printPublicFile(key, dates), printPrivateFile(key, dates)] as const;
});

const words = [
  'Private-key-format:', 'v1.3', 'v1.2', 'Algorithm:', '13', '(ECDSAP256SHA256)', 'PrivateKey:', 'Modulus:', 'Publish:', ';', '(', ')',
  'example.org.', 'IN', 'DNSKEY', '257', '3', '8', 'AQ==', '20230101000000', '"', '\\', 'Prime1:', 'Engine:',
];
const change = fc.tuple(fc.nat(2000), fc.oneof(fc.constantFrom('', '\n', 'A', '=', ' ', '0'), fc.string({ unit: 'binary', maxLength: 1 })));
/** The text of a pair with some characters changed, or cut. */
const changed = fc.record({
  pair: fc.constantFrom(...pairs), open: fc.array(change, { maxLength: 2 }), secret: fc.array(change, { maxLength: 2 }),
  cut: fc.oneof(fc.constant(0), fc.nat(900)),
}).map(({ pair, open, secret, cut }) => {
  const altered = (text: string, changes: readonly (readonly [number, string])[]) =>
    changes.reduce((all, [at, to]) => all.slice(0, at % all.length) + to + all.slice((at % all.length) + 1), text);
  return [altered(pair[0], open), altered(pair[1], secret).slice(0, pair[1].length - cut)] as const;
});
const anything = fc.tuple(textOf(...words), textOf(...words));

/** The files of a key. */
export const keyFiles = target('key-files', 400, fc.oneof(changed, anything), ([open, secret]) => {
  try {
    const { key } = readKeyFiles(open, 'K.key', secret, 'K.private');
    const set = { owner: key.signer, type: 16, class: 1, ttl: 60, data: [Uint8Array.of(1, 65)] };
    const made = key.signSet(set, { inception: 0, expiration: 10 });
    const verdict = new VerifyingKey(key.data).verify(set, made, 5);
    // The flags may have lost the bit of zone keys, or the protocol be another one: nobody verifies with such a key.
    assert.ok(verdict === 'valid' || verdict === 'other key', verdict);
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error;
    assert.match(error.message, /^K\.(key|private)(:\d+)?: ./);
  }
});
