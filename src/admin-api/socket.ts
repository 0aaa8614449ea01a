// The socket of the API: made aside and renamed, so that it never stands there with wrong rights; one that a dead process left is replaced,
// one that somebody answers at is respected. Knows sockets and HTTP; knows nothing of what is said.
import { rmSync } from 'node:fs';
import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { HttpServer } from '../http/server.ts';
import type { HttpServerOptions } from '../http/server.ts';
import type { Clock } from '../kernel/clock.ts';

/** What a connection may do, and how many there may be: twice as many as may watch, so that nobody waits for those. */
export const LISTENING: HttpServerOptions = {
  bounds: { head: 8192, body: 65_536, streams: 64, read: 5000, write: 30_000, idle: 30_000 }, connections: 64,
};
/** Whoever owns it and his group talk to it. */
const RIGHTS = 0o660;

/** An open socket. */
export class AdminSocket {
  readonly server: HttpServer;
  readonly #path: string;

  private constructor(server: HttpServer, path: string) {
    this.server = server;
    this.#path = path;
  }
  /** Listens at a path. Rejects where somebody else does, and where the folder cannot be written. */
  static async open(path: string, clock: Clock): Promise<AdminSocket> {
    if (await answers(path)) throw new Error(`listen unix ${path}: another process answers there`);
    await mkdir(dirname(path), { recursive: true, mode: 0o750 });
    const aside = `${path}.new`;
    await rm(aside, { force: true });
    const server = await HttpServer.open(`unix:${aside}`, clock, LISTENING);
    await chmod(aside, RIGHTS);
    await rename(aside, path);
    return new AdminSocket(server, path);
  }
  /** Ends it, and what is said over it. */
  close(): Promise<void> {
    // At once: the process may be about to end.
    rmSync(this.#path, { force: true });
    return this.server.close();
  }
}

/** Whether somebody listens at a path. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
