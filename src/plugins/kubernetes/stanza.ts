// One `kubernetes` stanza while it is served: its cluster on the main thread, its answers in every thread. Knows how they meet; knows
// neither the schema nor the API.
import type { ExternalNames, ExternalNamesSource, ExternalRules } from '../../authority/external-names.ts';
import { Computed } from '../../authority/computed.ts';
import { Lookup } from '../../authority/lookup.ts';
import { ServedZones } from '../../authority/served-zones.ts';
import type { ServedZone } from '../../authority/served-zones.ts';
import type { Transfer, TransferSource } from '../../authority/transfer.ts';
import { parseAddress, unmap } from '../../dns/address.ts';
import type { Name } from '../../dns/name.ts';
import type { Answer } from '../../kernel/query/outcome.ts';
import { knownToServer } from '../../kernel/site/rehearsal.ts';
import type { Handler, Part, Run } from '../../kernel/site/plugin.ts';
import type { Provider } from '../../kernel/query/metadata.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { ShownCluster } from '../../kernel/site/shown.ts';
import { MetadataZones } from '../../kernel/site/site.ts';
import type { Site } from '../../kernel/site/site.ts';
import { Bind } from '../../kernel/query/transport.ts';
import { Clients } from './clients.ts';
import { ClusterBackend } from './answers/backend.ts';
import { Cluster, Numbers } from './cluster/cluster.ts';
import { clusterName, watchedBy } from './cluster/watched.ts';
import { clusterText } from './answers/told.ts';
import { ClusterZones } from './answers/transfer.ts';
import type { Settings } from './config.ts';
import { ExternalCluster } from './outside/external.ts';
import { labelsOf } from './labels.ts';
import { claimFile, fileOf } from './snapshot/claim.ts';
import { SYNCED, openMaps } from './cluster/maps.ts';
import { tellOfChanges } from './notices.ts';
import type { Maps } from './cluster/maps.ts';
import { readApi } from './cluster/api.ts';
import { transferOf } from './answers/transfers.ts';

/** How often it is said that the API is waited for, and looked whether the load was given up, in milliseconds (K8S-4). */
const REMIND = 500, LOOK = 100;

/** Whether the labels of pods are kept: somebody may ask for them. */
const keepsLabels = (settings: Pick<Settings, 'pods'>, site: Site): boolean =>
  settings.pods === 'verified' && site.all(MetadataZones).length > 0;

/** A part of the chain. */
export class Stanza implements Part, TransferSource, ExternalNamesSource {
  readonly rehearsal = knownToServer('kubernetes', () => this.#settings.zones.names);
  /** The word that it stands under in the Corefile. */
  readonly name: string;
  readonly metadata: { readonly [label: string]: Provider };
  readonly #settings: Settings;
  readonly #site: Site;
  readonly #all: readonly Stanza[];
  readonly #index: number;
  #maps: Maps | undefined = undefined;
  /** On the main thread. */
  #cluster: Cluster | undefined;
  #begun: Promise<void> | undefined;
  /** Milliseconds of the clock when it was begun. */
  #since = 0;
  /** Tells the secondaries of a zone that it is another one. */
  #changed: ((zone: Name) => void) | undefined;
  /** Zones outside of the cluster that are made of it. */
  #outside: readonly ServedZone[] = [];
  #lookup!: Lookup;
  #clients!: Clients;
  #zones: ClusterZones | undefined = undefined;

  /** `all`: the stanzas of its block, this one among them once all are made; `index` is its position. */
  constructor(settings: Settings, site: Site, all: readonly Stanza[], index: number) {
    this.name = settings.word;
    this.#settings = settings;
    this.#all = all;
    this.#site = site;
    this.#index = index;
    this.metadata = labelsOf(settings, () => this.#clients);
    claimFile(settings, site);
  }

  /** All clusters of the block are begun before the first one is waited for: one that cannot be reached holds up none of the others. */
  async control(run: Run): Promise<void> {
    for (const stanza of this.#all) await (stanza.#begun ??= stanza.#begin(run));
    await this.#wait(run, this.#cluster!);
    const { flags } = this.#cluster!.maps;
    if (this.#changed !== undefined) tellOfChanges(run, this.#settings, flags, this.#changed);
  }
  async #begin(run: Run): Promise<void> {
    this.#since = run.clock.monotonic();
    const settings = this.#settings;
    const log = run.log.prefix('kubernetes');
    for (const warning of settings.warnings) log.warning(warning);
    const podLabels = keepsLabels(settings, this.#site);
    const watched = watchedBy(settings, podLabels);
    const path = fileOf(settings, this.#site, run.sites, (claim) => watchedBy(claim.settings, keepsLabels(claim.settings, claim.site)));
    const snapshot = path === undefined ? undefined : { path, Snapshot: (await import('./snapshot/snapshot.ts')).Snapshot };
    const label = this.#all.length > 1 ? [clusterName(settings)] : [];
    const around = { clock: run.clock, log, metrics: run.metrics, label, store: run.store, snapshot };
    const numbers = await run.shared.use('kubernetes numbers', run.signal, () => new Numbers());
    const { open, key } = await readApi(settings.api, around);
    const cluster = await run.shared.use(`kubernetes ${watched} ${path ?? ''} ${key}`, run.signal,
      () => new Cluster(settings, podLabels, around, numbers, open));
    await cluster.begun;
    this.#cluster = cluster;
    this.#count(run, cluster);
    this.#number(run).set(0, cluster.number);
  }
  /** Whoever keeps answers hears from now on of names that are others. */
  #count({ store }: Run, { names }: Cluster): void {
    const { zones, multicluster } = this.#settings;
    for (const zone of new ServedZones(zones.names).zones) {
      const origin = multicluster.names.some((name) => name.equals(zone.name)) ? 'imports' : 'services';
      names.add(zone, origin, store.changes.zone(zone.name.key));
    }
    for (const zone of this.#outside) names.add(zone, 'outside', store.changes.zone(zone.name.key));
  }
  serves(run: Run, zones: readonly ServedZone[]): void {
    this.#outside = zones;
    if (this.#cluster !== undefined) this.#count(run, this.#cluster);
  }
  /** Tells the other threads which maps are this stanza's. */
  #number(run: Run) {
    return run.space(this.#site).flags(`kubernetes ${this.#index}`, 1);
  }
  /** K8S-4. */
  async #wait({ clock, signal, ...run }: Run, cluster: Cluster): Promise<void> {
    const log = run.log.prefix('kubernetes');
    let said = this.#since;
    while (!cluster.synced && !signal.aborted) {
      const now = clock.monotonic();
      const left = this.#since + this.#settings.startupTimeout - now;
      if (left <= 0) return log.warning('starting server with unsynced Kubernetes API');
      if (now - said >= REMIND) {
        said = now;
        log.info('waiting for Kubernetes API before starting server');
      }
      await new Promise<void>((resolve) => {
        const cancel = clock.after(Math.min(left, LOOK), resolve);
        void cluster.whole.then(() => {
          cancel();
          resolve();
        });
      });
    }
  }

  /** Its cluster in this thread: asked for by whoever starts first. */
  #open(run: Run): Maps {
    return (this.#maps ??= openMaps(run.store, this.#number(run).get(0)));
  }
  externalNames(run: Run, rules: ExternalRules): ExternalNames {
    const maps = this.#open(run);
    return new ExternalCluster(this.#settings, maps, this.#own(), rules, () => this.#about(maps));
  }
  start(run: Run): void {
    const maps = this.#open(run);
    const backend = new ClusterBackend(this.#settings, maps, this.#own(), {
      before: this.#all.slice(0, this.#index), behind: this.#all.slice(this.#index + 1),
    });
    backend.about = () => this.#about(maps);
    this.#lookup = new Lookup(new Computed(backend));
    this.#clients = new Clients(maps, this.#settings);
    this.#zones = new ClusterZones(backend, maps, this.#settings);
  }
  /** Which cluster it is and how new what is known of it is, for people. */
  #about(maps: Maps): string {
    return clusterText(clusterName(this.#settings), maps, this.#cluster?.silence);
  }
  /** K8S-15: addresses of this machine; as CoreDNS none where it is told by `bind` which to use. */
  #own(): readonly Uint8Array[] {
    if (this.#site.all(Bind).length > 0) return [];
    return this.#settings.interfaces.flatMap((text) => parseAddress(text.replace(/%.*/, '')) ?? []).map(unmap);
  }

  handle(query: Query, next: Handler): Answer {
    return this.#lookup.handle(query, next);
  }
  /** Whether the zone is in one of its own. */
  holds(zone: Name): boolean {
    return this.#settings.zones.match(zone) !== undefined;
  }
  /** Whether the cluster was read once, in any thread. */
  synced(): boolean {
    return this.#maps !== undefined && this.#maps.flags.get(SYNCED) !== 0;
  }
  /** For whoever looks at it, on the main thread; undefined before it was begun. */
  cluster(): ShownCluster | undefined {
    return this.#cluster?.shown(this.#settings.zones.names.map(({ text }) => text));
  }
  relist(): readonly string[] {
    return this.#cluster?.relist() ?? [];
  }
  async drain(): Promise<void> {
    await this.#cluster?.snapshot?.saveLast();
  }
  /** Which cluster is stale since when, where it is. */
  remark(): string | undefined {
    const since = this.#cluster?.snapshot?.staleness.since;
    if (since === undefined) return undefined;
    return `kubernetes: ${clusterName(this.#settings)} is stale since ${new Date(since * 1000).toISOString()}`;
  }
  ready(): boolean {
    return this.#cluster?.synced ?? false;
  }
  watch(changed: (zone: Name) => void): void {
    this.#changed = changed;
  }
  transfer(zone: Name): Transfer | undefined {
    return transferOf(this.#all.flatMap((stanza) => stanza.#zones ?? []), zone);
  }
  serialOf(zone: Name): number | undefined {
    const served = this.#zones?.backend.zones.exactly(zone);
    return served === undefined ? undefined : this.#zones!.backend.ownSerial(served);
  }
  searchPath(query: Query): readonly Name[] | undefined {
    return this.#clients.searchPath(query);
  }
}
