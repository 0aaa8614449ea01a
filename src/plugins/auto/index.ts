// *auto* enables serving zone data from an RFC 1035-style master file, which is automatically picked up from disk. Knows which zones a
// folder has; what is in them is in authority/zone.
import { join } from 'node:path';
import { HeldZones } from '../../authority/held-zones.ts';
import { isNotWalked, turnAway } from '../../authority/not-walked.ts';
import { SignableZones, ZoneSigning } from '../../authority/signing/settings.ts';
import { StoredLookup } from '../../authority/stored-lookup.ts';
import { Place, ServedZones } from '../../authority/served-zones.ts';
import { Transfers } from '../../authority/transfer.ts';
import type { Transfer } from '../../authority/transfer.ts';
import { zoneCellOf } from '../../authority/zone/open-zone.ts';
import { ZoneSource } from '../../authority/zone/source.ts';
import type { ZoneCell } from '../../authority/zone/zone-cell.ts';
import { ZONE_FAMILIES } from '../../authority/zone/zone-metrics.ts';
import { transferOf } from '../../authority/zone/zone-transfer.ts';
import { Name } from '../../dns/name.ts';
import { RCODE } from '../../dns/rcode.ts';
import { every } from '../../kernel/clock.ts';
import { failure } from '../../kernel/query/outcome.ts';
import type { Answer } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import { CountedZones } from '../../kernel/serving/traffic.ts';
import { NEVER } from '../../kernel/site/fallthrough.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Part, Rehearsal, Run } from '../../kernel/site/plugin.ts';
import type { Site } from '../../kernel/site/site.ts';
import type { Log } from '../../kernel/seen/log.ts';
import type { Note } from '../../store/notes.ts';
import type { Store } from '../../store/store.ts';
import { readSettings } from './config.ts';
import type { Settings } from './config.ts';
import { inOneFolder, scan } from './folder.ts';
import type { Scan } from './folder.ts';
import { KeptZones, lineOf } from './kept-zones.ts';

/** Milliseconds for which a file that was written in place is left alone. */
const STILL = 1000;
/** The most zones that queries are counted by. */
const MOST_COUNTED = 1000;

class Folder implements Part {
  readonly #settings: Settings;
  readonly #site: Site;
  readonly #folder: string;
  readonly #journal: string | undefined;
  readonly #place = new Place();
  #isLast = false;
  #store!: Store;
  #log!: Log;
  /** The zones and their files, a line each; written when there are others. */
  #list!: Note;
  #round = -1;
  #zones = new ServedZones([]);
  #cells: readonly ZoneCell[] = [];
  /** Zones by which queries are counted (AUTO-8): none where there would be too many numbers. */
  #counted: readonly Name[] = [];
  /** Those of zones that were there before, by their lines. */
  #known = new Map<string, { readonly zone: Name; readonly cell: ZoneCell }>();
  #lookup!: StoredLookup;
  #kept: KeptZones | undefined = undefined;
  #changed: ((zone: Name) => void) | undefined = undefined;
  /** Which zones the folder has, broken ones too, as of the last look; undefined where there was none; and who hears of others. */
  #held: readonly Name[] | undefined = undefined;
  #others = (): void => {};
  /** Looks at the folder and its files once, when nobody else does. */
  #refresh = async (): Promise<void> => {};
  /** Zones that changed, by their keys, while the folder is looked at; who follows them hears of them when all of it was. */
  #waiting: Map<string, Name> | undefined = undefined;

  constructor(settings: Settings, site: Site) {
    this.#settings = settings;
    this.#site = site;
    this.#folder = settings.folder === '' ? '' : site.path(settings.folder);
    this.#journal = settings.journal === undefined ? undefined : site.path(settings.journal);
    site.put(SignableZones, true);
    site.put(HeldZones, {
      by: 'auto', zones: () => this.#held,
      refresh: () => this.#refresh(),
      watch: (changed) => {
        this.#others = changed;
      },
    });
    site.put(CountedZones, () => this.#counted);
    site.put(Transfers, {
      name: 'auto', transfer: (zone) => this.#transfer(zone),
      watch: (changed) => {
        this.#changed = changed;
      },
    });
  }

  /** Keys of zones that are signed here are the server's. */
  get rehearsal(): Rehearsal | undefined {
    return this.#site.all(ZoneSigning).length > 0 ? undefined : 'as served';
  }
  async control(run: Run): Promise<void> {
    const { names, zones, reload, prune, counted, iterations } = this.#settings;
    const journal = this.#journal;
    // What lies outside of the zones of the line is nobody's (AUTO-6).
    const isWanted = (zone: Name): boolean => zones.match(zone) !== undefined;
    if (this.#folder === '') {
      this.#held = [];
      return;
    }
    const kept = new KeptZones(run, { prune, counted, iterations, journal, site: this.#site, changed: (zone) => this.#tell(zone) });
    this.#kept = kept;
    run.signal.addEventListener('abort', () => kept.close(), { once: true });
    const list = run.space(this.#site).note('auto zones');
    let isMissing = false;
    let last: Scan | undefined;
    const look = async (): Promise<void> => {
      const found = await scan(this.#folder, names, isWanted, last);
      if (run.signal.aborted) return;
      if (found === undefined) {
        if (!isMissing) run.log.prefix('auto').warning(`Directory does not exist: ${this.#folder}`);
        isMissing = true;
        return;
      }
      isMissing = false;
      last = found;
      await this.#take(run, kept, list, found);
    };
    await inOneFolder(this.#folder, look).catch((error: Error) => {
      throw new Error(`plugin/auto: Unable to access root path '${this.#folder}': ${error.message}`);
    });
    let wait = reload;
    const again = async (isAll: boolean, now: boolean): Promise<void> => {
      if (run.signal.aborted) return;
      this.#waiting = new Map();
      try {
        let isNews = isAll;
        await inOneFolder(this.#folder, async () => {
          if (isNews) await look();
          isNews = true;
          wait = await kept.look(now) ? Math.min(STILL, reload) : reload;
        });
      } finally {
        const changed = this.#waiting;
        this.#waiting = undefined;
        if (!run.signal.aborted) for (const zone of changed.values()) this.#tell(zone);
      }
    };
    // One after the other: both hold back word of what changed until they have ended.
    let busy = Promise.resolve();
    const inTurn = (isAll: () => boolean, now: boolean): Promise<void> => {
      const done = busy.then(() => again(isAll(), now));
      busy = done.catch(() => {});
      return done;
    };
    this.#refresh = () => inTurn(() => true, true);
    if (reload > 0) every(run.clock, () => wait, run.signal, run.report, () => inTurn(() => wait === reload, false));
  }
  /** One look, one list: threads see all that came and went at once, caches and secondaries hear of it then. */
  async #take(run: Run, kept: KeptZones, list: Note, found: Scan): Promise<void> {
    const others = await kept.take(found);
    if (run.signal.aborted) return;
    this.#hold(kept, found);
    if (others.length === 0) return;
    list.write(kept.found.map(({ zone, path }) => JSON.stringify([zone.text, path])).join('\n'));
    for (const zone of others) run.store.changes.zone(zone.key).all();
    for (const zone of others) if (found.zones.has(zone.key)) this.#tell(zone);
  }
  /** A zone whose file is broken is one that the folder has. */
  #hold(kept: KeptZones, found: Scan): void {
    const held = new Map([...found.zones.values(), ...kept.found].map(({ zone }) => [zone.key, zone]));
    const isSame = this.#held?.length === held.size && this.#held.every(({ key }) => held.has(key));
    if (isSame) return;
    this.#held = [...held.values()];
    this.#others();
  }
  /** Tells who follows the zone, now or when the look has ended. */
  #tell(zone: Name): void {
    if (this.#waiting === undefined) this.#changed?.(zone);
    else this.#waiting.set(zone.key, zone);
  }

  start(run: Run): void {
    this.#store = run.store;
    this.#isLast = this.#site.handlers.at(-1)?.part === this;
    this.#log = run.log.prefix('auto');
    this.#list = run.space(this.#site).note('auto zones');
    this.#renew();
  }
  /** Serves what the list says now. */
  #renew(): void {
    const round = this.#list.round;
    if (round === this.#round) return;
    this.#round = round;
    const before = this.#known;
    const lines = this.#list.read().split('\n').filter((line) => line !== '');
    this.#known = new Map(lines.map((line) => [line, before.get(line) ?? this.#open(line)]));
    const all = [...this.#known.values()];
    this.#zones = new ServedZones(all.map(({ zone }) => zone));
    this.#cells = all.map(({ cell }) => cell);
    this.#counted = all.length > MOST_COUNTED ? [] : all.map(({ zone }) => zone);
    this.#lookup = new StoredLookup(new ZoneSource(this.#store, this.#zones, this.#cells, NEVER));
  }
  #open(line: string): { readonly zone: Name; readonly cell: ZoneCell } {
    const [text, path] = JSON.parse(line) as [string, string];
    const zone = Name.parse(text, Name.root);
    const options = { site: this.#site, iterations: this.#settings.iterations, journal: this.#journal };
    return { zone, cell: zoneCellOf(this.#store, lineOf({ zone, path }, options)) };
  }
  remark(): string | undefined {
    const troubles = this.#kept?.troubles ?? [];
    const more = troubles.length > 3 ? [`and ${troubles.length - 3} more`] : [];
    return troubles.length === 0 ? undefined : [...troubles.slice(0, 3), ...more].join('; ');
  }
  #transfer(zone: Name): Transfer | undefined {
    this.#renew();
    const served = this.#zones.exactly(zone);
    return served === undefined ? undefined : transferOf(this.#store, served.name, this.#cells[served.index]!);
  }

  handle(query: Query, next: Handler): Answer {
    if (this.#list.round !== this.#round) this.#renew();
    if (isNotWalked(query)) return this.#zones.find(query, this.#place) ? turnAway(query, this.#log) : next(query);
    // What is in no zone is nobody's then (AUTO-6).
    if (this.#isLast && !this.#zones.find(query, this.#place)) return failure(RCODE.REFUSED);
    return this.#lookup.handle(query, next);
  }
}

export default definePlugin({
  name: 'auto',
  metrics: ZONE_FAMILIES,
  parse(lines, context) {
    const settings = readSettings(lines, context);
    const { folder, names, zones } = settings;
    if (folder === '') return settings;
    const path = folder.startsWith('/') ? folder : join(context.root ?? '', folder);
    const list = async () => {
      const found = await scan(path, names, (zone) => zones.match(zone) !== undefined).catch(() => undefined);
      return [...found?.zones.values() ?? []].map((each) => ({ zone: each.zone.text, path: each.path }));
    };
    const [{ at }] = lines;
    lines[0].mentions({ what: 'zones', stops: false, list });
    lines[0].mentions({ what: 'sources', list: async () => (await list()).map(({ zone }) => ({ zone, at, falls: false })) });
    return settings;
  },
  create: (settings, site) => new Folder(settings, site),
});
