// The data of an RRSIG, and the octets that a signature is of (RFC 4034 section 3.1.8.1). Knows fields and canonical forms; knows nothing
// of keys.
import { setU16, setU32, u16, u32 } from '../dns/packet.ts';
import type { SetForm } from './set-form.ts';

/** Octets of an RRSIG's data before the signer's name. */
const HEAD = 18;

/** What an RRSIG says besides the signature itself. */
export interface SignatureFields {
  readonly covered: number;
  readonly algorithm: number;
  /** Labels of the owner, without the root's and a `*` in front. */
  readonly labels: number;
  /** Seconds. */
  readonly originalTtl: number;
  /** Seconds since 1970 modulo 2^32. */
  readonly expiration: number;
  readonly inception: number;
  readonly keyTag: number;
  /** The wire form of the name of the zone; it is written as it is, so it is given in lower case. */
  readonly signer: Uint8Array;
}

/** Writes an RRSIG's data without its signature; says where it ends. */
export function writeHead(out: Uint8Array, at: number, fields: SignatureFields): number {
  setU16(out, at, fields.covered);
  out[at + 2] = fields.algorithm;
  out[at + 3] = fields.labels;
  setU32(out, at + 4, fields.originalTtl);
  setU32(out, at + 8, fields.expiration);
  setU32(out, at + 12, fields.inception);
  setU16(out, at + 16, fields.keyTag);
  out.set(fields.signer, at + HEAD);
  return at + HEAD + fields.signer.length;
}

/** The fields and the signature of an RRSIG's data, the signer lowered; undefined where it is cut. */
export function readSignature(data: Uint8Array): (SignatureFields & { readonly signature: Uint8Array }) | undefined {
  let end = HEAD;
  while (end < data.length && data[end] !== 0) end += data[end]! + 1;
  if (end >= data.length || end + 1 - HEAD > 255) return undefined;
  const signer = data.slice(HEAD, end + 1);
  for (let i = 0; i < signer.length; i++) if (signer[i]! >= 65 && signer[i]! <= 90) signer[i]! |= 32;
  return {
    covered: u16(data, 0), algorithm: data[2]!, labels: data[3]!, originalTtl: u32(data, 4), expiration: u32(data, 8),
    inception: u32(data, 12), keyTag: u16(data, 16), signer, signature: data.subarray(end + 1),
  };
}

/** What is signed: the RRSIG's data without its signature, then each record of the set. */
export function toSign(form: SetForm, fields: SignatureFields): Uint8Array {
  const out = new Uint8Array(HEAD + fields.signer.length + form.size);
  const end = form.write(out, writeHead(out, 0, fields), fields.originalTtl, fields.labels);
  return out.subarray(0, end);
}

/** The data of an RRSIG. */
export function signatureData(fields: SignatureFields, signature: Uint8Array): Uint8Array {
  const data = new Uint8Array(HEAD + fields.signer.length + signature.length);
  data.set(signature, writeHead(data, 0, fields));
  return data;
}
