// The store of keys that an etcd is: its own transactions, leases and watches. Knows etcd's messages; knows nothing of what keys mean.
import { latin1Bytes } from '../dns/latin1.ts';
import type { Clock } from '../kernel/clock.ts';
import { pause } from '../kube-api/pause.ts';
import { EtcdClient, rangeOf, readPage } from './etcd-client.ts';
import type { EtcdPlaces } from './etcd-client.ts';
import { EtcdError } from './etcd-link.ts';
import { MessageWriter, eachField, readHeader, readWatchReply, watchOf } from './etcd-wire.ts';
import { COMPACTED, KeyValueError, withLease } from './key-value.ts';
import type { Comparison, KeyEvent, KeyValue, LeaseLeft, Listed, Operation, Outcome, Pair, Transaction, Watcher } from './key-value.ts';

/** Keys of a page: small pages cost etcd the rest of the range each. */
const PAGE = 10_000;
/** Messages of one renewal, so that it does not take the connection for itself. */
const TOGETHER = 1000;
/** Milliseconds before a watch that ended begins again. */
const AGAIN = 200;
/** etcd's statuses: a revision that is compacted or yet to come, a lease that is not there (5), a space that is full (8). */
const OUT_OF_RANGE = 11, NOT_FOUND = 5, EXHAUSTED = 8;
/** Fields of a comparison: what is compared is the revision of the last change, with this one or the one before (etcd's `Compare`). */
const MOD_REVISION = 2, LESS = 2;

/** One etcd. */
export class EtcdKeyValue implements KeyValue {
  readonly #client: EtcdClient;
  readonly #watching: EtcdClient;
  readonly #clock: Clock;
  readonly #end = new AbortController();

  constructor(etcd: EtcdPlaces, clock: Clock) {
    this.#client = new EtcdClient(etcd, clock);
    this.#watching = new EtcdClient(etcd, clock);
    this.#clock = clock;
  }
  close(): void {
    this.#end.abort();
    this.#client.close();
    this.#watching.close();
  }

  /** The cluster's id. */
  async source(): Promise<string> {
    const { header } = readPage(await this.#ask('etcdserverpb.KV/Range', rangeOf('\0', undefined).done()));
    return BigInt.asUintN(64, header.cluster).toString(16);
  }
  async get(key: string): Promise<Pair | undefined> {
    return readPage(await this.#ask('etcdserverpb.KV/Range', rangeOf(key, undefined).done())).found[0];
  }
  list(from: string, end: string): Promise<Listed> {
    return this.#list(from, end, 0n);
  }
  past(from: string, end: string, revision: bigint): Promise<Listed> {
    return this.#list(from, end, revision);
  }
  async #list(from: string, end: string, at: bigint): Promise<Listed> {
    for (;;) {
      const all: Pair[] = [];
      let next = from, revision = at;
      try {
        for (;;) {
          const page = readPage(await this.#client.call('etcdserverpb.KV/Range', rangeOf(next, end, { limit: PAGE, revision }).done()));
          if (revision === 0n) ({ revision } = page.header);
          all.push(...page.found);
          if (!page.more || page.found.length === 0) return { revision, found: all };
          next = `${page.found.at(-1)!.key}\0`;
        }
      } catch (error) {
        if (!(error instanceof EtcdError && error.status === OUT_OF_RANGE)) throw troubleOf(error);
        // The list has outlived its revision: it begins anew, at a later one.
        if (at !== 0n) throw new KeyValueError('unavailable', COMPACTED);
      }
    }
  }
  async transaction({ grant: seconds, ...transaction }: Transaction): Promise<Outcome> {
    if (seconds === undefined) return this.#transaction(transaction);
    const lease = await this.grant(seconds);
    const forget = (): unknown => this.revoke(lease).catch(() => {});
    try {
      const outcome = await this.#transaction({ ...transaction, operations: transaction.operations.map((each) => withLease(each, lease)) });
      if (outcome.done) return { ...outcome, lease };
      await forget();
      return outcome;
    } catch (error) {
      void forget();
      throw error;
    }
  }
  async #transaction({ if: comparisons, operations }: Omit<Transaction, 'grant'>): Promise<Outcome> {
    const message = new MessageWriter();
    for (const each of comparisons) message.bytes(1, comparisonOf(each));
    for (const operation of operations) message.bytes(2, operationOf(operation));
    for (const { key, end } of comparisons) if (end === undefined) message.bytes(3, new MessageWriter().bytes(1, rangeOf(key, undefined)));
    let revision = 0n, done = false;
    const found: Pair[] = [];
    eachField(await this.#ask('etcdserverpb.KV/Txn', message.done(), true), (field) => {
      if (field.number === 1) ({ revision } = readHeader(field.bytes));
      else if (field.number === 2) done = field.value !== 0n;
      else if (field.number === 3) {
        eachField(field.bytes, (response) => {
          if (response.number === 1) found.push(...readPage(response.bytes).found);
        });
      }
    });
    return { revision, done, found: done ? [] : found, lease: 0n };
  }
  async grant(seconds: number): Promise<bigint> {
    return numberIn(await this.#ask('etcdserverpb.Lease/LeaseGrant', new MessageWriter().number(1, seconds).done(), true), 2);
  }
  async renew(ids: readonly bigint[]): Promise<ReadonlyMap<bigint, number>> {
    const left = new Map<bigint, number>();
    for (let at = 0; at < ids.length; at += TOGETHER) {
      const messages = ids.slice(at, at + TOGETHER).map((id) => new MessageWriter().number(1, id).done());
      try {
        await this.#client.stream('etcdserverpb.Lease/LeaseKeepAlive', messages, (message) => {
          const seconds = Number(BigInt.asIntN(64, numberIn(message, 3)));
          if (seconds > 0) left.set(numberIn(message, 2), seconds);
        });
      } catch (error) {
        throw troubleOf(error);
      }
    }
    return left;
  }
  async revoke(id: bigint): Promise<boolean> {
    try {
      await this.#client.call('etcdserverpb.Lease/LeaseRevoke', new MessageWriter().number(1, id).done());
      return true;
    } catch (error) {
      if (error instanceof EtcdError && error.status === NOT_FOUND) return false;
      throw troubleOf(error);
    }
  }
  async lease(id: bigint): Promise<LeaseLeft> {
    try {
      return await this.#client.lease(id);
    } catch (error) {
      throw troubleOf(error);
    }
  }

  watch(from: string, end: string, revision: bigint, watcher: Watcher): () => void {
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, this.#end.signal]);
    const run = async (): Promise<void> => {
      for (let next = revision; !signal.aborted; await pause(this.#clock, AGAIN, signal)) {
        try {
          next = await this.#follow(from, end, next, watcher, signal);
        } catch (error) {
          this.#watching.refused(error);
        }
        if (next === 0n) return;
      }
    };
    void run();
    return () => over.abort();
  }
  /** Follows on a connection of its own until that ends: the revision to go on with, 0 where there is none. */
  async #follow(from: string, end: string, revision: bigint, watcher: Watcher, signal: AbortSignal): Promise<bigint> {
    const link = await this.#watching.connect([['hasleader', 'true']]);
    let next = revision;
    const waiting: KeyEvent[] = [];
    return new Promise((resolve) => {
      const stop = (at: bigint): void => {
        signal.removeEventListener('abort', aborted);
        link.close();
        resolve(at);
      };
      const aborted = (): void => stop(0n);
      if (signal.aborted) return stop(0n);
      signal.addEventListener('abort', aborted, { once: true });
      link.stream('etcdserverpb.Watch/Watch', watchOf(from, end, revision), (message) => {
        const reply = readWatchReply(message);
        if (reply.canceled) {
          if (reply.compacted > 0n) watcher.over(COMPACTED);
          return stop(reply.compacted > 0n ? 0n : next);
        }
        waiting.push(...reply.events);
        if (reply.goesOn || waiting.length === 0) return;
        next = reply.header.revision + 1n;
        if (!signal.aborted) hand(waiting.splice(0), watcher);
      }, () => stop(next));
    });
  }

  async #ask(method: string, message: Buffer, once = false): Promise<Buffer> {
    try {
      return await this.#client.call(method, message, once);
    } catch (error) {
      throw troubleOf(error);
    }
  }
}

/** Events of several revisions may come together: each revision is one change. */
function hand(events: readonly KeyEvent[], watcher: Watcher): void {
  let from = 0;
  for (let i = 1; i <= events.length; i++) {
    if (i < events.length && events[i]!.revision === events[from]!.revision) continue;
    watcher.changed(events[from]!.revision, events.slice(from, i));
    from = i;
  }
}
function comparisonOf({ key, end, revision }: Comparison): MessageWriter {
  if (end === undefined) return new MessageWriter().number(2, MOD_REVISION).bytes(3, latin1Bytes(key)).number(6, revision);
  return new MessageWriter().number(1, LESS).number(2, MOD_REVISION).bytes(3, latin1Bytes(key)).number(6, revision + 1n)
    .bytes(64, latin1Bytes(end));
}
function operationOf(operation: Operation): MessageWriter {
  if ('delete' in operation) return new MessageWriter().bytes(3, new MessageWriter().bytes(1, latin1Bytes(operation.delete)));
  const put = new MessageWriter().bytes(1, latin1Bytes(operation.put)).bytes(2, operation.value).number(3, operation.lease);
  return new MessageWriter().bytes(2, put);
}
function numberIn(message: Buffer, number: number): bigint {
  let value = 0n;
  eachField(message, (field) => {
    if (field.number === number) ({ value } = field);
  });
  return value;
}
function troubleOf(error: unknown): KeyValueError {
  const text = error instanceof Error ? error.message : String(error);
  const status = error instanceof EtcdError ? error.status : undefined;
  if (status === NOT_FOUND) return new KeyValueError('lease', text);
  return new KeyValueError(status === EXHAUSTED ? 'full' : 'unavailable', text);
}
