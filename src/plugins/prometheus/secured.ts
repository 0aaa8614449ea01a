// The endpoint over TLS: certificates that are read again, handshakes. Knows a load and files; knows no metrics.
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import type { Securing } from '../../http/server.ts';
import { every } from '../../kernel/clock.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import { cryptography, transportSecurity } from '../../secure/node.ts';
import { WatchedPair } from '../../secure/pair-files.ts';
import { SecureServer } from '../../secure/server.ts';
import { ServerTls } from '../../secure/server-tls.ts';
import { fileError } from '../../wording/errno.ts';
import { readWebConfig } from './web-config.ts';

/** Milliseconds between looks at the files, and in which a handshake has to be over. */
const LOOK = 10_000, HANDSHAKE = 5000;

/** How streams of the endpoint are secured by this file; undefined where it asks for no TLS. Rejects where nobody can be served with it. */
export async function securedBy(path: string, run: Run): Promise<Securing | undefined> {
  const { parse } = await import('yaml');
  const crypto = cryptography();
  const found = readWebConfig(path, {
    parse: (text) => parse(text) as unknown, cryptography: crypto,
    read(file) {
      try {
        return readFileSync(file, 'utf8');
      } catch (error) {
        throw new Error(fileError(error as Error, file), { cause: error });
      }
    },
  });
  if (found === undefined) return undefined;
  const { files, first, clientAuth, leastVersion } = found;
  const log = run.log.prefix('metrics');
  const tls = new ServerTls({ at: { file: path, line: 1 }, clientAuth, leastVersion, first, keylog: undefined });
  let pair = first;
  let round = 0;
  tls.tls = transportSecurity();
  tls.digest = (text) => crypto.createHash('sha256').update(text).digest('hex');
  tls.pair = () => pair;
  tls.round = () => round;
  const watched = new WatchedPair(files, first, {
    read: (file) => readFile(file, 'utf8').catch((error: unknown) => Promise.reject(new Error(fileError(error, file)))),
    cryptography: crypto, now: () => run.clock.wall(),
    changed(next) {
      pair = next;
      round++;
    },
    refused: (reason) => log.warning(`${files.cert} is not taken over, and the certificate before it stays: ${reason}`),
  });
  every(run.clock, LOOK, run.signal, (error) => run.report(error), () => watched.look());
  const server = new SecureServer([tls], ['h2', 'http/1.1'], `metrics ${path}`);
  return (socket, ready) => accept(server, socket, ready, run);
}

function accept(server: SecureServer, socket: Socket, ready: (stream: Socket, alpn: string | undefined) => void, { clock }: Run): void {
  socket.on('error', () => {});
  const cancel = clock.after(HANDSHAKE, () => server.late(socket));
  server.accept(socket, {
    arrived(stream, { alpn }) {
      cancel();
      stream.on('error', () => {});
      ready(stream, alpn);
    },
    failed() {
      cancel();
      setImmediate(() => socket.destroy());
    },
  });
}
