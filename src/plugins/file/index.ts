// *file* enables serving zone data from an RFC 1035-style master file. Knows which block has which zones; what is in them is in
// authority/zone.
import { HeldZones } from '../../authority/held-zones.ts';
import { isNotWalked, turnAway } from '../../authority/not-walked.ts';
import { SignableZones, signingOf } from '../../authority/signing/settings.ts';
import { StoredLookup } from '../../authority/stored-lookup.ts';
import { Place, ServedZones } from '../../authority/served-zones.ts';
import { Transfers } from '../../authority/transfer.ts';
import type { Transfer } from '../../authority/transfer.ts';
import { refuseMade } from '../../authority/zone/digest-rule.ts';
import { openZone, zoneCellOf } from '../../authority/zone/open-zone.ts';
import type { OpenZone, ZoneLine } from '../../authority/zone/open-zone.ts';
import { ZoneSource } from '../../authority/zone/source.ts';
import type { ZoneCell } from '../../authority/zone/zone-cell.ts';
import { ZONE_FAMILIES } from '../../authority/zone/zone-metrics.ts';
import { transferOf } from '../../authority/zone/zone-transfer.ts';
import { formatDuration } from '../../wording/duration.ts';
import type { Name } from '../../dns/name.ts';
import { RCODE } from '../../dns/rcode.ts';
import { failure } from '../../kernel/query/outcome.ts';
import type { Answer } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Part, Rehearsal, Run } from '../../kernel/site/plugin.ts';
import type { Site } from '../../kernel/site/site.ts';
import type { Log } from '../../kernel/seen/log.ts';
import type { Store } from '../../store/store.ts';
import { readSettings } from './config.ts';
import type { Settings } from './config.ts';

class Files implements Part {
  readonly #settings: Settings;
  readonly #zones: ServedZones;
  /** By the zone's index: of two lines with one zone the later one counts. */
  readonly #named: readonly ZoneLine[];
  readonly #site: Site;
  readonly #place = new Place();
  /** Whether nobody stands behind it. */
  #isLast = false;
  #cells: readonly ZoneCell[] = [];
  #open: readonly OpenZone[] = [];
  #changed: ((zone: Name) => void) | undefined = undefined;
  #store!: Store;
  #lookup!: StoredLookup;
  #log!: Log;

  constructor(settings: Settings, site: Site) {
    this.#settings = settings;
    this.#site = site;
    const byZone = new Map(settings.lines.flatMap(({ file, zones, reload, journal, ...rest }) => {
      const kept = journal === undefined ? undefined : site.path(journal);
      const line = { path: site.path(file), reload, interval: formatDuration(reload), journal: kept, ...rest };
      return zones.map((zone) => [zone.key, { zone, ...line }] as const);
    }));
    this.#named = [...byZone.values()];
    this.#zones = new ServedZones(this.#named.map(({ zone }) => zone));
    site.put(SignableZones, true);
    // Which they are the Corefile says.
    site.put(HeldZones, { zones: () => this.#named.map(({ zone }) => zone), watch: () => {} });
    site.put(Transfers, {
      name: 'file', transfer: (zone) => this.#transfer(zone),
      watch: (changed) => {
        this.#changed = changed;
      },
    });
  }

  /** Lines, with how their zones are signed: parts before and behind say that, which are all there now. */
  get #lines(): readonly ZoneLine[] {
    return this.#named.map((line) => ({ ...line, signing: signingOf(this.#site, line.zone) }));
  }

  whole(): void {
    for (const { digest = 'check', zone, signing } of this.#lines) refuseMade(digest, zone.text, signing !== undefined);
  }
  /** Keys of zones that are signed here are the server's. */
  get rehearsal(): Rehearsal | undefined {
    return this.#lines.some(({ signing }) => signing !== undefined) ? undefined : 'as served';
  }
  async control(run: Run): Promise<void> {
    this.#open = await Promise.all(this.#lines.map((line) => openZone(run, 'file', line)));
    for (const zone of this.#open) {
      const { name } = zone;
      zone.listen(() => this.#changed?.(name), run.signal);
      if (zone.isLoaded) this.#changed?.(name);
    }
  }
  start(run: Run): void {
    this.#store = run.store;
    this.#isLast = this.#site.handlers.at(-1)?.part === this;
    this.#log = run.log.prefix('file');
    this.#cells = this.#lines.map((line) => zoneCellOf(run.store, line));
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
    // What is in no zone is nobody's then (FILE-5).
    if (this.#isLast && !this.#zones.find(query, this.#place)) return failure(RCODE.REFUSED);
    return this.#lookup.handle(query, next);
  }
}

export default definePlugin({
  name: 'file',
  metrics: ZONE_FAMILIES,
  parse: readSettings,
  create: (settings, site) => new Files(settings, site),
});
