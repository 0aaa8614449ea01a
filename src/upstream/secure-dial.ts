// What connections over TLS need of who knows TLS. Knows an interface; implemented in secure/, so that upstream/ has no certificates.
import type { NetConnectOpts, Socket } from 'node:net';

/** Begins connections over TLS to one upstream. */
export interface DialSecurely {
  /** A connection that says `secureConnect` once the other side is who it shall be, or `error`. */
  connect(how: NetConnectOpts): Socket;
  /** What is wrong with the other side's certificate or its TLS, in Go's words; undefined where it was the network. */
  told(error: Error): string | undefined;
}
/** Whether a connection over TLS went on with a session of another one. */
export const resumed = (socket: Socket): boolean => (socket as Socket & { isSessionReused?(): boolean }).isSessionReused?.() === true;
