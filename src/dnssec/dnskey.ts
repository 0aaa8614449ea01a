// Public keys as DNSKEY records have them (RFC 4034 section 2, RFC 3110, RFC 6605, RFC 8080). Knows octets of record data and node:crypto's
// keys; knows nothing of files or of who may sign.
import { createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { u16 } from '../dns/packet.ts';
import { algorithmOf } from './algorithm.ts';
import type { Algorithm } from './algorithm.ts';

/** Bits of a DNSKEY's flags: a key of the zone, one that was revoked (RFC 5011), and a secure entry point. */
export const ZONE_KEY = 0x0100, REVOKED = 0x0080, ENTRY_POINT = 0x0001;
/** The only protocol there is (RFC 4034 section 2.1.2). */
const PROTOCOL = 3;
/** Octets before the key itself. */
const HEAD = 4;

/** The flags, the protocol, the algorithm number and the key of a DNSKEY's data. */
export const flagsOf = (data: Uint8Array): number => u16(data, 0);
/** The number of the algorithm. */
export const algorithmNumber = (data: Uint8Array): number => data[3] ?? 0;
/** The key itself. */
export const keyOctets = (data: Uint8Array): Uint8Array => data.subarray(HEAD);

/** The data of a DNSKEY. */
export function dnskeyData(flags: number, algorithm: number, key: Uint8Array): Uint8Array {
  const data = new Uint8Array(HEAD + key.length);
  data.set([flags >> 8, flags, PROTOCOL, algorithm]);
  data.set(key, HEAD);
  return data;
}

/** The tag of a DNSKEY's data (RFC 4034 appendix B): 16 bits, and not unique. */
export function keyTag(data: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += (i & 1) === 0 ? data[i]! << 8 : data[i]!;
  return (sum + (sum >>> 16)) & 0xffff;
}

const text = (octets: Uint8Array): string => Buffer.from(octets).toString('base64url');

/** Modulus and exponent of an RSA key (RFC 3110 section 2); undefined where it is cut. */
export function rsaParts(key: Uint8Array): { readonly n: Uint8Array; readonly e: Uint8Array } | undefined {
  const long = key[0] === 0;
  const length = long ? u16(key, 1) : (key[0] ?? 0);
  const at = long ? 3 : 1;
  if (key.length < at || length === 0 || key.length <= at + length) return undefined;
  return { e: key.subarray(at, at + length), n: key.subarray(at + length) };
}

/** An RSA key of modulus and exponent, as DNSKEY has it (RFC 3110 section 2). */
export function rsaKey(n: Uint8Array, e: Uint8Array): Uint8Array {
  const head = e.length < 256 ? [e.length] : [0, e.length >> 8, e.length];
  return Uint8Array.from([...head, ...e, ...n]);
}

/** The public part of a key as JWK has it; undefined where the octets are no such key. */
export function publicParts(algorithm: Algorithm, key: Uint8Array): { readonly [part: string]: string } | undefined {
  if (algorithm.kind === 'rsa') {
    const parts = rsaParts(key);
    return parts === undefined ? undefined : { kty: 'RSA', n: text(parts.n), e: text(parts.e) };
  }
  if (key.length !== algorithm.keyLength) return undefined;
  if (algorithm.kind === 'okp') return { kty: 'OKP', crv: algorithm.curve, x: text(key) };
  const half = key.length / 2;
  return { kty: 'EC', crv: algorithm.curve, x: text(key.subarray(0, half)), y: text(key.subarray(half)) };
}

/** The public key of a DNSKEY's data; undefined where the algorithm is not supported or the octets are no such key. */
export function publicKey(data: Uint8Array): KeyObject | undefined {
  const algorithm = algorithmOf(algorithmNumber(data));
  const parts = algorithm === undefined ? undefined : publicParts(algorithm, keyOctets(data));
  if (parts === undefined) return undefined;
  try {
    return createPublicKey({ key: parts, format: 'jwk' });
  } catch {
    return undefined;                                           // a point that is not on the curve, a modulus of zero
  }
}
