// The main thread's end of one other thread: what is asked of it, what it counts, and its death. Knows messages; decides nothing.
import type { EventLoopUtilization } from 'node:perf_hooks';
import type { Worker } from 'node:worker_threads';
import type { Load } from '../kernel/serving/app.ts';
import type { Clock } from '../kernel/clock.ts';
import type { MainDesk } from '../kernel/desk.ts';
import type { Metrics } from '../kernel/seen/metrics.ts';
import { nameOf } from './messages.ts';
import type { Report, Request, ThreadData } from './messages.ts';
import { spawnThread } from './spawn.ts';
import type { Spawn } from './spawn.ts';

/** Megabytes of a thread's JavaScript: data lies in shared memory. The young ones are three semi-spaces, 4 MB as on the main thread. */
const RESOURCES = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 12, codeRangeSizeMb: 0, stackSizeMb: 4 };
/** Milliseconds after which a thread that does not answer is ended. */
const PATIENCE = 60_000;

/** What a member is made of. */
export interface MemberOptions {
  readonly entry: URL;
  readonly data: ThreadData;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** Answers what the thread asks. */
  readonly desk: Pick<MainDesk, 'answer'>;
  readonly spawn?: Spawn | undefined;
  readonly fatal: (text: string) => void;
  /** The thread is gone, and why. Called once. */
  readonly gone: (reason: string, error: unknown) => void;
}

type Rest<T> = T extends { readonly what: 'answer' | 'no' } ? never : T extends unknown ? Omit<T, 'id'> : never;

/** One thread. */
export class Member {
  readonly #options: MemberOptions;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, { readonly done: () => void; readonly refused: (error: Error) => void }>();
  #ids = 0;
  #values: Float64Array | undefined;
  #error: unknown;
  #last: EventLoopUtilization | undefined;
  #ended = false;

  constructor(options: MemberOptions) {
    this.#options = options;
    const { entry, data, spawn } = options;
    this.#worker = spawnThread(entry, { workerData: data, resourceLimits: RESOURCES, name: nameOf(data.thread) }, spawn);
    this.#worker.on('message', (report: Report) => this.#hear(report));
    this.#worker.on('error', (error) => {
      this.#error = error;
    });
    this.#worker.on('exit', (status) => this.#end(status));
  }

  /** Builds, starts and opens. Rejects with the reason where the thread cannot, or where it died. */
  prepare(load: Load): Promise<void> {
    return this.#ask({ what: 'prepare', load });
  }
  commit(): Promise<void> {
    return this.#ask({ what: 'commit' });
  }
  abort(): void {
    this.#post({ id: 0, what: 'abort' });
  }
  close(): Promise<void> {
    return this.#ask({ what: 'close' });
  }
  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }
  /** The part of the time since the last call in which the thread was at work. */
  load(): number {
    const now = this.#worker.performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.#last);
    this.#last = now;
    return utilization;
  }

  #ask(request: Rest<Request>): Promise<void> {
    if (this.#ended) return Promise.reject(new Error(`thread ${this.#options.data.thread} has ended`));
    const id = ++this.#ids;
    return new Promise<void>((done, refused) => {
      const cancel = this.#options.clock.after(PATIENCE, () => void this.terminate());
      const over = <A extends unknown[]>(act: (...args: A) => void) => (...args: A) => {
        cancel();
        this.#waiting.delete(id);
        act(...args);
      };
      this.#waiting.set(id, { done: over(done), refused: over(refused) });
      this.#post({ ...request, id } as Request);
    });
  }
  #post(request: Request): void {
    if (!this.#ended) this.#worker.postMessage(request);
  }
  #hear(report: Report): void {
    const { metrics, fatal } = this.#options;
    if (report.what === 'done') this.#waiting.get(report.id)?.done();
    else if (report.what === 'refused') this.#waiting.get(report.id)?.refused(new Error(report.text));
    else if (report.what === 'metrics') this.#values = report.values;
    else if (report.what === 'series') for (const news of report.news) metrics.adopt(news, this.#values!);
    else if (report.what === 'ask') void this.#answer(report);
    else fatal(report.text);
  }
  async #answer({ id, name, order }: Extract<Report, { readonly what: 'ask' }>): Promise<void> {
    try {
      this.#post({ id, what: 'answer', answer: await this.#options.desk.answer(name, order) });
    } catch (error) {
      this.#post({ id, what: 'no', text: error instanceof Error ? error.message : String(error) });
    }
  }
  #end(status: number): void {
    this.#ended = true;
    if (this.#values !== undefined) this.#options.metrics.bury(this.#values);
    const reason = this.#error instanceof Error ? this.#error.message : `status ${status}`;
    for (const { refused } of this.#waiting.values()) refused(new Error(`thread ${this.#options.data.thread} ended: ${reason}`));
    this.#options.gone(reason, this.#error);
  }
}
