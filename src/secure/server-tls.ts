// What one server block says of TLS, and the certificate that it has at the moment. Knows settings; opens nothing.
import type * as nodeTls from 'node:tls';
import type { Pair, Pem } from './pair.ts';
import type { TlsProof } from './proof.ts';
import type { Tickets } from './tickets.ts';

/** What is asked of clients (TLS-1): nothing; a certificate, whoever signed it; one, always; a good one, if any; a good one, always. */
export const CLIENT_AUTH = ['nocert', 'request', 'require', 'verify_if_given', 'require_and_verify'] as const;
/** One of them. */
export type ClientAuth = (typeof CLIENT_AUTH)[number];
/** The oldest version that is spoken. */
export type LeastVersion = 'TLSv1.2' | 'TLSv1.3';

/** What became of handshakes, counted. */
export interface HandshakeCounter {
  succeeded(version: string, resumed: boolean): void;
  failed(reason: FailureReason): void;
}
/** What became of connections of QUIC, counted by who listens with this. */
export interface QuicCounter {
  /** A question of DNS over QUIC got its answer, or its connection an error: 0, or RFC 9250's code. */
  answered(server: string, code: 0 | 1 | 2): void;
  /** What a socket has counted since it said so last, and how many connections it has now. */
  counted(server: string, counts: { readonly [what: string]: number }, connections: number): void;
  /** What changed cannot be served with, and what was there before stays: said once for each reason. */
  refused(reason: string): void;
  /** The library has panicked: one connection is lost. */
  panicked(text: string): void;
}
/** Why there is no connection. */
export type FailureReason = 'not_tls' | 'version' | 'cipher' | 'protocol' | 'no_certificate' | 'bad_certificate' | 'refused_by_client'
  | 'timeout' | 'closed' | 'other';

/** One block. What starts with it is filled in before the first connection comes. */
export class ServerTls {
  readonly at: { readonly file: string; readonly line: number };
  readonly clientAuth: ClientAuth;
  readonly leastVersion: LeastVersion;
  /** What the configuration was read with: equal, the same certificate. */
  readonly first: Pem;
  /** The file that secrets of connections are written to. */
  readonly keylog: string | undefined;
  /** How often the certificate was changed, as main counts it; cheap to ask. */
  round: () => number = () => 0;
  /** What is served with now. */
  pair: () => Pair = () => {
    throw new Error('the certificate is used before it is there');
  };
  /** undefined: no tickets. */
  tickets: Tickets | undefined = undefined;
  /** Writes lines of secrets. */
  log: ((line: Buffer) => void) | undefined = undefined;
  counter: HandshakeCounter | undefined = undefined;
  quic: QuicCounter | undefined = undefined;
  /** SHA-256 in hexadecimal. */
  digest: (text: string) => string = () => '';
  /** What a CA wants to see now (RFC 8737); undefined where none ever does. The same object until it is another. */
  proofs: (() => readonly TlsProof[]) | undefined = undefined;
  /** Node's TLS, once it is loaded. */
  tls: typeof nodeTls | undefined = undefined;

  constructor(settings: Pick<ServerTls, 'at' | 'clientAuth' | 'leastVersion' | 'first' | 'keylog'>) {
    this.at = settings.at;
    this.clientAuth = settings.clientAuth;
    this.leastVersion = settings.leastVersion;
    this.first = settings.first;
    this.keylog = settings.keylog;
  }
}
