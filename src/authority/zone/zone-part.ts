// What a part does that serves zones of the store, however they come there: answers, and gives them away. Knows blocks and cells; what
// fills a cell is its plugin's.
import type { Name } from '../../dns/name.ts';
import { RCODE } from '../../dns/rcode.ts';
import { failure } from '../../kernel/query/outcome.ts';
import type { Answer } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Log } from '../../kernel/seen/log.ts';
import type { Fallthrough } from '../../kernel/site/fallthrough.ts';
import type { Handler, Part, Run } from '../../kernel/site/plugin.ts';
import type { Site } from '../../kernel/site/site.ts';
import type { Store } from '../../store/store.ts';
import { HeldZones } from '../held-zones.ts';
import { isNotWalked, turnAway } from '../not-walked.ts';
import { Place, ServedZones } from '../served-zones.ts';
import { SignableZones } from '../signing/settings.ts';
import { StoredLookup } from '../stored-lookup.ts';
import { Transfers } from '../transfer.ts';
import type { Transfer } from '../transfer.ts';
import { ZoneSource } from './source.ts';
import type { ZoneCell } from './zone-cell.ts';
import { transferOf } from './zone-transfer.ts';

/** Says of zones that the Corefile names that they are here, to who signs and to who lists them. */
export function putZones(by: string, names: readonly Name[], site: Site, refresh?: (zone: Name) => Promise<void>): void {
  site.put(SignableZones, true);
  site.put(HeldZones, { by, zones: () => names, watch: () => {}, ...(refresh !== undefined && { refresh }) });
}
/** The zones of a part that the Corefile names. */
export class ZonePart {
  readonly #plugin: string;
  readonly #site: Site;
  readonly #zones: ServedZones;
  readonly #place = new Place();
  /** Whether nobody stands behind it. */
  #isLast = false;
  #cells: readonly ZoneCell[] = [];
  #changed: ((zone: Name) => void) | undefined = undefined;
  #store!: Store;
  #lookup!: StoredLookup;
  #log!: Log;

  /** Gives its zones away to the other parts of the block. */
  constructor(plugin: string, names: readonly Name[], site: Site) {
    this.#plugin = plugin;
    this.#site = site;
    this.#zones = new ServedZones(names);
    site.put(Transfers, {
      name: plugin, transfer: (zone) => this.#transfer(zone),
      watch: (changed) => {
        this.#changed = changed;
      },
    });
  }
  /** Another version of a zone is served: who has it is told. */
  changed(zone: Name): void {
    this.#changed?.(zone);
  }
  /** From now on `part` answers with what is in these cells, in the order of the names. */
  start(run: Run, part: Part, cells: readonly ZoneCell[], fallthrough: Fallthrough): void {
    this.#store = run.store;
    this.#log = run.log.prefix(this.#plugin);
    this.#isLast = this.#site.handlers.at(-1)?.part === part;
    this.#cells = cells;
    this.#lookup = new StoredLookup(new ZoneSource(run.store, this.#zones, cells, fallthrough));
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

/** What is wrong with any of them, for `ready`; undefined where nothing is. */
export function remarkOf(open: readonly { readonly trouble: string | undefined }[]): string | undefined {
  const troubles = open.flatMap(({ trouble }) => trouble ?? []);
  return troubles.length === 0 ? undefined : troubles.join('; ');
}
