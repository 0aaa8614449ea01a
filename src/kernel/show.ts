// Something shown at a path of an address while a load is served. Knows who shares what; the server is http's.
import { HttpServer } from '../http/server.ts';
import type { HttpHandler } from '../http/server.ts';
import type { Clock } from './clock.ts';
import type { Shared } from './shared.ts';

/** What is looked at of a load that shows something. */
export interface ShowingRun {
  readonly shared: Shared;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}
/** Shows something at a path of an address while a load is served. All users of an address share one socket, which a reload keeps. */
export async function showAt(run: ShowingRun, address: string, path: string, handler: HttpHandler): Promise<HttpServer> {
  const server = await run.shared.use(`http ${address}`, run.signal, () => HttpServer.open(address, run.clock));
  server.route(path, handler, run.signal);
  return server;
}
