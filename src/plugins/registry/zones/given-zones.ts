// The zones of a registry as they are given away: versions in the shared memory, made anew as keys change, whose serials are the store's
// revisions. What became of a zone since a serial that no version had is found in the store's past. Main's.
import { compareSerials } from '../../../dns/order.ts';
import type { Name } from '../../../dns/name.ts';
import type { RR } from '../../../dns/rr.ts';
import { TYPE } from '../../../dns/type-name.ts';
import { prefixEnd } from '../../../key-value/etcd-wire.ts';
import type { KeyValue } from '../../../key-value/key-value.ts';
import type { Closable } from '../../../kernel/shared.ts';
import type { End } from '../../../kernel/signal.ts';
import type { Run } from '../../../kernel/site/plugin.ts';
import type { Zones } from '../../../kernel/site/zones.ts';
import { serialOf } from '../../../authority/transfer.ts';
import { UpdateContents } from '../../../authority/update-contents.ts';
import { Versions } from '../../../authority/update-versions.ts';
import type { NameChange } from '../../../authority/update-versions.ts';
import { ZoneKeeper } from '../../../authority/zone/keeper.ts';
import { SERIAL } from '../../../authority/zone/version.ts';
import { ZoneCell } from '../../../authority/zone/zone-cell.ts';
import { recordKey } from '../../../authority/update.ts';
import { keptOf } from '../../../skydns/kept.ts';
import { skydnsSoa } from '../../../skydns/zone-soa.ts';
import { KeyTree } from '../../../skydns/tree.ts';
import type { Store } from '../../../store/store.ts';
import { AddressNames } from '../address-names.ts';
import type { Opened } from '../opened.ts';
import { ZoneNames } from './zone-names.ts';

/** What they are made of. */
export interface GivenZonesParts {
  readonly run: Pick<Run, 'store' | 'clock' | 'log'>;
  readonly opened: Pick<Opened, 'names' | 'keys' | 'addresses'>;
  readonly path: string;
  readonly zones: Zones;
  /** Under which every thread knows them. */
  readonly name: string;
}
/** What is other than at a serial; can be sent between threads. */
export interface SentDifference {
  /** The serial that the zone has then. */
  readonly to: number;
  readonly removed: readonly SentRecord[];
  readonly added: readonly SentRecord[];
}
/** A record, its owner as wire text. */
export interface SentRecord {
  readonly owner: string;
  readonly type: number;
  readonly ttl: number;
  readonly rdata: Uint8Array;
}
interface Given {
  readonly zone: Name;
  readonly keeper: ZoneKeeper;
  readonly versions: Versions;
  contents: UpdateContents;
  /** Whether its version is to be made of all records. */
  isNew: boolean;
}

/** Names that are looked at in one turn: a few milliseconds. */
const SLICE = 200;
const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
/** A revision as a serial (RFC 1982): both count up, and what fits is the same. */
const serialAt = (revision: bigint): number => Number(BigInt.asUintN(32, revision));
/** Where the version that is given away stands, in every thread. */
export const givenCell = (store: Store, name: string, zone: Name): ZoneCell => new ZoneCell(store, `${name} given ${zone.text}`);

/** All zones of one registry. */
export class GivenZones implements Closable {
  readonly #parts: GivenZonesParts;
  readonly #zones: readonly Given[];
  readonly #end = new AbortController();
  #names: ZoneNames | undefined;
  /** Keys that changed; undefined: any may have. */
  #keys: Set<string> | undefined;
  #work: Promise<void> | undefined;
  readonly #looked = new Map<string, Promise<SentDifference | undefined>>();

  constructor(parts: GivenZonesParts) {
    this.#parts = parts;
    const { run, zones, name, opened } = parts;
    this.#zones = zones.names.map((zone) => ({
      zone: zone.folded, contents: new UpdateContents(zone.folded), versions: new Versions(run.store, zone), isNew: true,
      keeper: new ZoneKeeper(run, zone.folded, givenCell(run.store, name, zone)),
    }));
    opened.names.listen((keys) => this.#changed(keys), this.#end.signal);
    this.#changed(undefined);
  }
  /** Calls with each zone of which another version is given away, until the signal aborts. */
  listen(call: (zone: Name) => void, signal: End): void {
    for (const { keeper, zone } of this.#zones) keeper.listen(() => call(zone), signal);
  }
  async close(): Promise<void> {
    this.#end.abort();
    await this.#work;
    for (const { keeper } of this.#zones) keeper.close();
  }

  #changed(keys: readonly string[] | undefined): void {
    if (this.#parts.opened.names.index === undefined || this.#end.signal.aborted) return;
    if (keys === undefined) this.#names = undefined;
    else {
      this.#keys ??= new Set();
      for (const key of keys) this.#keys.add(key);
    }
    this.#work ??= this.#go();
  }
  async #go(): Promise<void> {
    // What comes in one turn becomes one version.
    await nextTurn();
    try {
      while (!this.#end.signal.aborted && (this.#names === undefined || this.#keys !== undefined)) {
        if (this.#names === undefined) await this.#begin();
        this.#take();
      }
    } catch (error) {
      this.#names = undefined;
      const why = error instanceof Error ? error.message : String(error);
      this.#parts.run.log.prefix('registry').error(`zones could not be made ready to be given away: ${why}`);
    }
    this.#work = undefined;
  }
  /** All names anew, some at a time; what changes meanwhile is looked at behind that. */
  async #begin(): Promise<void> {
    const { path, zones, opened: { names: { index: tree }, addresses } } = this.#parts;
    const names = this.#names = new ZoneNames({ path, zones, tree: tree!, pointers: (address) => addresses.of(address) });
    this.#keys = new Set();
    const all = await contentsOf(names, this.#zones.map(({ zone }) => zone), zones);
    for (const given of this.#zones) {
      given.contents = all.get(given.zone.key)!;
      given.isNew = true;
    }
  }
  /** What is other by the keys that changed, and versions of that, all in this turn: they are of one revision. */
  #take(): void {
    const { opened, zones } = this.#parts;
    const names = this.#names;
    if (names === undefined) return;
    const keys = [...this.#keys ?? []];
    this.#keys = undefined;
    const changes = new Map<string, { before: Map<Name, readonly RR[]>; changed: Map<Name, readonly RR[]> }>();
    for (const name of names.changed(keys)) {
      const given = this.#zones.find(({ zone }) => zone.equals(zones.match(name)!))!;
      const before = given.contents.at(name).filter(({ type, name: owner }) => !isSoa(type, owner, given.zone));
      const now = names.at(name);
      if (isSame(before, now)) continue;
      const change = changes.get(given.zone.key) ?? { before: new Map(), changed: new Map() };
      changes.set(given.zone.key, change);
      change.before.set(name, before);
      change.changed.set(name, now);
    }
    for (const given of this.#zones) {
      const change = changes.get(given.zone.key);
      if (change !== undefined || given.isNew) this.#publish(given, change, opened.names.revision);
    }
  }
  #publish(given: Given, change: NameChange | undefined, revision: bigint): void {
    const { run } = this.#parts;
    const { zone, contents, versions, keeper } = given;
    const serial = serialAt(revision);
    const apex = [...change?.changed ?? []].find(([name]) => name.equals(zone));
    const old = contents.at(zone);
    const own = apex?.[1] ?? old.filter(({ type, name }) => !isSoa(type, name, zone));
    const version = keeper.cell.version;
    if (version !== 0 && compareSerials(serial, run.store.memory.words[version + SERIAL]! >>> 0) < 0) {
      run.log.prefix('registry').warning(`the store is at revision ${revision}, which is before what was given away of ${zone.text}: `
        + 'secondaries keep what they have until it is ahead, or until they are told to transfer the zone anew');
    }
    const now = [skydnsSoa(zone, serial), ...own];
    const before = new Map([...change?.before ?? []].filter(([name]) => !name.equals(zone)).concat([[zone, old]]));
    const changed = new Map([...change?.changed ?? []].filter(([name]) => !name.equals(zone)).concat([[zone, now]]));
    contents.apply(changed);
    const isWhole = given.isNew || version === 0;
    const built = isWhole ? versions.whole(contents, version) : versions.changed(contents, version, [{ before, changed }]);
    given.isNew = false;
    versions.publish(keeper, built, Math.floor(run.clock.wall() / 1000));
  }

  /** What is other than at a serial, by the store's past; undefined where that is not known any more. */
  since(zone: string, serial: number): Promise<SentDifference | undefined> {
    const asked = `${zone} ${serial}`;
    let looked = this.#looked.get(asked);
    if (looked === undefined) {
      looked = this.#since(zone, serial).catch(() => undefined).finally(() => this.#looked.delete(asked));
      this.#looked.set(asked, looked);
    }
    return looked;
  }
  async #since(zone: string, serial: number): Promise<SentDifference | undefined> {
    const { opened: { keys, names: { revision } }, path, zones } = this.#parts;
    const given = this.#zones.find((each) => each.zone.text === zone);
    const then = revision - BigInt((serialAt(revision) - serial) >>> 0);
    if (given === undefined || then < 1n || then >= revision) return undefined;
    const past = await pastNames(keys, { path, zones }, then);
    if (past === undefined) return undefined;
    const before = (await contentsOf(past, [given.zone], zones)).get(given.zone.key)!;
    const soa = given.contents.at(given.zone).find(({ type, name }) => isSoa(type, name, given.zone));
    if (soa === undefined) return undefined;
    const [was, is] = [recordsOf(before, given.zone), recordsOf(given.contents, given.zone)];
    const lacking = (these: ReadonlyMap<string, RR>, others: ReadonlyMap<string, RR>): readonly SentRecord[] =>
      [...these].flatMap(([key, { name, type, ttl, rdata }]) => (others.has(key) ? [] : [{ owner: name.raw, type, ttl, rdata }]));
    const [removed, added] = [lacking(was, is), lacking(is, was)];
    return removed.length + added.length > is.size ? undefined : { to: serialOf(soa), removed, added };
  }
}

/** The names that a store had at a revision; undefined where that is not known. */
async function pastNames(keys: KeyValue, { path, zones }: Pick<GivenZonesParts, 'path' | 'zones'>, revision: bigint) {
  const prefix = `/${path}/`;
  const listed = await keys.past?.(prefix, prefixEnd(prefix), revision);
  if (listed === undefined) return undefined;
  const tree = new KeyTree();
  for (const pair of listed.found) tree.put(keptOf(pair));
  const addresses = new AddressNames(path);
  addresses.changed(tree, undefined);
  return new ZoneNames({ path, zones, tree, pointers: (address) => addresses.of(address) });
}
/** What each of these zones has, without its SOA; some names at a time. */
async function contentsOf(names: ZoneNames, of: readonly Name[], zones: Zones): Promise<ReadonlyMap<string, UpdateContents>> {
  const all = new Map(of.map((zone) => [zone.key, new UpdateContents(zone)]));
  for (const [i, name] of names.names().entries()) {
    if (i % SLICE === SLICE - 1) await nextTurn();
    const contents = all.get(zones.match(name)!.key);
    const records = contents === undefined ? [] : names.at(name);
    if (records.length > 0) contents!.apply(new Map([[name, records]]));
  }
  return all;
}
const isSoa = (type: number, owner: Name, zone: Name): boolean => type === TYPE.SOA && owner.equals(zone);
const told = (each: RR): string => `${each.name.key} ${each.ttl} ${recordKey(each)}`;
function recordsOf(contents: UpdateContents, zone: Name): ReadonlyMap<string, RR> {
  const records = new Map<string, RR>();
  for (const set of contents.sets()) for (const each of set) if (!isSoa(each.type, each.name, zone)) records.set(told(each), each);
  return records;
}
function isSame(before: readonly RR[], now: readonly RR[]): boolean {
  const keys = new Set(before.map(told));
  return before.length === now.length && now.every((each) => keys.has(told(each)));
}
