// *records* serves records that stand in the Corefile itself. Knows which block has which zones; what a zone is knows authority/zone.
import { signingOf } from '../../authority/signing/settings.ts';
import { ZONE_FAMILIES } from '../../authority/zone/zone-metrics.ts';
import { ZonePart, putZones, remarkOf } from '../../authority/zone/zone-part.ts';
import type { Answer } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Part, Rehearsal, Run } from '../../kernel/site/plugin.ts';
import type { Site } from '../../kernel/site/site.ts';
import { readSettings } from './config.ts';
import type { Settings } from './config.ts';
import { openRecords, recordsCellOf } from './open-records.ts';
import type { OpenRecords, RecordsLine } from './open-records.ts';

class Records implements Part {
  readonly #settings: Settings;
  readonly #site: Site;
  readonly #zones: ZonePart;
  #open: readonly OpenRecords[] = [];

  constructor(settings: Settings, site: Site) {
    this.#settings = settings;
    this.#site = site;
    const names = settings.zones.map(({ zone }) => zone);
    this.#zones = new ZonePart('records', names, site);
    putZones('records', names, site);
  }

  /** Zones, with how they are signed: parts before and behind say that, which are all there now. */
  get #lines(): readonly RecordsLine[] {
    return this.#settings.zones.map(({ zone, records }) => ({ zone, records, signing: signingOf(this.#site, zone) }));
  }
  /** Keys of zones that are signed here are the server's. */
  get rehearsal(): Rehearsal | undefined {
    return this.#lines.some(({ signing }) => signing !== undefined) ? undefined : 'as served';
  }
  async control(run: Run): Promise<void> {
    this.#open = await Promise.all(this.#lines.map(async (line) => {
      try {
        const zone = await openRecords(run, line);
        zone.listen(() => this.#zones.changed(line.zone), run.signal);
        this.#zones.changed(line.zone);
        return zone;
      } catch (error) {
        throw new Error(`plugin/records: zone ${line.zone.text}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }));
  }
  start(run: Run): void {
    this.#zones.start(run, this, this.#lines.map((line) => recordsCellOf(run.store, line)), this.#settings.fallthrough);
  }
  remark(): string | undefined {
    return remarkOf(this.#open);
  }
  handle(query: Query, next: Handler): Answer {
    return this.#zones.handle(query, next);
  }
}

export default definePlugin({
  name: 'records',
  metrics: ZONE_FAMILIES,
  parse: readSettings,
  create: (settings, site) => new Records(settings, site),
});
