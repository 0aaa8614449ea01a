// The upstream at an address of a `forward` line, in the way that its scheme says. Knows schemes; knows nothing of questions.
import type { Run } from '../../kernel/site/plugin.ts';
import { SecureClient, clientContext } from '../../secure/client.ts';
import { transportSecurity } from '../../secure/node.ts';
import type { UpstreamAddress } from '../../upstream/address.ts';
import type { ClientTls, ConnectSecurely } from '../../upstream/client-tls.ts';
import type { PoolCounter, PoolSettings } from '../../upstream/pool-settings.ts';
import type { RandomIds } from '../../upstream/random-ids.ts';
import type { Timers } from '../../upstream/timers.ts';
import { StreamPool } from '../../upstream/stream-pool.ts';
import type { UpstreamParts } from '../../upstream/udp-pool.ts';
import { Upstream } from '../../upstream/upstream.ts';
import type { Way } from '../../upstream/way.ts';
import type { Options } from './config.ts';

/** What is loaded for schemes that need more than sockets. */
interface Loaded {
  readonly connect: ConnectSecurely;
  readonly HttpWay: typeof import('../../upstream/http-way.ts').HttpWay;
}

/** Makes the upstreams of a line in one thread. */
export class UpstreamMaker {
  readonly #run: Run;
  readonly #options: Options;
  readonly #timers: Timers;
  readonly #ids: RandomIds;
  readonly #loaded: Loaded | undefined;
  #context: ReturnType<typeof clientContext> | undefined;

  private constructor(run: Run, options: Options, timers: Timers, ids: RandomIds, loaded: Loaded | undefined) {
    this.#run = run;
    this.#options = options;
    this.#timers = timers;
    this.#ids = ids;
    this.#loaded = loaded;
  }
  /** Loads what these addresses need: TLS and HTTP cost a start several milliseconds. */
  static async for(addresses: readonly UpstreamAddress[], run: Run, options: Options, timers: Timers, ids: RandomIds):
    Promise<UpstreamMaker> {
    let loaded: Loaded | undefined;
    if (addresses.some(({ scheme }) => scheme === 'https')) {
      const [tls, { HttpWay }] = await Promise.all([import('node:tls'), import('../../upstream/http-way.ts')]);
      loaded = { connect: tls.connect as unknown as ConnectSecurely, HttpWay };
    }
    return new UpstreamMaker(run, options, timers, ids, loaded);
  }

  open(at: UpstreamAddress, settings: PoolSettings, counter: PoolCounter): Upstream {
    const { source } = this.#options;
    const to = { address: scoped(at.address, at.zone), port: Number(at.port), ...(source === undefined ? {} : { source }) };
    const parts = { to, datagrams: this.#run.datagrams, timers: this.#timers, ids: this.#ids, settings, counter };
    if (at.scheme === 'tls') return new Upstream(parts, this.#tls(at, parts));
    return new Upstream(parts, at.scheme === 'https' ? this.#https(at, to, settings) : undefined);
  }
  /** Over TLS (RFC 7858): all of a line have one context, and sessions of their own. */
  #tls({ zone }: UpstreamAddress, parts: UpstreamParts): Way {
    const { tls: pem, serverName } = this.#options;
    const tls = transportSecurity();
    this.#context ??= clientContext(tls, pem);
    return new StreamPool(parts, new SecureClient(tls, { pem, serverName: serverName ?? zone, protocols: ['dot'] }, this.#context));
  }
  #https({ zone }: UpstreamAddress, to: { address: string; port: number; source?: string }, settings: PoolSettings): Way {
    const { connect, HttpWay } = this.#loaded!;
    const { tls, serverName, dohMethod } = this.#options;
    const options: ClientTls = { ...tls, servername: zone ?? serverName };
    return new HttpWay({
      kind: 'https', method: dohMethod, to, tls: { connect, options }, timers: this.#timers, ids: this.#ids, settings,
      wall: () => this.#run.clock.wall(),
    });
  }
}

/** An address with its interface, where that is needed to reach it. */
const scoped = (address: string, zone: string | undefined): string =>
  (zone !== undefined && /^fe[89ab]/i.test(address) ? `${address}%${zone}` : address);
