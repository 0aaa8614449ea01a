// The thread for long work: started with the first order, ended when it had none for a while, replaced when it dies. Knows orders and
// replies by their numbers; knows nothing of what the work is.
import type { MessagePort, Worker } from 'node:worker_threads';
import type { Aside } from '../kernel/aside.ts';
import type { Clock } from '../kernel/clock.ts';
import { MOST_THREADS } from '../store/layout.ts';
import type { MemoryHandle } from '../store/memory.ts';
import { Store } from '../store/store.ts';
import { spawnThread } from './spawn.ts';
import type { Spawn } from './spawn.ts';

/** Its number among the threads: those that serve count from 1. */
const THREAD = MOST_THREADS - 1;
/** Milliseconds without an order after which it ends. */
const IDLE = 10_000;
/** Megabytes of its JavaScript; what it reads lies in buffers, and what it makes in the shared memory. */
const RESOURCES = { maxOldGenerationSizeMb: 1024, maxYoungGenerationSizeMb: 12, stackSizeMb: 4 };

/** What it is started with. */
export interface AsideData {
  readonly aside: true;
  readonly store: MemoryHandle;
}
/** Whether a thread was started for long work, by what it was started with. */
export const isAside = (data: object): data is AsideData => 'aside' in data;

interface Request {
  readonly id: number;
  readonly work: string;
  readonly order: unknown;
}
type Reply = { readonly id: number; readonly result: unknown } | { readonly id: number; readonly error: string };

/** What it needs of the process. */
export interface AsideOptions {
  /** The module that threads run: the process's own. */
  readonly entry: URL;
  readonly store: Store;
  readonly clock: Clock;
  readonly spawn?: Spawn | undefined;
}

/** The main thread's end of it. */
export class AsideThread implements Aside {
  readonly #options: AsideOptions;
  readonly #waiting = new Map<number, { readonly done: (result: unknown) => void; readonly failed: (error: Error) => void }>();
  #worker: Worker | undefined;
  #ending: Promise<void> | undefined;
  #ids = 0;
  #cancel = (): void => {};

  constructor(options: AsideOptions) {
    this.#options = options;
  }

  async ask(work: string, order: unknown, moves: readonly ArrayBuffer[] = []): Promise<unknown> {
    this.#cancel();
    // Two threads cannot have one number: who comes while it ends waits for the next one.
    while (this.#ending !== undefined) await this.#ending;
    const worker = (this.#worker ??= this.#start());
    const id = ++this.#ids;
    return new Promise((done, failed) => {
      this.#waiting.set(id, { done, failed });
      worker.ref();
      worker.postMessage({ id, work, order } satisfies Request, moves);
    });
  }
  #start(): Worker {
    const { entry, store, spawn } = this.#options;
    const data: AsideData = { aside: true, store: store.share() };
    const worker = spawnThread(entry, { workerData: data, resourceLimits: RESOURCES, name: 'aside' }, spawn);
    let reason: Error | undefined;
    worker.on('message', (reply: Reply) => this.#hear(reply));
    worker.on('error', (error: Error) => {
      reason = error;
    });
    worker.on('exit', () => this.#end(worker, reason));
    return worker;
  }
  #hear(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) {
      this.#worker?.unref();
      this.#cancel = this.#options.clock.after(IDLE, () => this.#stop());
    }
    if ('error' in reply) waiting?.failed(new Error(reply.error));
    else waiting?.done(reply.result);
  }
  #stop(): void {
    const worker = this.#worker;
    if (worker === undefined || this.#waiting.size > 0) return;
    this.#ending = new Promise((resolve) => {
      worker.once('exit', () => {
        this.#ending = undefined;
        resolve();
      });
    });
    void worker.terminate();
  }
  /** What it had free of the shared memory is taken over by the next one. */
  #end(worker: Worker, reason: Error | undefined): void {
    if (this.#worker === worker) this.#worker = undefined;
    this.#cancel();
    this.#options.store.bury(THREAD);
    const error = new Error(`the thread for long work ended${reason === undefined ? '' : `: ${reason.message}`}`);
    for (const { failed } of [...this.#waiting.values()]) failed(error);
    this.#waiting.clear();
  }
}

/** Does a kind of work: made when the first order for it comes. */
export type Work = (store: Store) => Promise<(order: unknown) => unknown>;

/** The thread's own end: does orders one after the other until main ends it. */
export function serveAside(port: MessagePort, data: AsideData, works: Readonly<Record<string, Work>>): void {
  const store = Store.join(data.store, THREAD);
  const made = new Map<string, Promise<(order: unknown) => unknown>>();
  let busy = Promise.resolve();
  const obey = async ({ id, work, order }: Request): Promise<Reply> => {
    try {
      let ready = made.get(work);
      if (ready === undefined) made.set(work, (ready = works[work]!(store)));
      return { id, result: await (await ready)(order) };
    } catch (error) {
      return { id, error: error instanceof Error ? error.message : String(error) };
    }
  };
  port.on('message', (request: Request) => {
    busy = busy.then(async () => port.postMessage(await obey(request)));
  });
}
