// The endpoint over TLS: certificates that are read again, handshakes. Knows a load and files; knows no metrics.
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { secured } from '../../http/secured.ts';
import type { Securing } from '../../http/server.ts';
import { every } from '../../kernel/clock.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import { cryptography, transportSecurity } from '../../secure/node.ts';
import { watchedServer } from '../../secure/watched-server.ts';
import { fileError } from '../../wording/errno.ts';
import { readWebConfig } from './web-config.ts';

/** Milliseconds between looks at the files. */
const LOOK = 10_000;

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
  const { server, look } = watchedServer({
    files, first, clientAuth, leastVersion, at: { file: path, line: 1 }, label: `metrics ${path}`, cryptography: crypto,
    tls: transportSecurity(), now: () => run.clock.wall(), refused: (reason) => log.warning(reason),
    read: (file) => readFile(file, 'utf8').catch((error: unknown) => Promise.reject(new Error(fileError(error, file)))),
  });
  every(run.clock, LOOK, run.signal, (error) => run.report(error), look);
  return secured(server, run.clock);
}
