// A key that signs: its DNSKEY with the private part. Knows node:crypto; knows nothing of files, of zones, or of when to sign.
import { createPrivateKey, generateKeyPair, generateKeyPairSync, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Name } from '../dns/name.ts';
import { latin1Bytes } from '../dns/latin1.ts';
import { algorithmOf } from './algorithm.ts';
import type { Algorithm } from './algorithm.ts';
import {
  ENTRY_POINT, algorithmNumber, dnskeyData, flagsOf, keyOctets, keyTag, publicKey, publicParts, rsaKey, rsaParts,
} from './dnskey.ts';
import { formOf } from './set-form.ts';
import type { RRset } from './set-form.ts';
import { signedLabels } from './canonical.ts';
import { signatureData, toSign } from './signature.ts';
import type { SignatureFields } from './signature.ts';

/** A key that cannot be used, and why. */
export class KeyError extends Error {
  override readonly name = 'KeyError';
}

/** The private part of a key as JWK names it: `d`, and for RSA p, q, dp, dq and qi, in base64url. */
export type PrivateParts = { readonly [part: string]: string };

/** How long a signature holds: seconds since 1970. */
export interface Validity {
  readonly inception: number;
  readonly expiration: number;
}

const PROBE = Uint8Array.of(1, 2, 3);

/** A DNSKEY with its private key. */
export class SigningKey {
  readonly owner: Name;
  /** The wire form of the owner, lowered: the signer of its signatures, unless another one is given. */
  readonly signer: Uint8Array;
  /** Seconds to live of the DNSKEY in the file. */
  readonly ttl: number;
  /** The DNSKEY's data. */
  readonly data: Uint8Array;
  readonly tag: number;
  readonly algorithm: Algorithm;
  /** Octets of each signature that it makes. */
  readonly signatureLength: number;
  /** Whether it is a key-signing key: the secure entry point is set. */
  readonly entryPoint: boolean;
  readonly #key: { readonly key: KeyObject; readonly dsaEncoding: 'ieee-p1363' };

  /** Throws KeyError where the algorithm is unknown or only verifies, or both parts are no pair. */
  constructor(owner: Name, ttl: number, data: Uint8Array, parts: PrivateParts) {
    this.owner = owner;
    this.signer = latin1Bytes(owner.key);
    this.ttl = ttl;
    this.data = data;
    this.tag = keyTag(data);
    this.entryPoint = (flagsOf(data) & ENTRY_POINT) !== 0;
    const number = algorithmNumber(data);
    const algorithm = algorithmOf(number);
    if (algorithm === undefined) throw new KeyError(`algorithm ${number} is not supported`);
    if (!algorithm.signs) throw new KeyError(`${algorithm.name} is for old signatures alone, no new ones are made with it (RFC 9905)`);
    this.algorithm = algorithm;
    this.signatureLength = algorithm.signatureLength || (rsaParts(keyOctets(data))?.n.length ?? 0);
    this.#key = { key: this.#pair(parts), dsaEncoding: 'ieee-p1363' };
  }
  #pair(parts: PrivateParts): KeyObject {
    const open = publicKey(this.data);
    const shown = publicParts(this.algorithm, keyOctets(this.data));
    if (open === undefined || shown === undefined) throw new KeyError(`the public key is no key of ${this.algorithm.name}`);
    const encoding = { dsaEncoding: 'ieee-p1363' } as const;
    try {
      const key = createPrivateKey({ key: { ...shown, ...parts }, format: 'jwk' });
      const made = sign(this.algorithm.hash, PROBE, { key, ...encoding });
      if (verify(this.algorithm.hash, PROBE, { key: open, ...encoding }, made)) return key;
    } catch (error) {
      throw new KeyError(`the private key is no key of ${this.algorithm.name}, or not that of the public key`, { cause: error });
    }
    throw new KeyError('the private key is not that of the public key');
  }

  /** The private part, for whoever writes it to a file. */
  privateParts(): PrivateParts {
    const { d, p, q, dp, dq, qi } = this.#key.key.export({ format: 'jwk' });
    const parts = this.algorithm.kind === 'rsa' ? { d, p, q, dp, dq, qi } : { d };
    return parts as PrivateParts;
  }
  /** The signature of these octets, made at once. */
  sign(octets: Uint8Array): Uint8Array {
    return sign(this.algorithm.hash, octets, this.#key);
  }
  /** The same, made in another thread. `octets` must stay as they are until then. */
  signElsewhere(octets: Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      sign(this.algorithm.hash, octets, this.#key, (error, made) => (error === null ? resolve(made) : reject(error)));
    });
  }
  /** The data of an RRSIG over a set, made at once. */
  signSet(set: RRset, validity: Validity): Uint8Array {
    const { fields, octets } = this.#over(set, validity);
    return signatureData(fields, this.sign(octets));
  }
  /** The same, made in another thread. */
  async signSetElsewhere(set: RRset, validity: Validity): Promise<Uint8Array> {
    const { fields, octets } = this.#over(set, validity);
    return signatureData(fields, await this.signElsewhere(octets));
  }
  #over(set: RRset, { inception, expiration }: Validity) {
    const fields: SignatureFields = {
      covered: set.type, algorithm: this.algorithm.number, labels: signedLabels(set.owner), originalTtl: set.ttl,
      expiration: expiration >>> 0, inception: inception >>> 0, keyTag: this.tag, signer: this.signer,
    };
    return { fields, octets: toSign(formOf(set), fields) };
  }
}

/** Bits of a new RSA key. */
const RSA_BITS = 2048;
const CURVES: { readonly [curve: string]: () => KeyObject } = {
  Ed25519: () => generateKeyPairSync('ed25519').privateKey,
  Ed448: () => generateKeyPairSync('ed448').privateKey,
};

/** A new key of a zone. `flags` is 256 for one that signs the zone and 257 for one that signs keys; `bits` are RSA's alone. */
export function generateKey(owner: Name, algorithm: Algorithm, flags: number, ttl: number, bits: number = RSA_BITS): SigningKey {
  const made = algorithm.kind === 'rsa' ? generateKeyPairSync('rsa', { modulusLength: bits }).privateKey
    : algorithm.kind === 'ec' ? generateKeyPairSync('ec', { namedCurve: algorithm.curve }).privateKey
    : CURVES[algorithm.curve]!();
  return keyOf(made, owner, algorithm, flags, ttl);
}
/** The same, where one of RSA, which takes long, is made in another thread. */
export function generateKeyElsewhere(owner: Name, algorithm: Algorithm, flags: number, ttl: number,
  bits: number = RSA_BITS): Promise<SigningKey> {
  if (algorithm.kind !== 'rsa') return Promise.resolve(generateKey(owner, algorithm, flags, ttl));
  return new Promise((resolve, reject) => {
    generateKeyPair('rsa', { modulusLength: bits }, (error, _open, made) =>
      (error === null ? resolve(keyOf(made, owner, algorithm, flags, ttl)) : reject(error)));
  });
}
function keyOf(made: KeyObject, owner: Name, algorithm: Algorithm, flags: number, ttl: number): SigningKey {
  const { n, e, x, y, ...parts } = made.export({ format: 'jwk' });
  const octets = (text: string | undefined) => Buffer.from(text ?? '', 'base64url');
  const key = algorithm.kind === 'rsa' ? rsaKey(octets(n), octets(e)) : Buffer.concat([octets(x), octets(y)]);
  return new SigningKey(owner, ttl, dnskeyData(flags, algorithm.number, key), parts as PrivateParts);
}
