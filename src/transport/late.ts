// A transport that is loaded when something first listens with it: what most servers do not speak costs their start nothing. Knows nothing
// of what it loads.
import type { Scheme } from '../dns/port.ts';
import type { Endpoint, Listener, Service, Transport } from '../kernel/query/transport.ts';

class Late implements Transport {
  readonly scheme: Scheme;
  readonly #load: () => Promise<Transport>;
  #loaded: Promise<Transport> | undefined;
  #transport: Transport | undefined;

  constructor(scheme: Scheme, load: () => Promise<Transport>) {
    this.scheme = scheme;
    this.#load = load;
  }
  async listen(at: Endpoint, service: Service, sockets?: number): Promise<Listener> {
    this.#transport = await (this.#loaded ??= this.#load());
    return this.#transport.listen(at, service, sockets);
  }
  leave(): void {
    this.#transport?.leave?.();
  }
}

/** The transport of a scheme, loaded by this. */
export const lateTransport = (scheme: Scheme, load: () => Promise<Transport>): Transport => new Late(scheme, load);
