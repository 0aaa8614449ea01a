// Requests for certificates (RFC 2986) and certificates that sign themselves: both signed by a key of P-256. Knows X.509 as far as that,
// and the two numbers by which a certificate is told from others; knows no authority.
import type * as nodeCrypto from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { bits, der, elements, integer, octets, oid, sequence, setOf, time, utf8, yes } from './der.ts';
import type { Element } from './der.ts';

/** What of Node's cryptography signs. */
export type Signing = Pick<typeof nodeCrypto, 'createPublicKey' | 'sign'>;

const COMMON_NAME = '2.5.4.3', ALTERNATIVE_NAMES = '2.5.29.17', AUTHORITY_KEY = '2.5.29.35';
const BASIC = '2.5.29.19', EXTENSION_REQUEST = '1.2.840.113549.1.9.14', ACME_IDENTIFIER = '1.3.6.1.5.5.7.1.31';
/** ecdsa-with-SHA256 (RFC 5758 section 3.2). */
const algorithm = (): Buffer => sequence(oid('1.2.840.10045.4.3.2'));

const extension = (id: string, critical: boolean, value: Uint8Array): Buffer =>
  sequence(oid(id), ...(critical ? [yes()] : []), octets(value));
/** Names of hosts, which are ASCII. */
const alternativeNames = (names: readonly string[]): Buffer => sequence(...names.map((name) => der(0x82, Buffer.from(name, 'latin1'))));
const publicPart = (key: KeyObject, { createPublicKey }: Signing): Buffer => createPublicKey(key).export({ type: 'spki', format: 'der' });

/** A request for a certificate of these names (RFC 8555 section 7.4), as DER; `key` is of P-256. */
export function certificateRequest(names: readonly string[], key: KeyObject, crypto: Signing): Buffer {
  const wanted = sequence(extension(ALTERNATIVE_NAMES, false, alternativeNames(names)));
  const attributes = der(0xa0, sequence(oid(EXTENSION_REQUEST), setOf(wanted)));
  // No subject: the names are the alternative ones.
  const body = sequence(integer(0), sequence(), publicPart(key, crypto), attributes);
  return sequence(body, algorithm(), bits(crypto.sign('sha256', body, key)));
}

/** What a certificate that signs itself says. Times are milliseconds since 1970. */
export interface SelfSigned {
  readonly common: string;
  readonly names: readonly string[];
  readonly from: number;
  readonly until: number;
  readonly serial: Uint8Array;
  /** SHA-256 of what a CA that connects wants to see (RFC 8737 section 3). */
  readonly acmeIdentifier?: Uint8Array;
}
/** Such a certificate, as PEM; `key` is of P-256. */
export function selfSigned({ common, names, from, until, serial, acmeIdentifier }: SelfSigned, key: KeyObject, crypto: Signing): string {
  const named = sequence(setOf(sequence(oid(COMMON_NAME), utf8(common))));
  const body = sequence(
    der(0xa0, integer(2)), integer(...serial), algorithm(), named, sequence(time(from), time(until)), named, publicPart(key, crypto),
    der(0xa3, sequence(
      extension(BASIC, true, sequence()),
      ...(names.length === 0 ? [] : [extension(ALTERNATIVE_NAMES, false, alternativeNames(names))]),
      ...(acmeIdentifier === undefined ? [] : [extension(ACME_IDENTIFIER, true, octets(acmeIdentifier))]),
    )),
  );
  const bytes = sequence(body, algorithm(), bits(crypto.sign('sha256', body, key)));
  return `-----BEGIN CERTIFICATE-----\n${bytes.toString('base64').replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`;
}

/** The authority's key and the serial number of a certificate, as they stand in it (RFC 9773 section 4.1). */
export interface CertificateNumbers {
  readonly authorityKey: Uint8Array;
  readonly serial: Uint8Array;
}
/** What stands in a certificate; undefined where one of the two is missing, or it is no certificate. */
export function certificateNumbers(certificate: Uint8Array): CertificateNumbers | undefined {
  try {
    const parts = inside(inside(elements(certificate), 0x30), 0x30);
    const serial = parts.find(({ tag }) => tag === 0x02);
    const extensions = inside(inside(parts, 0xa3), 0x30);
    const id = oid(AUTHORITY_KEY);
    const own = extensions.map(({ body }) => elements(body)).find(([first]) => first !== undefined && id.equals(first.whole));
    const authorityKey = inside(elements(own!.at(-1)!.body), 0x30).find(({ tag }) => tag === 0x80);
    return serial === undefined || authorityKey === undefined ? undefined : { authorityKey: authorityKey.body, serial: serial.body };
  } catch {
    return undefined;
  }
}
/** What stands in the first value with this tag. Throws TypeError where there is none. */
const inside = (all: readonly Element[], tag: number): Element[] => elements(all.find((each) => each.tag === tag)!.body);
