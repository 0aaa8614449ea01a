// Where the API of a registry listens: sockets, certificates, tokens that are read again. Knows a load and files; what is answered is
// api.ts's.
import { chmod, readFile, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Name } from '../../dns/name.ts';
import { secured } from '../../http/secured.ts';
import { HttpServer } from '../../http/server.ts';
import type { Securing } from '../../http/server.ts';
import { every } from '../../kernel/clock.ts';
import type { Service } from '../../kernel/query/transport.ts';
import type { Closable } from '../../kernel/shared.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import type { Site } from '../../kernel/site/site.ts';
import { cryptography, transportSecurity } from '../../secure/node.ts';
import type { Tokens } from '../../secure/tokens.ts';
import { watchedServer } from '../../secure/watched-server.ts';
import { watchedTokens } from '../../secure/watched-tokens.ts';
import { fileError } from '../../wording/errno.ts';
import { Api } from './api.ts';
import { Audit } from './audit.ts';
import type { Settings } from './config.ts';
import type { Directory } from './directory.ts';
import { GrpcDoor } from './grpc-door.ts';
import { operationsOn } from './operations.ts';
import { WatchStreams } from './watching.ts';

/** Milliseconds between looks at the files of tokens and certificates. */
const LOOK = 5000;
/** A body has at most 64 KiB; a heartbeat comes every few seconds on a connection that stays. */
const OPTIONS = {
  bounds: { head: 8192, body: 65_536, streams: 256, read: 10_000, write: 30_000, idle: 120_000 }, connections: 10_000,
};

/** Serves the API while a load is served. Rejects where it cannot listen. */
export async function openApi(
  run: Run, settings: Settings & { readonly listen: string }, directory: Directory, zones: readonly Name[], site: Site,
): Promise<void> {
  const { listen, tokens } = settings;
  const known = tokens === undefined ? () => undefined : await watchTokens(run, tokens);
  const log = run.log.prefix('registry');
  const audit = settings.audit === undefined ? undefined
    : new Audit(settings.audit, run.clock, (error) => log.error(`the audit cannot be written: ${error.message}`));
  const { server, streams } = await run.shared.use(`registry ${listen}`, run.signal, () => Port.open(listen, run));
  const operations = operationsOn(directory, zones, audit, streams);
  const api = new Api({
    operations, tokens: known, named: settings.named, clock: run.clock, audit,
    report: (error) => run.report(error), grpc: new GrpcDoor(streams),
  });
  const { keys, names } = directory.parts;
  let source: Promise<string> | undefined;
  streams.use({
    service: () => serviceOf(run, site), revision: () => names.revision, served: (revision) => directory.served(revision),
    source: () => (source ??= keys.source().catch((error: unknown) => {
      source = undefined;
      throw error;
    })),
  }, run.signal);
  server.securing = secureApi(run, settings);
  server.serve(api, run.signal);
}
/** The server that the block is of. */
function serviceOf(run: Run, site: Site): Service | undefined {
  const served = run.whole.serving();
  const own = served?.configuration.addresses.find(({ zones }) => zones.some(([, each]) => each === site));
  return own && served!.servers.get(own.label);
}
/** An address that is open, with the streams there: who is told of changes is let go before it is closed. */
class Port implements Closable {
  readonly server: HttpServer;
  readonly streams = new WatchStreams();

  private constructor(server: HttpServer) {
    this.server = server;
  }
  static async open(listen: string, { clock }: Run): Promise<Port> {
    if (listen.startsWith('unix:')) await clear(listen.slice(5));
    const server = await HttpServer.open(listen, clock, OPTIONS);
    // Who is let in without a token is this user alone.
    if (listen.startsWith('unix:')) await chmod(listen.slice(5), 0o600);
    return new Port(server);
  }
  async close(): Promise<void> {
    this.streams.close();
    await this.server.close();
  }
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
/** The tokens of the file, which is looked at again and again. */
async function watchTokens(run: Run, path: string): Promise<() => Tokens> {
  const log = run.log.prefix('registry');
  const { tokens, look } = await watchedTokens({
    path, read: (file) => readFile(file, 'utf8'), cryptography: cryptography(), refused: (reason) => log.warning(reason),
  });
  every(run.clock, LOOK, run.signal, (error) => run.report(error), look);
  return tokens;
}
