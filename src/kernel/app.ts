// A running configuration and how the next one takes its place: all of it or nothing (SIG-6, 7, 8). Knows sites, servers and
// listeners; knows no plugin by name and no process.
import type { Store } from '../store/store.ts';
import { Arena } from './arena.ts';
import { build, canonical } from './build.ts';
import type { Address, Configuration, Reading } from './build.ts';
import type { Datagrams } from '../upstream/datagrams.ts';
import type { Clock } from './clock.ts';
import type { Debugging, Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { Run } from './plugin.ts';
import { Router } from './router.ts';
import { Server } from './serve.ts';
import { Shared } from './shared.ts';
import { Debug } from './site.ts';
import { Traffic } from './traffic.ts';
import { DEFAULT_TIMEOUTS, Sockets, TimeoutSettings } from './transport.ts';
import type { Listener, Scheme, Timeouts, Transport } from './transport.ts';

/** Milliseconds that a listener which closes waits for queries under way (SIG-9). */
const GRACE = 5000;
/** Queries that can be under way in one thread. */
const SLOTS = 16384;

/** What an App is given by who runs it. */
export interface AppOptions {
  readonly reading: Reading;
  readonly transports: { readonly [scheme in Scheme]?: Transport };
  readonly clock: Clock;
  readonly log: Log;
  readonly debugging: Debugging;
  readonly metrics: Metrics;
  readonly store: Store;
  readonly datagrams: Datagrams;
  /** Reads the Corefile again; undefined where it came from nowhere that can be read twice (SIG-4). */
  readonly readAgain: (() => string) | undefined;
  /** Ends the process. */
  readonly fatal: (text: string) => never;
}

interface Generation {
  readonly configuration: Configuration;
  readonly abort: AbortController;
  readonly run: Run;
}

/** One name server: any number of them can live in one process. */
export class App {
  readonly #options: AppOptions;
  readonly #shared = new Shared();
  readonly #arena = new Arena(SLOTS);
  #generations = 0;
  readonly #traffic: Traffic;
  readonly #listeners = new Map<string, Listener>();
  readonly #indexes = new Map<string, number>();
  #generation: Generation | undefined;
  #busy: Promise<void> = Promise.resolve();

  constructor(options: AppOptions) {
    this.#options = options;
    this.#traffic = new Traffic(options.metrics);

  }

  /** Loads a configuration: the first one, or in place of the one that is served, which stays untouched when this rejects. */
  load(text: string): Promise<void> {
    const loaded = this.#busy.then(() => this.#load(text));
    this.#busy = loaded.catch(() => {});
    return loaded;
  }
  /** What is served, for the banner (CLI-11): label and zones of each server, in the order of the Corefile. */
  get addresses(): readonly Address[] {
    return this.#generation?.configuration.addresses ?? [];
  }

  async #load(text: string): Promise<void> {
    const configuration = build(text, this.#options.reading);
    const abort = new AbortController();
    const run = this.#run(abort.signal, configuration);
    const opened = new Map<string, Listener>();
    const servers = new Map(configuration.addresses.map((address) => [address.label, this.#server(address, configuration)]));
    try {
      for (const { part } of configuration.sites.flatMap(({ parts }) => parts)) await part.control?.(run);
      for (const { part } of configuration.sites.flatMap(({ parts }) => parts)) await part.start?.(run);
      for (const { label, endpoint, zones } of configuration.addresses) {
        if (this.#listeners.has(label)) continue;
        const transport = this.#options.transports[endpoint.scheme];
        if (transport === undefined) throw new Error(`cannot listen on ${label} - ${endpoint.scheme}:// is not available in this version`);
        opened.set(label, await transport.listen(endpoint, servers.get(label)!, zones[0]![1].last(Sockets) ?? 1));
      }
    } catch (error) {
      abort.abort();
      await Promise.allSettled([...opened.values()].map((listener) => listener.close(0)));
      throw error;
    }
    this.#takeOver(servers, opened);
    const old = this.#generation;
    this.#generation = { configuration, abort, run };
    this.#options.debugging.on = configuration.sites.some((site) => site.all(Debug).length > 0);
    old?.abort.abort();
    for (const { part } of configuration.sites.flatMap(({ parts }) => parts)) {
      await Promise.resolve(part.started?.(run)).catch((error: unknown) => run.report(error));
    }
  }
  #takeOver(servers: ReadonlyMap<string, Server>, opened: ReadonlyMap<string, Listener>): void {
    for (const [label, listener] of this.#listeners) {
      const server = servers.get(label);
      if (server !== undefined) listener.handTo(server);
      else {
        this.#listeners.delete(label);
        void listener.close(GRACE).catch((error: unknown) => this.#options.log.error(String(error)));
      }
    }
    for (const [label, listener] of opened) this.#listeners.set(label, listener);
  }
  #server(address: Address, configuration: Configuration): Server {
    const sites = configuration.sites.filter((site) => address.zones.some(([, other]) => other === site));
    let index = this.#indexes.get(address.label);
    if (index === undefined) this.#indexes.set(address.label, (index = this.#indexes.size));
    const { clock, log } = this.#options;
    const { epochs } = this.#options.store;
    const timeouts: Timeouts = Object.assign({ ...DEFAULT_TIMEOUTS }, ...sites.flatMap((site) => site.all(TimeoutSettings)));
    return new Server({ index, label: address.label, arena: this.#arena, clock, epochs, log, traffic: this.#traffic, router: new Router(address.zones), sites, timeouts });
  }
  #run(signal: AbortSignal, configuration: Configuration): Run {
    const { clock, log, metrics, store, datagrams, fatal, readAgain, reading } = this.#options;
    return {
      signal, thread: 0, clock, log, metrics, store, datagrams, generation: this.#generations++, fatal, shared: this.#shared, first: this.#generation === undefined,
      report: (error) => log.error(error instanceof Error ? error.message : String(error)),
      sites: configuration.sites,
      configuration: () => configuration.canonical,
      configurationNow: () => canonical(readAgain!(), { ...reading, warn: () => {} }),
      reloadable: readAgain !== undefined,
      reload: () => this.reload(),
    };
  }

  /** Reads the Corefile again and takes it over; logs what became of it and rejects where it was refused (SIG-7). */
  async reload(): Promise<void> {
    const { log, readAgain } = this.#options;
    if (readAgain === undefined) throw new Error('no Corefile that could be read again');
    log.info('Reloading');
    try {
      await this.load(readAgain());
    } catch (error) {
      log.error(`Restart failed: ${error instanceof Error ? error.message : String(error)}`);
      throw error;
    }
    log.info('Reloading complete');
  }

  /** Lets parts say goodbye (lame duck) while everything is still served. */
  async drain(): Promise<void> {
    await this.#busy;
    const generation = this.#generation;
    if (generation === undefined) return;
    for (const { part } of generation.configuration.sites.flatMap(({ parts }) => parts)) {
      await Promise.resolve(part.drain?.(generation.run)).catch((error: unknown) => generation.run.report(error));
    }
  }
  /** Stops listening, waits for queries under way (SIG-9), ends everything. */
  async close(): Promise<void> {
    await this.#busy;
    const listeners = [...this.#listeners.values()];
    this.#listeners.clear();
    await Promise.allSettled(listeners.map((listener) => listener.close(GRACE)));
    this.#generation?.abort.abort();
    this.#generation = undefined;
  }
}
