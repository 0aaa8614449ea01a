// A thread that serves beside the main one: it makes the same of the same Corefile, has its own sockets, and does what main says. Knows
// messages; knows no other thread.
import type { MessagePort } from 'node:worker_threads';
import type { Load } from '../kernel/serving/app.ts';
import { build } from '../kernel/site/build.ts';
import type { Configuration } from '../kernel/site/build.ts';
import type { Address, ReadOptions } from '../kernel/site/build.ts';
import { Metrics } from '../kernel/seen/metrics.ts';
import type { SeriesNews } from '../kernel/seen/metrics.ts';
import type { Run } from '../kernel/site/plugin.ts';
import { runOf } from '../kernel/site/run.ts';
import { withPlugins } from '../kernel/site/late.ts';
import { recording } from '../kernel/site/recording.ts';
import { Serving, socketsOf } from '../kernel/serving/serving.ts';
import type { Generation, ServingOptions } from '../kernel/serving/serving.ts';
import { Shared } from '../kernel/shared.ts';
import { Store } from '../store/store.ts';
import type { Datagrams } from '../upstream/datagrams.ts';
import { compact } from './compact.ts';
import { FarDesk } from './far-desk.ts';
import type { Report, Request, ThreadData } from './messages.ts';
import { share } from './spread.ts';

/** What the process gives to its thread. */
export interface ThreadOptions extends Omit<ServingOptions, 'metrics' | 'store'> {
  readonly readOptions: ReadOptions;
  readonly datagrams: Datagrams;
  /** Ends the process, from here. */
  readonly fatal: (text: string) => never;
  /** What a load is read with that says which plugins. */
  readonly choose?: (chosen: unknown) => Promise<ReadOptions>;
  /** The words for an error that ended a load. */
  readonly explain: (error: unknown) => string;
}

/** One such thread. */
class ServingThread {
  readonly #port: MessagePort;
  readonly #data: ThreadData;
  readonly #options: ThreadOptions;
  readonly #metrics = new Metrics();
  readonly #store: Store;
  readonly #shared = new Shared();
  readonly #desk: FarDesk;
  readonly #serving: Serving;
  #next: Generation | undefined;

  constructor(port: MessagePort, data: ThreadData, options: ThreadOptions) {
    this.#port = port;
    this.#data = data;
    this.#options = options;
    this.#store = Store.join(data.store, data.thread);
    this.#tellMetrics();
    this.#serving = new Serving({ ...options, metrics: this.#metrics, store: this.#store });
    this.#desk = new FarDesk(options.clock, (report) => this.#say(report));
    port.on('message', (request: Request) => {
      if (request.what === 'answer' || request.what === 'no') this.#desk.hear(request);
      else void this.#obey(request);
    });
  }
  #say(report: Report): void {
    this.#port.postMessage(report);
  }
  #tellMetrics(): void {
    let news: SeriesNews[] = [];
    this.#say({ what: 'metrics', values: this.#metrics.values });
    this.#metrics.heard = (one) => {
      if (news.push(one) > 1) return;
      queueMicrotask(() => {
        this.#say({ what: 'series', news });
        news = [];
      });
    };
  }

  async #obey(request: Exclude<Request, { readonly what: 'answer' | 'no' }>): Promise<void> {
    const { id } = request;
    try {
      if (request.what === 'prepare') await this.#prepare(request.load);
      else if (request.what === 'commit') this.#commit();
      else if (request.what === 'close') await this.#serving.close();
      else await this.#abort();
      if (id !== 0) this.#say({ what: 'done', id });
    } catch (error) {
      this.#say({ what: 'refused', id, text: this.#options.explain(error) });
    }
  }
  async #prepare(load: Load): Promise<void> {
    const { choose } = this.#options;
    const own = load.chosen === undefined || choose === undefined ? this.#options.readOptions : await choose(load.chosen);
    const { options: readOptions } = recording(own, load.recorded);
    const configuration = build(load.text, await withPlugins(load.text, readOptions));
    const abort = new AbortController();
    this.#next = this.#serving.begin(configuration, this.#run(load, configuration, abort.signal), abort);
    await this.#serving.start(this.#next);
    if (this.#serving.current === undefined) compact();
    await this.#serving.open(this.#next, (address) => ({
      sockets: this.#sockets(address), port: load.ports.get(address.label) ?? address.endpoint.port,
    }));
  }
  #sockets(address: Address): number {
    return share(socketsOf(address), this.#data.thread, this.#data.cores);
  }
  #commit(): void {
    this.#serving.commit(this.#next!, (address) => this.#sockets(address))?.abort.abort();
    this.#next = undefined;
  }
  async #abort(): Promise<void> {
    const next = this.#next;
    this.#next = undefined;
    if (next !== undefined) await this.#serving.discard(next);
  }
  #run({ space, first }: Load, configuration: Configuration, signal: AbortSignal): Run {
    const { clock, log, datagrams, fatal } = this.#options;
    return runOf({
      signal, thread: this.#data.thread, clock, log, metrics: this.#metrics, store: this.#store, datagrams, first, fatal,
      shared: this.#shared, desk: this.#desk, configuration, space,
    });
  }
}

/** Serves until main ends the thread. */
export function serveThread(port: MessagePort, data: ThreadData, options: ThreadOptions): void {
  new ServingThread(port, data, options);
}
