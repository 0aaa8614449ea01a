// All threads beside the main one: started when they are needed, replaced when they die, and of one mind at a reload. Knows members and
// numbers; knows no query.
import type { EventLoopUtilization } from 'node:perf_hooks';
import type { Crew as KernelCrew, Load } from '../kernel/serving/app.ts';
import { every } from '../kernel/clock.ts';
import type { Clock } from '../kernel/clock.ts';
import type { MainDesk } from '../kernel/desk.ts';
import type { Debugging, Log } from '../kernel/seen/log.ts';
import type { Metrics } from '../kernel/seen/metrics.ts';
import type { Store } from '../store/store.ts';
import { Growth } from './growth.ts';
import { IdleCores } from './idle-cores.ts';
import type { Limits } from './limits.ts';
import { Member } from './member.ts';
import type { Spawn } from './spawn.ts';
import { mostThreads, share, threadsFor, usableCores } from './spread.ts';

/** Milliseconds between looks at the load. */
const LOOK = 1000;
/** Milliseconds until a dead thread is replaced: the first time, at most, and after how long a life it counts as the first time again. */
const FIRST_PAUSE = 100, LONGEST_PAUSE = 30_000, LONG_LIFE = 60_000;

/** What a crew is made of. */
export interface CrewOptions {
  /** The module that threads run: the process's own. */
  readonly entry: URL;
  /** What that module needs to know. Can be sent. */
  readonly own: unknown;
  readonly store: Store;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly debugging: Debugging;
  readonly clock: Clock;
  readonly limits: Limits;
  /** Answers what threads ask of main. */
  readonly desk: Pick<MainDesk, 'answer'>;
  /** Ends the process. */
  readonly fatal: (text: string) => void;
  /** How long load has to last until a thread is added, milliseconds. */
  readonly lasting?: number | undefined;
  /** Cores that were idle since the last call; the machine's where it is not given. */
  readonly idle?: (() => number) | undefined;
  readonly spawn?: Spawn | undefined;
}

/** The threads of one process. */
export class Crew implements KernelCrew {
  readonly #options: CrewOptions;
  readonly #cores: number;
  readonly #members = new Map<number, Member>();
  /** When each thread began, and how often it died soon after. */
  readonly #lives = new Map<number, { began: number; deaths: number }>();
  readonly #end = new AbortController();
  #wanted = 0;
  #load: Load | undefined;
  /** Members that have prepared a load, and how to let others go on; undefined outside of a reload. */
  #prepared: { readonly members: readonly Member[]; readonly release: () => void } | undefined;
  #busy: Promise<void> = Promise.resolve();
  #growable = true;

  constructor(options: CrewOptions) {
    this.#options = options;
    this.#cores = usableCores(options.limits);
  }

  /** How many threads serve, the main one with them. */
  get serving(): number {
    return this.#members.size + 1;
  }
  share(wanted: number | undefined, thread: number): number {
    return share(wanted, thread, this.#cores);
  }

  /** One at a time: a reload, or the start of a thread. Resolves with the function that lets the next one go on. */
  #turn(): Promise<() => void> {
    const before = this.#busy;
    return new Promise((begin) => {
      this.#busy = new Promise((release) => void before.then(() => begin(release)));
    });
  }
  async prepare(load: Load): Promise<void> {
    const release = await this.#turn();
    const members = [...this.#members.values()];
    this.#prepared = { members, release };
    const results = await Promise.allSettled(members.map((member) => member.prepare(load)));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }
  async commit(load: Load): Promise<void> {
    const { members, release } = this.#prepared!;
    this.#prepared = undefined;
    this.#load = load;
    await Promise.allSettled(members.map((member) => member.commit()));
    release();
  }
  abort(): void {
    for (const member of this.#prepared?.members ?? []) member.abort();
    this.#prepared?.release();
    this.#prepared = undefined;
  }
  async staff(wanted: readonly (number | undefined)[]): Promise<void> {
    this.#growable = wanted.every((sockets) => sockets === undefined);
    await this.#want(threadsFor(wanted, this.#cores) - 1);
  }
  /** Resolves when those that are added serve, or could not be started. */
  async #want(members: number): Promise<void> {
    const started: Promise<void>[] = [];
    for (; this.#wanted < members; this.#wanted++) started.push(this.#start(this.#wanted + 1));
    await Promise.all(started);
  }
  async close(): Promise<void> {
    this.#end.abort();
    const members = [...this.#members.values()];
    await Promise.allSettled(members.map((member) => member.close()));
    await Promise.allSettled(members.map((member) => member.terminate()));
  }

  /** From now on threads are added while the load is high and no `multisocket` says how many there are. */
  watch(): void {
    const { clock, limits, log, lasting, idle } = this.#options;
    const most = mostThreads(limits);
    if (most < 2) return;
    const growth = new Growth({ most, ...(lasting === undefined ? {} : { lasting }) });
    const cores = new IdleCores();
    let last: EventLoopUtilization | undefined;
    every(clock, Math.min(LOOK, lasting ?? LOOK), this.#end.signal, (error) => log.error(String(error)), () => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, last);
      last = now;
      const loads = [utilization, ...[...this.#members.values()].map((member) => member.load())];
      const free = idle === undefined ? cores.since() : idle();
      if (!this.#growable || this.#wanted >= loads.length || !growth.observe(clock.monotonic(), loads, free)) return;
      log.info(`The load is high: ${loads.length + 1} threads serve from now on`);
      void this.#want(loads.length);
    });
  }

  /** A new thread with this number, that serves what is served. */
  async #start(thread: number): Promise<void> {
    const release = await this.#turn();
    const { entry, own, store, metrics, clock, log, spawn, desk, fatal } = this.#options;
    const load = this.#load;
    try {
      if (this.#end.signal.aborted || load === undefined) return;
      const data = { thread, store: store.share(), cores: this.#cores, own };
      const life = this.#lives.get(thread) ?? { began: 0, deaths: 0 };
      this.#lives.set(thread, { ...life, began: clock.monotonic() });
      const member: Member = new Member({
        entry, data, metrics, clock, spawn, desk, fatal, gone: (reason, error) => this.#bury(thread, member, reason, error),
      });
      try {
        await member.prepare(load);
        await member.commit();
        this.#members.set(thread, member);
      } catch (error) {
        if (!this.#end.signal.aborted) log.error(`Thread ${thread} could not be started: ${(error as Error).message}`);
        await member.terminate();
      }
    } finally {
      release();
    }
  }
  /** A thread is gone: what it held is freed, and another one takes its place, later where threads die one after the other. */
  #bury(thread: number, member: Member, reason: string, error: unknown): void {
    const { store, log, clock, debugging } = this.#options;
    store.bury(thread);
    const served = this.#members.get(thread) === member && this.#members.delete(thread);
    if (this.#end.signal.aborted) return;
    if (debugging.on && error !== undefined) throw error;
    const { began, deaths } = this.#lives.get(thread)!;
    const again = clock.monotonic() - began > LONG_LIFE ? 0 : deaths;
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** again);
    this.#lives.set(thread, { began, deaths: again + 1 });
    if (served) log.error(`Thread ${thread} ended (${reason}): another one takes its place in ${pause} ms`);
    const cancel = clock.after(pause, () => {
      this.#end.signal.removeEventListener('abort', cancel);
      void this.#start(thread);
    });
    this.#end.signal.addEventListener('abort', cancel, { once: true });
  }
}
