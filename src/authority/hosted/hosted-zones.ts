// All zones of a block that APIs of clouds have: opened at the start, looked up where they are served; several of one name one after the
// other (AZ-4). Knows zones and their order; knows no API.
import { RCODE } from '../../dns/rcode.ts';
import { failure } from '../../kernel/query/outcome.ts';
import type { Answer } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Fallthrough } from '../../kernel/site/fallthrough.ts';
import type { Handler, Part, Rehearsal, Run } from '../../kernel/site/plugin.ts';
import { knownToServer } from '../../kernel/site/rehearsal.ts';
import type { Site } from '../../kernel/site/site.ts';
import { Zones } from '../../kernel/site/zones.ts';
import { Place, ServedZones } from '../served-zones.ts';
import { StoredLookup } from '../stored-lookup.ts';
import { ZoneSource } from '../zone/source.ts';
import { HostedZone, hostedCell } from './hosted-zone.ts';
import type { Hosted } from './hosted-zone.ts';

/** What a plugin of a cloud says. */
export interface HostedSettings {
  readonly plugin: string;
  /** Those of one name are asked in this order. */
  readonly zones: readonly { readonly hosted: Hosted; readonly fallthrough: Fallthrough }[];
  /** Before anything is fetched: rejects where the account, or a zone, cannot be had. */
  readonly prepare?: (run: Run) => Promise<void>;
  /** The start waits for no zone and fails for none: what is not fetched yet is SERVFAIL, or falls through (AZ-5). */
  readonly inBackground?: boolean;
}

/** Zones that are passed over while there is nothing of them. */
class HostedSource extends ZoneSource {
  readonly passesUnready = true;
  readonly hasFlatAliases = true;
}
/** The zones of one name each, and what is behind. */
interface Level {
  readonly zones: ServedZones;
  readonly hosted: readonly Hosted[];
  readonly fallthrough: Fallthrough;
}

/** Serves them. */
export class HostedZones implements Part {
  readonly rehearsal: Rehearsal;
  readonly #settings: HostedSettings;
  readonly #site: Site;
  readonly #levels: readonly Level[];
  readonly #place = new Place();
  readonly #all: ServedZones;
  #lookups: readonly StoredLookup[] = [];
  #open: readonly HostedZone[] = [];
  #isLast = false;

  constructor(settings: HostedSettings, site: Site) {
    this.#settings = settings;
    this.#site = site;
    this.#levels = levelsOf(settings);
    this.#all = this.#levels[0]?.zones ?? new ServedZones([]);
    this.rehearsal = knownToServer(settings.plugin, () => settings.zones.map(({ hosted }) => hosted.zone));
  }

  async control(run: Run): Promise<void> {
    const { plugin, zones, prepare, inBackground = false } = this.#settings;
    await prepare?.(run);
    this.#open = await Promise.all(zones.map(async ({ hosted }) => {
      try {
        const zone = await run.shared.use(`zone ${hosted.name}`, run.signal, () => HostedZone.open(run, plugin, hosted, inBackground));
        zone.claim(hosted, run.signal);
        return zone;
      } catch (error) {
        throw new Error(`plugin/${plugin}: zone ${hosted.zone.text}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }));
  }
  start(run: Run): void {
    this.#isLast = this.#site.handlers.at(-1)?.part === this;
    this.#lookups = this.#levels.map(({ zones, hosted, fallthrough }) =>
      new StoredLookup(new HostedSource(run.store, zones, hosted.map((each) => hostedCell(run.store, each)), fallthrough)));
  }
  remark(): string | undefined {
    const troubles = this.#open.flatMap(({ trouble }) => trouble ?? []);
    return troubles.length === 0 ? undefined : troubles.join('; ');
  }

  handle(query: Query, next: Handler): Answer {
    if (this.#lookups.length === 0) return next(query);
    if (this.#isLast && !this.#all.find(query, this.#place)) return failure(RCODE.REFUSED);
    return this.#at(0, query, next);
  }
  #at(level: number, query: Query, next: Handler): Answer {
    const behind = level + 1;
    if (behind >= this.#lookups.length) return this.#lookups[level]!.handle(query, next);
    return this.#lookups[level]!.handle(query, (asked) =>
      (this.#levels[behind]!.zones.find(asked, this.#place) ? this.#at(behind, asked, next) : next(asked)));
  }
}

/** The first zones of each name, the second ones, and so on: of all but the last ones what they do not have is left to those behind. */
function levelsOf({ zones }: HostedSettings): readonly Level[] {
  const byName = new Map<string, HostedSettings['zones'][number][]>();
  for (const each of zones) byName.set(each.hosted.zone.key, [...(byName.get(each.hosted.zone.key) ?? []), each]);
  const depth = Math.max(0, ...[...byName.values()].map(({ length }) => length));
  return Array.from({ length: depth }, (_, level) => {
    const here = [...byName.values()].flatMap((same) => same[level] ?? []);
    const behind = [...byName.values()].flatMap((same) => same[level + 1]?.hosted.zone ?? []);
    const falls = [...new Set(here.flatMap(({ fallthrough }) => fallthrough.names))];
    return {
      zones: new ServedZones(here.map(({ hosted }) => hosted.zone)), hosted: here.map(({ hosted }) => hosted),
      fallthrough: new Zones([...falls, ...behind]),
    };
  });
}
