// *catalog* serves lists of the zones of its block (RFC 9432), from which other servers know what to transfer. Knows which block has which
// lists; what they say is in listing.ts.
import { HeldZones } from '../../authority/held-zones.ts';
import { ZONE_FAMILIES } from '../../authority/zone/zone-metrics.ts';
import { ZonePart, remarkOf } from '../../authority/zone/zone-part.ts';
import type { Name } from '../../dns/name.ts';
import type { Answer } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import { NEVER } from '../../kernel/site/fallthrough.ts';
import { knownToServer } from '../../kernel/site/rehearsal.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Part, Run } from '../../kernel/site/plugin.ts';
import type { Site } from '../../kernel/site/site.ts';
import { Rules, readSettings } from './config.ts';
import type { CatalogLine } from './config.ts';
import type { Listing, Properties } from './listing.ts';
import { ProducedCatalog, catalogCellOf, nameOf } from './produced.ts';

/** A line with what the process has of it. */
interface Open {
  readonly line: CatalogLine;
  readonly rules: Rules;
  readonly produced: ProducedCatalog;
}

class Catalogs implements Part {
  readonly rehearsal = knownToServer('catalog', () => this.#lines.map(({ zone }) => zone));
  readonly #lines: readonly CatalogLine[];
  readonly #site: Site;
  readonly #zones: ZonePart;
  /** Main's. */
  #open: readonly Open[] = [];
  /** Whether a look at the block's zones is to come already. */
  #isDue = false;

  constructor(lines: readonly CatalogLine[], site: Site) {
    this.#lines = lines;
    this.#site = site;
    this.#zones = new ZonePart('catalog', lines.map(({ zone }) => zone), site);
  }
  whole(): void {
    if (this.#site.all(HeldZones).length > 0) return;
    throw new Error('plugin/catalog: it lists the zones of file, auto, dynupdate and secondary, and its server block has none of them');
  }

  async control(run: Run): Promise<void> {
    this.#open = await Promise.all(this.#lines.map(async (line) => {
      const { zone } = line;
      const { index } = this.#site;
      const produced = await run.shared.use(nameOf(zone, index), run.signal, () => new ProducedCatalog(run, zone, index));
      produced.listen(() => this.#zones.changed(zone), run.signal);
      return { line, rules: new Rules(line), produced };
    }));
    const due = (): void => {
      if (this.#isDue) return;
      this.#isDue = true;
      queueMicrotask(() => {
        this.#isDue = false;
        if (!run.signal.aborted) this.#show(run);
      });
    };
    for (const holder of this.#site.all(HeldZones)) holder.watch(due);
  }
  start(run: Run): void {
    this.#zones.start(run, this, this.#lines.map(({ zone }) => catalogCellOf(run.store, zone, this.#site.index)), NEVER);
  }
  /** Which zones others have is known by now, and this load is the one that counts. */
  started(run: Run): void {
    this.#show(run);
  }
  remark(): string | undefined {
    return remarkOf(this.#open.map(({ line: { zone }, produced: { trouble } }) =>
      ({ trouble: trouble === undefined ? undefined : `catalog ${zone.text}: ${trouble}` })));
  }

  #show(run: Run): void {
    const held = this.#site.all(HeldZones).map((holder) => holder.zones());
    const zones = held.includes(undefined) ? undefined : (held as readonly (readonly Name[])[]).flat();
    for (const { line, rules, produced } of this.#open) {
      const { database, prune } = line;
      try {
        produced.show(zones && listed(zones, rules), { database: database && this.#site.path(database), prune });
      } catch (error) {
        run.report(error);
      }
    }
  }
  handle(query: Query, next: Handler): Answer {
    return this.#zones.handle(query, next);
  }
}
function listed(zones: readonly Name[], rules: Rules): Listing {
  const listing = new Map<string, Properties>();
  for (const zone of zones) {
    const properties = rules.of(zone);
    if (properties !== undefined) listing.set(zone.key, properties);
  }
  return listing;
}

export default definePlugin({
  name: 'catalog',
  metrics: ZONE_FAMILIES,
  parse: readSettings,
  create: (lines, site) => new Catalogs(lines, site),
});
