// A resolver for `@grpc/grpc-js`: `registry:///ZONE/SERVICE/PORT` are the instances of a service, which the library hears of as they come
// and go. Knows the library's interface of resolvers, in both of its forms (`onSuccessfulResolution` and, from 1.14 on, a
// function); does not import it.
import type { RegistryClient } from './client.ts';
import type { KnownInstance, Service } from './instance.ts';

/** Milliseconds between tries where the registry refused. */
const AGAIN = 5000;
/** UNAVAILABLE. */
const UNAVAILABLE = 14;

/** One backend. */
interface Endpoint {
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
}
interface Status {
  readonly code: number;
  readonly details: string;
  readonly metadata: unknown;
}
type Listener = ((endpoints: { readonly ok: true; readonly value: readonly Endpoint[] } | { readonly ok: false; readonly error: Status },
  attributes: object, serviceConfig: null, note: string) => boolean) | {
    onSuccessfulResolution(endpoints: readonly Endpoint[], serviceConfig: null, error: null, selector: null, attributes: object): void;
    onError(error: Status): void;
  };
interface Target {
  readonly path: string;
}
/** What of the library is needed. */
export interface GrpcLibrary {
  readonly experimental: { registerResolver(scheme: string, resolver: new (target: Target, listener: Listener) => object): void };
  readonly Metadata: new () => unknown;
}

/** From now on clients of the library find `registry:///ZONE/SERVICE/PORT` by this registry. */
export function registerGrpcResolver(grpc: GrpcLibrary, client: Pick<RegistryClient, 'services'>): void {
  class RegistryResolver {
    readonly #listener: Listener;
    readonly #target: readonly string[];
    #end: AbortController | undefined;

    constructor({ path }: Target, listener: Listener) {
      this.#target = path.split('/').filter((part) => part !== '');
      this.#listener = listener;
    }
    static getDefaultAuthority({ path }: Target): string {
      const [zone = '', service = ''] = path.split('/').filter((part) => part !== '');
      return `${service}.${zone}`;
    }
    updateResolution(): void {
      if (this.#end !== undefined) return;
      this.#end = new AbortController();
      void this.#follow(this.#end.signal);
    }
    destroy(): void {
      this.#end?.abort();
      this.#end = undefined;
    }
    async #follow(signal: AbortSignal): Promise<void> {
      const [zone, service, port] = this.#target;
      if (zone === undefined || service === undefined) return this.#failed('a target is registry:///ZONE/SERVICE/PORT');
      while (!signal.aborted) {
        try {
          for await (const found of client.services(zone, service, signal)) this.#tell(endpointsOf(found, port), service);
        } catch (error) {
          this.#failed((error as Error).message);
          await new Promise((resolve) => setTimeout(resolve, AGAIN));
        }
      }
    }
    #tell(endpoints: readonly Endpoint[], service: string): void {
      if (endpoints.length === 0) return this.#failed(`no instance of ${service} is up`);
      if (typeof this.#listener === 'function') this.#listener({ ok: true, value: endpoints }, {}, null, '');
      else this.#listener.onSuccessfulResolution(endpoints, null, null, null, {});
    }
    #failed(details: string): void {
      const error = { code: UNAVAILABLE, details, metadata: new grpc.Metadata() };
      if (typeof this.#listener === 'function') this.#listener({ ok: false, error }, {}, null, '');
      else this.#listener.onError(error);
    }
  }
  grpc.experimental.registerResolver('registry', RegistryResolver);
}
/** Those that are up; where none is, those that fail their checks, as names are answered. */
function endpointsOf({ instances }: Service, port: string | undefined): readonly Endpoint[] {
  const up = instances.filter(({ state }) => state === 'up');
  return (up.length > 0 ? up : instances.filter(({ state }) => state === 'failing')).flatMap((each) => endpointOf(each, port) ?? []);
}
function endpointOf({ addresses, ports = {} }: KnownInstance, name: string | undefined): Endpoint | undefined {
  const port = name === undefined ? Object.values(ports)[0] : ports[name] ?? ports[`${name}/tcp`];
  return port === undefined ? undefined : { addresses: addresses.map((host) => ({ host, port })) };
}
