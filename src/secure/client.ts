// The client's side of TLS for one upstream: whom it trusts, by which name, with which certificate of its own, and sessions that are kept.
// Knows node:tls, which it is handed; knows nothing of what is said on the connections.
import type { NetConnectOpts } from 'node:net';
import type * as nodeTls from 'node:tls';
import type { ConnectionOptions, SecureContext, TLSSocket } from 'node:tls';
import type { Pem } from './pair.ts';

/** What a client has to show and whom it trusts; without `ca` whom the machine trusts. */
export type ClientPem = { readonly [key in keyof Pem]?: string | undefined };

/** How one upstream is spoken to. */
export interface ClientSettings {
  readonly pem: ClientPem;
  /** The name that the other side has to be; its address where nothing is given. */
  readonly serverName: string | undefined;
  /** For ALPN. */
  readonly protocols: readonly string[];
  /** Where no context is handed over with it, which has one of its own. */
  readonly leastVersion?: 'TLSv1.2' | 'TLSv1.3';
}

/**
 * A context for these files. The least version is the context's: one that stands beside a context is not looked at by Node. Throws Error
 * where the files cannot be used.
 */
export const clientContext = (
  tls: typeof nodeTls, { cert, key, ca }: ClientPem, leastVersion: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.2',
): SecureContext => tls.createSecureContext({
  minVersion: leastVersion,
  ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }), ...(ca === undefined ? {} : { ca }),
});

/** Begins connections to one upstream; the last session is kept for the next one. */
export class SecureClient {
  readonly #tls: typeof nodeTls;
  readonly #settings: ClientSettings;
  readonly #context: SecureContext;
  #session: Buffer | undefined;

  constructor(
    tls: typeof nodeTls, settings: ClientSettings, context: SecureContext = clientContext(tls, settings.pem, settings.leastVersion),
  ) {
    this.#tls = tls;
    this.#settings = settings;
    this.#context = context;
  }

  /** Says `secureConnect` when the other side is who it shall be, else `error`. */
  connect(how: NetConnectOpts): TLSSocket {
    const { serverName, protocols } = this.#settings;
    const session = this.#session;
    const socket = this.#tls.connect({
      ...how as object, secureContext: this.#context, ALPNProtocols: [...protocols],
      ...(serverName === undefined ? {} : this.#identity(serverName)), ...(session === undefined ? {} : { session }),
    });
    socket.on('session', (given: Buffer) => {
      this.#session = given;
    });
    return socket;
  }
  /** An address is no name that may be said in a handshake (RFC 6066 section 3), but it can be what the certificate has to have. */
  #identity(serverName: string): ConnectionOptions {
    if (!isAddress(serverName)) return { servername: serverName };
    return { checkServerIdentity: (_, certificate) => this.#tls.checkServerIdentity(serverName, certificate) };
  }
  /** What is wrong with the other side's certificate or its TLS, in Go's words; undefined where it was the network. */
  told(error: Error): string | undefined {
    const { code = '', cert, host = '' } = error as NodeJS.ErrnoException & { cert?: { subjectaltname?: string }; host?: string };
    if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `tls: failed to verify certificate: x509: ${wrongName(cert?.subjectaltname, host)}`;
    const why = X509[code];
    if (why !== undefined) return `tls: failed to verify certificate: x509: ${why}`;
    // Who did not take the session may take a new one.
    if (!code.startsWith('ERR_SSL_')) return undefined;
    this.#session = undefined;
    return `tls: ${ALERTS[code] ?? code.replace(/^ERR_SSL_(TLSV1_ALERT_|SSLV3_ALERT_)?/, '').toLowerCase().replaceAll('_', ' ')}`;
  }
}

/** Go's words for what Node says of certificates. */
const X509: Readonly<Record<string, string>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate signed by unknown authority',
  UNABLE_TO_GET_ISSUER_CERT: 'certificate signed by unknown authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate signed by unknown authority',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate signed by unknown authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate signed by unknown authority',
  CERT_SIGNATURE_FAILURE: 'certificate signed by unknown authority',
  CERT_HAS_EXPIRED: 'certificate has expired or is not yet valid',
  CERT_NOT_YET_VALID: 'certificate has expired or is not yet valid',
  CERT_UNTRUSTED: 'certificate is not trusted',
  INVALID_PURPOSE: 'certificate specifies an incompatible key usage',
};
const ALERTS: Readonly<Record<string, string>> = {
  ERR_SSL_WRONG_VERSION_NUMBER: 'first record does not look like a TLS handshake',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'first record does not look like a TLS handshake',
};
/** No name of a host has digits and dots alone. */
const isAddress = (text: string): boolean => text.includes(':') || /^[\d.]+$/.test(text);
/** `certificate is valid for a, b, not c`: of the certificate's names, as Node lists them, those of the kind that was wanted. */
function wrongName(listed = '', wanted: string): string {
  const kind = isAddress(wanted) ? 'IP Address:' : 'DNS:';
  const names = listed.split(', ').filter((name) => name.startsWith(kind)).map((name) => name.slice(kind.length));
  if (names.length > 0) return `certificate is valid for ${names.join(', ')}, not ${wanted}`;
  return kind === 'DNS:' ? `certificate is not valid for any names, but wanted to match ${wanted}`
    : `cannot validate certificate for ${wanted} because it doesn't contain any IP SANs`;
}
