// The store of keys that a folder of this machine is. Orders go to a thread, all that wait together, so that one sync of the disk keeps
// them all; deadlines of leases stay in memory. Knows leases and who watches; knows no SQL.
import { randomBytes } from 'node:crypto';
import type { Worker } from 'node:worker_threads';
import type { Clock } from '../kernel/clock.ts';
import type { Answers, Batch, Granted, Opened, Read, Result, SentEvent, SentPair, Write } from './file-orders.ts';
import { KeyValueError, withLease } from './key-value.ts';
import type { KeyEvent, KeyValue, LeaseLeft, Listed, Outcome, Pair, Transaction, Watcher } from './key-value.ts';

/** The end of a thread at which orders are given. */
export type Thread = Pick<Worker, 'postMessage' | 'on' | 'once' | 'terminate'>;

/** Milliseconds between looks for leases that have ended, and after which a look was so late that the machine must have stood still. */
const LOOK = 250, PAUSED = 2000;
/** Batches of a thread may be so large. */
const TOGETHER = 4096;

interface Lease {
  readonly seconds: number;
  /** Milliseconds of the clock. */
  ends: number;
}
interface Waiting {
  readonly done: (result: Exclude<Result, { readonly trouble: unknown }>) => void;
  readonly failed: (error: KeyValueError) => void;
}
interface Watch {
  readonly from: string;
  readonly end: string;
  readonly revision: bigint;
  readonly watcher: Watcher;
  /** What came while the history was read; undefined once it was handed over. */
  waiting: [bigint, readonly KeyEvent[]][] | undefined;
}

/** Opens a folder; it is made where it is not there. Rejects with Error where it cannot be used, or another process has it. */
export async function openFileKeys(folder: string, clock: Clock): Promise<FileKeyValue> {
  const { Worker: Thread } = await import('node:worker_threads');
  const own = import.meta.url;
  const entry = own.endsWith('.ts') ? './file-thread.ts' : '../file-thread.js';
  const thread = new Thread(new URL(entry, own), { workerData: { folder }, name: 'keys' });
  thread.unref();
  const opened = await new Promise<Opened>((resolve, reject) => {
    thread.once('message', (said: Opened | { readonly error: string }) => {
      if ('error' in said) reject(new Error(said.error === 'database is locked' ? 'another process has it open' : said.error));
      else resolve(said);
    });
    thread.once('error', reject);
    thread.once('exit', () => reject(new Error('its thread ended')));
  });
  return new FileKeyValue(thread, opened, clock);
}

/** One folder. */
export class FileKeyValue implements KeyValue {
  readonly #thread: Thread;
  readonly #clock: Clock;
  readonly #source: string;
  readonly #leases = new Map<bigint, Lease>();
  readonly #watches = new Set<Watch>();
  #writes: [Write, Waiting][] = [];
  #reads: [Read, Waiting][] = [];
  #underWay: readonly Waiting[] | undefined;
  #looked: number;
  #cancel: () => void;
  #ended: string | undefined;

  /** Each lease that was there begins anew. */
  constructor(thread: Thread, { leases, source }: Opened, clock: Clock) {
    this.#thread = thread;
    this.#source = source.toString(16);
    this.#clock = clock;
    const now = this.#looked = clock.monotonic();
    for (const [id, seconds] of leases) this.#leases.set(id, { seconds, ends: now + seconds * 1000 });
    thread.on('message', (answers: Answers) => this.#hear(answers));
    thread.on('error', (error: Error) => this.#end(`its thread ended: ${error.message}`));
    thread.on('exit', () => this.#end('its thread ended'));
    this.#cancel = clock.after(LOOK, this.#look);
  }
  /** What was asked before is still done. */
  async close(): Promise<void> {
    this.#cancel();
    for (const watch of this.#watches) watch.watcher.over('closed');
    this.#watches.clear();
    if (this.#ended !== undefined) return;
    await this.#ask({ what: 'get', key: '' }).catch(() => {});
    this.#ended = 'it is closed';
    const gone = new Promise<void>((resolve) => this.#thread.once('exit', () => resolve()));
    this.#thread.postMessage('close');
    await gone;
  }

  source(): Promise<string> {
    return Promise.resolve(this.#source);
  }
  async get(key: string): Promise<Pair | undefined> {
    return (await this.#ask({ what: 'get', key })).found.map(pairOf)[0];
  }
  async list(from: string, end: string): Promise<Listed> {
    const { revision, found } = await this.#ask({ what: 'list', from, end });
    return { revision, found: found.map(pairOf) };
  }
  async past(from: string, end: string, revision: bigint): Promise<Listed> {
    return { revision, found: (await this.#ask({ what: 'past', from, end, revision })).found.map(pairOf) };
  }
  async transaction(transaction: Transaction): Promise<Outcome> {
    const { if: comparisons, operations, grant: seconds } = transaction;
    const grant = seconds === undefined ? undefined : { id: newId(), seconds };
    const { revision, done, found } = await this.#do({
      what: 'transaction', ...grant === undefined ? { transaction } : {
        grant, transaction: { if: comparisons, operations: operations.map((each) => withLease(each, grant.id)) },
      },
    });
    if (done && grant !== undefined) this.#begin(grant);
    return { revision, done, found: found.map(pairOf), lease: done ? grant?.id ?? 0n : 0n };
  }
  async grant(seconds: number): Promise<bigint> {
    const id = newId();
    await this.#do({ what: 'grant', id, seconds });
    this.#begin({ id, seconds });
    return id;
  }
  #begin({ id, seconds }: Granted): void {
    this.#leases.set(id, { seconds, ends: this.#clock.monotonic() + seconds * 1000 });
  }
  async renew(ids: readonly bigint[]): Promise<ReadonlyMap<bigint, number>> {
    const left = new Map<bigint, number>();
    const now = this.#clock.monotonic();
    for (const id of ids) {
      const lease = this.#leases.get(id);
      if (lease === undefined) continue;
      lease.ends = now + lease.seconds * 1000;
      left.set(id, lease.seconds);
    }
    return left;
  }
  async revoke(id: bigint): Promise<boolean> {
    const { done } = await this.#do({ what: 'revoke', ids: [id] });
    this.#leases.delete(id);
    return done;
  }
  async lease(id: bigint): Promise<LeaseLeft> {
    const lease = this.#leases.get(id);
    if (lease === undefined) return { left: -1, granted: 0 };
    return { left: Math.max(0, Math.floor((lease.ends - this.#clock.monotonic()) / 1000)), granted: lease.seconds };
  }
  watch(from: string, end: string, revision: bigint, watcher: Watcher): () => void {
    const watch: Watch = { from, end, revision, watcher, waiting: [] };
    this.#watches.add(watch);
    void this.#catchUp(watch);
    return () => void this.#watches.delete(watch);
  }
  async #catchUp(watch: Watch): Promise<void> {
    const { from, end, revision } = watch;
    try {
      const { events, revision: last } = await this.#ask({ what: 'history', from, end, revision });
      const waiting = watch.waiting!.filter(([at]) => at > last);
      watch.waiting = undefined;
      if (!this.#watches.has(watch)) return;
      const past = Map.groupBy(events.map(keyEventOf), (event) => event.revision);
      for (const [at, changed] of [...past, ...waiting]) watch.watcher.changed(at, changed);
    } catch (error) {
      if (this.#watches.delete(watch)) watch.watcher.over((error as Error).message);
    }
  }

  /** Leases that have ended are taken away. Where nobody looked for long the machine stood still, and each begins anew. */
  readonly #look = (): void => {
    const now = this.#clock.monotonic();
    if (now - this.#looked > PAUSED) for (const lease of this.#leases.values()) lease.ends = now + lease.seconds * 1000;
    this.#looked = now;
    const ids: bigint[] = [];
    for (const [id, { ends }] of this.#leases) if (ends <= now) ids.push(id);
    for (const id of ids) this.#leases.delete(id);
    // What cannot be written stays as it is: the lease has ended all the same, and nobody renews it.
    if (ids.length > 0) this.#do({ what: 'revoke', ids }).catch(() => this.#again(ids));
    this.#cancel = this.#clock.after(LOOK, this.#look);
  };
  /** Ended leases whose keys could not be taken away: that is tried again with the next look. */
  #again(ids: readonly bigint[]): void {
    if (this.#ended === undefined) for (const id of ids) this.#leases.set(id, { seconds: 0, ends: 0 });
  }

  #do(write: Write): Promise<Exclude<Result, { readonly trouble: unknown }>> {
    return this.#wait((waiting) => this.#writes.push([write, waiting]));
  }
  #ask(read: Read): Promise<Exclude<Result, { readonly trouble: unknown }>> {
    return this.#wait((waiting) => this.#reads.push([read, waiting]));
  }
  #wait(add: (waiting: Waiting) => void): Promise<Exclude<Result, { readonly trouble: unknown }>> {
    return new Promise((done, failed) => {
      if (this.#ended !== undefined) return failed(new KeyValueError('broken', this.#ended));
      add({ done, failed });
      if (this.#underWay === undefined) {
        this.#underWay = [];
        // All of this turn go together.
        setImmediate(() => this.#send());
      }
    });
  }
  #send(): void {
    const writes = this.#writes.splice(0, TOGETHER), reads = this.#reads.splice(0, TOGETHER);
    if (writes.length + reads.length === 0) {
      this.#underWay = undefined;
      return;
    }
    this.#underWay = [...writes, ...reads].map(([, waiting]) => waiting);
    const batch: Batch = { writes: writes.map(([write]) => write), reads: reads.map(([read]) => read) };
    this.#thread.postMessage(batch);
  }
  #hear({ writes, reads }: Answers): void {
    const waiting = this.#underWay!;
    // Who watches hears of it before the one who did it: what is answered then has it.
    for (const result of writes) if ('events' in result && result.events.length > 0) this.#tell(result.events);
    [...writes, ...reads].forEach((result, i) => {
      if ('trouble' in result) waiting[i]!.failed(new KeyValueError(result.trouble, result.text));
      else waiting[i]!.done(result);
    });
    this.#send();
  }
  #tell(sent: readonly SentEvent[]): void {
    const events = sent.map(keyEventOf);
    const { revision } = events[0]!;
    for (const watch of this.#watches) {
      if (revision < watch.revision) continue;
      const concerned = events.filter(({ key }) => key >= watch.from && key < watch.end);
      if (concerned.length === 0) continue;
      if (watch.waiting === undefined) watch.watcher.changed(revision, concerned);
      else watch.waiting.push([revision, concerned]);
    }
  }
  #end(why: string): void {
    this.#ended ??= why;
    const all = [...this.#underWay ?? [], ...[...this.#writes, ...this.#reads].map(([, waiting]) => waiting)];
    this.#underWay = undefined;
    this.#writes = [];
    this.#reads = [];
    for (const { failed } of all) failed(new KeyValueError('broken', why));
  }
}

const newId = (): bigint => BigInt.asUintN(63, randomBytes(8).readBigUInt64BE()) | 1n;
const pairOf = ({ value, ...rest }: SentPair): Pair => ({ ...rest, value: Buffer.from(value.buffer, value.byteOffset, value.length) });
const keyEventOf = ({ key, revision, pair }: SentEvent): KeyEvent =>
  ({ key, revision, pair: pair === undefined ? undefined : pairOf(pair) });
