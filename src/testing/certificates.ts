// Certificates for tests: an authority and what it signs, made at once and without any program. Knows X.509 as far as that.
import { createPrivateKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { der, oid, sequence, setOf, time, utf8 } from '../secure/der.ts';

/** PEM of a certificate and its key. */
export interface MadePair {
  readonly cert: string;
  readonly key: string;
}
/** What a certificate shall say. */
export interface Wanted {
  /** The common name of its subject. */
  readonly common?: string;
  /** Alternative names: those that look like an address of IPv4 are addresses. */
  readonly names?: readonly string[];
  /** Milliseconds since 1970; from yesterday until in a month where nothing is given. */
  readonly from?: number;
  readonly until?: number;
  /** The key of whoever asks for it, as SubjectPublicKeyInfo; one that is made here where nothing is given. */
  readonly publicKey?: Uint8Array;
}

const DAY = 86_400_000;

const named = (common: string): Buffer => sequence(setOf(sequence(oid('2.5.4.3'), utf8(common))));
/** ecdsa-with-SHA256. */
const ALGORITHM = sequence(oid('1.2.840.10045.4.3.2'));
const pem = (kind: string, bytes: Buffer): string =>
  `-----BEGIN ${kind}-----\n${bytes.toString('base64').replace(/.{1,64}/g, '$&\n')}-----END ${kind}-----\n`;

/** What names the key of whoever signed: the same for all authorities of tests. */
const AUTHORITY_KEY = Buffer.from('0102030405060708090a0b0c0d0e0f1011121314', 'hex');

const extension = (id: number, critical: boolean, value: Buffer): Buffer =>
  sequence(oid(`2.5.29.${id}`), ...(critical ? [der(0x01, Buffer.from([0xff]))] : []), der(0x04, value));
function extensions(authority: boolean, names: readonly string[]): Buffer {
  const general = names.map((name) =>
    (/^[\d.]+$/.test(name) ? der(0x87, Buffer.from(name.split('.').map(Number))) : der(0x82, Buffer.from(name))));
  return der(0xa3, sequence(
    extension(19, true, sequence(...(authority ? [der(0x01, Buffer.from([0xff]))] : []))),
    ...(general.length === 0 ? [] : [extension(17, false, sequence(...general))]),
    ...(authority ? [] : [extension(35, false, sequence(der(0x80, AUTHORITY_KEY)))]),
  ));
}

interface Signer {
  readonly common: string;
  readonly key: KeyObject;
}
function make(wanted: Wanted, signer?: Signer): MadePair {
  const { common = '', names = [], from = Date.now() - DAY, until = Date.now() + 30 * DAY, publicKey: theirs } = wanted;
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subject = common === '' && names[0] !== undefined ? names[0] : common;
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))), der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])), ALGORITHM,
    named(signer?.common ?? subject), sequence(time(from), time(until)), named(subject),
    theirs ?? publicKey.export({ type: 'spki', format: 'der' }), extensions(signer === undefined, names),
  );
  const signature = sign('sha256', body, signer?.key ?? privateKey);
  const cert = pem('CERTIFICATE', sequence(body, ALGORITHM, der(0x03, Buffer.from([0]), signature)));
  return { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

/** An authority, and what it signs. */
export class Authority {
  /** Its own certificate. */
  readonly pem: string;
  /** The same with its key, as `openssl req -x509` makes them for a server; it stands for `authority.test`. */
  readonly own: MadePair;
  readonly #signer: Signer;

  constructor(common = 'an authority of tests') {
    const { cert, key } = make({ common, names: ['authority.test'] });
    this.pem = cert;
    this.own = { cert, key };
    this.#signer = { common, key: createPrivateKey(key) };
  }
  /** A certificate of this authority, with a key of its own. */
  sign(wanted: Wanted): MadePair {
    return make(wanted, this.#signer);
  }
}

