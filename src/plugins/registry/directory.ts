// What a registry does with instances and leases: reads what is there, decides, writes, and sees to it that this server's names have it.
// Knows the store and what conditions mean; knows no HTTP but its problems.
import type { CIDR } from '../../dns/address.ts';
import { Problem } from '../../http/problem.ts';
import { GRANTED } from '../../key-value/key-value.ts';
import type { KeyValue, Operation, Pair } from '../../key-value/key-value.ts';
import { prefixEnd } from '../../key-value/etcd-wire.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { End } from '../../kernel/signal.ts';
import { keyOf } from '../../skydns/message.ts';
import type { Kept } from '../../skydns/kept.ts';
import type { SkydnsNames } from '../../skydns/skydns-names.ts';
import { besideAlias, changed, check, owned } from './conditions.ts';
import type { Condition, Who } from './conditions.ts';
import { operationsOf, readInstance, readKept, stateOf } from './instances.ts';
import type { Instance, InstanceSpec } from './instances.ts';
import { readSet, setOperations } from './record-sets.ts';
import type { RecordSet } from './record-sets.ts';

/** What was done. */
export interface Put {
  readonly instance: Instance;
  readonly before: Instance | undefined;
}
/** What a directory stands on. */
export interface DirectoryParts {
  readonly keys: KeyValue;
  readonly names: SkydnsNames;
  readonly path: string;
  readonly clock: Clock;
  readonly lease: { readonly least: number; readonly most: number };
  /** Networks that checks may reach beside those that they always may. */
  readonly allowed: () => readonly Pick<CIDR, 'network' | 'bits'>[];
  readonly signal: End;
  /** Operations that one transaction of the store may have. */
  readonly most?: number;
}

/** Instances of one service; keys of one instance. */
const MOST_INSTANCES = 1000, MOST_KEYS = 64;
/** Milliseconds for which a reply waits for this server's names; tries where others change the same at the same time. */
const PATIENCE = 10_000, TRIES = 5;

/** One registry. */
export class Directory {
  readonly parts: DirectoryParts;

  constructor(parts: DirectoryParts) {
    this.parts = parts;
  }
  /** The key of a name. */
  keyOf(labels: readonly string[]): string {
    return keyOf(this.parts.path, labels);
  }

  async instance(key: string): Promise<Instance | undefined> {
    return readInstance(key, await this.#below(key));
  }
  async #below(key: string): Promise<readonly Pair[]> {
    return (await this.parts.keys.list(`${key}/`, prefixEnd(`${key}/`))).found;
  }

  /** Registers an instance, or changes it. `spec` makes what it shall be of what is there. */
  async put(key: string, condition: Condition, who: Who, spec: (before: Instance | undefined) => InstanceSpec): Promise<Put> {
    await this.listed();
    // What this server knows is nearly always what is there, and is compared when it is written: only where that does not hold is it read.
    const known = condition === undefined ? await this.#attempt(key, this.#knownInstance(key), who, spec) : undefined;
    if (known !== undefined) return known;
    for (let tries = 0; ; tries++) {
      const before = await this.planned(key, who, condition);
      const instance = spec(before);
      const done = await this.#write(key, before, instance, who);
      if (done !== undefined) return done;
      if (condition !== undefined || tries === TRIES) throw changed(await this.instance(key));
    }
  }
  async #attempt(
    key: string, before: Instance | undefined, who: Who, spec: (before: Instance | undefined) => InstanceSpec,
  ): Promise<Put | undefined> {
    try {
      if (before !== undefined) owned(before, who);
      else if (this.#known(key).length > 0) return undefined;
      else this.#bound(key);
      return await this.#write(key, before, spec(before), who);
    } catch (error) {
      // It is refused where that is so of what is there.
      if (error instanceof Problem && error.status !== 504) return undefined;
      throw error;
    }
  }
  /** What this server's names have below a key. */
  #known(key: string): readonly Kept[] {
    return this.parts.names.index?.range(key, true, MOST_KEYS).filter((each) => each.key.startsWith(`${key}/`)) ?? [];
  }
  /** The instance as this server's names have it. */
  #knownInstance(key: string): Instance | undefined {
    const below = this.#known(key);
    const first = below.find((each) => each.key === `${key}/1`);
    const kept = readKept(first?.service?.coredns);
    if (first === undefined || kept === undefined) return undefined;
    const { revision, lease } = first;
    return { ...kept, id: idOf(key), revision, lease, keys: below.map((each) => each.key) };
  }
  /** The instance that somebody is about to change. Throws Problem where that is not his, or there is no place for one. */
  async planned(key: string, who: Who, condition?: Condition): Promise<Instance | undefined> {
    const pairs = await this.#below(key);
    const before = readInstance(key, pairs);
    if (before === undefined && pairs.length > 0) {
      throw new Problem(409, 'Not an instance', { detail: 'other keys stand below this name', cure: 'choose another name' });
    }
    check(before, condition);
    if (before !== undefined) owned(before, who);
    else this.#bound(key);
    return before;
  }
  async #write(key: string, before: Instance | undefined, instance: InstanceSpec, who: Who): Promise<Put | undefined> {
    const { keys } = this.parts;
    const state = stateOf(instance, before);
    const owner = before?.owner ?? who.holder;
    const isSame = before !== undefined && before.state === state && JSON.stringify(before.instance) === JSON.stringify(instance);
    // The same again is a heartbeat: nothing is written while its lease is there.
    if (isSame && (before.lease === 0n || (await keys.renew([before.lease])).size > 0)) {
      await this.served(before.revision);
      return { instance: before, before };
    }
    const { lease, grant } = await this.#lease(instance, before);
    const kept = { instance, state, owner };
    const operations = operationsOf(key, kept, lease, before?.keys ?? []);
    const { done, revision, lease: granted } = await keys.transaction({
      if: [{ key: `${key}/1`, revision: before?.revision ?? 0n }], operations, ...grant === undefined ? {} : { grant },
    });
    if (!done) return undefined;
    await this.served(revision);
    const puts = operations.flatMap((operation) => ('put' in operation ? [operation.put] : []));
    return { instance: { ...kept, id: idOf(key), revision, lease: granted === 0n ? lease : granted, keys: puts }, before };
  }
  /** The lease that an instance asks for: one that is there, the one that it has, or one that is granted now. */
  async #lease({ lease }: InstanceSpec, before: Instance | undefined): Promise<{ readonly lease: bigint; readonly grant?: number }> {
    if (lease === undefined) return { lease: 0n };
    if ('id' in lease) return { lease: BigInt(`0x${lease.id}`) };
    const asked = before?.instance.lease;
    const isAsBefore = before !== undefined && before.lease !== 0n && asked !== undefined && 'ttl' in asked && asked.ttl === lease.ttl;
    if (isAsBefore && (await this.parts.keys.renew([before.lease])).size > 0) return { lease: before.lease };
    this.#bounded(lease.ttl);
    return { lease: GRANTED, grant: lease.ttl };
  }
  async grant(seconds: number): Promise<bigint> {
    this.#bounded(seconds);
    return this.parts.keys.grant(seconds);
  }
  #bounded(seconds: number): void {
    const { least, most } = this.parts.lease;
    if (seconds < least || seconds > most) {
      throw new Problem(400, 'Lease out of bounds', {
        field: 'lease.ttl', detail: `it is ${seconds}`, cure: `leases here last from ${least} to ${most} seconds`,
      });
    }
  }
  #bound(key: string): void {
    const service = key.slice(0, key.lastIndexOf('/'));
    const known = new Set(this.parts.names.index?.range(service, true, 20 * MOST_INSTANCES)
      .map((kept) => kept.key.slice(service.length + 1).split('/')[0]));
    if (known.size >= MOST_INSTANCES) {
      throw new Problem(409, 'Too many instances', {
        detail: `the service has ${known.size}`, cure: 'take some away, or use another service',
      });
    }
  }

  async remove(key: string, condition: Condition, who: Who): Promise<Instance> {
    for (let tries = 0; ; tries++) {
      const before = await this.instance(key);
      if (before === undefined) throw new Problem(404, 'No such instance');
      check(before, condition);
      owned(before, who);
      const operations: readonly Operation[] = before.keys.map((each) => ({ delete: each }));
      const { done, revision } = await this.parts.keys.transaction({ if: [{ key: `${key}/1`, revision: before.revision }], operations });
      if (done) {
        await this.served(revision);
        return before;
      }
      if (condition !== undefined || tries === TRIES) throw changed(await this.instance(key));
    }
  }

  async set(key: string): Promise<RecordSet | undefined> {
    return readSet(await this.parts.keys.get(key));
  }
  /** With the parts that have leases of their own. */
  async wholeSet(key: string): Promise<RecordSet | undefined> {
    const { found } = await this.parts.keys.list(key, `${key}\x7f`);
    const own = found.filter((pair) => pair.key === key || pair.key.startsWith(`${key}~`));
    const [first, ...more] = own.flatMap((pair) => readSet(pair) ?? []);
    return more.reduce((whole, part) => ({
      ...whole!, set: { ...whole!.set, records: [...new Set([...whole!.set.records, ...part.set.records])] },
      revision: part.revision > whole!.revision ? part.revision : whole!.revision,
    }), first);
  }
  /** Makes a set what it shall be, of what is there: undefined takes it away. Of an alias there is nothing beside it (RFC 1034 3.6.2). */
  async putSet(
    key: string, condition: Condition, who: Who, spec: (before: RecordSet | undefined) => RecordSet['set'] | undefined,
  ): Promise<{ readonly set: RecordSet | undefined; readonly before: RecordSet | undefined }> {
    await this.listed();
    for (let tries = 0; ; tries++) {
      const last = await this.set(key);
      check(last, condition);
      const set = spec(last);
      if (last !== undefined && JSON.stringify(last.set) === JSON.stringify(set)) return { set: last, before: last };
      const { before, kept, beside } = await this.planSet(key, set, who, last);
      const { done, revision } = await this.parts.keys.transaction({
        if: [{ key, revision: before?.revision ?? 0n }, ...beside], operations: setOperations(key, kept, before),
      });
      if (done) {
        await this.served(revision);
        return { set: kept === undefined ? undefined : { ...kept, revision, keys: [] }, before };
      }
      if (condition !== undefined || tries === TRIES) throw changed(await this.set(key));
    }
  }
  /** What becomes of a set, and what must not be there for it. Throws Problem where that is not his, or cannot be. */
  async planSet(key: string, set: RecordSet['set'] | undefined, who: Who, last?: RecordSet) {
    const before = last ?? await this.set(key);
    if (before !== undefined) owned(before, who);
    const kept = set === undefined ? undefined : { set, owner: before?.owner ?? who.holder };
    const alias = `${key.slice(0, key.lastIndexOf('/'))}/-cname`;
    const beside = set === undefined || key === alias ? [] : [{ key: alias, revision: 0n }];
    if (set?.type === 'CNAME') this.#alone(alias);
    else if (beside.length > 0 && await this.parts.keys.get(alias) !== undefined) throw besideAlias();
    return { before, kept, beside };
  }
  #alone(alias: string): void {
    const name = alias.slice(0, alias.lastIndexOf('/'));
    const others = this.parts.names.index?.range(name, true, 10).filter(({ key }) => key !== alias) ?? [];
    if (others.length > 0) throw besideAlias();
  }

  /** The instances of a service that this server's names have now. */
  service(key: string): readonly Omit<Instance, 'keys'>[] {
    return (this.parts.names.index?.range(key, true, 20 * MOST_INSTANCES) ?? []).flatMap(({ key: each, service, revision, lease }) => {
      const [id, last, ...more] = each.slice(key.length + 1).split('/');
      const kept = last === '1' && more.length === 0 ? readKept(service?.coredns) : undefined;
      return kept === undefined ? [] : [{ ...kept, id: id!, revision, lease }];
    });
  }

  /** Resolves when this server knows at all what there is. */
  listed(): Promise<void> {
    return this.served(1n);
  }
  /** Resolves when this server answers with what is there at a revision. */
  served(revision: bigint): Promise<void> {
    return this.until(() => this.parts.names.revision >= revision, PATIENCE, this.parts.signal, () => {
      throw new Problem(504, 'Not served yet', {
        detail: `it is kept at revision ${revision}, which this server does not answer from yet`, cure: 'look again, or ask another server',
        more: { revision: Number(revision) },
      });
    });
  }
  /** Resolves when something is so, which is looked at whenever names may be others; after some time `late` decides. */
  until(isSo: () => boolean, milliseconds: number, signal: End, late: () => void): Promise<void> {
    if (isSo()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const over = new AbortController();
      const end = (act: () => void): void => {
        if (over.signal.aborted) return;
        cancel();
        over.abort();
        try {
          act();
          resolve();
        } catch (error) {
          reject(error as Error);
        }
      };
      const cancel = this.parts.clock.after(milliseconds, () => end(late));
      this.parts.names.listen(() => {
        if (isSo()) end(() => {});
      }, over.signal);
      signal.addEventListener('abort', () => end(late), { once: true });
    });
  }
}

const idOf = (key: string): string => key.slice(key.lastIndexOf('/') + 1);
