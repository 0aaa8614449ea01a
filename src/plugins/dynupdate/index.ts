// *dynupdate* serves a zone that clients change by signed UPDATEs (RFC 2136). Knows who asks for what; what becomes of it is the main
// thread's, in dynamic-zone.ts.
import { INFO_CODE } from '../../dns/extended-error.ts';
import { Name } from '../../dns/name.ts';
import { u16 } from '../../dns/packet.ts';
import { OPCODE, RCODE, rcodeName } from '../../dns/rcode.ts';
import { HeldZones } from '../../authority/held-zones.ts';
import { isNotWalked, turnAway } from '../../authority/not-walked.ts';
import { Place, ServedZones } from '../../authority/served-zones.ts';
import { SignableZones, signingOf } from '../../authority/signing/settings.ts';
import { StoredLookup } from '../../authority/stored-lookup.ts';
import { Transfers } from '../../authority/transfer.ts';
import type { Transfer } from '../../authority/transfer.ts';
import { admitUpdates, takeUpdate } from '../../authority/updatable.ts';
import { grantsOf } from '../../authority/update-rules.ts';
import { ZoneSource } from '../../authority/zone/source.ts';
import type { ZoneCell } from '../../authority/zone/zone-cell.ts';
import { ZONE_FAMILIES } from '../../authority/zone/zone-metrics.ts';
import { transferOf } from '../../authority/zone/zone-transfer.ts';
import { AA } from '../../kernel/query/message.ts';
import { failure } from '../../kernel/query/outcome.ts';
import type { Answer } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Log } from '../../kernel/seen/log.ts';
import { counter } from '../../kernel/seen/metrics.ts';
import type { Metrics } from '../../kernel/seen/metrics.ts';
import { NEVER } from '../../kernel/site/fallthrough.ts';
import { knownToServer } from '../../kernel/site/rehearsal.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Part, Run } from '../../kernel/site/plugin.ts';
import { Uncached } from '../../kernel/site/site.ts';
import type { Site } from '../../kernel/site/site.ts';
import type { Flags } from '../../store/cells.ts';
import type { Store } from '../../store/store.ts';
import { readSettings } from './config.ts';
import type { Settings } from './config.ts';
import { DynamicZone, madeOf, nameOf, zoneCellOf } from './dynamic-zone.ts';
import type { ZoneLine, ZoneOrder } from './dynamic-zone.ts';
import { KeptContents } from './kept-contents.ts';
import { Receipts } from '../../authority/update-receipts.ts';

const FAMILIES = {
  updates: counter('coredns_dynupdate_updates_total', 'Counter of updates of a zone, by what was answered.', ['zone', 'rcode']),
};

class DynamicUpdates implements Part {
  readonly rehearsal = knownToServer('dynupdate', () => [this.#settings.zone]);
  readonly #settings: Settings;
  readonly #site: Site;
  readonly #zones: ServedZones;
  readonly #place = new Place();
  #line!: ZoneLine;
  #run!: Run;
  #store!: Store;
  #log!: Log;
  #metrics!: Metrics;
  #cell!: ZoneCell;
  /** Whether the zone's database has been made. */
  #made!: Flags;
  #isLast = false;
  #lookup!: StoredLookup;
  #open: DynamicZone | undefined = undefined;
  /** What the zone goes back to when this load is served. */
  #seed: KeptContents | undefined = undefined;
  #changed: ((zone: Name) => void) | undefined = undefined;

  constructor(settings: Settings, site: Site) {
    this.#settings = settings;
    this.#site = site;
    this.#zones = new ServedZones([settings.zone]);
    site.put(SignableZones, true);
    site.put(HeldZones, { by: 'dynupdate', zones: () => [settings.zone], watch: () => {} });
    site.put(Uncached, settings.zone);
    admitUpdates(site, (query) => this.#update(query));
    site.put(Transfers, {
      name: 'dynupdate', transfer: (zone) => this.#transfer(zone),
      failed: ({ text }, why) => `NOTIFY for ${text} after UPDATE failed: ${why}`,
      watch: (changed) => {
        this.#changed = changed;
      },
    });
  }

  async control(run: Run): Promise<void> {
    const { zone, database, limits } = this.#settings;
    const line = this.#setLine();
    try {
      let isNew = false;
      this.#open = await run.shared.use(nameOf(line), run.signal, () => {
        isNew = true;
        return DynamicZone.open(run, line, limits);
      });
      if (!isNew && database === undefined) this.#seed = await KeptContents.open(line, limits, new Receipts());
    } catch (error) {
      throw new Error(`plugin/dynupdate: ${error instanceof Error ? error.message : String(error)}`);
    }
    this.#open.listen(() => this.#changed?.(zone), run.signal);
    // A NOTIFY has the SOA, and nobody has used the zone yet where its database was not made.
    if (madeOf(run.store, line).get(0) !== 0) this.#changed?.(zone);
  }
  /** With how the zone is signed: parts before and behind say that, which are all there now. */
  #setLine(): ZoneLine {
    const { zone, seed, database } = this.#settings;
    return this.#line = { zone, seed, database, site: this.#site.index, signing: signingOf(this.#site, zone) };
  }
  start(run: Run): void {
    const line = this.#setLine();
    this.#run = run;
    this.#store = run.store;
    this.#log = run.log.prefix('dynupdate');
    this.#metrics = run.metrics;
    this.#isLast = this.#site.handlers.at(-1)?.part === this;
    this.#cell = zoneCellOf(run.store, line);
    this.#made = madeOf(run.store, line);
    this.#lookup = new StoredLookup(new ZoneSource(run.store, this.#zones, [this.#cell], NEVER));
  }
  async started(): Promise<void> {
    if (this.#seed !== undefined) await this.#open?.restart(this.#seed);
    else await this.#open?.catchUp();
  }
  remark(): string | undefined {
    return this.#open?.trouble;
  }

  #ask(order: ZoneOrder): Promise<unknown> {
    return this.#run.desk.ask(nameOf(this.#line), order);
  }
  #transfer(zone: Name): Transfer | Promise<Transfer> | undefined {
    if (!zone.equals(this.#settings.zone)) return undefined;
    const now = (): Transfer => transferOf(this.#store, this.#settings.zone, this.#cell);
    return this.#made.get(0) !== 0 ? now() : this.#ask('make').then(() => this.#store.reading.within(now));
  }

  handle(query: Query, next: Handler): Answer {
    if (query.opcode === OPCODE.UPDATE) return takeUpdate(this.#site, query);
    if (isNotWalked(query)) return this.#zones.find(query, this.#place) ? turnAway(query, this.#log) : next(query);
    const isMade = this.#made.get(0) !== 0;
    if ((this.#isLast || !isMade) && !this.#zones.find(query, this.#place)) return this.#isLast ? failure(RCODE.REFUSED) : next(query);
    return isMade ? this.#lookup.handle(query, next) : this.#first(query, next);
  }
  /** The zone's database is made at its first use, and the zone is not served without it (DYN-9). */
  async #first(query: Query, next: Handler): Promise<Exclude<Answer, Promise<unknown>>> {
    try {
      await this.#ask('make');
    } catch (error) {
      query.extendedError = { code: INFO_CODE.NOT_READY, text: 'the zone has no database' };
      return failure(RCODE.SERVFAIL, error);
    }
    return query.reading.within(() => this.#lookup.handle(query, next));
  }

  /** In the order of CoreDNS's checks (DYN-7). */
  #update(query: Query): Answer | undefined {
    const { zone, rules, limits, mostUpdates } = this.#settings;
    if (!query.name.equals(zone)) return undefined;
    const { signature } = query.journey;
    // A signature that is there still was looked at by no tsig of this block.
    if (signature?.error !== 0 || query.signedAt !== 0) return this.#answer(query, RCODE.REFUSED, 'an update has to be signed');
    const grants = grantsOf(rules, Name.parse(signature.key));
    if (grants === undefined) return this.#answer(query, RCODE.REFUSED, 'the key may change nothing here');
    const { bytes, at, length } = query;
    const count = u16(bytes, at + 6) + u16(bytes, at + 8);
    if (count > mostUpdates) return this.#answer(query, RCODE.REFUSED, `it has ${count} records: at most ${mostUpdates} are taken`);
    const { key, mac, until } = signature;
    // A copy: the question may be given up, and its place be another's, before it is its turn.
    const packet = bytes.slice(at, at + length);
    return this.#change(query, { packet, signed: { key, mac, until }, grants, limits });
  }
  async #change(query: Query, order: ZoneOrder): Promise<Exclude<Answer, Promise<unknown>>> {
    try {
      return this.#answer(query, await this.#ask(order) as number);
    } catch (error) {
      this.#log.error(`An update of ${this.#settings.zone.text} has no answer: ${error instanceof Error ? error.message : String(error)}`);
      return this.#answer(query, RCODE.SERVFAIL);
    }
  }
  #answer(query: Query, rcode: number, why?: string): Exclude<Answer, Promise<unknown>> {
    const family = this.#metrics.family(FAMILIES.updates);
    this.#metrics.values[family.cell([this.#settings.zone.text, rcodeName(rcode)])]!++;
    if (why !== undefined) query.extendedError = { code: INFO_CODE.PROHIBITED, text: why };
    return query.begin(AA, rcode);
  }
}

export default definePlugin({
  name: 'dynupdate',
  metrics: { ...ZONE_FAMILIES, ...FAMILIES },
  parse: readSettings,
  create: (settings, site) => new DynamicUpdates({
    ...settings, seed: site.path(settings.seed), database: settings.database && site.path(settings.database),
  }, site),
});
