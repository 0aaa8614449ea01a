// *etcd* enables SkyDNS service discovery from etcd. Knows which names are its own; what is answered is skydns's, and what is in etcd
// registry.ts's, on the main thread.
import { secureEtcd } from '../../key-value/etcd-secure.ts';
import type { Answer } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import { knownToServer } from '../../kernel/site/rehearsal.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Part, Run } from '../../kernel/site/plugin.ts';
import type { Site } from '../../kernel/site/site.ts';
import { Slot } from '../../kernel/slot.ts';
import type { ApiPlace } from '../../web-api/api-request.ts';
import { Answering } from '../../skydns/answering.ts';
import { readSettings } from './config.ts';
import type { Settings } from './config.ts';
import type { Found, Wanted } from '../../skydns/found.ts';
import { FAMILIES, Registry } from './registry.ts';
import { View } from './view.ts';

/** The file of a stanza, and all that decides what is in it. */
const Kept = new Slot<{ readonly snapshot: string; readonly by: string }>('snapshots of etcd');

class Etcd implements Part {
  readonly rehearsal = knownToServer('etcd', () => this.#settings.zones.names);
  readonly #settings: Settings;
  /** Under which main answers: all that decides what is in the index. */
  readonly #desk: string;
  #run!: Run;
  #answering!: Answering;
  #registry: Registry | undefined = undefined;
  #view!: View;

  constructor(settings: Settings, site: Site) {
    const { endpoints, user, tls, path, isNamed, direct, zones, snapshot } = settings;
    this.#settings = settings;
    this.#desk = `etcd ${JSON.stringify([endpoints, user, tls, path, isNamed, direct, zones.names.map(({ text }) => text), snapshot])}`;
    if (snapshot !== '') site.put(Kept, { snapshot, by: this.#desk });
  }

  whole(sites: readonly Site[]): void {
    const { snapshot } = this.#settings;
    const other = sites.flatMap((site) => site.all(Kept)).find((each) => each.snapshot === snapshot && each.by !== this.#desk);
    if (snapshot !== '' && other !== undefined) throw new Error(`snapshot ${snapshot} is another etcd's too: each needs a file of its own`);
  }
  async control(run: Run): Promise<void> {
    const { endpoints, user, tls, path, isNamed, direct, zones, snapshot } = this.#settings;
    const registry = this.#registry = await run.shared.use(this.#desk, run.signal, async () => {
      const etcd = { places: endpoints, user, secure: (place: ApiPlace) => secureEtcd(place, tls) };
      const made = new Registry(run, { etcd, name: this.#desk, path, isNamed, direct, zones: zones.names, snapshot });
      await made.begin();
      return made;
    });
    run.desk.serve(this.#desk, (order) => {
      const { wanted, isWild } = order as { wanted: Wanted; isWild: boolean };
      return registry.names.find(wanted, isWild);
    }, run.signal);
  }
  start(run: Run): void {
    const { path, apexFallback, isNamed, fallthrough, bounds } = this.#settings;
    this.#run = run;
    const view = this.#view = new View(run.store, this.#desk, run.clock);
    this.#answering = new Answering({
      rules: { path, apexFallback, isNamed }, fallthrough, store: 'etcd',
      known: (key, reach, isWild) => view.find({ key, reach }, isWild),
      ask: (key, reach, isWild) => this.#ask({ key, reach, bounds }, isWild),
    }, run, run.log.prefix('etcd'));
  }
  async drain(): Promise<void> {
    await this.#registry?.drain();
  }
  remark(): string | undefined {
    return this.#registry?.names.remark;
  }

  handle(query: Query, next: Handler): Answer {
    const zone = this.#settings.zones.match(query.name);
    return zone === undefined ? next(query) : this.#answering.answer(query, zone, next);
  }
  /** Main knows leases, what the index lacks, and what it has when it has nothing yet. */
  async #ask(wanted: Wanted, isWild: boolean): Promise<Found> {
    const registry = this.#registry;
    const found = registry === undefined ? await this.#run.desk.ask(this.#desk, { wanted, isWild }) as Found
      : await registry.names.find(wanted, isWild);
    this.#view.heard(wanted, found);
    return found;
  }
}

export default definePlugin({
  name: 'etcd',
  metrics: FAMILIES,
  parse: readSettings,
  create: (stanzas, site) => stanzas.map((stanza) => new Etcd(stanza, site)),
});
