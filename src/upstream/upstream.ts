// One server that questions are forwarded to, over UDP and TCP or in one way alone. Knows its address and its ways; knows nothing of its
// health.
import { joinHostPort } from '../dns/host-port.ts';
import { ExchangeError } from './asking.ts';
import type { Asking } from './asking.ts';
import type { DatagramPeer } from './datagrams.ts';
import { outOfSockets } from './network-error.ts';
import { StreamPool } from './stream-pool.ts';
import type { Timers } from './timers.ts';
import { UdpPool } from './udp-pool.ts';
import type { UpstreamParts } from './udp-pool.ts';
import type { Way } from './way.ts';

/** An upstream as one thread asks it. */
export class Upstream {
  /** `127.0.0.1:53`: the `to` label of metrics, and `forward/upstream`. */
  readonly name: string;
  readonly to: DatagramPeer;
  readonly #timers: Timers;
  readonly #ways: { readonly udp: UdpPool; readonly tcp: StreamPool } | undefined;
  readonly #only: Way | undefined;

  /** `only`: everything goes this way. */
  constructor(parts: UpstreamParts, only?: Way) {
    this.to = parts.to;
    this.#timers = parts.timers;
    this.name = joinHostPort(parts.to.address.replace(/%.*/, ''), parts.to.port);
    this.#only = only;
    if (only !== undefined) return;
    const tcp = new StreamPool(parts);
    const udp = new UdpPool({
      ...parts,
      overTcp: (asking) => {
        const error = tcp.ask(asking);
        if (error !== undefined) asking.failed(error);
      },
    });
    this.#ways = { udp, tcp };
  }

  /** Asks over TCP or UDP; what becomes of it goes to the asking, never before this returns. */
  ask(asking: Asking, tcp: boolean): void {
    const error = this.#valid(tcp) ?? this.#only?.ask(asking) ?? this.#over(asking, tcp);
    if (error === undefined) return;
    // Later: who is told may ask again, and again.
    setImmediate(() => {
      this.#timers.look();
      asking.failed(error);
    });
  }
  /** Where no socket can be had, an open connection will do. */
  #over(asking: Asking, overTcp: boolean): ExchangeError | undefined {
    if (this.#ways === undefined) return undefined;
    const { udp, tcp } = this.#ways;
    if (overTcp) return tcp.ask(asking);
    const error = udp.ask(asking);
    if (error === undefined || !outOfSockets(error.code) || !tcp.open) return error;
    return tcp.ask(asking);
  }
  /** As CoreDNS: a port that is none is noticed when somebody asks. */
  #valid(tcp: boolean): ExchangeError | undefined {
    const { port } = this.to;
    if (port >= 0 && port <= 65535) return undefined;
    return new ExchangeError(`dial ${tcp ? 'tcp' : 'udp'}: address ${port}: invalid port`, 'EINVAL');
  }
  /** Closes what has been idle for too long. `now` is of the clock of its timers. */
  sweep(now: number): void {
    for (const way of this.#all) way.sweep(now);
  }
  /** Closes everything as soon as nothing waits on it. */
  close(): void {
    for (const way of this.#all) way.close();
  }
  get #all(): readonly Pick<Way, 'sweep' | 'close'>[] {
    return this.#ways === undefined ? [this.#only!] : [this.#ways.udp, this.#ways.tcp];
  }
}
