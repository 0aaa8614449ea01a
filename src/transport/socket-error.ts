// Errors of sockets, as Node words its own. Knows errno; knows nothing of who opens what.
import { createRequire } from 'node:module';

/** What an error of a socket carries, Node's own as well. */
export interface SocketError extends Error {
  readonly code: string;
  readonly errno: number;
  /** `socket`, `bind`, `connect` or `listen`. */
  readonly syscall: string;
  readonly address: string;
  readonly port: number;
}

/** The name of an errno, such as `EADDRINUSE`. Loaded when something fails: it is a part of much that no start needs. */
export function errorCode(errno: number): string {
  const { getSystemErrorName } = createRequire(import.meta.url)('node:util') as typeof import('node:util');
  return getSystemErrorName(-Math.abs(errno));
}

/** `bind EADDRINUSE 127.0.0.1:53`. `errno` may have either sign. */
export function socketError(syscall: string, errno: number, address: string, port: number): SocketError {
  const code = errorCode(errno);
  const error = new Error(`${syscall} ${code} ${address.includes(':') ? `[${address}]` : address}:${port}`);
  return Object.assign(error, { code, errno: -Math.abs(errno), syscall, address, port });
}
