// *secondary* enables serving a zone retrieved from a primary server. Knows which block has which zones, and who may say that they changed.
import { Keys } from '../../authority/keys.ts';
import { FAMILIES } from '../../authority/pulling/counts.ts';
import { LOOK, Notices, mayNotify } from '../../authority/pulling/notices.ts';
import { nextSlice, openTransferred } from '../../authority/pulling/open-transferred.ts';
import type { Wanted } from '../../authority/pulling/open-transferred.ts';
import type { TransferredZone } from '../../authority/pulling/transferred-zone.ts';
import { HeldZones } from '../../authority/held-zones.ts';
import { isNotWalked } from '../../authority/not-walked.ts';
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
import type { Name } from '../../dns/name.ts';
import { OPCODE, RCODE } from '../../dns/rcode.ts';
import { quoted } from '../../wording/quote.ts';
import { every } from '../../kernel/clock.ts';
import { AA } from '../../kernel/query/message.ts';
import { type Answer, drop, failure } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';
import type { Log } from '../../kernel/seen/log.ts';
import { Ending } from '../../kernel/signal.ts';
import type { End } from '../../kernel/signal.ts';
import { knownToServer } from '../../kernel/site/rehearsal.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Part, Run } from '../../kernel/site/plugin.ts';
import type { Site } from '../../kernel/site/site.ts';
import type { Flags } from '../../store/cells.ts';
import type { Store } from '../../store/store.ts';
import type { Key } from '../../tsig/key.ts';
import { catalogLook } from './catalog.ts';
import { readSettings } from './config.ts';
import { Forwarding } from './forwarding.ts';
import type { SecondaryLine, Settings } from './config.ts';
import { Standings } from './standings.ts';
import { Members } from './members.ts';
import type { Held, Member } from './members.ts';

/** What a thread answers from: the zones of the Corefile, with the members that catalogs have now. */
interface Answering {
  readonly held: readonly Held[];
  readonly zones: ServedZones;
  readonly cells: readonly ZoneCell[];
  readonly notified: readonly Flags[];
  readonly lookup: StoredLookup;
  /** How often the catalogs had been published, and owners had changed. */
  readonly changes: number;
}

class Secondaries implements Part {
  readonly rehearsal = knownToServer('secondary', () => this.#settings.lines.flatMap((line) => line.zones));
  readonly #settings: Settings;
  readonly #site: Site;
  readonly #static: readonly Held[];
  readonly #catalogs: readonly Held[];
  readonly #place = new Place();
  #members!: Members;
  #isStarted = false;
  #keys: ReadonlyMap<string, Key> = new Map();
  #store!: Store;
  #clock!: Run['clock'];
  #log!: Log;
  #forwarding!: Forwarding;
  #isMain = false;
  /** Whether nobody stands behind it. */
  #isLast = false;
  #answering!: Answering;
  readonly #standings = new Standings();
  #notices!: Notices;
  #changed: ((zone: Name) => void) | undefined = undefined;
  /** Who hears that catalogs have other members. */
  #others = (): void => {};
  #following: Promise<void> = Promise.resolve();
  /** Main's: what is open, by name of the zone with the id of a member; and what ends a member. */
  readonly #open = new Map<string, TransferredZone>();
  readonly #ends = new Map<string, { readonly end: Ending; readonly member: Member }>();

  constructor(settings: Settings, site: Site) {
    this.#settings = settings;
    this.#site = site;
    const byZone = new Map(settings.lines.flatMap((line) => line.zones.map((zone) => [zone.key, { zone, line, id: '' }] as const)));
    this.#static = [...byZone.values()];
    this.#catalogs = this.#static.filter(({ line }) => line.isCatalog);
    if (allLines(settings).some(({ forwardsUpdates }) => forwardsUpdates)) admitUpdates(site, (query) => this.#update(query));
    site.put(SignableZones, true);
    site.put(HeldZones, {
      by: 'secondary', zones: () => this.#zones(),
      refresh: ({ key }) => {
        for (const zone of this.#open.values()) if (zone.name.key === key) zone.notified();
      },
      watch: (changed) => {
        this.#others = changed;
      },
    });
    site.put(Transfers, {
      name: 'secondary', transfer: (zone) => this.#transfer(zone),
      watch: (changed) => {
        this.#changed = changed;
      },
    });
  }
  whole(sites: readonly Site[]): void {
    this.#keys = new Map(sites.flatMap((site) => site.all(Keys)).flat().map((key) => [key.name.text, key]));
    for (const { key, notify } of allLines(this.#settings)) {
      for (const name of [...notify.keys, ...(key === undefined ? [] : [key])]) {
        if (!this.#keys.has(name)) throw new Error(`there is no key ${quoted(name)}: a tsig line has to say its secret`);
      }
    }
    for (const { line, zone } of this.#static) refuseMade(line.digest, zone.text, signingOf(this.#site, zone) !== undefined);
  }

  async control(run: Run): Promise<void> {
    this.#isMain = true;
    const all = new Ending();
    // One listener for all: a signal looks through those it has at each that comes.
    run.signal.addEventListener('abort', () => {
      all.abort();
      for (const { end } of this.#ends.values()) end.abort();
    }, { once: true });
    for (const held of this.#static) await this.#take(run, held, all);
    // What the load before had goes on: it ends before this one has started.
    if (run.first || this.#catalogs.length === 0) return;
    this.#setMembers(run);
    await this.#takeMembers(run);
  }
  start(run: Run): void {
    this.#store = run.store;
    this.#clock = run.clock;
    this.#log = run.log.prefix('secondary');
    this.#forwarding = new Forwarding(run.clock, this.#log);
    this.#isLast = this.#site.handlers.at(-1)?.part === this;
    this.#notices = new Notices(run.store, String(this.#site.index));
    this.#setMembers(run);
    this.#answer();
  }
  #setMembers(run: Run): void {
    this.#members ??= new Members(run.store, this.#catalogs, this.#static, run.log.prefix('secondary'));
  }
  /** No question is asked before the server listens: a primary may be another block of it. */
  started(run: Run): void {
    this.#isStarted = true;
    for (const zone of this.#open.values()) zone.begin();
    every(run.clock, LOOK, run.signal, run.report, () => this.#listen());
    const follow = (): void => this.#follow(run);
    for (const { zone } of this.#catalogs) this.#open.get(zone.key)!.keeper.listen(follow, run.signal);
    if (this.#catalogs.length > 0) follow();
  }
  remark(): string | undefined {
    const troubles = [...this.#open.values()].flatMap(({ name, trouble, keeper }) =>
      [...(trouble === undefined ? [] : [`zone ${name.text}: ${trouble}`]), ...(keeper.trouble === undefined ? [] : [keeper.trouble])]);
    return troubles.length === 0 ? undefined : troubles.join('; ');
  }

  /** With how it is signed before it is served: parts before and behind say that. A catalog is nobody's to validate. */
  #wanted(held: Held): Wanted {
    const { zone, line, id } = held;
    if (!line.isCatalog) return { zone, line, id, signing: signingOf(this.#site, zone) };
    return { zone, line, id, signing: undefined, look: catalogLook(zone, line.mostMembers) };
  }
  async #take(run: Run, held: Held, signal: End): Promise<TransferredZone> {
    const { zone, line, id } = held;
    const key = line.key === undefined ? undefined : this.#keys.get(line.key);
    const opened = await openTransferred(run, 'secondary', signal, this.#wanted(held), key);
    this.#open.set(zone.key + id, opened);
    opened.keeper.listen(() => this.#changed?.(zone), signal);
    if (opened.keeper.served.version !== 0) this.#changed?.(zone);
    return opened;
  }

  /** Members come and go with each version of a catalog: what becomes of one is done when that of the next begins. */
  #follow(run: Run): void {
    this.#members.settle();
    this.#following = this.#following.then(() => this.#takeMembers(run)).catch(run.report);
  }
  /** Who passes over is opened first, so that what is there stays. */
  async #takeMembers(run: Run): Promise<void> {
    const members = new Map<string, Member>(this.#members.now().map((member) => {
      const { of, zone, id, group } = member;
      return [`${of.zone.key} ${zone.key}${id} ${group}`, member];
    }));
    for (const [key, member] of members) {
      if (this.#ends.has(key)) continue;
      await nextSlice(run);
      if (run.signal.aborted) return;
      const end = new Ending();
      this.#ends.set(key, { end, member });
      await this.#take(run, member, end).then((zone) => this.#isStarted && zone.begin(), run.report);
    }
    const stays = new Set([...members.values()].map(({ zone, id }) => zone.key + id));
    for (const [key, { end, member: { of, zone, id } }] of this.#ends) {
      // Of a catalog that is not served nothing is known.
      if (members.has(key) || this.#members.isMissing(of)) continue;
      end.abort();
      this.#ends.delete(key);
      if (!stays.has(zone.key + id)) this.#open.delete(zone.key + id);
    }
    if (this.#isStarted) this.#others();
  }

  /** All zones but catalogs; undefined while the members of one are not known. */
  #zones(): readonly Name[] | undefined {
    if (this.#catalogs.some((catalog) => this.#members.isMissing(catalog))) return undefined;
    const own = this.#static.filter(({ line }) => !line.isCatalog);
    return [...own, ...this.#members.now()].map(({ zone }) => zone);
  }

  /** What is answered from: made anew where a catalog has another version. */
  #current(): Answering {
    if (this.#catalogs.length > 0 && this.#members.changes !== this.#answering.changes) this.#answer();
    return this.#answering;
  }
  #answer(): void {
    const { changes } = this.#members;
    const byZone = new Map([...this.#members.now(), ...this.#static].map((held) => [held.zone.key, held]));
    const held = [...byZone.values()];
    const store = this.#store;
    const zones = new ServedZones(held.map(({ zone }) => zone));
    const standings = this.#standings.of(store, held, (each) => this.#wanted(each));
    const cells = standings.map(({ cell }) => cell);
    const notified = standings.map((each) => each.notified);
    const lookup = new StoredLookup(new ZoneSource(store, zones, cells, this.#settings.fallthrough, this.#clock));
    this.#answering = { held, zones, cells, notified, lookup, changes };
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
    if (isNotWalked(query)) return zones.find(query, this.#place) ? failure(RCODE.REFUSED) : next(query);
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
    if (!mayNotify(line.primaries, line.notify, query)) return this.#refuse(query);
    this.#log.info(`Notify from ${query.clientAddress} for ${zone.text}: checking transfer`);
    if (this.#isMain) this.#open.get(zone.key + id)?.notified();
    else this.#notices.count(notified[served.index]!);
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
    for (const i of this.#notices.taken(() => this.#current().notified)) {
      const { zone, id } = this.#answering.held[i]!;
      this.#open.get(zone.key + id)?.notified();
    }
  }
}

/** The lines, and what they are for members of groups. */
const allLines = ({ lines }: Settings): readonly SecondaryLine[] =>
  lines.flatMap((line) => [line, ...line.groups.map((each) => each.line)]);


export default definePlugin({
  name: 'secondary',
  metrics: { ...ZONE_FAMILIES, ...FAMILIES },
  parse: readSettings,
  create: (settings, site) => new Secondaries(settings, site),
});
