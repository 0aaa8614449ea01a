// Opens the transferred zones of a process: where each stands in the shared memory, and how it is pulled and published. Knows scratches,
// builders and metrics; knows neither blocks nor timers.
import { Filling, HEAD } from '../../authority/incoming/filling.ts';
import { Incoming } from '../../authority/incoming/incoming.ts';
import { serialOf } from '../../authority/transfer.ts';
import { keeperOf, servedCell } from '../../authority/signing/keeping.ts';
import type { Keeper } from '../../authority/signing/keeping.ts';
import { signingName } from '../../authority/signing/settings.ts';
import type { SigningSettings } from '../../authority/signing/settings.ts';
import { transferMessages } from '../../authority/transfer-messages.ts';
import { turnsOf } from '../../authority/turns.ts';
import type { Built } from '../../authority/zone/build.ts';
import { Changer } from '../../authority/zone/change.ts';
import type { Difference } from '../../authority/zone/difference.ts';
import { remember } from '../../authority/zone/history.ts';
import { Making } from '../../authority/zone/making.ts';
import type { MakeOrder, SentOrder } from '../../authority/zone/making.ts';
import { Scratch } from '../../authority/zone/scratch.ts';
import { BYTES, ownsAtApex } from '../../authority/zone/version.ts';
import type { ZoneCell } from '../../authority/zone/zone-cell.ts';
import { Told, tellGone, tellVersion } from '../../authority/zone/zone-metrics.ts';
import { transferOf } from '../../authority/zone/zone-transfer.ts';
import type { Name } from '../../dns/name.ts';
import { compareSerials } from '../../dns/order.ts';
import type { RR } from '../../dns/rr.ts';
import { TYPE } from '../../dns/type-name.ts';
import type { Log } from '../../kernel/seen/log.ts';
import { counter, gauge } from '../../kernel/seen/metrics.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import type { Store } from '../../store/store.ts';
import type { Key } from '../../tsig/key.ts';
import { Catalog } from './catalog.ts';
import { Client } from './client.ts';
import type { Primary, SecondaryLine } from './config.ts';
import { readSnapshot, snapshotPath, touchSnapshot, writeSnapshot } from './snapshot.ts';
import { TransferredZone } from './transferred-zone.ts';
import type { Pulled } from './transferred-zone.ts';
import { Turnstile } from './turnstile.ts';

/** Families of *secondary* beside those of zones. */
export const FAMILIES = {
  transfers: counter('coredns_secondary_transfers_total', 'Counter of looks at primaries and what came of them.', ['zone', 'result']),
  contact: gauge('coredns_secondary_contact_timestamp_seconds', 'When a primary of the zone was heard last.', ['zone']),
};
/** The most of a first transfer, and by what a later one may be larger than what there was: octets. */
const FIRST_BYTES = 2 ** 30, TIMES = 10, LEAST_BYTES = 1 << 20;
/** Records from which on a version is made by a thread that serves nobody: before, some milliseconds. */
const MANY = 4096;
/** Transfers at once, and with one primary; questions at once. */
const TRANSFERS = 10, TRANSFERS_EACH = 2, QUESTIONS = 100;

/** Whoever says the same has the same zone: its primaries, what it is signed with, and the id under which a catalog has it. */
const nameOf = ({ primaries, key = '' }: SecondaryLine, zone: Name, id: string): string =>
  `secondary ${zone.text} ${primaries.map(({ text }) => text).join(' ')} ${key} ${id}`;
/** A zone, as a block has it. */
export interface Wanted {
  readonly zone: Name;
  readonly line: SecondaryLine;
  /** Under which a catalog has it; '' for a zone that the Corefile names. */
  readonly id: string;
  /** How it is signed before it is served; undefined where it is served as it came. */
  readonly signing: SigningSettings | undefined;
}
/** Where what is served of the zone stands, in any thread. */
export const zoneCellOf = (store: Store, { line, zone, id, signing }: Wanted): ZoneCell =>
  servedCell(store, nameOf(line, zone, id), signing);

/** What all zones of a process share. */
class Common {
  readonly making: Making;
  readonly changer: Changer;
  readonly transfers = new Turnstile(TRANSFERS, TRANSFERS_EACH);
  readonly questions = new Turnstile(QUESTIONS, QUESTIONS);
  constructor(store: Store) {
    this.making = new Making(store.memory);
    this.changer = new Changer(store.memory);
  }
}
const all = new WeakMap<Store, Common>();
function commonOf(store: Store): Common {
  let common = all.get(store);
  if (common === undefined) all.set(store, common = new Common(store));
  return common;
}

/** The zone of a line, opened where no other block has it; it goes on over reloads. */
export function openZone(run: Run, signal: Run['signal'], held: Wanted, key: Key | undefined): Promise<TransferredZone> {
  const { line, zone, id, signing } = held;
  const { mostRecords, mostBytes, mostIterations, snapshot, isNewest, asksExpiry, isCatalog, digest, mostMembers } = line;
  // Who wants something else of it takes over what is there.
  const signed = signing && signingName(signing);
  const wishes = [mostRecords, mostBytes, mostIterations, snapshot, isNewest, asksExpiry, isCatalog, digest, mostMembers, signed].join(' ');
  return run.shared.use(`${nameOf(line, zone, id)} ${wishes}`, signal, async () => (await Opened.open(run, held, key)).zone);
}

/** One zone while it is open. */
class Opened {
  readonly zone: TransferredZone;
  readonly #run: Pick<Run, 'store' | 'clock' | 'metrics' | 'aside'>;
  readonly #line: SecondaryLine;
  readonly #name: Name;
  readonly #keeper: Keeper;
  readonly #isSigned: boolean;
  readonly #client: Client;
  readonly #common: Common;
  readonly #end = new AbortController();
  readonly #log: Log;
  /** The file that it is kept in, the serial of what is there, and what is being written. */
  readonly #snapshot: string | undefined;
  #saved = -1;
  #writing: Promise<void> = Promise.resolve();
  /** What was told in numbers. */
  readonly #numbers = new Told();

  static async open(run: Run, held: Wanted, key: Key | undefined): Promise<Opened> {
    const { line, zone, id, signing } = held;
    const keeper: Keeper = await keeperOf(run, zone, nameOf(line, zone, id), signing, () => opened.#tell());
    const opened = new Opened(run, held, key, keeper);
    return opened;
  }
  private constructor(
    { store, clock, metrics, log, aside }: Run, { line, zone: name, signing }: Wanted, key: Key | undefined, keeper: Keeper,
  ) {
    this.#run = { store, clock, metrics, aside };
    this.#line = line;
    this.#name = name;
    this.#common = commonOf(store);
    this.#log = log.prefix('secondary');
    this.#snapshot = line.snapshot === undefined ? undefined : snapshotPath(line.snapshot, name);
    this.#keeper = keeper;
    this.#isSigned = signing !== undefined;
    this.#client = new Client({ zone: name, key, edns: line.asksExpiry }, { clock, signal: this.#end.signal });
    const zone = new TransferredZone(name, line.primaries, line.isNewest, {
      clock, log: this.#log, keeper: this.#keeper, client: this.#client, soa: () => this.#soa(),
      pull: (primary, anyway) => this.#pull(primary, anyway), transfers: this.#common.transfers, questions: this.#common.questions,
      told: (result) => this.#told(result), random: Math.random,
      ...(line.snapshot !== undefined && { restore: () => this.#restore(), keep: (contact) => this.#keep(contact) }),
    });
    const close = zone.close.bind(zone);
    zone.close = () => {
      this.#end.abort();
      close();
      tellGone(metrics, this.#numbers);
    };
    this.zone = zone;
  }

  #soa(): RR | undefined {
    const { store } = this.#run;
    const { cell } = this.#keeper;
    if (cell.version === 0) return undefined;
    return store.reading.within(() => transferOf(store, this.#name, cell, true).soa);
  }
  #told(result: string): void {
    const { metrics, clock } = this.#run;
    metrics.values[metrics.family(FAMILIES.transfers).cell([this.#name.text, result])]!++;
    if (result !== 'failed') metrics.values[metrics.family(FAMILIES.contact).cell([this.#name.text])] = Math.floor(clock.wall() / 1000);
  }

  /** Differences first, where we have something; whatever is wrong with them, the whole zone at once. */
  async #pull(primary: Primary, anyway: boolean): Promise<Pulled> {
    const own = this.#soa();
    const serial = own === undefined || anyway ? undefined : serialOf(own);
    let why = '';
    if (serial !== undefined) {
      try {
        return await this.#take(primary, serial, anyway, '');
      } catch (error) {
        why = `; the differences did not do: ${error instanceof Error ? error.message : String(error)}`;
      }
    }
    return this.#take(primary, undefined, anyway, why);
  }
  async #take(primary: Primary, serial: number | undefined, anyway: boolean, why: string): Promise<Pulled> {
    const { store, clock } = this.#run;
    const zone = this.#name;
    const { cell } = this.#keeper;
    const began = clock.monotonic();
    const catalog = this.#line.isCatalog ? new Catalog(zone) : undefined;
    const wire = zone.folded.octets;
    const scratch = new Scratch(store.memory.hash).begin(wire);
    scratch.mostIterations = this.#line.mostIterations;
    const filling = new Filling(scratch, wire, catalog && ((...record) => catalog.add(...record)));
    const { incoming, expiry } = await this.#client.transfer(primary, serial, this.#limits(), filling);
    const own = this.#soa();
    if (incoming.kind === 'same' || (own !== undefined && !anyway && compareSerials(incoming.serial, serialOf(own)) <= 0)) {
      return { kind: 'same', expiry };
    }
    const difference = catalog === undefined && this.#line.digest === 'check' ? filling.difference(incoming) : undefined;
    if (difference === undefined || !await this.#change(wire, difference)) {
      await filling.complete(incoming, zone, () => transferOf(store, zone, cell, true), { store, turns: turnsOf(store, clock) });
      catalog?.check(this.#line.mostMembers);
      await this.#publish(scratch);
    }
    const asked = serial === undefined ? 'AXFR' : 'IXFR';
    const got = incoming.kind === 'whole' ? 'the zone' : 'differences';
    const outside = filling.outside + incoming.outside;
    const left = outside === 0 ? '' : `; ${outside} records outside of the zone were left out`;
    const seconds = ((clock.monotonic() - began) / 1000).toFixed(3);
    return {
      kind: 'made', expiry,
      text: `Transferred ${zone.text} from ${primary.text}: ${asked} asked, ${got} got, ${incoming.records} records, ` +
        `${incoming.bytes} bytes in ${seconds}s, ${incoming.serial} SOA serial${left}${why}`,
    };
  }
  /** The version that an earlier process kept. */
  async #restore(): Promise<number | undefined> {
    const { store } = this.#run;
    const kept = await readSnapshot(this.#snapshot!);
    if (kept === undefined) return undefined;
    const wire = this.#name.folded.octets;
    const scratch = new Scratch(store.memory.hash).begin(wire);
    scratch.mostIterations = this.#line.mostIterations;
    const filling = new Filling(scratch, wire);
    const incoming = new Incoming({
      zone: this.#name, type: TYPE.AXFR, id: 0, serial: undefined, check: undefined, now: () => 0,
      mostRecords: Infinity, mostBytes: Infinity,
    }, filling);
    if (!kept.messages.some((message) => incoming.take(message))) throw new Error('it does not end');
    await this.#publish(scratch);
    this.#saved = incoming.serial;
    return kept.contact;
  }
  /** Keeps the version that is served where it is another one, else the time. */
  #keep(contact: number): void {
    const serial = serialOf(this.#soa()!);
    if (serial === this.#saved) return void touchSnapshot(this.#snapshot!, contact);
    this.#saved = serial;
    this.#writing = this.#writing.then(async () => {
      const { store, clock } = this.#run;
      const shared = { store, turns: turnsOf(store, clock) };
      const transfer = store.reading.within(() => transferOf(store, this.#name, this.#keeper.cell, true));
      await writeSnapshot(this.#snapshot!, transferMessages({ head: HEAD, tail: new Uint8Array(0) }, transfer, shared), contact);
    }).catch((error: Error) => {
      this.#saved = -1;
      this.#log.warning(`The snapshot of ${this.#name.text} could not be written: ${error.message}`);
    });
  }
  /** Makes a version of what differs and serves it; false where it has a digest, which is of all records. */
  async #change(wire: Uint8Array, difference: Difference): Promise<boolean> {
    const { store, clock } = this.#run;
    const { cell } = this.#keeper;
    const built = store.reading.within(() => {
      const made = this.#common.changer.change(wire, cell.version, difference);
      if (ownsAtApex(store.memory, made.version, TYPE.ZONEMD)) return void this.#common.changer.discard(made);
      remember(store.memory, wire, cell.version, made.version, Math.floor(clock.wall() / 1000), made.pairs);
      return made;
    });
    if (built === undefined) return false;
    await this.#serve(built);
    return true;
  }
  async #serve(built: Built): Promise<void> {
    await this.#keeper.publish(built);
    if (!this.#isSigned) this.#tell();
  }
  #tell(): void {
    const { store, metrics } = this.#run;
    const { version, loaded } = this.#keeper.served;
    tellVersion(metrics, store.memory, version, this.#name.text, loaded, this.#numbers);
  }
  /** Makes a version of the records and serves it; a large one is made by a thread that serves nobody. */
  async #publish(scratch: Scratch): Promise<void> {
    const { store, clock } = this.#run;
    const { cell } = this.#keeper;
    const { version: before, loads } = cell;
    const order = { before, now: Math.floor(clock.wall() / 1000), digest: this.#line.digest };
    const built = scratch.records < MANY ? store.reading.within(() => this.#common.making.make(scratch, order))
      : await this.#make(scratch, order);
    if (this.#end.signal.aborted || cell.version !== before || cell.loads !== loads) {
      this.#common.making.discard(built);
      throw new Error(this.#end.signal.aborted ? 'the zone is not wanted any more' : 'another version came meanwhile');
    }
    await this.#serve(built);
  }
  async #make(scratch: Scratch, order: MakeOrder): Promise<Built> {
    const { store, aside } = this.#run;
    if (aside === undefined) return store.reading.within(() => this.#common.making.make(scratch, order));
    const records = scratch.release();
    // The version before stays until it is done.
    const pin = store.pin();
    try {
      const moves = [records.words.buffer, records.slots.buffer, records.order.buffer];
      return await aside.ask('version', { ...order, records } satisfies SentOrder, moves) as Built;
    } finally {
      pin.release();
    }
  }
  #limits(): { readonly mostRecords: number; readonly mostBytes: number } {
    const { mostRecords, mostBytes } = this.#line;
    const { version } = this.#keeper.cell;
    if (mostBytes > 0) return { mostRecords, mostBytes };
    const bytes = version === 0 ? FIRST_BYTES : Math.max(LEAST_BYTES, TIMES * this.#run.store.memory.words[version + BYTES]!);
    return { mostRecords, mostBytes: bytes };
  }
}
