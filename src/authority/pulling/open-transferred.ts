// Opens the transferred zones of a process: where each stands in the shared memory, and how it is pulled and kept. Knows scratches
// and metrics; knows neither blocks nor timers, nor how versions are made, nor what a zone is for.
import { Filling } from '../incoming/filling.ts';
import type { Tap } from '../incoming/filling.ts';
import { serialOf } from '../transfer.ts';
import { keeperOf, servedCell } from '../signing/keeping.ts';
import type { Keeper } from '../signing/keeping.ts';
import { signingName } from '../signing/settings.ts';
import type { SigningSettings } from '../signing/settings.ts';
import { turnsOf } from '../turns.ts';
import { KeptZone } from '../zone/kept-zone.ts';
import { Scratch } from '../zone/scratch.ts';
import { snapshotPath } from '../zone/snapshot.ts';
import { BYTES } from '../zone/version.ts';
import type { ZoneCell } from '../zone/zone-cell.ts';
import { MOST_ZONES, OTHERS } from '../zone/zone-metrics.ts';
import { transferOf } from '../zone/zone-transfer.ts';
import type { Name } from '../../dns/name.ts';
import { compareSerials } from '../../dns/order.ts';
import type { RR } from '../../dns/rr.ts';
import type { Log } from '../../kernel/seen/log.ts';
import { Ending } from '../../kernel/signal.ts';
import type { End } from '../../kernel/signal.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import type { Store } from '../../store/store.ts';
import type { Key } from '../../tsig/key.ts';
import { Client } from './client.ts';
import { Counts } from './counts.ts';
import { Publishing } from './publishing.ts';
import type { Primary, TransferSettings } from './settings.ts';
import { Slices } from './slices.ts';
import { TransferredZone } from './transferred-zone.ts';
import type { Pulled } from './transferred-zone.ts';
import { Turnstile } from './turnstile.ts';
import { ZoneText } from './zone-text.ts';

/** The most of a first transfer, and by what a later one may be larger than what there was: octets. */
const FIRST_BYTES = 2 ** 30, TIMES = 10, LEAST_BYTES = 1 << 20;
/** Transfers at once, and with one primary; questions at once; files that are read at once. */
const TRANSFERS = 10, TRANSFERS_EACH = 2, QUESTIONS = 100, FILES = 16;

const NOWHERE = new Uint8Array(1);
/** Words of a scratch that is kept for the next zone. */
const SPARE = 1 << 18;

/** Whoever says the same has the same zone: its primaries, what it is signed with, and the id under which a catalog has it. */
const nameOf = ({ primaries, key = '' }: TransferSettings, zone: Name, id: string): string =>
  `transferred ${zone.text} ${primaries.map(({ identity }) => identity).join(' ')} ${key} ${id}`;
/** Whoever looks at all records of a version before it is served. */
export interface Look {
  /** Sees each record. */
  readonly add: Tap;
  /** They are all there. Throws where they may not be served. */
  check(): void | Promise<void>;
}
/** A zone, as a block has it. */
export interface Wanted {
  readonly zone: Name;
  readonly line: TransferSettings;
  /** Under which a catalog has it; '' for a zone that the Corefile names. */
  readonly id: string;
  /** How it is signed before it is served; undefined where it is served as it came. */
  readonly signing: SigningSettings | undefined;
  /** Who looks at it before it is served: begun for each version. `name` is another one where it looks for something else. */
  readonly look?: { readonly name: string; begin(): Look } | undefined;
}
/** Where what is served of the zone stands, in any thread. */
export const transferredCellOf = (store: Store, { line, zone, id, signing }: Wanted): ZoneCell =>
  servedCell(store, nameOf(line, zone, id), signing);

/** What all zones of a process share. */
class Common {
  readonly transfers = new Turnstile(TRANSFERS, TRANSFERS_EACH);
  readonly questions = new Turnstile(QUESTIONS, QUESTIONS);
  readonly files = new Turnstile(FILES, FILES);
  readonly slices = new Slices();
  readonly #spare: Scratch[] = [];
  /** The zones that have numbers of their own. */
  readonly #labels = new Set<string>();

  /** Calls with a scratch that others had before: of thousands of small zones each would leave its own to be collected. */
  async withScratch<T>(store: Store, zone: Uint8Array, call: (scratch: Scratch) => Promise<T>): Promise<T> {
    const scratch = this.#spare.pop() ?? new Scratch(store.memory.hash);
    try {
      return await call(scratch.begin(zone));
    } finally {
      if (scratch.words.length <= SPARE) this.#spare.push(scratch.begin(NOWHERE));
    }
  }
  /** Under which name looks at the primaries of a zone are counted. */
  label(zone: string, all: boolean): string {
    if (!all && this.#labels.size >= MOST_ZONES && !this.#labels.has(zone)) return OTHERS;
    this.#labels.add(zone);
    return zone;
  }
}
const everyCommon = new WeakMap<Store, Common>();
function commonOf(store: Store): Common {
  let common = everyCommon.get(store);
  if (common === undefined) everyCommon.set(store, common = new Common());
  return common;
}

/** Where a turn has no time left for opening zones, resolves in the next one. */
export const nextSlice = ({ store, clock }: Run): Promise<void> | undefined => commonOf(store).slices.wait(() => clock.monotonic());
/** The zone of a line, opened where no other block has it; it goes on over reloads. `plugin` is whose word the log has. */
export function openTransferred(
  run: Run, plugin: string, signal: End, held: Wanted, key: Key | undefined,
): Promise<TransferredZone> {
  const { line, zone, id, signing, look } = held;
  const { mostRecords, mostBytes, mostIterations, snapshot, zonefile, isNewest, asksExpiry, digest, allMetrics } = line;
  // Who wants something else of it takes over what is there.
  const signed = signing && signingName(signing);
  const wishes = [
    mostRecords, mostBytes, mostIterations, snapshot, zonefile, isNewest, asksExpiry, digest, allMetrics, signed, look?.name,
  ].join(' ');
  return run.shared.use(`${nameOf(line, zone, id)} ${wishes}`, signal,
    async () => (await Opened.open(run, plugin, held, key)).zone);
}

/** One zone while it is open. */
class Opened {
  readonly zone: TransferredZone;
  readonly #run: Pick<Run, 'store' | 'clock' | 'metrics'>;
  readonly #line: TransferSettings;
  readonly #look: Wanted['look'];
  readonly #name: Name;
  readonly #keeper: Keeper;
  readonly #publishing: Publishing;
  readonly #counts: Counts;
  readonly #client: Client;
  readonly #common: Common;
  readonly #end = new Ending();
  readonly #log: Log;

  static async open(run: Run, plugin: string, held: Wanted, key: Key | undefined): Promise<Opened> {
    const { line, zone, id, signing } = held;
    const { store, clock } = run;
    const log = run.log.prefix(plugin);
    const besides = line.snapshot === undefined ? undefined : snapshotPath(line.snapshot, zone);
    const parts = { store, clock, complain: (text: string) => log.warning(text) };
    const snapshot = besides === undefined ? undefined : new KeptZone(besides, zone, parts);
    const kept = line.zonefile === undefined ? snapshot : new ZoneText(line.zonefile, zone, parts);
    const keeper: Keeper = await keeperOf(run, zone, nameOf(line, zone, id), signing && { ...signing, besides }, () =>
      opened.#publishing.tell(), snapshot?.steps);
    const opened = new Opened(run, log, held, key, keeper, kept);
    return opened;
  }
  private constructor(
    run: Run, log: Log, { line, zone: name, signing, look }: Wanted, key: Key | undefined, keeper: Keeper,
    kept: KeptZone | ZoneText | undefined,
  ) {
    const { store, clock, metrics } = run;
    this.#run = { store, clock, metrics };
    this.#line = line;
    this.#look = look;
    this.#name = name;
    this.#common = commonOf(store);
    this.#log = log;
    this.#keeper = keeper;
    this.#publishing = new Publishing(run, { name, line, keeper, isSigned: signing !== undefined, signal: this.#end });
    this.#counts = new Counts(metrics, this.#common.label(name.text, line.allMetrics));
    this.#client = new Client({ zone: name, key, edns: line.asksExpiry }, { clock, signal: this.#end });
    const zone = new TransferredZone(name, line.primaries, line.isNewest, {
      clock, log: this.#log, keeper: this.#keeper, client: this.#client, soa: () => this.#soa(),
      pull: (primary, anyway) => this.#pull(primary, anyway), transfers: this.#common.transfers, questions: this.#common.questions,
      told: (result) => this.#counts.looked(result, Math.floor(clock.wall() / 1000)), random: Math.random,
      keptAs: keptAs(line),
      ...(kept !== undefined && { restore: () => this.#restore(kept), keep: (contact) => kept.keep(this.#keeper.cell, contact) }),
    });
    const close = zone.close.bind(zone);
    zone.close = () => {
      this.#end.abort();
      close();
      this.#counts.heard();
      this.#publishing.gone();
    };
    this.zone = zone;
  }

  #soa(): RR | undefined {
    const { store } = this.#run;
    const { cell } = this.#keeper;
    if (cell.version === 0) return undefined;
    return store.reading.within(() => transferOf(store, this.#name, cell, true).soa);
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
    const look = this.#look?.begin();
    const wire = zone.folded.octets;
    const scratch = new Scratch(store.memory.hash).begin(wire);
    scratch.mostIterations = this.#line.mostIterations;
    const filling = new Filling(scratch, wire, look?.add);
    const { incoming, expiry } = await this.#client.transfer(primary, serial, this.#limits(), filling);
    const own = this.#soa();
    if (incoming.kind === 'same' || (own !== undefined && !anyway && compareSerials(incoming.serial, serialOf(own)) <= 0)) {
      return { kind: 'same', expiry };
    }
    const { approve } = this.zone;
    const isLooked = look !== undefined || approve !== undefined;
    const difference = !isLooked && this.#line.digest === 'check' ? filling.difference(incoming) : undefined;
    if (difference === undefined || !await this.#publishing.change(wire, difference)) {
      await filling.complete(incoming, zone, () => transferOf(store, zone, cell, true), { store, turns: turnsOf(store, clock) });
      await look?.check();
      await approve?.(scratch);
      await this.#publishing.publish(scratch);
    }
    const asked = serial === undefined ? 'AXFR' : 'IXFR';
    const got = incoming.kind === 'whole' ? 'the zone' : 'differences';
    const outside = filling.outside + incoming.outside;
    const left = outside === 0 ? '' : `; ${outside} records outside of the zone were left out`;
    const seconds = (clock.monotonic() - began) / 1000;
    this.#counts.received(incoming.kind, incoming.bytes, seconds);
    return {
      kind: 'made', expiry,
      text: `Transferred ${zone.text} from ${primary.text}: ${asked} asked, ${got} got, ${incoming.records} records, ` +
        `${incoming.bytes} bytes in ${seconds.toFixed(3)}s, ${incoming.serial} SOA serial${left}${why}`,
    };
  }
  /** The version that an earlier process kept. */
  #restore(kept: KeptZone | ZoneText): Promise<{ readonly contact: number | undefined } | undefined> {
    const { files, slices } = this.#common;
    const { clock, store } = this.#run;
    return files.pass('', async () => {
      await slices.wait(() => clock.monotonic());
      if (this.#end.aborted) return undefined;
      return this.#common.withScratch(store, this.#name.folded.octets, async (scratch) => {
        scratch.mostIterations = this.#line.mostIterations;
        const contact = await kept.fill(scratch);
        if (contact === undefined) return undefined;
        await this.#publishing.publish(scratch);
        return { contact: contact === 'now' ? undefined : contact };
      });
    });
  }
  #limits(): { readonly mostRecords: number; readonly mostBytes: number } {
    const { mostRecords, mostBytes } = this.#line;
    const { version } = this.#keeper.cell;
    if (mostBytes > 0) return { mostRecords, mostBytes };
    const bytes = version === 0 ? FIRST_BYTES : Math.max(LEAST_BYTES, TIMES * this.#run.store.memory.words[version + BYTES]!);
    return { mostRecords, mostBytes: bytes };
  }
}
const keptAs = ({ zonefile }: TransferSettings): string => (zonefile === undefined ? 'snapshot' : 'zonefile');
