// *k8s_external* resolves load balancer, external IPs from outside Kubernetes clusters and, if enabled, headless services. Knows how the
// clusters of its block and its zones meet.
import { ExternalNamesSources } from '../../authority/external-names.ts';
import { Computed } from '../../authority/computed.ts';
import { Lookup } from '../../authority/lookup.ts';
import { ServedZones } from '../../authority/served-zones.ts';
import { soaRecord } from '../../authority/soa.ts';
import { Transfers, serialOf } from '../../authority/transfer.ts';
import type { Transfer, TransferSource } from '../../authority/transfer.ts';
import { Name } from '../../dns/name.ts';
import type { Answer } from '../../kernel/query/outcome.ts';
import { knownToServer } from '../../kernel/site/rehearsal.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Part, Run } from '../../kernel/site/plugin.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Site } from '../../kernel/site/site.ts';
import { readSettings } from './config.ts';
import type { Settings } from './config.ts';
import { ExternalBackend } from './external-backend.ts';

class External implements Part, TransferSource {
  readonly rehearsal = knownToServer('k8s_external', () => this.#settings.zones.names);
  readonly name = 'k8s_external';
  readonly #settings: Settings;
  readonly #site: Site;
  #backend!: ExternalBackend;
  #lookup!: Lookup;

  constructor(settings: Settings, site: Site) {
    this.#settings = settings;
    this.#site = site;
  }

  whole(): void {
    if (this.#site.all(ExternalNamesSources).length === 0) throw new Error('kubernetes plugin not loaded');
  }
  control(run: Run): void {
    const { zones } = new ServedZones(this.#settings.zones.names);
    for (const source of this.#site.all(ExternalNamesSources)) source.serves?.(run, zones);
  }
  start(run: Run): void {
    const { ttl, headless, zones } = this.#settings;
    const rules = { ttl, headless, primary: zones.names[0] ?? Name.root };
    const [first, ...others] = this.#site.all(ExternalNamesSources).map((source) => source.externalNames(run, rules));
    if (first === undefined) throw new Error('plugin/k8s_external: kubernetes plugin not loaded');
    this.#backend = new ExternalBackend(this.#settings, [first, ...others]);
    this.#lookup = new Lookup(new Computed(this.#backend));
  }
  handle(query: Query, next: Handler): Answer {
    return this.#lookup.handle(query, next);
  }

  /** KEXT-5. */
  transfer(zone: Name, serial: number | undefined): Transfer | undefined {
    const backend = this.#backend;
    const served = backend.zones.exactly(zone);
    if (served === undefined) return undefined;
    const missing = backend.missing();
    if (missing !== undefined) throw new Error(missing);
    const soa = soaRecord(zone, backend.ttl, backend.serial(), backend.soa.form);
    // A client that is ahead of this server gets nothing new either.
    return { soa, upToDate: serial !== undefined && serial >= serialOf(soa), records: (to) => backend.write(served, to) };
  }
}

export default definePlugin({
  name: 'k8s_external',
  parse: readSettings,
  create(settings, site) {
    const external = new External(settings, site);
    site.put(Transfers, external);
    return external;
  },
});
