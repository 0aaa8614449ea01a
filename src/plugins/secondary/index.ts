// *secondary* enables serving a zone retrieved from a primary server. Knows which block has which zones, and who may say that they changed.
import { HEAD } from '../../authority/incoming/filling.ts';
import { Incoming } from '../../authority/incoming/incoming.ts';
import { Keys } from '../../authority/keys.ts';
import { Place, ServedZones } from '../../authority/served-zones.ts';
import { SignableZones, signingOf } from '../../authority/signing/settings.ts';
import { StoredLookup } from '../../authority/stored-lookup.ts';
import { Transfers } from '../../authority/transfer.ts';
import type { Transfer } from '../../authority/transfer.ts';
import { admitUpdates, takeUpdate } from '../../authority/updatable.ts';
import { refuseMade } from '../../authority/zone/digest-rule.ts';
import { ZoneSource } from '../../authority/zone/source.ts';
import type { ZoneCell } from '../../authority/zone/zone-cell.ts';
import { ZONE_FAMILIES } from '../../authority/zone/zone-metrics.ts';
import { transferOf } from '../../authority/zone/zone-transfer.ts';
import { ZoneRecords } from '../../authority/zone-records.ts';
import { inPrefix } from '../../dns/address.ts';
import { Name } from '../../dns/name.ts';
import { OPCODE, RCODE } from '../../dns/rcode.ts';
import { TYPE } from '../../dns/type-name.ts';
import { quoted } from '../../wording/quote.ts';
import { every } from '../../kernel/clock.ts';
import { AA } from '../../kernel/query/message.ts';
import { drop, failure } from '../../kernel/query/outcome.ts';
import type { Answer } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Log } from '../../kernel/seen/log.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Part, Run } from '../../kernel/site/plugin.ts';
import type { Site } from '../../kernel/site/site.ts';
import type { Flags } from '../../store/cells.ts';
import type { Store } from '../../store/store.ts';
import type { Key } from '../../tsig/key.ts';
import { Catalog } from './catalog.ts';
import { readSettings } from './config.ts';
import { Forwarding } from './forwarding.ts';
import type { SecondaryLine, Settings } from './config.ts';
import { FAMILIES, openZone, zoneCellOf } from './open-zone.ts';
import type { Wanted } from './open-zone.ts';
import type { TransferredZone } from './transferred-zone.ts';

/** Milliseconds between two looks at what other threads were notified of. */
const LOOK = 200;

/** A zone of a block: one that the Corefile names, or a member of a catalog. */
interface Held {
  readonly zone: Name;
  readonly line: SecondaryLine;
  /** The member's id, '' for none. */
  readonly id: string;
}
/** What a thread answers from: the zones of the Corefile, with the members that catalogs have now. */
interface Answering {
  readonly held: readonly Held[];
  readonly zones: ServedZones;
  readonly cells: readonly ZoneCell[];
  readonly notified: readonly Flags[];
  readonly lookup: StoredLookup;
  /** How often the catalogs had been published. */
  readonly loads: number;
}

class Secondaries implements Part {
  readonly #settings: Settings;
  readonly #site: Site;
  readonly #static: readonly Held[];
  readonly #catalogs: readonly Held[];
  readonly #place = new Place();
  #catalogCells: readonly ZoneCell[] = [];
  #keys: ReadonlyMap<string, Key> = new Map();
  #store!: Store;
  #clock!: Run['clock'];
  #log!: Log;
  #forwarding!: Forwarding;
  #isMain = false;
  /** Whether nobody stands behind it. */
  #isLast = false;
  #answering!: Answering;
  #changed: ((zone: Name) => void) | undefined = undefined;
  /** Main's: what is open, by name of the zone with the id of a member; and what ends a member. */
  readonly #open = new Map<string, TransferredZone>();
  readonly #ends = new Map<string, AbortController>();

  constructor(settings: Settings, site: Site) {
    this.#settings = settings;
    this.#site = site;
    const byZone = new Map(settings.lines.flatMap((line) => line.zones.map((zone) => [zone.key, { zone, line, id: '' }] as const)));
    this.#static = [...byZone.values()];
    this.#catalogs = this.#static.filter(({ line }) => line.isCatalog);
    if (settings.lines.some(({ forwardsUpdates }) => forwardsUpdates)) admitUpdates(site, (query) => this.#update(query));
    site.put(SignableZones, true);
    site.put(Transfers, {
      name: 'secondary', transfer: (zone) => this.#transfer(zone),
      watch: (changed) => {
        this.#changed = changed;
      },
    });
  }
  whole(sites: readonly Site[]): void {
    this.#keys = new Map(sites.flatMap((site) => site.all(Keys)).flat().map((key) => [key.name.text, key]));
    for (const { key, notify } of this.#settings.lines) {
      for (const name of [...notify.keys, ...(key === undefined ? [] : [key])]) {
        if (!this.#keys.has(name)) throw new Error(`there is no key ${quoted(name)}: a tsig line has to say its secret`);
      }
    }
    for (const { line, zone } of this.#static) refuseMade(line.digest, zone.text, signingOf(this.#site, zone) !== undefined);
  }

  async control(run: Run): Promise<void> {
    this.#isMain = true;
    for (const held of this.#static) await this.#take(run, held, run.signal);
  }
  start(run: Run): void {
    this.#store = run.store;
    this.#clock = run.clock;
    this.#log = run.log.prefix('secondary');
    this.#forwarding = new Forwarding(run.clock, this.#log);
    this.#isLast = this.#site.handlers.at(-1)?.part === this;
    this.#catalogCells = this.#catalogs.map((catalog) => zoneCellOf(run.store, this.#wanted(catalog)));
    this.#answer(this.#catalogs.flatMap((catalog) => this.#membersOf(catalog)));
  }
  /** No question is asked before the server listens: a primary may be another block of it. */
  started(run: Run): void {
    for (const zone of this.#open.values()) zone.begin();
    every(run.clock, LOOK, run.signal, run.report, () => this.#listen());
    for (const catalog of this.#catalogs) this.#follow(run, catalog);
  }
  remark(): string | undefined {
    const troubles = [...this.#open.values()].flatMap(({ name, trouble, keeper }) =>
      [...(trouble === undefined ? [] : [`zone ${name.text}: ${trouble}`]), ...(keeper.trouble === undefined ? [] : [keeper.trouble])]);
    return troubles.length === 0 ? undefined : troubles.join('; ');
  }

  /** With how it is signed before it is served: parts before and behind say that. A catalog is nobody's to validate. */
  #wanted(held: Held): Wanted {
    return { ...held, signing: held.line.isCatalog ? undefined : signingOf(this.#site, held.zone) };
  }
  async #take(run: Run, held: Held, signal: Run['signal']): Promise<TransferredZone> {
    const { zone, line, id } = held;
    const opened = await openZone(run, signal, this.#wanted(held), line.key === undefined ? undefined : this.#keys.get(line.key));
    this.#open.set(zone.key + id, opened);
    opened.keeper.listen(() => this.#changed?.(zone), signal);
    if (opened.keeper.served.version !== 0) this.#changed?.(zone);
    return opened;
  }

  /** Members come and go with each version of a catalog. */
  #follow(run: Run, catalog: Held): void {
    const opened = this.#open.get(catalog.zone.key)!;
    const update = (): void => {
      const members = this.#membersOf(catalog);
      const wanted = new Set(members.map(({ zone, id }) => zone.key + id));
      for (const [key, end] of this.#ends) {
        if (!key.startsWith(`${catalog.zone.key} `) || wanted.has(key.slice(catalog.zone.key.length + 1))) continue;
        end.abort();
        this.#ends.delete(key);
        this.#open.delete(key.slice(catalog.zone.key.length + 1));
      }
      for (const member of members) {
        const key = `${catalog.zone.key} ${member.zone.key}${member.id}`;
        if (this.#ends.has(key) || run.signal.aborted) continue;
        const end = new AbortController();
        this.#ends.set(key, end);
        run.signal.addEventListener('abort', () => end.abort(), { once: true });
        this.#take(run, member, end.signal).then((zone) => zone.begin(), run.report);
      }
    };
    opened.keeper.listen(update, run.signal);
    if (opened.keeper.cell.version !== 0) update();
  }
  /** The members of a catalog as it is served now, without those that a line names or leaves out. */
  #membersOf(held: Held): readonly Held[] {
    const { zone, line } = held;
    const cell = zoneCellOf(this.#store, this.#wanted(held));
    if (cell.version === 0) return [];
    const catalog = new Catalog(zone);
    this.#store.reading.within(() => readAll(transferOf(this.#store, zone, cell, true), zone, catalog));
    const own = new Set(this.#static.map((held) => held.zone.key));
    const member = { ...line, isCatalog: false, catalog: undefined };
    return [...catalog.members].flatMap(([id, key]) => {
      const name = Name.wire(key);
      const isWanted = !own.has(key) && (line.catalog === undefined || line.catalog.match(name) !== undefined);
      return isWanted ? [{ zone: name, line: member, id }] : [];
    });
  }

  /** What is answered from: made anew where a catalog has another version. */
  #current(): Answering {
    if (this.#catalogs.length > 0 && this.#loads() !== this.#answering.loads) {
      this.#answer(this.#catalogs.flatMap((catalog) => this.#membersOf(catalog)));
    }
    return this.#answering;
  }
  #loads(): number {
    let loads = 0;
    for (let i = 0; i < this.#catalogCells.length; i++) loads += this.#catalogCells[i]!.loads;
    return loads;
  }
  #answer(members: readonly Held[]): void {
    const byZone = new Map([...members, ...this.#static].map((held) => [held.zone.key, held]));
    const held = [...byZone.values()];
    const store = this.#store;
    const zones = new ServedZones(held.map(({ zone }) => zone));
    const cells = held.map((each) => zoneCellOf(store, this.#wanted(each)));
    const notified = held.map(({ zone, id }) => store.cells.flags(`notified ${zone.text} ${id}`, 1));
    const lookup = new StoredLookup(new ZoneSource(store, zones, cells, this.#settings.fallthrough, this.#clock));
    this.#answering = { held, zones, cells, notified, lookup, loads: this.#loads() };
  }

  #transfer(name: Name): Transfer | undefined {
    const { zones, cells } = this.#current();
    const served = zones.exactly(name);
    return served === undefined ? undefined : transferOf(this.#store, served.name, cells[served.index]!);
  }

  handle(query: Query, next: Handler): Answer {
    const { zones, lookup } = this.#current();
    if (query.opcode === OPCODE.NOTIFY) return this.#notify(query, next);
    if (query.opcode === OPCODE.UPDATE) return takeUpdate(this.#site, query);
    if (query.type === TYPE.AXFR || query.type === TYPE.IXFR) return zones.find(query, this.#place) ? failure(RCODE.REFUSED) : next(query);
    // What is in no zone is nobody's then (FILE-5).
    if (this.#isLast && !zones.find(query, this.#place)) return failure(RCODE.REFUSED);
    return lookup.handle(query, next);
  }
  /** A primary says that a zone has changed (SEC-4). */
  #notify(query: Query, next: Handler): Answer {
    const { zones, held, notified } = this.#answering;
    const served = zones.exactly(query.name.folded);
    if (served === undefined) return zones.find(query, this.#place) ? this.#refuse(query) : next(query);
    const { line, zone, id } = held[served.index]!;
    if (!mayNotify(line, query)) return this.#refuse(query);
    this.#log.info(`Notify from ${query.clientAddress} for ${zone.text}: checking transfer`);
    if (this.#isMain) this.#open.get(zone.key + id)?.notified();
    else notified[served.index]!.add(0, 1);
    return query.begin(AA, RCODE.NOERROR);
  }
  #update(query: Query): Answer | undefined {
    const { zones, held } = this.#current();
    const served = zones.exactly(query.name.folded);
    const line = served === undefined ? undefined : held[served.index]!.line;
    return line?.forwardsUpdates === true ? this.#forwarding.forward(query, line.primaries) : undefined;
  }
  #refuse(query: Query): Answer {
    this.#log.info(`Dropping notify from ${query.clientAddress} for ${query.name.text}`);
    return drop();
  }
  /** Main's: what the other threads were told. */
  #listen(): void {
    const { held, notified } = this.#current();
    for (let i = 0; i < held.length; i++) {
      if (notified[i]!.get(0) === 0) continue;
      notified[i]!.set(0, 0);
      this.#open.get(held[i]!.zone.key + held[i]!.id)?.notified();
    }
  }
}

/** Whether a client is one that says when a zone changes: a primary, or whom the line names. */
function mayNotify({ primaries, notify: { networks, keys } }: SecondaryLine, query: Query): boolean {
  const { signature } = query.journey;
  if (signature?.error === 0 && keys.includes(signature.key)) return true;
  const client = query.clientAddress;
  if (primaries.some((primary) => primary.client === client)) return true;
  const address = query.bytes.subarray(query.clientAt, query.clientAt + query.clientLength);
  return networks.some(({ network, bits }) => inPrefix(address, network, bits));
}
/** All records of a version, at once: for catalogs. Within a reading. */
function readAll({ soa, records }: Transfer, zone: Name, catalog: Catalog): void {
  const written = new ZoneRecords({ head: HEAD, tail: new Uint8Array(0) });
  written.add(soa);
  if (typeof records === 'function') for (const _ of records(written)) void _;
  written.add(soa);
  written.end();
  const incoming = new Incoming({
    zone, type: TYPE.AXFR, id: 0, serial: undefined, check: undefined, now: () => 0, mostRecords: Infinity, mostBytes: Infinity,
  }, { begin() {}, record: (_kind, owner, length, type, _ttl, data, size) => catalog.add(owner, length, type, data, size) });
  for (const message of written.full) incoming.take(message);
}

export default definePlugin({
  name: 'secondary',
  metrics: { ...ZONE_FAMILIES, ...FAMILIES },
  parse: readSettings,
  create: (settings, site) => new Secondaries(settings, site),
});
