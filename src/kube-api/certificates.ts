// Certificates for TLS with the API, from files that are read again for each connection or from text. Knows PEM as far as to say that
// something is none; knows no sockets.
import type { ConnectionOptions, PeerCertificate, SecureContext } from 'node:tls';
import { fileError } from '../wording/errno.ts';
import { ApiError } from './api-error.ts';
import type { Credential } from './credentials.ts';
import { fileContent } from './file-content.ts';

/** PEM in a file or as it is. */
export type PemSource = { readonly file: string } | { readonly pem: string };

/** What TLS needs beside the host. */
export interface TlsSettings {
  /** The machine's own authorities where it is undefined. */
  readonly ca: PemSource | undefined;
  readonly certificate: PemSource | undefined;
  readonly key: PemSource | undefined;
  /** The name that the server must show, where it is not the host's. */
  readonly serverName: string | undefined;
  readonly insecure: boolean;
}

/** Nothing but what the machine trusts. */
export const PLAIN_TLS: TlsSettings = { ca: undefined, certificate: undefined, key: undefined, serverName: undefined, insecure: false };

/** Makes what a connection is opened with. */
export class Certificates {
  readonly #settings: TlsSettings;
  #made: { readonly of: string; readonly context: SecureContext; session: Buffer | undefined } | undefined;

  constructor(settings: TlsSettings) {
    this.#settings = settings;
  }
  /** Options for `tls.connect`. A context is made anew only where a file has changed. Rejects with ApiError `credentials`. */
  async options(credential: Credential): Promise<ConnectionOptions> {
    const { settings, pem: { ca, cert, key } } = await this.#read(credential);
    const { checkServerIdentity, createSecureContext } = await import('node:tls');
    const of = [ca, cert, key].join('\0');
    if (this.#made?.of !== of) this.#made = { of, context: secureContext(createSecureContext, { ca, cert, key }), session: undefined };
    const { insecure, serverName } = settings;
    return {
      secureContext: this.#made.context,
      rejectUnauthorized: !insecure,
      ...(this.#made.session === undefined ? {} : { session: this.#made.session }),
      ...(serverName === undefined ? {} : {
        servername: serverName,
        checkServerIdentity: (_: string, shown: PeerCertificate) => checkServerIdentity(serverName, shown),
      }),
    };
  }
  /** Keeps what the next connection can be opened sooner with: quiet watches are opened often. */
  keepSession(session: Buffer): void {
    if (this.#made !== undefined) this.#made.session = session;
  }
  /** Since when our own certificate is not good any more, in milliseconds since 1970; undefined while it is, or where there is none. */
  async expiredSince(now: number, credential: Credential): Promise<number | undefined> {
    const { pem: { cert } } = await this.#read(credential);
    if (cert === undefined) return undefined;
    const { X509Certificate } = await import('node:crypto');
    const end = Date.parse(new X509Certificate(cert).validTo);
    return end < now ? end : undefined;
  }
  async #read({ certificate, key }: Credential) {
    const settings = this.#settings;
    const [ca, cert, privateKey] = await Promise.all([
      contents(settings.ca), certificate ?? contents(settings.certificate), key ?? contents(settings.key),
    ]);
    return { settings, pem: { ca, cert, key: privateKey } };
  }
}

function secureContext(make: typeof import('node:tls').createSecureContext,
  { ca, cert, key }: { ca: string | undefined; cert: string | undefined; key: string | undefined }): SecureContext {
  if (ca !== undefined && !isPem(ca)) {
    throw new ApiError('credentials', 'unable to load root certificates: unable to parse bytes as PEM block');
  }
  if (cert !== undefined && !isPem(cert)) {
    throw new ApiError('credentials', 'Loading client cert failed: tls: failed to find any PEM data in certificate input');
  }
  try {
    return make({ ...(ca === undefined ? {} : { ca }), ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) });
  } catch (error) {
    throw new ApiError('credentials', `Loading client cert failed: tls: ${(error as Error).message}`);
  }
}

/** Whether there is a PEM block in it. */
export const isPem = (text: string): boolean => /-----BEGIN [A-Z0-9 ]+-----[\s\S]+-----END [A-Z0-9 ]+-----/.test(text);

/** What stands in it. Rejects with ApiError `credentials`. */
export async function contents(source: PemSource | undefined): Promise<string | undefined> {
  if (source === undefined || 'pem' in source) return source?.pem;
  try {
    return (await fileContent(source.file)).toString();
  } catch (error) {
    throw new ApiError('credentials', fileError(error, source.file));
  }
}
