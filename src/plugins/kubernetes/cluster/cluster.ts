// One cluster as the main thread keeps it: what is watched, the maps it fills, whether they are whole. Knows the API's resources and the
// store; answers nothing.
import type { Clock } from '../../../kernel/clock.ts';
import type { Log } from '../../../kernel/seen/log.ts';
import type { Metrics } from '../../../kernel/seen/metrics.ts';
import type { Closable } from '../../../kernel/shared.ts';
import type { ShownCluster } from '../../../kernel/site/shown.ts';
import type { Watch } from '../../../kube-api/kube-api.ts';
import type { Api } from '../../../kube-api/open-api.ts';
import type { Resource, Sink } from '../../../kube-api/sink.ts';
import type { Store } from '../../../store/store.ts';
import { nameOf, showLastHeard } from './last-heard.ts';
import { Latency } from './latency.ts';
import {
  ENDPOINT_SLICES, IMPORTS, NAMESPACES, NODES, PODS, REVISION, SERVICES, SYNCED, UNREAD, clearMaps, openMaps,
} from './maps.ts';
import type { Maps } from './maps.ts';
import { CountedNames } from './counted-names.ts';
import { NodeSink } from './node-sink.ts';
import { NodeStore } from './node-store.ts';
import { ServiceStore } from './service-store.ts';
import type { Hearing } from './service-store.ts';
import { NAMESPACE_SHAPE, NODE_SHAPE, SERVICE_SHAPE, podShape, sliceShape } from './shapes.ts';
import { ImportSink, NamespaceSink, PodSink, SLICE_LABELS, ServiceSink, SliceSink } from './sinks.ts';
import type { Filled } from './sinks.ts';
import { clusterName, keptOf } from './watched.ts';
import type { Watched } from './watched.ts';
import type { Keeper, KeeperParts } from './keeper.ts';

/** What a cluster lives on. */
export interface Surroundings {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** What the cluster is called in metrics, where there are several; else nothing. */
  readonly label?: readonly string[] | undefined;
  readonly store: Store;
  /** Where the cluster is kept while nobody runs, undefined for nowhere. */
  readonly snapshot?: Keeping | undefined;
}
/** Where a cluster is kept, and with what: it is loaded where it is needed alone. */
export interface Keeping {
  readonly path: string;
  readonly Snapshot: new (parts: KeeperParts) => Keeper;
}

/** The numbers of the clusters of a process. */
export class Numbers implements Closable {
  readonly #taken = new Set<number>();
  take(): number {
    let number = 0;
    while (this.#taken.has(number)) number++;
    this.#taken.add(number);
    return number;
  }
  give(number: number): void {
    this.#taken.delete(number);
  }
  close(): void {}
}

/** Of the objects of a list every 64th is looked behind: whether it found room. */
const LOOK = 63;
/** Objects about which the same can be said more than this often are not spoken of again. */
const MOST_COMPLAINTS = 200;
/** Versions of ServiceImport, the one first that CoreDNS watches: what is read of it is the same in all. */
const IMPORT_VERSIONS = ['v1alpha1', 'v1beta1'];
const SERVED_PODS = 'status.phase!=Succeeded,status.phase!=Failed,status.phase!=Unknown';

/** Keeps one cluster until it is closed. */
export class Cluster implements Closable, Filled {
  readonly number: number;
  readonly maps: Maps;
  readonly watched: Watch[] = [];
  readonly services: ServiceStore;
  readonly imports: ServiceStore;
  readonly nodes: NodeStore;
  /** Who hears of names that are others. */
  readonly names = new CountedNames();
  /** Undefined where nothing is kept. */
  readonly snapshot: Keeper | undefined;
  /** Resolves when what was kept is restored and the API is being watched. */
  readonly begun: Promise<void> | undefined;
  readonly #around: Surroundings;
  readonly #numbers: Numbers;
  /** What metrics call it. */
  readonly #name: string;
  readonly #stop = new AbortController();
  readonly #said = new Set<string>();
  readonly #lostBefore: number;
  #isFull = false;
  #taken = 0;
  /** Resolves when all that is watched was read once. */
  readonly whole: Promise<void>;
  #isWhole = () => {};
  /** Those whose list was never whole, with their bits of UNREAD. */
  readonly #missing = new Map<Sink, number>();
  /** Those whose list is under way. */
  readonly #listing = new Set<Sink>();

  constructor(settings: Watched, podLabels: boolean, around: Surroundings, numbers: Numbers,
    open: (signal: AbortSignal) => Api) {
    this.#around = around;
    this.#numbers = numbers;
    this.#name = clusterName(settings);
    this.whole = new Promise((resolve) => {
      this.#isWhole = resolve;
    });
    this.number = numbers.take();
    this.maps = openMaps(around.store, this.number);
    clearMaps(this.maps);
    this.#lostBefore = this.#lost();
    this.services = new ServiceStore(this.maps.services, this.maps.slices, this.maps.addresses, this.maps.prefixes,
      this.maps.externalPrefixes, this.#hearing(false));
    this.imports = new ServiceStore(this.maps.imports, this.maps.importSlices, this.maps.addresses, this.maps.prefixes, undefined,
      this.#hearing(true), true);
    this.nodes = new NodeStore(this.maps, this.names);
    const resources = this.#resources(settings, podLabels);
    for (const [, sink, bit] of resources) this.#missing.set(sink, bit);
    this.#tellMissing();
    this.snapshot = this.#keptIn(around.snapshot, keptOf(settings, podLabels));
    this.begun = this.snapshot?.restore().then(() => {
      this.services.restored();
      this.imports.restored();
      this.nodes.restored();
      // One that was thrown away has emptied everything.
      this.#tellMissing();
      this.#watch(open, resources);
    });
    if (this.snapshot === undefined) this.#watch(open, resources);
  }
  #watch(open: (signal: AbortSignal) => Api, resources: readonly [Resource, Sink, number][]): void {
    if (this.#stop.signal.aborted) return;
    const api = open(this.#stop.signal);
    for (const [resource, sink] of resources) this.watched.push(api.watch(resource, this.#told(sink)));
    this.snapshot?.keep();
    showLastHeard(this.#around.metrics, this.#name, this.watched, this.#stop.signal);
  }
  #keptIn(keeping: Keeping | undefined, watched: string): Keeper | undefined {
    if (keeping === undefined) return undefined;
    const api = { watched: this.watched, whole: () => this.#missing.size === 0, listing: () => this.#listing.size > 0 };
    return new keeping.Snapshot({ ...this.#around, path: keeping.path, watched, maps: this.maps, api, signal: this.#stop.signal });
  }
  #hearing(imported: boolean): Hearing {
    return {
      service: (name, namespace, before, now) => this.names.service(imported, name, namespace, before, now),
      slice: (name, namespace, before, now) => this.names.slice(imported, name, namespace, before, now),
    };
  }
  #resources(settings: Watched, podLabels: boolean): [Resource, Sink, number][] {
    const { labels, namespaceLabels, endpoints } = settings;
    const multicluster = settings.multicluster.names.length > 0;
    const selecting = (selector: string | undefined) => (selector === undefined || selector === '' ? {} : { labelSelector: selector });
    const selected = selecting(labels);
    const { clock, log } = this.#around;
    const all: [Resource, Sink, number][] = [
      [{ path: '/api/v1/namespaces', ...selecting(namespaceLabels), shape: NAMESPACE_SHAPE }, new NamespaceSink(this), NAMESPACES],
      [{ path: '/api/v1/services', ...selected, shape: SERVICE_SHAPE }, new ServiceSink(this, this.services), SERVICES],
    ];
    if (endpoints || multicluster) {
      const latency = new Latency(this.#around, this.maps, () => clock.wall(), (text) => log.warning(text));
      const wishes = { podNames: settings.endpointPodNames, zones: settings.zonal };
      const sink = new SliceSink(this, endpoints ? this.services : undefined, multicluster ? this.imports : undefined, wishes, latency);
      const imported = [labels, 'multicluster.kubernetes.io/service-name'].filter((each) => each !== undefined && each !== '').join(',');
      all.push([{
        path: '/apis/discovery.k8s.io/v1/endpointslices', ...(endpoints ? selected : { labelSelector: imported }),
        shape: sliceShape(SLICE_LABELS, wishes.podNames, wishes.zones),
      }, sink, ENDPOINT_SLICES]);
    }
    if (settings.pods === 'verified') {
      const shape = podShape(podLabels);
      all.push([{ path: '/api/v1/pods', ...selected, fieldSelector: SERVED_PODS, shape }, new PodSink(this, podLabels), PODS]);
    }
    if (settings.nodes !== undefined) {
      all.push([{ path: '/api/v1/nodes', shape: NODE_SHAPE }, new NodeSink(this, this.nodes, settings.nodes), NODES]);
    }
    if (multicluster) {
      const [path, ...versions] = IMPORT_VERSIONS.map((version) => `/apis/multicluster.x-k8s.io/${version}/serviceimports`);
      all.push([{ path: path!, versions, ...selected }, new ImportSink(this, this.imports), IMPORTS]);
    }
    return all;
  }
  /** The sink, and a look at whether all is there now. */
  #told(sink: Sink): Sink {
    return {
      begin: () => {
        this.#listing.add(sink);
        sink.begin();
      },
      put: (object) => {
        this.snapshot?.changed();
        this.names.paused = this.#listing.has(sink);
        sink.put(object);
        if (!this.names.paused || (++this.#taken & LOOK) === 0) this.#lookFull();
      },
      remove: (object) => {
        this.snapshot?.changed();
        this.names.paused = this.#listing.has(sink);
        sink.remove(object);
      },
      synced: () => {
        this.names.paused = true;
        sink.synced();
        this.#lookFull();
        this.#missing.delete(sink);
        this.#tellMissing();
        this.#listing.delete(sink);
        this.names.all();
        this.snapshot?.changed();
        this.#look();
      },
    };
  }
  #tellMissing(): void {
    // What was restored is whole.
    if (this.synced) return;
    let bits = 0;
    for (const bit of this.#missing.values()) bits |= bit;
    this.maps.flags.set(UNREAD, bits);
  }
  #look(): void {
    if (this.#missing.size === 0) {
      this.maps.flags.set(SYNCED, 1);
      this.#isWhole();
    }
    this.snapshot?.look();
  }
  /** How often something found no room, ever: under this number there may have been another cluster. */
  #lost(): number {
    const { services, imports, slices, importSlices, addresses, podAddresses, namespaces, pods, nodes } = this.maps;
    return services.refused + imports.refused + slices.refused + importSlices.refused + addresses.refused + podAddresses.refused
      + namespaces.refused + pods.refused + nodes.refused;
  }
  #lookFull(): void {
    if (this.#isFull || this.#lost() <= this.#lostBefore) return;
    this.#isFull = true;
    this.#around.log.error('the shared memory is full: what came last is not served; it is read again after a restart');
  }

  /** Whether all that it watches was read once. */
  get synced(): boolean {
    return this.maps.flags.get(SYNCED) !== 0;
  }
  /** For whoever looks at it. */
  shown(zones: readonly string[]): ShownCluster {
    const { services, imports, slices, importSlices, namespaces, nodes, pods, flags } = this.maps;
    const since = this.snapshot?.staleness.since ?? staleSince(this.watched);
    return {
      name: this.#name, zones, isWhole: this.synced, staleSince: since, revision: flags.get(REVISION) >>> 0,
      objects: {
        namespaces: namespaces.entries, services: services.entries, endpointslices: slices.entries + importSlices.entries,
        serviceimports: imports.entries, pods: pods.entries, nodes: nodes.entries,
      },
      watches: this.watched.map((watch) => (
        { resource: nameOf(watch.resource), isWhole: watch.synced, silentFor: watch.silentFor, error: watch.lastError })),
    };
  }
  /** Milliseconds since the collection was heard that was heard longest ago. */
  get silence(): number {
    return Math.max(0, ...this.watched.map(({ silentFor }) => silentFor));
  }
  /** Has all of it listed anew, and says of which collections. */
  relist(): readonly string[] {
    return this.watched.filter((watch) => watch.relist()).map(({ resource }) => nameOf(resource));
  }
  now(): number {
    return Math.floor(this.#around.clock.wall() / 1000);
  }
  complain(resource: string, object: string, what: string): void {
    const kind = `${resource} ${what}`;
    if (this.#said.has(kind) || this.#said.size >= MOST_COMPLAINTS) return;
    this.#said.add(kind);
    this.#around.log.warning(`${resource} ${object}: ${what}`);
  }
  close(): void {
    this.#stop.abort();
    clearMaps(this.maps);
    this.#numbers.give(this.number);
  }
}

/** Since when the collection that was heard longest ago is out of touch, in seconds since 1970. */
function staleSince(watched: readonly Watch[]): number | undefined {
  const since = watched.flatMap((watch) => watch.staleSince ?? []);
  return since.length === 0 ? undefined : Math.floor(Math.min(...since) / 1000);
}
