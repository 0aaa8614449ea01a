// Connections of an HTTP server that speak TLS first. Knows handshakes and how long they may take; knows no certificate.
import type { SecureServer } from '../secure/server.ts';
import type { HttpClock, Securing } from './server.ts';

/** Milliseconds in which a handshake has to be over. */
const HANDSHAKE = 5000;

/** How a server's connections are secured. */
export function secured(server: SecureServer, clock: Pick<HttpClock, 'after'>): Securing {
  return (socket, ready) => {
    socket.on('error', () => {});
    const cancel = clock.after(HANDSHAKE, () => server.late(socket));
    server.accept(socket, {
      arrived(stream, { alpn, subject, isVerified }) {
        cancel();
        stream.on('error', () => {});
        ready(stream, alpn, isVerified ? subject : undefined);
      },
      failed() {
        cancel();
        setImmediate(() => socket.destroy());
      },
    });
  };
}
