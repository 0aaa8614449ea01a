// Where the API of a registry listens: sockets, certificates, tokens that are read again. Knows a load and files; what is answered is
// api.ts's.
import { chmod, readFile, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Name } from '../../dns/name.ts';
import { secured } from '../../http/secured.ts';
import { HttpServer } from '../../http/server.ts';
import type { Securing } from '../../http/server.ts';
import { every } from '../../kernel/clock.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import { cryptography, transportSecurity } from '../../secure/node.ts';
import { Tokens } from '../../secure/tokens.ts';
import { watchedServer } from '../../secure/watched-server.ts';
import { fileError } from '../../wording/errno.ts';
import { Api } from './api.ts';
import { Audit } from './audit.ts';
import type { Settings } from './config.ts';
import type { Directory } from './directory.ts';
import { operationsOn } from './operations.ts';

/** Milliseconds between looks at the files of tokens and certificates. */
const LOOK = 5000;
/** A body has at most 64 KiB; a heartbeat comes every few seconds on a connection that stays. */
const OPTIONS = {
  bounds: { head: 8192, body: 65_536, streams: 256, read: 10_000, write: 30_000, idle: 120_000 }, connections: 10_000,
};

/** Serves the API while a load is served. Rejects where it cannot listen. */
export async function openApi(
  run: Run, settings: Settings & { readonly listen: string }, directory: Directory, zones: readonly Name[],
): Promise<void> {
  const { listen, tokens } = settings;
  const known = tokens === undefined ? () => undefined : await watchTokens(run, tokens);
  const log = run.log.prefix('registry');
  const audit = settings.audit === undefined ? undefined
    : new Audit(settings.audit, run.clock, (error) => log.error(`the audit cannot be written: ${error.message}`));
  const operations = operationsOn(directory, zones, audit);
  const api = new Api({ operations, tokens: known, clock: run.clock, audit, report: (error) => run.report(error) });
  const server = await run.shared.use(`registry ${listen}`, run.signal, async () => {
    if (listen.startsWith('unix:')) await clear(listen.slice(5));
    const opened = await HttpServer.open(listen, run.clock, OPTIONS);
    // Who is let in without a token is this user alone.
    if (listen.startsWith('unix:')) await chmod(listen.slice(5), 0o600);
    return opened;
  });
  server.securing = secureApi(run, settings);
  server.serve(api, run.signal);
}
/** TLS of the API; with authorities, of clients whom one of them knows alone. */
function secureApi(run: Run, { tls, listen, at }: Settings): Securing | undefined {
  if (tls === undefined) return undefined;
  const log = run.log.prefix('registry');
  const { server, look } = watchedServer({
    ...tls, at, clientAuth: tls.files.ca === undefined ? 'nocert' : 'require_and_verify', leastVersion: 'TLSv1.2',
    label: `registry ${listen}`,
    cryptography: cryptography(), tls: transportSecurity(), now: () => run.clock.wall(), refused: (reason) => log.warning(reason),
    read: (file) => readFile(file, 'utf8').catch((error: unknown) => Promise.reject(new Error(fileError(error, file)))),
  });
  every(run.clock, LOOK, run.signal, (error) => run.report(error), look);
  return secured(server, run.clock);
}
/** Takes away a socket that nobody listens on any more. */
async function clear(path: string): Promise<void> {
  const isServed = await new Promise<boolean>((resolve) => {
    const socket = connect({ path }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
  if (!isServed) await unlink(path).catch(() => {});
}
async function watchTokens(run: Run, path: string): Promise<() => Tokens> {
  const log = run.log.prefix('registry');
  let text = await readFile(path, 'utf8');
  let tokens = new Tokens(text, cryptography());
  let said = '';
  every(run.clock, LOOK, run.signal, (error) => {
    const why = (error as Error).message;
    if (why !== said) log.warning(`${path} is not taken over, and the tokens before it stay: ${why}`);
    said = why;
  }, async () => {
    const now = await readFile(path, 'utf8');
    if (now !== text) tokens = new Tokens(now, cryptography());
    text = now;
    said = '';
  });
  return () => tokens;
}
