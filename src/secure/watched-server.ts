// The server's side of TLS with files that are read again: for an address that stands outside of the listeners of blocks. Knows files and
// certificates; when they are looked at is decided elsewhere.
import type * as nodeCrypto from 'node:crypto';
import type * as nodeTls from 'node:tls';
import type { Pair } from './pair.ts';
import { WatchedPair } from './pair-files.ts';
import type { PairFiles, PairFilesOptions } from './pair-files.ts';
import { SecureServer } from './server.ts';
import { ServerTls } from './server-tls.ts';

/** What it is served with. */
interface WatchedServerOptions
  extends Pick<ServerTls, 'at' | 'clientAuth' | 'leastVersion'>, Pick<PairFilesOptions, 'read' | 'now'> {
  readonly files: PairFiles;
  readonly first: Pair;
  /** Tells sessions of this address from those of others. */
  readonly label: string;
  readonly cryptography: typeof nodeCrypto;
  readonly tls: typeof nodeTls;
  /** What stands in the files now cannot be served with, and why: said once for each reason. */
  readonly refused: (reason: string) => void;
}
/** A server, and what looks at its files. */
interface WatchedServer {
  readonly server: SecureServer;
  readonly look: () => Promise<void>;
}

/** A server of HTTP over TLS. */
export function watchedServer(options: WatchedServerOptions): WatchedServer {
  const { files, first, label, cryptography, read, now, refused } = options;
  const tls = new ServerTls({ ...options, keylog: undefined });
  let pair = first;
  let round = 0;
  tls.tls = options.tls;
  tls.digest = (text) => cryptography.createHash('sha256').update(text).digest('hex');
  tls.pair = () => pair;
  tls.round = () => round;
  const watched = new WatchedPair(files, first, {
    read, cryptography, now,
    changed(next) {
      pair = next;
      round++;
    },
    refused: (reason) => refused(`${files.cert} is not taken over, and the certificate before it stays: ${reason}`),
  });
  return { server: new SecureServer([tls], ['h2', 'http/1.1'], label), look: () => watched.look() };
}
