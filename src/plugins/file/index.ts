// *file* enables serving zone data from an RFC 1035-style master file. Knows which block has which zones; what is in them is in
// authority/zone.
import { signingOf } from '../../authority/signing/settings.ts';
import { refuseMade } from '../../authority/zone/digest-rule.ts';
import { openZone, zoneCellOf } from '../../authority/zone/open-zone.ts';
import type { OpenZone, ZoneLine } from '../../authority/zone/open-zone.ts';
import { ZONE_FAMILIES } from '../../authority/zone/zone-metrics.ts';
import { ZonePart, putZones, remarkOf } from '../../authority/zone/zone-part.ts';
import { formatDuration } from '../../wording/duration.ts';
import type { Answer } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Part, Rehearsal, Run } from '../../kernel/site/plugin.ts';
import type { Site } from '../../kernel/site/site.ts';
import { readSettings } from './config.ts';
import type { Settings } from './config.ts';

class Files implements Part {
  readonly #settings: Settings;
  /** By the zone's index: of two lines with one zone the later one counts. */
  readonly #named: readonly ZoneLine[];
  readonly #site: Site;
  readonly #zones: ZonePart;
  #open: readonly OpenZone[] = [];

  constructor(settings: Settings, site: Site) {
    this.#settings = settings;
    this.#site = site;
    const byZone = new Map(settings.lines.flatMap(({ file, zones, reload, journal, ...rest }) => {
      const kept = journal === undefined ? undefined : site.path(journal);
      const line = { path: site.path(file), reload, interval: formatDuration(reload), journal: kept, ...rest };
      return zones.map((zone) => [zone.key, { zone, ...line }] as const);
    }));
    this.#named = [...byZone.values()];
    const names = this.#named.map(({ zone }) => zone);
    this.#zones = new ZonePart('file', names, site);
    putZones('file', names, site, async (zone) => {
      await this.#open.find(({ name }) => name.equals(zone))?.look(true);
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
      zone.listen(() => this.#zones.changed(name), run.signal);
      if (zone.isLoaded) this.#zones.changed(name);
    }
  }
  start(run: Run): void {
    this.#zones.start(run, this, this.#lines.map((line) => zoneCellOf(run.store, line)), this.#settings.fallthrough);
  }
  remark(): string | undefined {
    return remarkOf(this.#open);
  }
  handle(query: Query, next: Handler): Answer {
    return this.#zones.handle(query, next);
  }
}

export default definePlugin({
  name: 'file',
  metrics: ZONE_FAMILIES,
  parse: readSettings,
  create: (settings, site) => new Files(settings, site),
});
