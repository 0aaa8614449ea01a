// Nodes as the API says them, taken into a cluster's maps. Knows the resource; knows neither how they lie there nor who asks.
import type { ApiObject } from '../../../kube-api/sink.ts';
import { nodeAddresses } from './facts.ts';
import { MODIFIED } from './maps.ts';
import { nodeLabels } from './node-store.ts';
import type { NodeStore } from './node-store.ts';
import { NAME, ObjectSink } from './sinks.ts';
import type { Filled } from './sinks.ts';
import type { NodeAddresses } from './watched.ts';

/** Nodes, where their names are wanted. */
export class NodeSink extends ObjectSink {
  readonly #store: NodeStore;
  readonly #which: NodeAddresses;

  constructor(cluster: Filled, store: NodeStore, which: NodeAddresses) {
    super('nodes', cluster, NAME);
    this.#store = store;
    this.#which = which;
  }
  protected keep(name: string, _namespace: string, object: ApiObject): void {
    const complain = this.complain(name, object);
    const labels = nodeLabels(name);
    if (labels === undefined) return complain('its name can be no part of a DNS name');
    if (this.#store.put(labels, nodeAddresses(object, this.#which, complain), this.round)) this.modified(MODIFIED);
  }
  protected drop(name: string): void {
    const labels = nodeLabels(name);
    if (labels !== undefined && this.#store.remove(labels)) this.modified(MODIFIED);
  }
  protected sweep(): void {
    if (this.#store.sweep(this.round)) this.modified(MODIFIED);
  }
}
