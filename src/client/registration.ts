// An instance that stays registered: its lease is renewed, and it is registered anew where that is gone. Knows the API; knows time as it is
// handed.
import type { Api } from './api.ts';
import { RegistryError } from './api.ts';
import type { Instance, KnownInstance } from './instance.ts';
import { backOff } from './waiting.ts';
import type { Wait } from './waiting.ts';

/** Renewals in the time of a lease. */
const OFTEN = 3;

/** One instance, registered until it is closed. */
export class Registration {
  readonly #api: Api;
  readonly #wait: Wait;
  readonly #path: string;
  readonly #end = new AbortController();
  readonly #told: (error: Error | undefined) => void;
  #spec: Instance;
  #known: KnownInstance;

  private constructor(api: Api, wait: Wait, path: string, spec: Instance, known: KnownInstance, told: (error: Error | undefined) => void) {
    this.#api = api;
    this.#wait = wait;
    this.#path = path;
    this.#spec = spec;
    this.#known = known;
    this.#told = told;
  }
  /** Registers. `told` hears why it cannot be renewed at the moment, and undefined once it can again. */
  static async begin(
    api: Api, wait: Wait, path: string, spec: Instance, told: (error: Error | undefined) => void,
  ): Promise<Registration> {
    const { body } = await api.ask('PUT', path, { body: spec });
    const made = new Registration(api, wait, path, spec, body as KnownInstance, told);
    void made.#renew();
    return made;
  }
  /** As it was last told. */
  get instance(): KnownInstance {
    return this.#known;
  }
  /** Says something else of it: what is not named stays. */
  async change(changes: Partial<Instance>): Promise<KnownInstance> {
    const { body } = await this.#api.ask('PATCH', this.#path, { body: changes });
    this.#spec = { ...this.#spec, ...changes };
    return (this.#known = body as KnownInstance);
  }
  /** Takes it away. */
  async close(): Promise<void> {
    this.#end.abort();
    await this.#api.ask('DELETE', this.#path).catch((error: unknown) => {
      if (!(error instanceof RegistryError && error.status === 404)) throw error;
    });
  }

  async #renew(): Promise<void> {
    const { signal } = this.#end;
    for (let failures = 0; ;) {
      const ttl = this.#spec.lease?.ttl;
      if (ttl === undefined) return;
      await this.#wait(failures === 0 ? ttl * 1000 / OFTEN : Math.min(backOff(failures), ttl * 1000 / OFTEN), signal);
      if (signal.aborted) return;
      try {
        await this.#once(signal);
        if (failures > 0) this.#told(undefined);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        if (failures++ === 0) this.#told(error as Error);
      }
    }
  }
  async #once(signal: AbortSignal): Promise<void> {
    const { lease } = this.#known;
    if (lease !== undefined) {
      const isGone = await this.#api.ask('PUT', `/v1/leases/${lease}`, { signal }).then(() => false, (error: unknown) => {
        if (error instanceof RegistryError && error.status === 404) return true;
        throw error;
      });
      if (!isGone) return;
    }
    this.#known = (await this.#api.ask('PUT', this.#path, { body: this.#spec, signal })).body as KnownInstance;
  }
}
