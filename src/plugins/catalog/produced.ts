// A catalog as the process has it: which members it shows, its versions one after the other, and its serial, kept in a file. Knows builders
// and keepers; knows no block. Main's, but for where it stands.
import { Builder } from '../../authority/zone/build.ts';
import type { Built } from '../../authority/zone/build.ts';
import { Changer } from '../../authority/zone/change.ts';
import { RecordList } from '../../authority/zone/difference.ts';
import { remember } from '../../authority/zone/history.ts';
import { ZoneKeeper } from '../../authority/zone/keeper.ts';
import { readKeptIn, writeKeptIn } from '../../authority/zone/kept-serial.ts';
import { Scratch } from '../../authority/zone/scratch.ts';
import { SERIAL } from '../../authority/zone/version.ts';
import { ZoneCell } from '../../authority/zone/zone-cell.ts';
import { Told, tellGone, tellVersion } from '../../authority/zone/zone-metrics.ts';
import { latin1Bytes } from '../../dns/latin1.ts';
import { compareSerials } from '../../dns/order.ts';
import type { Name } from '../../dns/name.ts';
import type { Closable } from '../../kernel/shared.ts';
import type { End } from '../../kernel/signal.ts';
import type { Log } from '../../kernel/seen/log.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import type { Store } from '../../store/store.ts';
import { FRAME, TTL, digestOf, recordsOfMember, soaOf } from './listing.ts';
import type { ListedRecord, Listing } from './listing.ts';

/** How many members may go at once where that is half of all: as zones of *auto*. */
const FEW = 10;

/** Whoever says the same has the same catalog: its name, and the number of the block. */
export const nameOf = (zone: Name, site: number): string => `catalog ${zone.text} of ${site}`;
/** Where what is served of it stands, in any thread. */
export const catalogCellOf = (store: Store, zone: Name, site: number): ZoneCell => new ZoneCell(store, nameOf(zone, site));

/** How it is shown. */
export interface Showing {
  /** The file of its serial; undefined: none. */
  readonly database: string | undefined;
  readonly prune: boolean;
}

/** One catalog. */
export class ProducedCatalog implements Closable {
  readonly #run: Pick<Run, 'store' | 'clock' | 'metrics'>;
  readonly #log: Log;
  readonly #zone: Name;
  readonly #keeper: ZoneKeeper;
  readonly #wire: Uint8Array;
  readonly #numbers = new Told();
  #shown: Listing = new Map();
  #said = '';
  /** Why it does not show what it should; undefined where it does. */
  trouble: string | undefined = 'no list of its members yet';

  constructor({ store, clock, metrics, log }: Run, zone: Name, site: number) {
    this.#run = { store, clock, metrics };
    this.#log = log.prefix('catalog');
    this.#zone = zone;
    this.#wire = zone.folded.octets;
    this.#keeper = new ZoneKeeper({ store, clock }, zone, catalogCellOf(store, zone, site));
  }
  /** Calls whenever a version was published, until the signal aborts. */
  listen(call: () => void, signal: End): void {
    this.#keeper.listen(call, signal);
  }
  close(): void {
    this.#keeper.close();
    tellGone(this.#run.metrics, this.#numbers);
  }

  /** From now on these are its members; undefined: it is not known which, and what is shown stays. */
  show(listing: Listing | undefined, { database, prune }: Showing): void {
    if (listing === undefined) return;
    const { version } = this.#keeper.cell;
    const kept = version !== 0 || database === undefined ? undefined : readMembers(database);
    const had = version === 0 ? kept?.members ?? 0 : this.#shown.size;
    const gone = version === 0 ? had - listing.size : [...this.#shown.keys()].filter((key) => !listing.has(key)).length;
    if (gone > FEW && gone * 2 > had && !prune) {
      return this.#complain(`${gone} of ${had} members of ${this.#zone.text} are gone: what it had stays, unless "prune all" is said`);
    }
    if (version === 0) this.#first(listing, kept, database);
    else this.#change(listing, database);
  }
  #complain(text: string): void {
    this.trouble = text;
    if (text !== this.#said) this.#log.warning(text);
    this.#said = text;
  }

  #first(listing: Listing, kept: KeptMembers | undefined, database: string | undefined): void {
    const { store } = this.#run;
    const digest = database === undefined ? '' : digestOf(listing);
    const isSame = kept !== undefined && kept.digest === digest;
    const serial = isSame ? kept.serial : this.#serialAfter(kept?.serial);
    if (!isSame) this.#keep(database, serial, listing, digest);
    const scratch = new Scratch(store.memory.hash).begin(this.#wire);
    const add = ({ owner, type, data }: ListedRecord): void => {
      const name = latin1Bytes(owner + this.#zone.key);
      scratch.add(scratch.owner(name, name.length), type, TTL, data, data.length);
    };
    for (const each of [soaOf(serial), ...FRAME]) add(each);
    for (const [key, properties] of listing) for (const each of recordsOfMember(key, properties)) add(each);
    const builder = new Builder(store.memory);
    this.#publish(listing, store.reading.within(() => builder.build(scratch, 0)));
  }
  #change(listing: Listing, database: string | undefined): void {
    const { store } = this.#run;
    const [removed, added] = [new RecordList(), new RecordList()];
    for (const [key, properties] of this.#shown) {
      if (listing.get(key)?.text !== properties.text) for (const each of recordsOfMember(key, properties)) list(removed, each);
    }
    for (const [key, properties] of listing) {
      if (this.#shown.get(key)?.text !== properties.text) for (const each of recordsOfMember(key, properties)) list(added, each);
    }
    this.trouble = undefined;
    this.#said = '';
    if (removed.count + added.count === 0) return;
    const before = this.#keeper.cell.version;
    const serial = this.#serialAfter(store.memory.words[before + SERIAL]! >>> 0);
    list(added, soaOf(serial));
    this.#keep(database, serial, listing, database === undefined ? '' : digestOf(listing));
    const built = store.reading.within(() => {
      const made = new Changer(store.memory).change(this.#wire, before, { removed, added });
      remember(store.memory, this.#wire, before, made.version, this.#seconds(), made.pairs);
      return made;
    });
    this.#publish(listing, built);
  }
  #publish(listing: Listing, built: Built): void {
    const { store, metrics } = this.#run;
    this.#shown = listing;
    this.trouble = undefined;
    this.#said = '';
    this.#keeper.publish(built);
    const { version, loaded } = this.#keeper.cell;
    tellVersion(metrics, store.memory, version, this.#zone.text, loaded, this.#numbers);
    const serial = store.memory.words[version + SERIAL]! >>> 0;
    this.#log.info(`The catalog ${this.#zone.text} has ${listing.size} members with ${serial} SOA serial`);
  }
  /** On the disk before anybody sees it: a serial that went back would strand whoever has it. */
  #keep(database: string | undefined, serial: number, listing: Listing, digest: string): void {
    if (database === undefined || writeKeptIn(database, { serial, contents: `${listing.size} ${digest}` })) return;
    this.#log.warning(`The serial of the catalog ${this.#zone.text} cannot be kept in ${database}: after a restart it is another one`);
  }
  /** The time, seconds since 1970: a server that kept nothing is ahead of what it said before. The next number where that is not ahead. */
  #serialAfter(before: number | undefined): number {
    const now = this.#seconds();
    return before === undefined || compareSerials(now >>> 0, before) > 0 ? now >>> 0 : (before + 1) >>> 0;
  }
  #seconds(): number {
    return Math.floor(this.#run.clock.wall() / 1000);
  }
}
function list(to: RecordList, { owner, type, data }: ListedRecord): void {
  to.add(latin1Bytes(owner), owner.length, type, TTL, data, data.length);
}

/** What a file says of a catalog. */
interface KeptMembers {
  readonly serial: number;
  readonly members: number;
  readonly digest: string;
}
function readMembers(database: string): KeptMembers | undefined {
  const kept = readKeptIn(database);
  const found = /^(\d{1,9}) ([0-9a-f]{64})$/.exec(kept?.contents ?? '');
  return found === null ? undefined : { serial: kept!.serial, members: Number(found[1]), digest: found[2]! };
}
