// What one thread serves: the parts and servers of a configuration, its own sockets, and how the next configuration takes their place.
// Knows sites, servers and listeners; knows no plugin by name, no process and no other thread.
import type { Store } from '../../store/store.ts';
import { Arena } from '../query/arena.ts';
import type { Address, Configuration } from '../site/build.ts';
import type { Clock } from '../clock.ts';
import type { Debugging, Log } from '../seen/log.ts';
import type { Metrics } from '../seen/metrics.ts';
import type { Part, Run } from '../site/plugin.ts';
import { Router } from '../site/router.ts';
import { Server } from './serve.ts';
import { Debug, EchoedOption } from '../site/site.ts';
import { Traffic } from './traffic.ts';
import { DEFAULT_TIMEOUTS, Sockets, TimeoutSettings } from '../query/transport.ts';
import type { Scheme } from '../../dns/port.ts';
import type { Listener, Timeouts, Transport } from '../query/transport.ts';

/** Milliseconds that a listener which closes waits for queries under way (SIG-9). */
const GRACE = 5000;
/** Queries that can be under way in one thread: some 6 KB each, with what asking for them takes. */
const SEATS = 8192;

/** What a thread serves with. */
export interface ServingOptions {
  readonly transports: { readonly [scheme in Scheme]?: Transport };
  readonly clock: Clock;
  readonly log: Log;
  readonly debugging: Debugging;
  readonly metrics: Metrics;
  readonly store: Store;
}
/** How many sockets an address gets in this thread, and the port that it has where another thread opened it already. */
export interface Share {
  readonly sockets: number;
  readonly port: number;
}
/** One load of a configuration in one thread. */
export interface Generation {
  readonly configuration: Configuration;
  readonly run: Run;
  readonly abort: AbortController;
  readonly servers: ReadonlyMap<string, Server>;
  /** What this load opened; nothing is under a label that was open enough before. */
  readonly opened: Map<string, Listener>;
}

/** The sockets of one address in this thread: those that were opened first, and those of later loads that wanted more. */
class Open {
  readonly listeners: Listener[] = [];
  readonly family: 4 | 6 | undefined;
  sockets = 0;
  server: Server;

  constructor(server: Server, family: 4 | 6 | undefined) {
    this.server = server;
    this.family = family;
  }
  handTo(server: Server): void {
    this.server = server;
    for (const listener of this.listeners) listener.handTo(server);
  }
  async close(graceMs: number): Promise<void> {
    await Promise.all(this.listeners.map((listener) => listener.close(graceMs)));
  }
}

/** How many sockets `multisocket` asks for at an address: the first block that is there decides (MSO-1). */
export const socketsOf = ({ zones }: Address): number | undefined => zones[0]![1].last(Sockets);
/** A wildcard's family, where it does not have both: `0.0.0.0` and `::` (or no address) at one port share them. */
function familyOf({ endpoint: { scheme, address, port } }: Address, { addresses }: Configuration): 4 | 6 | undefined {
  const has = (other: string): boolean =>
    addresses.some(({ endpoint }) => endpoint.scheme === scheme && endpoint.port === port && endpoint.address === other);
  if (address === '0.0.0.0') return has('::') || has('') ? 4 : undefined;
  return (address === '::' || address === '') && has('0.0.0.0') ? 6 : undefined;
}
/** Every part of a configuration, block by block in the order of the chain. */
export const partsOf = ({ sites }: Configuration): readonly Part[] => sites.flatMap(({ parts }) => parts.map(({ part }) => part));

/** A thread that serves. A load is begun, started and opened, and then either committed or discarded. */
export class Serving {
  readonly #options: ServingOptions;
  readonly #arena = new Arena(SEATS);
  readonly #traffic: Traffic;
  readonly #open = new Map<string, Open>();
  readonly #indexes = new Map<string, number>();
  /** What is served now. */
  current: Generation | undefined;

  constructor(options: ServingOptions) {
    this.#options = options;
    options.metrics.full = (text) => options.log.error(text);
    this.#traffic = new Traffic(options.metrics);
    options.log.lines.lost = this.#traffic.lostLines;
  }

  /** The first step: nothing runs yet. */
  begin(configuration: Configuration, run: Run, abort: AbortController): Generation {
    for (const site of configuration.sites) site.reading = this.#options.store.reading;
    const servers = new Map(configuration.addresses.map((address) => [address.label, this.#server(address, configuration)]));
    return { configuration, run, abort, servers, opened: new Map() };
  }
  /** What is done once a process, on its main thread. */
  async control({ configuration, run }: Generation): Promise<void> {
    const { reading } = run.store;
    for (const part of partsOf(configuration)) await reading.within(() => part.control?.(run));
  }
  /** What is done in every thread. */
  async start({ configuration, run }: Generation): Promise<void> {
    const { reading } = run.store;
    for (const part of partsOf(configuration)) await reading.within(() => part.start?.(run));
  }
  /** Opens what is not open yet. Rejects where an address cannot be had; what was opened until then is closed by `discard`. */
  async open({ configuration, servers, opened }: Generation, share: (address: Address) => Share): Promise<void> {
    for (const address of configuration.addresses) {
      const { label, endpoint } = address;
      const { sockets, port } = share(address);
      const family = familyOf(address, configuration);
      const before = this.#open.get(label);
      const known = before?.family === family ? before : undefined;
      const more = sockets - (known?.sockets ?? 0);
      if (more <= 0) continue;
      const transport = this.#options.transports[endpoint.scheme];
      if (transport === undefined) throw new Error(`cannot listen on ${label} - ${endpoint.scheme}:// is not available in this version`);
      const at = { ...endpoint, port, ...(family && { family }) };
      opened.set(label, await transport.listen(at, known?.server ?? servers.get(label)!, more));
    }
  }
  /** From now on this load is what is served. Says what was served before; its end is the caller's to tell. */
  commit(generation: Generation, sockets: (address: Address) => number): Generation | undefined {
    const { servers, opened, configuration } = generation;
    for (const address of configuration.addresses) {
      const listener = opened.get(address.label);
      if (listener === undefined) continue;
      let open = this.#open.get(address.label);
      const family = familyOf(address, configuration);
      if (open !== undefined && open.family !== family) {
        this.#end(open);
        open = undefined;
      }
      if (open === undefined) this.#open.set(address.label, (open = new Open(servers.get(address.label)!, family)));
      open.listeners.push(listener);
      open.sockets = sockets(address);
    }
    for (const [label, open] of this.#open) {
      const server = servers.get(label);
      if (server !== undefined) open.handTo(server);
      else {
        this.#open.delete(label);
        this.#end(open);
      }
    }
    const old = this.current;
    this.current = generation;
    this.#options.debugging.on = configuration.sites.some((site) => site.all(Debug).length > 0);
    return old;
  }
  #end(open: Open): void {
    void open.close(GRACE).catch((error: unknown) => this.#options.log.error(String(error)));
  }
  /** Takes a load back that was not committed. */
  async discard({ abort, opened }: Generation): Promise<void> {
    abort.abort();
    await Promise.allSettled([...opened.values()].map((listener) => listener.close(0)));
  }
  /** Stops listening, waits for queries under way (SIG-9), ends everything. */
  async close(): Promise<void> {
    const open = [...this.#open.values()];
    this.#open.clear();
    await Promise.allSettled(open.map((each) => each.close(GRACE)));
    this.current?.abort.abort();
    this.current = undefined;
  }
  /** The port that an address really has here, by its label; undefined where this thread does not listen there. */
  port(label: string, generation: Generation | undefined = this.current): number | undefined {
    return (this.#open.get(label)?.listeners[0] ?? generation?.opened.get(label))?.at.port;
  }

  #server(address: Address, configuration: Configuration): Server {
    const sites = configuration.sites.filter((site) => address.zones.some(([, other]) => other === site));
    let index = this.#indexes.get(address.label);
    if (index === undefined) this.#indexes.set(address.label, (index = this.#indexes.size));
    const { clock, log, metrics, store: { reading, changes } } = this.#options;
    const { label, settings, alternative } = address;
    const timeouts: Timeouts = { ...DEFAULT_TIMEOUTS, ...settings.get(TimeoutSettings) };
    const echoed = configuration.sites.flatMap((site) => site.all(EchoedOption));
    const router = new Router(address.zones);
    const traffic = this.#traffic;
    return new Server({
      index, label, arena: this.#arena, clock, reading, log, traffic, router, sites, echoed, timeouts, settings, alternative,
      watched: { changes, metrics, clock },
    });
  }
}
