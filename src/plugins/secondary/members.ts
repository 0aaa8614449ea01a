// Which zones the catalogs of a block have now, and whose each is where several have it. Knows catalogs and what main decided; knows
// nothing of open zones.
import { HEAD } from '../../authority/incoming/filling.ts';
import { Incoming } from '../../authority/incoming/incoming.ts';
import { transferredCellOf } from '../../authority/pulling/open-transferred.ts';
import type { Transfer } from '../../authority/transfer.ts';
import { transferOf } from '../../authority/zone/zone-transfer.ts';
import { ZoneRecords } from '../../authority/zone-records.ts';
import type { ZoneCell } from '../../authority/zone/zone-cell.ts';
import { Name } from '../../dns/name.ts';
import { TYPE } from '../../dns/type-name.ts';
import type { Log } from '../../kernel/seen/log.ts';
import type { Flags } from '../../store/cells.ts';
import type { Store } from '../../store/store.ts';
import { Catalog } from './catalog.ts';
import type { SecondaryLine } from './config.ts';

/** A zone of a block: one that the Corefile names, or a member of a catalog. */
export interface Held {
  readonly zone: Name;
  readonly line: SecondaryLine;
  /** The member's id, '' for none. */
  readonly id: string;
}
/** A zone that a catalog has. */
export interface Member extends Held {
  /** The catalog. */
  readonly of: Held;
  /** The lower-case wire name of the catalog to which it may pass over. */
  readonly owner: string | undefined;
  /** Its group, where the line has one of that name: what counts for it then. */
  readonly group: string;
}

/**
 * The members of a block's catalogs. Where several have a zone it is the one's that had it first, until that one says that it passes over
 * (RFC 9432, section 4.3.1). Main decides, since others may see versions of catalogs in another order.
 */
export class Members {
  readonly #store: Store;
  readonly #catalogs: readonly Held[];
  /** What counts for members of each that are in no group. */
  readonly #lines: readonly SecondaryLine[];
  readonly #cells: readonly ZoneCell[];
  /** What the Corefile names is never a catalog's. */
  readonly #own: ReadonlySet<string>;
  readonly #log: Log;
  readonly #names: string;
  readonly #decided: Flags;
  /** Who has which zone in the versions that are served: read once, however often it is asked. */
  #claimed: { readonly loads: number; readonly claims: ReadonlyMap<string, readonly Member[]> } | undefined;
  /** Main's: whose each zone is, and which complaints were made. */
  #owners = new Map<string, Held>();
  #said = new Set<string>();

  constructor(store: Store, catalogs: readonly Held[], own: readonly Held[], log: Log) {
    this.#store = store;
    this.#catalogs = catalogs;
    this.#lines = catalogs.map(({ line }) => ({ ...line, isCatalog: false, catalog: undefined, groups: [] }));
    this.#cells = catalogs.map((catalog) => transferredCellOf(store, { ...catalog, signing: undefined }));
    this.#own = new Set(own.map(({ zone }) => zone.key));
    this.#log = log;
    this.#names = catalogs.map(({ zone }) => zone.text).join(' ');
    this.#decided = store.cells.flags(`catalogs ${this.#names}`, 1);
  }

  /** A number that is another one where members may be others. */
  get changes(): number {
    return this.#decided.get(0) + this.#loads;
  }
  get #loads(): number {
    let loads = 0;
    for (let i = 0; i < this.#cells.length; i++) loads += this.#cells[i]!.loads;
    return loads;
  }
  /** Whether the catalog is not served. */
  isMissing(catalog: Held): boolean {
    return this.#cells[this.#catalogs.indexOf(catalog)]!.version === 0;
  }
  /** Each zone once. */
  now(): readonly Member[] {
    return [...this.#claims().values()].map((claims) => this.#chosen(claims));
  }
  /** Main's: decides whose zones are that several catalogs have, and says which stay with the first. */
  settle(): void {
    const owners = new Map<string, Held>();
    const said = new Set<string>();
    let isOther = false;
    for (const [key, claims] of this.#claims()) {
      const before = this.#owners.get(key);
      const owner = this.#follow(claims, claims.find(({ of }) => of === before) ?? this.#chosen(claims));
      owners.set(key, owner.of);
      if (claims.length === 1) continue;
      const flag = this.#flag(owner.zone);
      const number = this.#catalogs.indexOf(owner.of) + 1;
      isOther ||= flag.get(0) !== number;
      flag.set(0, number);
      for (const { of, zone } of claims) {
        if (of === owner.of || claims.find((claim) => claim.of === of)!.owner === owner.of.zone.key) continue;
        const text = `${zone.text} is a member of ${of.zone.text} too, and stays with ${owner.of.zone.text}, ` +
          'which does not say that it passes over';
        said.add(text);
        if (!this.#said.has(text)) this.#log.warning(text);
      }
    }
    this.#owners = owners;
    this.#said = said;
    if (isOther) this.#decided.add(0, 1);
  }

  /** To whom it passes over; round a circle once. */
  #follow(claims: readonly Member[], first: Member): Member {
    let owner = first;
    for (let i = 1; i < claims.length; i++) owner = claims.find(({ of }) => of.zone.key === owner.owner) ?? owner;
    return owner;
  }
  #chosen(claims: readonly Member[]): Member {
    if (claims.length === 1) return claims[0]!;
    const number = this.#flag(claims[0]!.zone).get(0);
    return claims.find(({ of }) => this.#catalogs.indexOf(of) === number - 1) ?? claims[0]!;
  }
  #flag(zone: Name): Flags {
    return this.#store.cells.flags(`owner of ${zone.text} among ${this.#names}`, 1);
  }
  #claims(): ReadonlyMap<string, readonly Member[]> {
    const loads = this.#loads;
    if (this.#claimed?.loads === loads) return this.#claimed.claims;
    const claims = new Map<string, Member[]>();
    for (const [i, catalog] of this.#catalogs.entries()) {
      for (const member of this.#membersOf(catalog, this.#cells[i]!, this.#lines[i]!)) {
        const others = claims.get(member.zone.key);
        if (others === undefined) claims.set(member.zone.key, [member]);
        else others.push(member);
      }
    }
    this.#claimed = { loads, claims };
    return claims;
  }
  /** The members of a catalog as it is served now, without those that a line names or leaves out. */
  #membersOf(held: Held, cell: ZoneCell, usual: SecondaryLine): readonly Member[] {
    const { zone, line } = held;
    if (cell.version === 0) return [];
    const catalog = new Catalog(zone);
    this.#store.reading.within(() => readAll(transferOf(this.#store, zone, cell, true), zone, catalog));
    return [...catalog.members].flatMap(([id, key]) => {
      const name = Name.wire(key);
      const isWanted = !this.#own.has(key) && (line.catalog === undefined || line.catalog.match(name) !== undefined);
      if (!isWanted) return [];
      const groups = line.groups.length === 0 ? undefined : catalog.groups.get(id);
      const grouped = groups && line.groups.find(({ octets }) => groups.includes(octets));
      return [{ zone: name, line: grouped?.line ?? usual, id, of: held, owner: catalog.owners.get(id), group: grouped?.name ?? '' }];
    });
  }
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
