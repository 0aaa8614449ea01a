// The algorithms of keys and signatures (RFC 8624, RFC 9905): which hash, which kind of key, how long. Knows numbers; knows no key.

/** What a public or private key is to node:crypto. */
export type KeyKind = 'rsa' | 'ec' | 'okp';

/** One algorithm of DNSSEC. */
export interface Algorithm {
  readonly number: number;
  /** Its mnemonic, as BIND's key files have it. */
  readonly name: string;
  readonly kind: KeyKind;
  /** The hash that is signed; undefined where the algorithm has its own. */
  readonly hash: string | undefined;
  /** The curve, as JWK names it; '' for RSA. */
  readonly curve: string;
  /** Octets of a public key as DNSKEY has it, and of a signature; 0 where the key decides. */
  readonly keyLength: number;
  readonly signatureLength: number;
  /** Whether new signatures may be made: SHA-1 is for old ones alone (RFC 9905). */
  readonly signs: boolean;
  /** Whether it is so quick that it is done in the turn in which it is asked for. */
  readonly quick: boolean;
}

const rsa = (number: number, name: string, hash: string, signs = true): Algorithm =>
  ({ number, name, kind: 'rsa', hash, curve: '', keyLength: 0, signatureLength: 0, signs, quick: false });
const ec = (number: number, name: string, hash: string, curve: string, octets: number, quick: boolean): Algorithm =>
  ({ number, name, kind: 'ec', hash, curve, keyLength: octets * 2, signatureLength: octets * 2, signs: true, quick });
const okp = (number: number, name: string, curve: string, keyLength: number, signatureLength: number, quick: boolean): Algorithm =>
  ({ number, name, kind: 'okp', hash: undefined, curve, keyLength, signatureLength, signs: true, quick });

const ALGORITHMS: ReadonlyMap<number, Algorithm> = new Map([
  rsa(5, 'RSASHA1', 'sha1', false),
  rsa(7, 'NSEC3RSASHA1', 'sha1', false),
  rsa(8, 'RSASHA256', 'sha256'),
  rsa(10, 'RSASHA512', 'sha512'),
  ec(13, 'ECDSAP256SHA256', 'sha256', 'P-256', 32, true),
  ec(14, 'ECDSAP384SHA384', 'sha384', 'P-384', 48, false),
  okp(15, 'ED25519', 'Ed25519', 32, 64, true),
  okp(16, 'ED448', 'Ed448', 57, 114, false),
].map((one) => [one.number, one]));

/** The algorithm of a number; undefined for one that is not supported here. */
export const algorithmOf = (number: number): Algorithm | undefined => ALGORITHMS.get(number);

/** The algorithm that a mnemonic or a number names, whatever its case; undefined where there is none. */
export function algorithmNamed(text: string): Algorithm | undefined {
  const upper = text.toUpperCase();
  return ALGORITHMS.get(Number(text)) ?? [...ALGORITHMS.values()].find(({ name }) => name === upper);
}
