// *records* serves records that stand in the Corefile itself. Knows which block has which zones; what a zone is knows authority/zone.
import { HeldZones } from '../../authority/held-zones.ts';
import { isNotWalked, turnAway } from '../../authority/not-walked.ts';
import { Place, ServedZones } from '../../authority/served-zones.ts';
import { SignableZones, signingOf } from '../../authority/signing/settings.ts';
import { StoredLookup } from '../../authority/stored-lookup.ts';
import { Transfers } from '../../authority/transfer.ts';
import type { Transfer } from '../../authority/transfer.ts';
import { ZoneSource } from '../../authority/zone/source.ts';
import type { ZoneCell } from '../../authority/zone/zone-cell.ts';
import { ZONE_FAMILIES } from '../../authority/zone/zone-metrics.ts';
import { transferOf } from '../../authority/zone/zone-transfer.ts';
import type { Name } from '../../dns/name.ts';
import { RCODE } from '../../dns/rcode.ts';
import { failure } from '../../kernel/query/outcome.ts';
import type { Answer } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Log } from '../../kernel/seen/log.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Part, Rehearsal, Run } from '../../kernel/site/plugin.ts';
import type { Site } from '../../kernel/site/site.ts';
import type { Store } from '../../store/store.ts';
import { readSettings } from './config.ts';
import type { Settings } from './config.ts';
import { openRecords, recordsCellOf } from './open-records.ts';
import type { OpenRecords, RecordsLine } from './open-records.ts';

class Records implements Part {
  readonly #settings: Settings;
  readonly #site: Site;
  readonly #zones: ServedZones;
  readonly #place = new Place();
  #isLast = false;
  #cells: readonly ZoneCell[] = [];
  #open: readonly OpenRecords[] = [];
  #changed: ((zone: Name) => void) | undefined = undefined;
  #store!: Store;
  #lookup!: StoredLookup;
  #log!: Log;

  constructor(settings: Settings, site: Site) {
    const names = settings.zones.map(({ zone }) => zone);
    this.#settings = settings;
    this.#site = site;
    this.#zones = new ServedZones(names);
    site.put(SignableZones, true);
    site.put(HeldZones, { zones: () => names, watch: () => {} });
    site.put(Transfers, {
      name: 'records', transfer: (zone) => this.#transfer(zone),
      watch: (changed) => {
        this.#changed = changed;
      },
    });
  }

  /** Zones, with how they are signed: parts before and behind say that, which are all there now. */
  get #lines(): readonly RecordsLine[] {
    return this.#settings.zones.map((each) => ({ zone: each.zone, records: each.records, signing: signingOf(this.#site, each.zone) }));
  }
  /** Keys of zones that are signed here are the server's. */
  get rehearsal(): Rehearsal | undefined {
    return this.#lines.some(({ signing }) => signing !== undefined) ? undefined : 'as served';
  }
  async control(run: Run): Promise<void> {
    this.#open = await Promise.all(this.#lines.map(async (line) => {
      try {
        const zone = await openRecords(run, line);
        zone.listen(() => this.#changed?.(line.zone), run.signal);
        this.#changed?.(line.zone);
        return zone;
      } catch (error) {
        throw new Error(`plugin/records: zone ${line.zone.text}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }));
  }
  start(run: Run): void {
    this.#store = run.store;
    this.#log = run.log.prefix('records');
    this.#isLast = this.#site.handlers.at(-1)?.part === this;
    this.#cells = this.#lines.map((line) => recordsCellOf(run.store, line));
    this.#lookup = new StoredLookup(new ZoneSource(run.store, this.#zones, this.#cells, this.#settings.fallthrough));
  }
  remark(): string | undefined {
    const troubles = this.#open.flatMap(({ trouble }) => trouble ?? []);
    return troubles.length === 0 ? undefined : troubles.join('; ');
  }
  #transfer(zone: Name): Transfer | undefined {
    const served = this.#zones.exactly(zone);
    return served === undefined ? undefined : transferOf(this.#store, served.name, this.#cells[served.index]!);
  }

  handle(query: Query, next: Handler): Answer {
    if (isNotWalked(query)) return this.#zones.find(query, this.#place) ? turnAway(query, this.#log) : next(query);
    if (this.#isLast && !this.#zones.find(query, this.#place)) return failure(RCODE.REFUSED);
    return this.#lookup.handle(query, next);
  }
}

export default definePlugin({
  name: 'records',
  metrics: ZONE_FAMILIES,
  parse: readSettings,
  create: (settings, site) => new Records(settings, site),
});
