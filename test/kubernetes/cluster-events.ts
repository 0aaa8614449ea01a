// Clusters that change: a seed makes a cluster and one change after the other, each possible after the one before, as kubectl and the
// controllers make them. Knows what objects look like; knows no server.
import type { FakeKubeApi, KubeObject, KubeResource } from '../../src/testing/index.ts';
import { randomOf } from '../../src/testing/kube-faults.ts';
import * as objects from './cluster-objects.ts';
import { IMPORTS, NAMESPACES, NODES, PODS, SERVICES } from './universe.ts';

/** One change of one object. */
export interface ClusterEvent {
  readonly op: 'add' | 'update' | 'delete';
  readonly resource: KubeResource;
  /** `namespace/name`, or a name. */
  readonly key: string;
  /** The object as it is now; as it was last where it is deleted. */
  readonly object: KubeObject;
}

/** Makes the change. */
export function apply(api: FakeKubeApi, { op, resource, key, object }: ClusterEvent): void {
  if (op === 'delete') api.delete(resource, key);
  else api[op](resource, object);
}

/** How often each thing happens. */
const WEIGHTS = [['namespace', 3], ['service', 27], ['slice', 38], ['pod', 25], ['import', 7], ['node', 5]] as const;

/** An endless sequence of changes, the same for the same seed. It begins with an empty cluster. */
export class ClusterEvents {
  readonly #dice: objects.Dice;
  readonly #objects = new Map<KubeResource, Map<string, KubeObject>>();

  constructor(seed: number) {
    this.#dice = new objects.Dice(randomOf(seed));
  }
  /** The objects that are there now. */
  objects(resource: KubeResource): ReadonlyMap<string, KubeObject> {
    return this.#of(resource);
  }
  /** What happens next: one change, or many at once where a namespace goes with all that is in it. */
  next(): ClusterEvent[] {
    if (this.objects('namespaces').size === 0) return this.#namespace();
    switch (this.#dice.weighted(WEIGHTS)) {
      case 'namespace': return this.#namespace();
      case 'service': return this.#change('services', SERVICES, (at) => objects.service(this.#dice, at, this.objects('services')));
      case 'slice': return this.#change('endpointslices', objects.SLICES, (at) => objects.slice(this.#dice, at));
      case 'pod': return this.#pod();
      case 'import': return this.#change('serviceimports', IMPORTS, (at) => objects.serviceImport(this.#dice, at));
      case 'node': return this.#node();
    }
  }
  /** So many changes, or a few more. */
  some(count: number): ClusterEvent[] {
    const events: ClusterEvent[] = [];
    while (events.length < count) events.push(...this.next());
    return events;
  }

  #namespace(): ClusterEvent[] {
    const name = this.#dice.one(NAMESPACES);
    const object = { metadata: { name, labels: { env: this.#dice.one(['test', 'prod']) } } };
    if (!this.objects('namespaces').has(name)) return [this.#put('namespaces', name, object)];
    return this.#dice.often(0.3) ? [this.#put('namespaces', name, object)] : this.#ended(name);
  }
  /** A namespace is first said to end, then emptied, then gone; now and then it is gone before what is in it. */
  #ended(name: string): ClusterEvent[] {
    const object = this.objects('namespaces').get(name)!;
    const ending = { ...object, metadata: { ...(object['metadata'] as object), deletionTimestamp: '2026-01-01T00:00:00Z' } };
    const events = [this.#put('namespaces', name, { ...ending, status: { phase: 'Terminating' } })];
    const inside = [...this.#objects].flatMap(([resource, all]) =>
      [...all.keys()].filter((key) => key.startsWith(`${name}/`)).map((key) => ({ resource, key })));
    const early = this.#dice.often(0.2);
    if (early) events.push(this.#delete('namespaces', name));
    for (const { resource, key } of inside) events.push(this.#delete(resource, key));
    if (!early) events.push(this.#delete('namespaces', name));
    if (this.#dice.often(0.5)) events.push(this.#put('namespaces', name, object));
    return events;
  }
  #node(): ClusterEvent[] {
    const name = this.#dice.one(NODES);
    if (this.objects('nodes').has(name) && this.#dice.often(0.25)) return [this.#delete('nodes', name)];
    return [this.#put('nodes', name, objects.node(this.#dice, name))];
  }
  #change(resource: KubeResource, names: readonly string[], make: (at: objects.Place) => KubeObject): ClusterEvent[] {
    const at = { namespace: this.#dice.one([...this.objects('namespaces').keys()]), name: this.#dice.one(names) };
    const key = `${at.namespace}/${at.name}`;
    if (this.objects(resource).has(key) && this.#dice.often(0.25)) return [this.#delete(resource, key)];
    return [this.#put(resource, key, make(at))];
  }
  /** A pod comes without an address, gets one, keeps it for its life, ends or is deleted; its name comes again with another address. */
  #pod(): ClusterEvent[] {
    const dice = this.#dice;
    const at = { namespace: dice.one([...this.objects('namespaces').keys()]), name: dice.one(PODS) };
    const key = `${at.namespace}/${at.name}`;
    const before = this.objects('pods').get(key);
    if (before === undefined) return [this.#put('pods', key, objects.pod(dice, at, 'Pending', dice.often(0.5)))];
    const { status } = before as { status: { phase: string; podIP?: string } };
    if (dice.often(0.3)) {
      const replaced = [this.#delete('pods', key)];
      if (dice.often(0.4)) replaced.push(this.#put('pods', key, objects.pod(dice, at, 'Running', true)));
      return replaced;
    }
    if (status.phase === 'Pending' || status.podIP === undefined) return [this.#put('pods', key, objects.pod(dice, at, 'Running', true))];
    return [this.#put('pods', key, objects.later(dice, before))];
  }

  #of(resource: KubeResource): Map<string, KubeObject> {
    let all = this.#objects.get(resource);
    if (all === undefined) this.#objects.set(resource, all = new Map());
    return all;
  }
  #put(resource: KubeResource, key: string, object: KubeObject): ClusterEvent {
    const op = this.#of(resource).has(key) ? 'update' : 'add';
    this.#of(resource).set(key, object);
    return { op, resource, key, object };
  }
  #delete(resource: KubeResource, key: string): ClusterEvent {
    const object = this.#of(resource).get(key)!;
    this.#of(resource).delete(key);
    return { op: 'delete', resource, key, object };
  }
}
