// The `dns://` transport: UDP and TCP on the same address and port (TR-1). Knows that there are two; how each works is their own.
import type { Endpoint, Listener, Service, Transport } from '../kernel/query/transport.ts';

/** How often a free port is sought that both have. */
const TRIES = 20;

class DnsListener implements Listener {
  readonly at: Endpoint;
  readonly #both: readonly Listener[];

  constructor(both: readonly Listener[]) {
    this.at = both[0]!.at;
    this.#both = both;
  }

  handTo(service: Service): void {
    for (const listener of this.#both) listener.handTo(service);
  }
  async close(graceMs: number): Promise<void> {
    await Promise.all(this.#both.map((listener) => listener.close(graceMs)));
  }
}

class Dns implements Transport {
  readonly scheme = 'dns';
  readonly #udp: Transport;
  readonly #tcp: Transport;

  constructor(udp: Transport, tcp: Transport) {
    this.#udp = udp;
    this.#tcp = tcp;
  }

  leave(): void {
    this.#tcp.leave?.();
  }
  async listen(at: Endpoint, service: Service, sockets = 1): Promise<Listener> {
    for (let tries = TRIES; ; tries--) {
      const tcp = await this.#tcp.listen(at, service, sockets);
      try {
        return new DnsListener([await this.#udp.listen({ ...at, port: tcp.at.port }, service, sockets), tcp]);
      } catch (error) {
        await tcp.close(0);
        if (at.port !== 0 || tries === 0 || (error as { code?: string }).code !== 'EADDRINUSE') throw error;
      }
    }
  }
}

/** UDP and TCP together. */
export const dnsTransport = (udp: Transport, tcp: Transport): Transport => new Dns(udp, tcp);
