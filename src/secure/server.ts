// The server's side of TLS for one address: handshakes, certificates by server name, clients' certificates, tickets. Knows node:tls, which
// it is handed; knows nothing of what is said on the connections.
import type { Socket } from 'node:net';
import type * as nodeTls from 'node:tls';
import type { SecureContext, Server, TLSSocket, TlsOptions } from 'node:tls';
import { chosenFor } from './pair.ts';
import type { Pair } from './pair.ts';
import { asksForProof, proofServer } from './proof.ts';
import type { TlsProof } from './proof.ts';
import { failureReason } from './failure.ts';
import type { FailureReason, ServerTls } from './server-tls.ts';
import { KEPT, isSealedBy, sessionsOf } from './tickets.ts';
import type { TicketKeys } from './tickets.ts';

/** What is known of a connection after its handshake. */
export interface SecureChannel {
  readonly alpn: string | undefined;
  /** The name that the client asked for. */
  readonly serverName: string | undefined;
  /** Of the client's certificate, as `CN=a,O=b`; undefined without one, or where nobody asked for one. */
  readonly subject: string | undefined;
  /** Whether that certificate is good: signed by an authority that is trusted, and in its time. */
  readonly isVerified: boolean;
  /** `TLSv1.2` or `TLSv1.3`. */
  readonly version: string;
}
/** Who brought a connection. Exactly one of the two is called, once. */
export interface Newcomer {
  /** Here is the stream. */
  arrived(stream: TLSSocket, secure: SecureChannel): void;
  /** The handshake failed. Its connection is to be closed, not before this turn is over: the handshake may still stand on it. */
  failed(reason: FailureReason): void;
}

/** All blocks of one address, which agree on what protects. */
export class SecureServer {
  readonly #blocks: readonly [ServerTls, ...ServerTls[]];
  readonly #protocols: readonly string[];
  readonly #label: string;
  readonly #waiting = new Map<string, Newcomer>();
  #rounds: readonly number[] = [];
  #keys: TicketKeys | undefined;
  #pairs: readonly Pair[] = [];
  #contexts: readonly SecureContext[] = [];
  #server!: Server;
  /** The same with the keys before the present ones, for who comes back with an older ticket. */
  #before: Server | undefined;
  #prover: { readonly proofs: readonly TlsProof[]; readonly server: Server } | undefined = undefined;

  /** `protocols` for ALPN; `label` is the server's. */
  constructor(blocks: readonly [ServerTls, ...ServerTls[]], protocols: readonly string[], label: string) {
    this.#blocks = blocks;
    this.#protocols = protocols;
    this.#label = sessionsOf(label);
  }

  /** Begins a handshake on a connection that was accepted. Nobody may have read from it. */
  accept(socket: Socket, newcomer: Newcomer): void {
    this.#refresh();
    const key = keyOf(socket);
    this.#waiting.set(key, newcomer);
    socket.once('close', () => {
      if (this.#waiting.get(key) === newcomer) this.#fail(key, newcomer, 'closed');
    });
    const proving = this.#proving();
    if (this.#before === undefined && proving === undefined) this.#server.emit('connection', socket);
    else this.#peek(socket, (hello) => this.#serverFor(hello, proving));
  }
  /** Who speaks with a client that begins so; undefined while that cannot be told. */
  #serverFor(hello: Buffer, proving: Server | undefined): Server | undefined {
    const isProof = proving === undefined ? false : asksForProof(hello);
    if (isProof !== false) return isProof === true ? proving : undefined;
    const sealed = this.#before === undefined ? false : isSealedBy(hello, this.#keys!.last);
    return sealed === undefined ? undefined : sealed ? this.#before : this.#server;
  }
  /** Who shows proofs to a CA, while there are any: a connection that it makes serves for nothing else. */
  #proving(): Server | undefined {
    const proofs = this.#blocks.flatMap((block) => block.proofs?.() ?? NO_PROOFS);
    if (proofs.length === 0) return (this.#prover = undefined);
    if (this.#prover?.proofs.every((proof, i) => proof === proofs[i]) !== true || this.#prover.proofs.length !== proofs.length) {
      this.#prover = { proofs, server: proofServer(this.#tls, proofs, (stream) => this.#proved(stream)) };
    }
    return this.#prover.server;
  }
  #proved(stream: Socket): void {
    const key = keyOf(stream);
    const newcomer = this.#waiting.get(key);
    this.#waiting.delete(key);
    newcomer?.failed('closed');
  }
  /** Looks at what the client begins with. */
  #peek(socket: Socket, choose: (hello: Buffer) => Server | undefined): void {
    let hello = Buffer.alloc(0);
    const read = (): void => {
      const chunk = socket.read() as Buffer | null;
      if (chunk !== null) hello = Buffer.concat([hello, chunk]);
      const server = chunk === null && socket.readableEnded ? this.#server : choose(hello);
      if (server === undefined) return;
      socket.off('readable', read);
      socket.pause();
      if (socket.destroyed) return;
      socket.unshift(hello);
      server.emit('connection', socket);
    };
    socket.on('readable', read);
  }

  #arrived(stream: TLSSocket): void {
    const key = keyOf(stream);
    const newcomer = this.#waiting.get(key);
    if (newcomer === undefined) return void stream.destroy();
    const { clientAuth, counter } = this.#blocks[0];
    const peer = clientAuth === 'nocert' ? undefined : stream.getPeerX509Certificate();
    const unwanted = unwantedClient(clientAuth, peer !== undefined, stream.authorized);
    if (unwanted !== undefined) {
      this.#fail(key, newcomer, unwanted);
      return;
    }
    this.#waiting.delete(key);
    const version = stream.getProtocol() ?? '';
    counter?.succeeded(version, stream.isSessionReused());
    const { alpnProtocol, servername } = stream as unknown as { alpnProtocol: string | false | null; servername?: string | false };
    newcomer.arrived(stream, {
      alpn: alpnProtocol || undefined, serverName: servername || undefined, version, subject: peer?.subject.split('\n').join(','),
      isVerified: peer !== undefined && stream.authorized,
    });
  }
  #fail(key: string, newcomer: Newcomer, reason: FailureReason): void {
    this.#waiting.delete(key);
    this.#blocks[0].counter?.failed(reason);
    newcomer.failed(reason);
  }
  /** The handshake lasts too long: its connection is closed. */
  late(socket: Socket): void {
    const key = keyOf(socket);
    const newcomer = this.#waiting.get(key);
    if (newcomer !== undefined) this.#fail(key, newcomer, 'timeout');
    socket.destroy();
  }

  /** Certificates and keys that changed count from the next connection on. */
  #refresh(): void {
    const blocks = this.#blocks;
    const keys = blocks[0].tickets?.keys;
    let same = this.#rounds.length > 0 && keys === this.#keys;
    for (let i = 0; same && i < blocks.length; i++) same = blocks[i]!.round() === this.#rounds[i];
    if (same) return;
    const first = this.#rounds.length === 0;
    const turned = !first && keys !== this.#keys;
    this.#rounds = blocks.map((block) => block.round());
    this.#pairs = blocks.map((block) => block.pair());
    this.#contexts = this.#pairs.map((pair) => this.#tls.createSecureContext(this.#contextOf(pair)));
    this.#keys = keys;
    const renew = this.#before !== undefined || turned;
    this.#server = this.#make(keys?.current);
    this.#before = renew && keys !== undefined ? this.#make(keys.last) : undefined;
  }
  get #tls(): typeof nodeTls {
    return this.#blocks[0].tls!;
  }
  #contextOf({ cert, key }: Pair): TlsOptions {
    const { leastVersion, clientAuth } = this.#blocks[0];
    const { ca } = this.#pairs[0]!;
    return {
      cert, key, minVersion: leastVersion, maxVersion: 'TLSv1.3', honorCipherOrder: true,
      ...(clientAuth === 'nocert' || ca === undefined ? {} : { ca }),
      // Whoever was let in by one policy comes back to no other: a session counts where it was made (RFC 8446 section 4.6.1).
      sessionIdContext: this.#blocks[0].digest(`${this.#label} ${clientAuth} ${clientAuth === 'nocert' ? '' : ca ?? ''}`).slice(0, 32),
      sessionTimeout: KEPT / 1000,
    };
  }
  #make(ticketKeys: Buffer | undefined): Server {
    const [block] = this.#blocks;
    const verified = block.clientAuth === 'require_and_verify';
    const server = this.#tls.createServer({
      ...this.#contextOf(this.#pairs[0]!),
      ALPNProtocols: [...this.#protocols],
      requestCert: block.clientAuth !== 'nocert', rejectUnauthorized: verified,
      ...(ticketKeys === undefined ? { secureOptions: NO_TICKET } : { ticketKeys }),
      ...(this.#pairs.length === 1 ? {} : {
        SNICallback: (name: string, done: (error: Error | null, context?: SecureContext) => void) =>
          done(null, this.#contexts[chosenFor(name, this.#pairs)]),
      }),
    });
    server.on('secureConnection', (stream) => this.#arrived(stream));
    server.on('tlsClientError', (error: NodeJS.ErrnoException, stream) => {
      stream.on('error', () => {});
      const key = keyOf(stream);
      const newcomer = this.#waiting.get(key);
      if (newcomer !== undefined) this.#fail(key, newcomer, failureReason(error));
    });
    if (block.log !== undefined) server.on('keylog', (line) => block.log!(line));
    return server;
  }
}

const NO_PROOFS: readonly TlsProof[] = [];
/** SSL_OP_NO_TICKET. */
const NO_TICKET = 1 << 14;

/** Both ends of a connection: the same for the socket and the stream that is on it. */
const keyOf = ({ remoteAddress, remotePort, localAddress, localPort }: Socket): string =>
  `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;

/** Why a client cannot stay, by what is asked of it; `good` says that its certificate was signed by one whom we trust. */
function unwantedClient(clientAuth: ServerTls['clientAuth'], shown: boolean, good: boolean): FailureReason | undefined {
  if ((clientAuth === 'require' || clientAuth === 'require_and_verify') && !shown) return 'no_certificate';
  if ((clientAuth === 'verify_if_given' || clientAuth === 'require_and_verify') && shown && !good) return 'bad_certificate';
  return undefined;
}
