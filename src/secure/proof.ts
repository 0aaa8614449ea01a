// What a CA wants to see that asks over TLS whether a name is ours (TLS-ALPN-01, RFC 8737): a certificate of its own, under a protocol of
// its own. Knows the beginning of a handshake and certificates; knows nothing of orders.
import type * as nodeTls from 'node:tls';
import type { Server, TLSSocket } from 'node:tls';

/** What is shown for one domain. */
export interface TlsProof {
  readonly domain: string;
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}
/** What such a connection says that it speaks. */
const PROTOCOL = 'acme-tls/1';

/** Whether a client begins so; undefined while that cannot be told. */
export function asksForProof(hello: Buffer): boolean | undefined {
  if (hello.length === 0) return undefined;
  if (hello[0] !== 22) return false;
  if (hello.includes(PROTOCOL)) return true;
  // The record has five octets in front (RFC 8446 section 5.1).
  return hello.length < 5 || hello.length < 5 + hello.readUInt16BE(3) ? undefined : false;
}

/** Makes such handshakes, and does nothing more; `over` gets each that is through, or has failed. */
export function proofServer(tls: typeof nodeTls, proofs: readonly TlsProof[], over: (stream: TLSSocket) => void): Server {
  const contexts = new Map(proofs.map(({ domain, cert, key }) => [domain, tls.createSecureContext({ cert, key, minVersion: 'TLSv1.2' })]));
  const server = tls.createServer({
    ALPNProtocols: [PROTOCOL], minVersion: 'TLSv1.2',
    SNICallback: (name, done) => {
      const context = contexts.get(name.toLowerCase());
      if (context === undefined) done(new Error('nobody asks for this name'));
      else done(null, context);
    },
  });
  server.on('secureConnection', over);
  server.on('tlsClientError', (_, stream) => {
    stream.on('error', () => {});
    over(stream);
  });
  return server;
}
