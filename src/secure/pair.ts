// A private key and the certificates that belong to it: whether they do, for which names they stand, and until when. Knows PEM and X.509;
// knows neither files nor sockets.
import type * as nodeCrypto from 'node:crypto';
import type { KeyObject, X509Certificate } from 'node:crypto';

/** PEM as it stands in files: a chain with the server's own certificate first, its key, and authorities for the other side. */
export interface Pem {
  readonly cert: string;
  readonly key: string;
  readonly ca: string | undefined;
}
/** What a certificate says. */
export interface Described {
  /** Lower-case names, wildcards among them, and addresses: of the alternative names; where there are none, the common name. */
  readonly names: readonly string[];
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly until: number;
}
/** A pair that belongs together. */
export interface Pair extends Pem, Described {}

/** Node's own cryptography, loaded by whoever needs it: most servers have no certificate. */
export type Cryptography = Pick<typeof nodeCrypto, 'X509Certificate' | 'createPrivateKey'>;

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]+?-----END \1-----/g;
const CERTIFICATE = /^(X509 |TRUSTED )?CERTIFICATE$/, KEY = /PRIVATE KEY$/;
/** The PEM blocks of a kind in a text. */
const blocks = (text: string, kind: RegExp): string[] =>
  [...text.matchAll(BLOCK)].filter(([, name]) => kind.test(name!)).map(([block]) => block);

/** Checks that key and certificates belong together. Throws Error with Go's text where they do not, or cannot be read. */
export function readPair(pem: Pem, { X509Certificate, createPrivateKey }: Cryptography): Pair {
  const chain = blocks(pem.cert, CERTIFICATE);
  if (chain.length === 0) {
    throw new Error(blocks(pem.cert, KEY).length === 0 ? 'tls: failed to find any PEM data in certificate input'
      : 'tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched');
  }
  if (blocks(pem.key, KEY).length === 0) {
    throw new Error(blocks(pem.key, CERTIFICATE).length === 0 ? 'tls: failed to find any PEM data in key input'
      : 'tls: found a certificate rather than a key in the PEM for the private key');
  }
  let own: X509Certificate | undefined;
  for (const block of chain) {
    const certificate = attempt(() => new X509Certificate(block), 'x509: malformed certificate');
    own ??= certificate;
  }
  const key: KeyObject = attempt(() => createPrivateKey(pem.key), 'tls: failed to parse private key');
  if (!own!.checkPrivateKey(key)) throw new Error('tls: private key does not match public key');
  if (pem.ca !== undefined) readAuthorities(pem.ca, X509Certificate);
  return { ...pem, ...described(own!) };
}
function attempt<T>(read: () => T, otherwise: string): T {
  try {
    return read();
  } catch (error) {
    throw new Error(otherwise, { cause: error });
  }
}
/** Checks that a text has certificates of authorities. Throws Error. */
export function readAuthorities(text: string, X509: Cryptography['X509Certificate']): void {
  const all = blocks(text, CERTIFICATE);
  if (all.length === 0) throw new Error('could not read root certs');
  for (const block of all) attempt(() => new X509(block), 'could not read root certs');
}

function described(certificate: X509Certificate): Described {
  const alternative = certificate.subjectAltName ?? '';
  const names = [...alternative.matchAll(/(?:^|, )(?:DNS|IP Address):("(?:[^"\\]|\\.)*"|[^,]+)/g)].map(([, name]) => name!.toLowerCase());
  const common = /(?:^|\n)CN=([^\n]+)/.exec(certificate.subject)?.[1]?.toLowerCase();
  return {
    names: names.length === 0 && common !== undefined ? [common] : names,
    from: Date.parse(certificate.validFrom), until: Date.parse(certificate.validTo),
  };
}

/** Which of several certificates is for a name that a client asked for: an exact one, a wildcard, then the first (RFC 6066 section 3). */
export function chosenFor(serverName: string, all: readonly Pick<Described, 'names'>[]): number {
  const name = serverName.toLowerCase().replace(/\.$/, '');
  const exact = all.findIndex(({ names }) => names.includes(name));
  if (exact >= 0) return exact;
  // The star stands for one label (RFC 9525 section 6.3).
  const dot = name.indexOf('.');
  const wild = dot <= 0 ? -1 : all.findIndex(({ names }) => names.includes(`*${name.slice(dot)}`));
  return Math.max(0, wild);
}
