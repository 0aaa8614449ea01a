// A running configuration and how the next one takes its place: all of it or nothing, in every thread (SIG-6, 7, 8). Knows its own
// thread and that there may be others; knows no plugin by name and no process.
import type { Aside } from '../aside.ts';
import type { Datagrams } from '../../upstream/datagrams.ts';
import { MainDesk } from '../desk.ts';
import { build, written } from '../site/build.ts';
import type { Address, Configuration, ReadOptions } from '../site/build.ts';
import type { Part, Run, Served } from '../site/plugin.ts';
import { runOf } from '../site/run.ts';
import { counting, withPlugins } from '../site/late.ts';
import { recording } from '../site/recording.ts';
import type { Recorded } from '../site/recording.ts';
import { RELOADS_FAILED } from './reloads.ts';
import { Serving, partsOf, socketsOf } from './serving.ts';
import type { Generation, ServingOptions } from './serving.ts';
import { Shared } from '../shared.ts';

/** What an App is given by who runs it. */
export interface AppOptions extends ServingOptions {
  readonly readOptions: ReadOptions;
  readonly datagrams: Datagrams;
  /** Reads the Corefile again; undefined where it came from nowhere that can be read twice (SIG-4). */
  readonly readAgain: (() => string) | undefined;
  /** The file that it is in; undefined where it is in none, or is made of something else. */
  readonly path?: string | undefined;
  /** The plugins that a load in place of another one is read with; undefined where they are those of before. */
  readonly choose?: () => Promise<Chosen | undefined>;
  /** Ends the process. */
  readonly fatal: (text: string) => never;
  /** The words for an error that ended a load; its message where nothing is given. */
  readonly explain?: (error: unknown) => { readonly text: string; readonly advice: string | undefined };
  /** What the process as a whole waits for before it is ready. */
  readonly awaited?: () => readonly string[];
  /** A thread for work that takes long. Without it such work is done here. */
  readonly aside?: Aside;
  /** Where threads ask this one; without it there are no others. */
  readonly desk?: MainDesk;
  /** The threads beside this one. Without them one thread serves. */
  readonly crew?: Crew;
}

/** Plugins for one load. */
export interface Chosen {
  readonly options: ReadOptions;
  /** What another thread needs to choose the same. Can be sent. */
  readonly own: unknown;
  /** The load serves. */
  taken(): void;
}
/** What another thread needs to serve the same. */
export interface Load {
  readonly text: string;
  readonly recorded: Recorded;
  /** The number of what it has in the shared memory. */
  readonly space: number;
  readonly first: boolean;
  /** The port that each address has, by its label. */
  readonly ports: ReadonlyMap<string, number>;
  /** What says which plugins; undefined for those that each thread began with. */
  readonly chosen?: unknown;
}
/** The threads beside the main one. */
export interface Crew {
  /** How many sockets of the `wanted` ones at an address a thread opens. */
  share(wanted: number | undefined, thread: number): number;
  /** Every thread builds and starts the load; rejects where one cannot. Then comes `commit` or `abort`. */
  prepare(load: Load): Promise<void>;
  /** Every thread serves it. Resolves when all do. Later threads will begin with it. */
  commit(load: Load): Promise<void>;
  /** Every thread takes it back. */
  abort(): void;
  /** What the addresses ask for, as numbers of sockets: threads are added if that needs more of them. Resolves when they serve. */
  staff(wanted: readonly (number | undefined)[]): Promise<void>;
  /** Every thread stops listening and ends. */
  close(): Promise<void>;
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** One name server: any number of them can live in one process. */
export class App {
  readonly #options: AppOptions;
  readonly #shared = new Shared();
  readonly #serving: Serving;
  readonly #desk: MainDesk;
  #busy: Promise<void> = Promise.resolve();
  /** What is served, and the words of the file that something else is served in place of. */
  #text = '';
  #passed: string | undefined;
  /** What the plugins were read with, and what tells other threads which they are. */
  #readOptions: ReadOptions;
  #chosen: unknown = undefined;

  constructor(options: AppOptions) {
    this.#options = options;
    this.#readOptions = options.readOptions;
    this.#serving = new Serving(options);
    this.#desk = options.desk ?? new MainDesk(options.clock);
  }

  /** Loads a configuration: the first one, or in place of the one that is served, which stays untouched when this rejects. */
  load(text: string): Promise<void> {
    const loaded = this.#busy.then(() => this.#load(text));
    this.#busy = loaded.catch(() => {});
    return loaded;
  }
  /** What is served, for the banner (CLI-11): label and zones of each server, in the order of the Corefile. */
  get addresses(): readonly Address[] {
    return this.#serving.current?.configuration.addresses ?? [];
  }
  /** Whether a part of it makes many objects. */
  get makesObjects(): boolean {
    const { current } = this.#serving;
    return current !== undefined && partsOf(current.configuration).some(({ makesObjects = false }) => makesObjects);
  }

  /** What is served now; undefined before the first load serves. */
  get served(): Served | undefined {
    return this.#serving.current;
  }

  async #load(text: string): Promise<void> {
    const { crew } = this.#options;
    const serving = this.#serving;
    const chosen = serving.current === undefined ? undefined : await this.#options.choose?.();
    const options = chosen?.options ?? this.#readOptions;
    const { options: readOptions, recorded } = recording(options);
    const read = await withPlugins(text, readOptions);
    const configuration = build(text, read);
    for (const { metrics = {} } of await counting(read)) this.#options.metrics.declare(metrics);
    const sockets = (address: Address) => this.#sockets(address);
    const abort = new AbortController();
    const space = this.#options.store.spaces.take();
    const generation = serving.begin(configuration, this.#run(abort.signal, configuration, space), abort);
    const { first } = generation.run;
    let load: Load;
    try {
      await serving.control(generation);
      await serving.start(generation);
      await serving.open(generation, (address) => (
        { sockets: sockets(address), port: serving.port(address.label) ?? address.endpoint.port }));
      const own = chosen?.own ?? this.#chosen;
      load = { text, recorded, space, first, ports: this.#ports(generation), ...(own === undefined ? {} : { chosen: own }) };
      await crew?.prepare(load);
    } catch (error) {
      crew?.abort();
      await serving.discard(generation);
      throw error;
    }
    const old = serving.commit(generation, sockets);
    this.#text = text;
    this.#readOptions = options;
    this.#chosen = load.chosen;
    await crew?.commit(load);
    chosen?.taken();
    old?.abort.abort();
    await crew?.staff(configuration.addresses.map(socketsOf));
    await this.#started(generation);
  }
  #sockets(address: Address): number {
    const wanted = socketsOf(address);
    return this.#options.crew?.share(wanted, 0) ?? wanted ?? 1;
  }
  #ports(generation: Generation): ReadonlyMap<string, number> {
    return new Map(generation.configuration.addresses.map(({ label, endpoint }) =>
      [label, this.#serving.port(label, generation) ?? endpoint.port]));
  }
  async #started({ configuration, run }: Generation): Promise<void> {
    for (const part of partsOf(configuration)) {
      await Promise.resolve(part.started?.(run)).catch((error: unknown) => run.report(error));
    }
  }
  #run(signal: AbortSignal, configuration: Configuration, space: number): Run {
    const { clock, log, metrics, store, datagrams, fatal, readAgain, aside } = this.#options;
    return runOf({
      signal, thread: 0, clock, log, metrics, store, datagrams, fatal, shared: this.#shared, configuration, space,
      first: this.#serving.current === undefined, aside, desk: this.#desk,
      corefile: {
        now: () => written(readAgain!(), { ...this.#readOptions, warn: () => {} }),
        path: this.#options.path,
        reloadable: readAgain !== undefined,
        reload: () => this.reload(),
        serving: () => this.#serving.current,
        text: () => this.#text,
        replace: (text) => this.#passOver(text),
        passedOver: () => this.#passed,
        awaited: () => this.#options.awaited?.() ?? [],
      },
    });
  }

  /** Reads the Corefile again and takes it over; logs what became of it and rejects where it was refused (SIG-7). */
  async reload(): Promise<void> {
    const { readAgain } = this.#options;
    if (readAgain === undefined) throw new Error('no Corefile that could be read again');
    const text = readAgain();
    this.#passed = undefined;
    await this.replace(text);
  }
  /** Takes over what stands in no file: what stands there is passed over until it is another, or somebody asks for it. */
  async #passOver(text: string): Promise<void> {
    await this.replace(text);
    const { readAgain } = this.#options;
    try {
      this.#passed = written(readAgain!(), { ...this.#readOptions, warn: () => {} }).canonical;
    } catch {
      this.#passed = undefined;
    }
  }
  /** Counts a reload that was refused, whoever asked for it. */
  failed(): void {
    const { metrics } = this.#options;
    metrics.values[metrics.family(RELOADS_FAILED).cell([])]!++;
  }
  /** Takes a configuration over in place of the one that is served, as `reload` does. */
  async replace(text: string): Promise<void> {
    const { log, explain = (error) => ({ text: textOf(error), advice: undefined }) } = this.#options;
    log.info('Reloading');
    try {
      await this.load(text);
    } catch (error) {
      const said = explain(error);
      this.failed();
      log.error(`Restart failed: ${said.text}`);
      // A line of its own: scripts read the one before.
      if (said.advice !== undefined) log.info(`To mend it: ${said.advice}`);
      throw new Error(said.text, { cause: error });
    }
    log.info('Reloading complete');
  }

  /** Another process takes the place of this one: resolves when all is written that it reads. Where `failed` aborts, nobody did. */
  async handOver(failed: AbortSignal): Promise<void> {
    await this.#busy;
    await this.#eachPart((part, run) => part.handOver?.(run, failed));
  }
  /** Lets parts say goodbye (lame duck) while everything is still served: all at once, so that no block waits for another's. */
  async drain(): Promise<void> {
    await this.#busy;
    if (this.#serving.current === undefined) return;
    for (const transport of Object.values(this.#options.transports)) transport.leave?.();
    await this.#eachPart((part, run) => part.drain?.(run));
  }
  async #eachPart(call: (part: Part, run: Run) => void | Promise<void>): Promise<void> {
    const generation = this.#serving.current;
    if (generation === undefined) return;
    const { configuration, run } = generation;
    await Promise.all(partsOf(configuration).map(async (part) => {
      try {
        await call(part, run);
      } catch (error) {
        run.report(error);
      }
    }));
  }
  /** Stops listening, waits for queries under way (SIG-9), ends everything. */
  async close(): Promise<void> {
    await this.#busy;
    await Promise.all([this.#options.crew?.close(), this.#serving.close()]);
  }
}
