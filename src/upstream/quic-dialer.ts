// Connections over QUIC to one upstream: DNS over QUIC and DNS over HTTP/3. Knows endpoints, and what their ends mean; what is said on
// streams is the two clients'.
import { constants } from 'node:os';
import { EXCESSIVE_LOAD } from '../http/h3-frames.ts';
import type { Http3Client } from '../http/h3-client.ts';
import type { QuicAddon, QuicAsking } from '../quic/addon.ts';
import type { QuicConnection, QuicEnd, QuicSpeaker } from '../quic/connection.ts';
import { QuicEndpoint } from '../quic/endpoint.ts';
import type { Dialed, Dialer, Dialing } from './dialer.ts';
import type { DoqClient } from './doq-client.ts';
import type { StreamPeer } from './network-error.ts';

/** Who asks on a connection. */
type Speaking = DoqClient | Http3Client;

/** What is needed to begin connections to one upstream. */
export interface QuicDialing {
  readonly addon: QuicAddon;
  readonly settings: QuicAsking;
  /** The name that the other side has to be. */
  readonly name: string;
}

/** Begins them. All share a socket, until one has gone mute: those after it have another, since it may be the port that is dead. */
export class QuicDialer implements Dialer {
  readonly network = 'udp';
  readonly #parts: QuicDialing;
  readonly #to: StreamPeer;
  readonly #sideOf: (connection: QuicConnection) => Speaking;
  #endpoint: QuicEndpoint | undefined;
  readonly #living = new Map<QuicEndpoint, number>();
  #closed = false;
  /** The addon's number of the settings. */
  #settings: number | undefined;

  constructor(parts: QuicDialing, to: StreamPeer, sideOf: (connection: QuicConnection) => Speaking) {
    this.#parts = parts;
    this.#to = to;
    this.#sideOf = sideOf;
  }
  dial(dialing: Dialing, apart: boolean): Dialed {
    const { addon, settings, name } = this.#parts;
    if (apart) this.#leave();
    const endpoint = (this.#endpoint ??= this.#open());
    let made!: OnQuic;
    // Sessions are taken up again by who has the same settings, not equal ones.
    this.#settings ??= addon.asking(settings);
    endpoint.connect(this.#settings, this.#to.address, this.#to.port, name, (connection) =>
      (made = new OnQuic(connection, this.#sideOf(connection), dialing, () => this.#gone(endpoint))));
    this.#living.set(endpoint, (this.#living.get(endpoint) ?? 0) + 1);
    // A session from before: the server may be asked at once.
    if (settings.early && made.side.early()) dialing.early(made.side);
    return made;
  }
  #open(): QuicEndpoint {
    const { address, source = address.includes(':') ? '::' : '0.0.0.0' } = this.#to;
    const endpoint = QuicEndpoint.client(this.#parts.addon, source);
    if (typeof endpoint === 'number') throw Object.assign(new Error('socket'), { code: codeOfErrno(-endpoint) });
    return endpoint;
  }
  #gone(endpoint: QuicEndpoint): void {
    const left = (this.#living.get(endpoint) ?? 1) - 1;
    if (left > 0) this.#living.set(endpoint, left);
    else this.#living.delete(endpoint);
    if (left === 0 && (this.#closed || endpoint !== this.#endpoint)) later(endpoint);
  }
  /** The next connection has a socket of its own. */
  #leave(): void {
    const endpoint = this.#endpoint;
    this.#endpoint = undefined;
    if (endpoint !== undefined && !this.#living.has(endpoint)) later(endpoint);
  }
  close(): void {
    this.#closed = true;
    this.#leave();
    if (this.#settings !== undefined) this.#parts.addon.forget(this.#settings);
    this.#settings = undefined;
  }
}
const codeOfErrno = (errno: number): string => Object.entries(constants.errno).find(([, number]) => number === errno)?.[0] ?? `${errno}`;
/** Not within its own call. */
const later = (endpoint: QuicEndpoint): void => void setImmediate(() => endpoint.close());

class OnQuic implements Dialed, QuicSpeaker {
  readonly #connection: QuicConnection;
  readonly side: Speaking;
  readonly #dialing: Dialing;
  readonly #gone: () => void;

  constructor(connection: QuicConnection, side: Speaking, dialing: Dialing, gone: () => void) {
    this.#connection = connection;
    this.side = side;
    this.#dialing = dialing;
    this.#gone = gone;
  }
  // --- what QUIC says

  data(stream: number, bytes: Uint8Array, at: number, length: number, fin: boolean, early: boolean): void {
    if (!this.#dialing.hears()) return;
    this.side.came(stream, bytes, at, length, fin, early);
    this.#dialing.heard();
  }
  resetBy(stream: number, code: number): void {
    if (!this.#dialing.hears()) return;
    this.side.resetBy(stream, code);
    this.#dialing.heard();
  }
  stoppedBy(): void {}
  sent(): void {}
  room(): void {
    if (!this.#connection.handshaking) this.side.room();
  }
  opened(rejected: boolean): void {
    if (rejected) this.side.lost();
    this.side.room();
    this.#dialing.stands(this.side, this.#connection.peer?.resumed === true);
  }
  closed(end: QuicEnd): void {
    this.#gone();
    this.#dialing.ended({ code: codeOf(end), told: this.#connection.handshaking ? toldOf(end) : undefined, text: textOf(end) });
  }

  end(): void {
    this.#connection.close(this.side.noError, '');
  }
}

/** The alert of TLS that a code of QUIC stands for (RFC 9001 section 4.8); -1 where it is none. */
const alertOf = ({ code, application }: QuicEnd): number => (!application && code >= 0x100 && code < 0x200 ? code - 0x100 : -1);
const codeOf = ({ by }: QuicEnd): string => (by === 'silence' ? 'timeout' : by === 'reset' ? 'ECONNRESET' : 'EOF');
/** What is wrong with the other side's certificate or its TLS, in Go's words; undefined where it was the network. */
function toldOf(end: QuicEnd): string | undefined {
  if (alertOf(end) < 0) return undefined;
  if (end.by === 'peer') return `remote error: tls: ${end.reason}`;
  const plain = end.reason.replace(/\w+\("?([^")]*)"?\)/g, '$1').replace(/ or (?=\S+$)/, ', ');
  const why = X509.find(([form]) => form.test(plain));
  return why === undefined ? `tls: ${end.reason}` : `tls: failed to verify certificate: x509: ${plain.replace(...why)}`;
}
/** What rustls says of certificates, and Go's words for it. */
const X509: readonly (readonly [form: RegExp, words: string])[] = [
  [/^.*UnknownIssuer.*$|^.*BadSignature.*$/, 'certificate signed by unknown authority'],
  [/^.*[Ee]xpired.*$|^.*not valid yet.*$/, 'certificate has expired or is not yet valid'],
  [/^.*not valid for name "([^"]*)"; certificate is only valid for (.*)$/, 'certificate is valid for $2, not $1'],
  [/^.*not valid for name "([^"]*)".*$/, 'certificate is not valid for any names, but wanted to match $1'],
];
function textOf(end: QuicEnd): string {
  const { by, code, application, reason } = end;
  if (by === 'silence') return 'nothing came for too long';
  if (by === 'reset') return 'the server has forgotten the connection';
  const why = reason === '' ? '' : `: ${reason}`;
  if (application && code === EXCESSIVE_LOAD) return `the server has enough${why}`;
  return `the connection was closed with ${application ? 'code' : 'error'} 0x${code.toString(16)}${why}`;
}
