// A client of the API of a *registry*: registers, finds, watches. Knows paths.
import { Api } from './api.ts';
import type { Asking, Fetch, Reply } from './api.ts';
import type { Instance, Service } from './instance.ts';
import { Registration } from './registration.ts';
import { RegistryError } from './api.ts';
import { backOff, wait } from './waiting.ts';
import type { Wait } from './waiting.ts';
import { watch } from './watch.ts';
import type { WatchedAnswer } from './watch.ts';

/** Where, and as whom. */
export interface ClientOptions {
  /** Such as `https://registry.example.org:8053`. */
  readonly url: string;
  readonly token?: string;
  /** In place of the global one: with authorities of one's own, or over a socket of the machine. */
  readonly fetch?: Fetch;
  /** In place of timers. */
  readonly wait?: Wait;
}

/** One registry. */
export class RegistryClient {
  readonly #api: Api;
  readonly #wait: Wait;

  constructor(options: ClientOptions) {
    this.#api = new Api(options.url, options.token, options.fetch ?? ((url, how) => fetch(url, how)));
    this.#wait = options.wait ?? wait;
  }
  /**
   * Registers an instance, renews its lease and registers it anew where that is gone, until it is closed. `told` hears why it cannot be
   * renewed at the moment, and undefined once it can again. Rejects with RegistryError.
   */
  register(
    zone: string, service: string, id: string, instance: Instance, told: (error: Error | undefined) => void = () => {},
  ): Promise<Registration> {
    return Registration.begin(this.#api, this.#wait, `${pathOf(zone, service)}/instances/${encodeURIComponent(id)}`, instance, told);
  }
  /** The instances of a service. Rejects with RegistryError. */
  async service(zone: string, service: string): Promise<Service> {
    return (await this.#api.ask('GET', pathOf(zone, service))).body as Service;
  }
  /** The instances of a service, and again each time they are others, until the signal aborts. Throws RegistryError where it is refused. */
  async* services(zone: string, service: string, signal: AbortSignal): AsyncGenerator<Service> {
    const path = `${pathOf(zone, service)}?wait=60s`;
    for (let etag = '', failures = 0; !signal.aborted;) {
      try {
        const reply = await this.#api.ask('GET', path, { headers: etag === '' ? {} : { 'if-none-match': etag }, signal });
        failures = 0;
        if (reply.status === 304) continue;
        etag = reply.etag ?? '';
        yield reply.body as Service;
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof RegistryError && error.status >= 400 && error.status < 500 && error.status !== 429) throw error;
        await this.#wait(backOff(failures++), signal);
      }
    }
  }
  /**
   * The answer to a question, and each other one, until the signal aborts. `last` is the id of one that is known already. Throws
   * RegistryError where it is refused.
   */
  watch(name: string, type: string, signal: AbortSignal, last = ''): AsyncGenerator<WatchedAnswer> {
    return watch(this.#api, this.#wait, name, type, last, signal);
  }
  /** Any other operation of the API. Rejects with RegistryError. */
  ask(method: string, path: string, asking: Asking = {}): Promise<Reply> {
    return this.#api.ask(method, path, asking);
  }
}
const pathOf = (zone: string, service: string): string =>
  `/v1/zones/${encodeURIComponent(zone)}/services/${encodeURIComponent(service)}`;
