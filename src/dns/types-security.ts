// The record types of DNSSEC and of transaction signatures, and those that hold keys and fingerprints.
// Knows shapes, nothing of what a signature means.

import { name, timestamp, u8, u16, u32, u48 } from './field.ts';
import { algorithm, certificateKind, namedAlgorithm, recordType, typeBitmap } from './field-number.ts';
import { base64, countedBase64, hashedOwner, hex, longHex, salt, upperHex } from './field-text.ts';
import { gateway, identity } from './gateway.ts';
import { shape } from './shape.ts';

const signature = {
  covered: recordType,
  algorithm,
  labels: u8,
  originalTTL: u32,
  expiration: timestamp,
  inception: timestamp,
  keyTag: u16,
  signer: name,
  signature: base64,
};
const key = { flags: u16, protocol: u8, algorithm, publicKey: base64 };
const digest = { keyTag: u16, algorithm, digestType: u8, digest: upperHex };
const certificate = { usage: u8, selector: u8, matchingType: u8 };

/** A signature of old (RFC 2931). */
export const SIG = shape('SIG', 24, signature);
/** A key of old (RFC 2535). */
export const KEY = shape('KEY', 25, key);
/** A certificate (RFC 4398). */
export const CERT = shape('CERT', 37, { kind: certificateKind, keyTag: u16, algorithm: namedAlgorithm, certificate: base64 });
/** The digest of a child's key (RFC 4034 section 5). */
export const DS = shape('DS', 43, digest);
/** The fingerprint of an SSH host key (RFC 4255). */
export const SSHFP = shape('SSHFP', 44, { algorithm: u8, kind: u8, fingerprint: upperHex });
/** A key for IPsec (RFC 4025). */
export const IPSECKEY = shape('IPSECKEY', 45, { precedence: u8, gateway, publicKey: base64 }, { woven: true });
/** A signature (RFC 4034 section 3); times in seconds since 1970. */
export const RRSIG = shape('RRSIG', 46, signature);
/** What comes next (RFC 4034 section 4). */
export const NSEC = shape('NSEC', 47, { next: name, types: typeBitmap });
/** A zone's key (RFC 4034 section 2). */
export const DNSKEY = shape('DNSKEY', 48, key);
/** Who holds a lease (RFC 4701). */
export const DHCID = shape('DHCID', 49, { digest: base64 });
/** What comes next, hashed (RFC 5155 section 3). */
export const NSEC3 = shape('NSEC3', 50, { hash: u8, flags: u8, iterations: u16, salt, next: hashedOwner, types: typeBitmap });
/** How names are hashed (RFC 5155 section 4). */
export const NSEC3PARAM = shape('NSEC3PARAM', 51, { hash: u8, flags: u8, iterations: u16, salt });
/** A TLS server's certificate (RFC 6698). */
export const TLSA = shape('TLSA', 52, { ...certificate, certificate: hex });
/** A mail user's certificate (RFC 8162). */
export const SMIMEA = shape('SMIMEA', 53, { ...certificate, certificate: longHex });
/** A host identity (RFC 8005). */
export const HIP = shape('HIP', 55, { identity }, { woven: true });
/** A key of old (not in an RFC). */
export const RKEY = shape('RKEY', 57, key);
/** A DS for the parent to take (RFC 7344). */
export const CDS = shape('CDS', 59, digest);
/** A DNSKEY for the parent to take (RFC 7344). */
export const CDNSKEY = shape('CDNSKEY', 60, key);
/** An OpenPGP key (RFC 7929). */
export const OPENPGPKEY = shape('OPENPGPKEY', 61, { publicKey: base64 });
/** Types for the parent to copy (RFC 7477). */
export const CSYNC = shape('CSYNC', 62, { serial: u32, flags: u16, types: typeBitmap });
/** The digest of a zone (RFC 8976). */
export const ZONEMD = shape('ZONEMD', 63, { serial: u32, scheme: u8, algorithm: u8, digest: hex });
/** The agreement on a key (RFC 2930). */
export const TKEY = shape('TKEY', 249, {
  algorithm: name,
  inception: timestamp,
  expiration: timestamp,
  mode: u16,
  error: u16,
  key: countedBase64,
  other: countedBase64,
});
/** A transaction's signature (RFC 8945); time and fudge in seconds. */
export const TSIG = shape('TSIG', 250, {
  algorithm: name,
  time: u48,
  fudge: u16,
  mac: countedBase64,
  originalId: u16,
  error: u16,
  other: countedBase64,
});
/** A trust anchor (not in an RFC). */
export const TA = shape('TA', 32768, digest);
/** A DS outside of the tree (RFC 4431). */
export const DLV = shape('DLV', 32769, digest);
