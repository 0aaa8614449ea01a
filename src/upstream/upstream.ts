// One server that questions are forwarded to, over UDP and TCP or in one way alone. Knows its address and its ways, made when first used;
// knows nothing of its health.
import { joinHostPort } from '../dns/host-port.ts';
import { ExchangeError } from './asking.ts';
import type { Asking } from './asking.ts';
import type { DatagramPeer } from './datagrams.ts';
import type { Dressing } from './dressing.ts';
import type { Network } from './network.ts';
import { outOfSockets } from './network-error.ts';
import { StreamPool } from './stream-pool.ts';
import { UdpPool } from './udp-pool.ts';
import type { UpstreamParts } from './udp-pool.ts';
import type { Way } from './way.ts';

/** An upstream as one thread asks it. */
export class Upstream {
  /** `127.0.0.1:53`: the `to` label of metrics, and `forward/upstream`. */
  readonly name: string;
  readonly to: DatagramPeer;
  readonly #parts: UpstreamParts;
  readonly #only: Way | undefined;
  readonly #dressing: Dressing | undefined;
  #udp: UdpPool | undefined;
  #tcp: StreamPool | undefined;
  #closed = false;

  /** `only`: everything goes this way, whatever network is named. `dressing` is what questions get on. */
  constructor(parts: UpstreamParts, only?: Way, dressing?: Dressing) {
    this.to = parts.to;
    this.#parts = parts;
    this.name = joinHostPort(parts.to.address.replace(/%.*/, ''), parts.to.port);
    this.#only = only;
    this.#dressing = dressing;
  }

  /** Asks over a network; what becomes of it goes to the asking, never before this returns. */
  ask(asking: Asking, network: Network): void {
    asking.dressing = this.#dressing;
    if (this.#dressing !== undefined) {
      asking.again = false;
      asking.question = this.#dressing.dress(asking.question);
    }
    const error = this.#valid(network) ?? this.#way(asking, network);
    if (error === undefined) return;
    // Later: who is told may ask again, and again.
    setImmediate(() => {
      this.#parts.timers.look();
      asking.failed(error);
    });
  }
  /** Where no socket can be had, an open connection will do. */
  #way(asking: Asking, network: Network): ExchangeError | undefined {
    if (this.#only !== undefined) return this.#only.ask(asking);
    if (network !== 'udp') return this.#overTcp().ask(asking);
    const error = this.#overUdp().ask(asking);
    if (error === undefined || !outOfSockets(error.code) || this.#tcp?.open !== true) return error;
    return this.#tcp.ask(asking);
  }
  #overUdp(): UdpPool {
    return (this.#udp ??= this.#made(new UdpPool({
      ...this.#parts,
      overTcp: (asking) => {
        const error = this.#overTcp().ask(asking);
        if (error !== undefined) asking.failed(error);
      },
    })));
  }
  #overTcp(): StreamPool {
    return (this.#tcp ??= this.#made(new StreamPool(this.#parts)));
  }
  /** Who asks after the end gets sockets that are closed after the answer. */
  #made<T extends Pick<Way, 'close'>>(way: T): T {
    if (this.#closed) way.close();
    return way;
  }
  /** As CoreDNS: a port that is none is noticed when somebody asks. */
  #valid(network: Network): ExchangeError | undefined {
    const { port } = this.to;
    if (port >= 0 && port <= 65535) return undefined;
    const over = network === 'udp' && this.#only === undefined ? 'udp' : 'tcp';
    return new ExchangeError(`dial ${over}: address ${port}: invalid port`, 'EINVAL');
  }
  /** Closes what has been idle for too long. `now` is of the clock of its timers. */
  sweep(now: number): void {
    for (const way of [this.#only, this.#udp, this.#tcp]) way?.sweep(now);
  }
  /** Closes everything as soon as nothing waits on it. */
  close(): void {
    this.#closed = true;
    for (const way of [this.#only, this.#udp, this.#tcp]) way?.close();
  }
}
