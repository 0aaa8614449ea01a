// The upstream at an address of a `forward` line, in the way that its scheme says. Knows schemes; knows nothing of questions.
import type { Run } from '../../kernel/site/plugin.ts';
import { SecureClient, clientContext } from '../../secure/client.ts';
import { transportSecurity } from '../../secure/node.ts';
import type { UpstreamAddress, UpstreamScheme } from '../../upstream/address.ts';
import { Cookies } from '../../upstream/cookies.ts';
import { Dressing } from '../../upstream/dressing.ts';
import type { PoolCounter, PoolSettings } from '../../upstream/pool-settings.ts';
import type { RandomIds } from '../../upstream/random-ids.ts';
import type { Timers } from '../../upstream/timers.ts';
import { StreamPool } from '../../upstream/stream-pool.ts';
import type { UpstreamParts } from '../../upstream/udp-pool.ts';
import { Upstream } from '../../upstream/upstream.ts';
import type { Way } from '../../upstream/way.ts';
import type { Options } from './properties.ts';
import type { QuicUpstreams } from './quic-upstreams.ts';

/** What is loaded for who is asked over HTTP. */
type Http = typeof import('../../upstream/http-way.ts');

/** Makes the upstreams of a line in one thread. */
export class UpstreamMaker {
  readonly #run: Run;
  readonly #options: Options;
  readonly #timers: Timers;
  readonly #ids: RandomIds;
  readonly #http: Http | undefined;
  readonly #quic: QuicUpstreams | undefined;
  #context: ReturnType<typeof clientContext> | undefined;

  private constructor(run: Run, options: Options, timers: Timers, ids: RandomIds, http: Http | undefined,
    quic: QuicUpstreams | undefined) {
    this.#run = run;
    this.#options = options;
    this.#timers = timers;
    this.#ids = ids;
    this.#http = http;
    this.#quic = quic;
  }
  /** Loads what these schemes need: HTTP costs a start several milliseconds. Rejects where QUIC is wanted and not there. */
  static async for(schemes: readonly UpstreamScheme[], run: Run, options: Options, timers: Timers, ids: RandomIds):
    Promise<UpstreamMaker> {
    const http = schemes.includes('https') ? await import('../../upstream/http-way.ts') : undefined;
    const quic = schemes.some((scheme) => scheme === 'quic' || scheme === 'https3')
      ? (await import('./quic-upstreams.ts')).QuicUpstreams.load(options) : undefined;
    return new UpstreamMaker(run, options, timers, ids, http, quic);
  }

  open(at: UpstreamAddress, settings: PoolSettings, counter: PoolCounter): Upstream {
    const { source } = this.#options;
    const to = { address: scoped(at.address, at.zone), port: Number(at.port), ...(source === undefined ? {} : { source }) };
    const parts = { to, datagrams: this.#run.datagrams, timers: this.#timers, ids: this.#ids, settings, counter };
    return new Upstream(parts, at.scheme === 'dns' ? undefined : this.#secured(at, parts), this.#dressing(at));
  }
  /** Nobody can read over TLS, or write: padding is for there, cookies for elsewhere. */
  #dressing({ scheme }: UpstreamAddress): Dressing | undefined {
    const { padding, cookies } = this.#options;
    if (scheme === 'dns') return cookies ? new Dressing(false, new Cookies(this.#ids)) : undefined;
    return padding ? new Dressing(true, undefined) : undefined;
  }
  /** Over TLS (RFC 7858), HTTPS (RFC 8484) or QUIC (RFC 9250): all of a line have one context, and sessions of their own. */
  #secured({ scheme, zone }: UpstreamAddress, parts: UpstreamParts): Way {
    const { tls: pem, serverName = zone, dohMethod, dohPath } = this.#options;
    if (scheme === 'quic' || scheme === 'https3') return this.#quic!.way(scheme, serverName, parts, () => this.#run.clock.wall());
    const tls = transportSecurity();
    this.#context ??= clientContext(tls, pem);
    const client = (protocols: readonly string[]) => new SecureClient(tls, { pem, serverName, protocols }, this.#context);
    if (scheme === 'tls') return new StreamPool(parts, client(['dot']));
    const { HttpWay, HTTP_PROTOCOLS } = this.#http!;
    return new HttpWay({
      ...parts, kind: 'https', method: dohMethod, path: dohPath, secure: client(HTTP_PROTOCOLS.https), serverName,
      wall: () => this.#run.clock.wall(),
    });
  }
}

/** An address with its interface, where that is needed to reach it. */
const scoped = (address: string, zone: string | undefined): string =>
  (zone !== undefined && /^fe[89ab]/i.test(address) ? `${address}%${zone}` : address);
