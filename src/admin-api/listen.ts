// Where a word listens: a socket of the machine, or an address with TLS and tokens, whose files are read again. Knows a load and files;
// knows nothing of what is said.
import { readFile } from 'node:fs/promises';
import { secured } from '../http/secured.ts';
import type { HttpService } from '../http/exchange.ts';
import { HttpServer } from '../http/server.ts';
import type { Securing } from '../http/server.ts';
import { every } from '../kernel/clock.ts';
import type { Run } from '../kernel/site/plugin.ts';
import { cryptography, transportSecurity } from '../secure/node.ts';
import type { PairFiles } from '../secure/pair-files.ts';
import type { Pair } from '../secure/pair.ts';
import type { Role, Tokens } from '../secure/tokens.ts';
import { watchedServer } from '../secure/watched-server.ts';
import { watchedTokens } from '../secure/watched-tokens.ts';
import { Access } from './access.ts';
import type { AccessSettings } from './access.ts';
import { AdminSocket, LISTENING } from './socket.ts';

/** Milliseconds between looks at files. */
const LOOK = 5000;

/** Where it listens, and who is let in. */
export interface ListenSettings {
  readonly at: { readonly file: string; readonly line: number };
  /** A path of a socket, or `host:port`. */
  readonly listen: { readonly path: string } | { readonly address: string };
  readonly tls: { readonly files: PairFiles; readonly first: Pair } | undefined;
  /** The file of tokens. */
  readonly tokens: string | undefined;
  /** What holders of certificates may do. */
  readonly may: ReadonlyMap<string, Role>;
  /** Names by which the server is asked. */
  readonly hosts: readonly string[];
}

/** Who listens, and who answers there. */
export interface Listening {
  readonly word: string;
  /** Sessions of pages that browsers open here, where they do. */
  readonly pages?: AccessSettings['pages'];
  readonly service: (access: Access) => HttpService;
}

/** Listens while a load is served. Rejects where it cannot. */
export async function listen(run: Run, settings: ListenSettings, { word, pages, service }: Listening): Promise<void> {
  const { listen: where, may, hosts } = settings;
  const tokens = settings.tokens === undefined ? undefined : await watchTokens(run, settings.tokens, word);
  const access = new Access({ isSocket: 'path' in where, tokens, may, hosts, pages }, run.clock);
  const server = 'path' in where
    ? (await run.shared.use(`${word} ${where.path}`, run.signal, () => AdminSocket.open(where.path, run.clock))).server
    : await run.shared.use(`${word} ${where.address}`, run.signal, () => HttpServer.open(where.address, run.clock, LISTENING));
  server.securing = securing(run, settings, word);
  server.serve(service(access), run.signal);
}
/** TLS, where certificates of clients are looked at if they have one. */
function securing(run: Run, { tls, listen: where, at }: ListenSettings, word: string): Securing | undefined {
  if (tls === undefined || 'path' in where) return undefined;
  const log = run.log.prefix(word);
  const { server, look } = watchedServer({
    ...tls, at, clientAuth: tls.files.ca === undefined ? 'nocert' : 'verify_if_given', leastVersion: 'TLSv1.2',
    label: `${word} ${where.address}`,
    cryptography: cryptography(), tls: transportSecurity(), now: () => run.clock.wall(), refused: (reason) => log.warning(reason),
    read: (file) => readFile(file, 'utf8'),
  });
  every(run.clock, LOOK, run.signal, (error) => run.report(error), look);
  return secured(server, run.clock);
}
/** The tokens of the file, which is looked at again and again. */
async function watchTokens(run: Run, path: string, word: string): Promise<() => Tokens> {
  const log = run.log.prefix(word);
  const { tokens, look } = await watchedTokens({
    path, read: (file) => readFile(file, 'utf8'), cryptography: cryptography(), refused: (reason) => log.warning(reason),
  });
  every(run.clock, LOOK, run.signal, (error) => run.report(error), look);
  return tokens;
}
