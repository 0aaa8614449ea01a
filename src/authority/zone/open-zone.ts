// A zone of a file as a process has it: opened by the first block that names it, the same for all others, said of in log and metrics.
// Knows feeds and keepers; knows no plugin but by its word. Main's, but for the cell.
import type { Name } from '../../dns/name.ts';
import { compareSerials } from '../../dns/order.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Aside } from '../../kernel/aside.ts';
import type { Log } from '../../kernel/seen/log.ts';
import type { Metrics } from '../../kernel/seen/metrics.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import type { Closable } from '../../kernel/shared.ts';
import type { End } from '../../kernel/signal.ts';
import type { Store } from '../../store/store.ts';
import { keeperOf, servedCell } from '../signing/keeping.ts';
import type { Keeper } from '../signing/keeping.ts';
import { signingName } from '../signing/settings.ts';
import type { SigningSettings } from '../signing/settings.ts';
import type { Verified } from '../signing/verify-version.ts';
import { FileFeed } from './feed.ts';
import { DigestWanted, Loading } from './loading.ts';
import type { KeptZone } from './kept-zone.ts';
import type { Loaded, Order } from './loading.ts';
import type { ZoneCell } from './zone-cell.ts';
import { Told, tellFailure, tellGone, tellVersion } from './zone-metrics.ts';

/** A zone and the file that it is in. */
export interface ZoneLine {
  readonly zone: Name;
  readonly path: string;
  /** Milliseconds between two looks at the file; 0: it is read once. */
  readonly reload: number;
  /** That, as people write it. */
  readonly interval: string;
  readonly unchanged: Order['unchanged'];
  /** What is done about its digest; one that is there has to be right. */
  readonly digest?: Order['digest'];
  /** Whether it has numbers of its own in the metrics however many zones there are. */
  readonly counted?: boolean;
  /** The most iterations of hashes that it may have; as usual where nothing is said. */
  readonly iterations?: number | undefined;
  /** Seconds of records that have none before the file says some; as CoreDNS where it is not said. */
  readonly ttl?: number;
  /** Whether all signatures that somebody else made are verified; those of some names where it is not said. */
  readonly verifies?: boolean;
  /** How it is signed before it is served; undefined where it is served as it is. */
  readonly signing?: SigningSettings | undefined;
  /** The folder in which it is kept for the next start, so that secondaries get differences then too; undefined: nowhere. */
  readonly journal?: string | undefined;
}
/** Whoever says the same has the same zone: one version for all blocks, views and threads. */
const nameOf = ({ zone, path, unchanged, iterations, ttl, digest = 'check', journal }: ZoneLine): string =>
  [unchanged, digest, zone.text, path, ...(iterations === undefined ? [] : [`with ${iterations}`]),
    ...(ttl === undefined ? [] : [`of ${ttl}`]), ...(journal === undefined ? [] : [`kept in ${journal}`])].join(' ');
/** Where what is served of the zone stands, in any thread. */
export const zoneCellOf = (store: Store, line: ZoneLine): ZoneCell => servedCell(store, nameOf(line), line.signing);

/** Bytes of a file from which on it is not loaded by a thread that serves; and while nothing is served yet. */
const LARGE = 1 << 18, LARGE_AT_START = 1 << 22;

/** A zone that is kept as its file says. */
export class OpenZone implements Closable {
  readonly name: Name;
  readonly #keeper: Keeper;
  readonly #feed: FileFeed;
  readonly #line: ZoneLine;
  readonly #metrics: Metrics;
  readonly #log: Log;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #kept: KeptZone | undefined;
  /** Why validators will not believe what is served; undefined where nothing was found. */
  #unsound: string | undefined;
  /** What was said last, and what was told in numbers. */
  #said = '';
  readonly #told = new Told();

  private constructor({ store, clock, metrics, log, aside, first }: Run, plugin: string, line: ZoneLine, keeper: Keeper,
    kept: KeptZone | undefined) {
    this.name = line.zone;
    this.#line = line;
    this.#store = store;
    this.#metrics = metrics;
    this.#log = log.prefix(plugin);
    this.#clock = clock;
    this.#kept = kept;
    this.#keeper = keeper;
    const verify = line.signing !== undefined ? 'none' : line.verifies === true ? 'all' : 'some';
    this.#feed = new FileFeed({ ...line, verify }, {
      keeper: this.#keeper, clock, kept,
      load: (order) => load(order, store, aside, first ? LARGE_AT_START : LARGE),
      told: (loaded, first) => this.#tell(loaded, first),
    });
  }

  /** Opens it and reads the file for the first time. Rejects with a text for people where it cannot be served. */
  static async open(run: Run, plugin: string, line: ZoneLine): Promise<OpenZone> {
    // What is signed here is signed anew at each start: no differences lead there.
    const kept = line.journal === undefined || line.signing !== undefined ? undefined : await keptOf(run, plugin, line, line.journal);
    const keeper: Keeper = await keeperOf(run, line.zone, nameOf(line), line.signing, () => zone.#tellServed(), kept?.steps);
    const zone: OpenZone = new OpenZone(run, plugin, line, keeper, kept);
    return zone.#begin();
  }

  /** Whether there is a version that can be served. */
  get isLoaded(): boolean {
    return this.#keeper.served.version !== 0;
  }
  /** Why what is served is not what the file says; undefined where it is. */
  get trouble(): string | undefined {
    const { trouble } = this.#feed;
    return trouble === undefined ? this.#keeper.trouble ?? this.#unsound : `zone ${this.name.text}: ${trouble}`;
  }
  /** Calls whenever a version was published, until the signal aborts. */
  listen(call: () => void, signal: End): void {
    this.#keeper.listen(call, signal);
  }
  /** Reads the file for the first time. Rejects where it cannot be served, but for one that may yet come. */
  async #begin(): Promise<this> {
    const loaded = await this.#feed.begin();
    if (loaded.kind === 'failed' && (loaded.reason !== 'missing' || this.#line.reload <= 0)) {
      await this.close();
      throw new Error(loaded.text);
    }
    return this;
  }
  /** One more uses it, who wants the file looked at so often, until the signal aborts. */
  async join(reload: number, signal: End): Promise<this> {
    await this.#feed.want(reload, signal);
    return this;
  }
  /** Looks at the file once; true where it was written just now and is to be looked at again soon: with `now` it is read all the same. */
  look(now = false): boolean | Promise<boolean> {
    return this.#feed.look(now);
  }
  close(): void {
    this.#feed.close();
    this.#keeper.close();
    tellGone(this.#metrics, this.#told);
  }

  #tellServed(): void {
    const { served } = this.#keeper;
    const { memory } = this.#store;
    tellVersion(this.#metrics, memory, served.version, this.name.text, served.loaded, this.#told, this.#line.counted ?? false);
  }
  #tell(loaded: Loaded, first: boolean): void {
    const zone = this.name.text;
    const { path, reload, interval, counted = false } = this.#line;
    const text = `zone "${zone}" in "${path}"`;
    if (loaded.kind === 'made') {
      const { serial, previous, verified } = loaded;
      this.#kept?.keep(this.#keeper.cell, this.#clock.wall(), loaded.built.changed > 0);
      this.#unsound = unsoundOf(text, verified);
      if (this.#unsound !== undefined) this.#log.warning(this.#unsound);
      if (this.#line.signing === undefined) this.#tellServed();
      if (!loaded.isKept) this.#log.warning(`The serial of ${text} cannot be kept beside it: after a restart it may be behind`);
      if (!first) this.#log.info(`Successfully reloaded ${text} with ${serial} SOA serial`);
      if (previous !== undefined && compareSerials(serial, previous) < 0) {
        this.#log.warning(`The serial of ${text} went back from ${previous} to ${serial}: secondaries keep what they have until then`);
      }
    }
    if (loaded.kind === 'failed') tellFailure(this.#metrics, zone, loaded.reason, this.#told, counted);
    const complaint = loaded.kind === 'failed' ? loaded.text : loaded.kind === 'held'
      ? `Content of ${text} changed, but its serial is still ${loaded.serial}: it is not taken. Raise the serial, or say "serial auto" or `
        + '"reload_by_mtime"' : '';
    if (complaint !== '' && complaint !== this.#said) {
      if (loaded.kind === 'failed' && loaded.reason === 'missing' && first) {
        if (reload > 0) this.#log.warning(`Failed to open "${path}": ${complaint}, trying again in ${interval}`);
      } else if (loaded.kind === 'held') this.#log.warning(complaint);
      else if (!first) this.#log.error(`${complaint}; what was loaded before is served`);
    }
    this.#said = complaint;
  }
}

/**
 * The zone of a line, opened where no other block has it, and kept until the signal aborts. Rejects with a text for the start where it
 * cannot be served.
 */
export async function openZone(run: Run, plugin: string, line: ZoneLine, signal: End = run.signal): Promise<OpenZone> {
  try {
    const signed = line.signing === undefined ? '' : ` signed ${signingName(line.signing)}`;
    const zone = await run.shared.use(`zone ${nameOf(line)}${signed}`, signal, () => OpenZone.open(run, plugin, line));
    return await zone.join(line.reload, signal);
  } catch (error) {
    throw new Error(`plugin/${plugin}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Where a zone is kept for the next start: who keeps nothing loads nothing of it. */
async function keptOf({ store, clock, log }: Run, plugin: string, { zone, path }: ZoneLine, journal: string): Promise<KeptZone> {
  const [{ KeptZone: Kept }, { snapshotOf }] = await Promise.all([import('./kept-zone.ts'), import('./snapshot.ts')]);
  return new Kept(snapshotOf(journal, zone, path), zone, { store, clock, complain: (text) => log.prefix(plugin).warning(text) });
}

/** Loads here what takes some milliseconds, and elsewhere what takes longer. */
async function load(order: Order, store: Store, aside: Aside | undefined, large: number): Promise<Loaded> {
  const isLarge = order.size >= (order.before === 0 ? large : LARGE);
  if (aside === undefined || !isLarge) return loadHere(order, store);
  try {
    return await aside.ask('zone', order) as Loaded;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { kind: 'failed', reason: 'memory', text: `zone "${order.path}" could not be loaded: ${why}` };
  }
}

/** What was found wrong in signatures of others. It is said, and the zone is served: whoever does not validate needs it. */
function unsoundOf(zone: string, verified: Verified | undefined): string | undefined {
  if (verified === undefined || verified.wrong === 0) return undefined;
  const { faults, wrong, looked } = verified;
  return `Signatures of ${zone} will not be believed: ${faults.join(', ')}; ${wrong} of ${looked} sets that were looked at`;
}

async function loadHere(order: Order, store: Store): Promise<Loaded> {
  const loading = loadingOf(store);
  const load = (): Loaded => store.reading.within(() => loading.load(order));
  try {
    return load();
  } catch (error) {
    if (!(error instanceof DigestWanted)) throw error;
  }
  loading.digests = await import('./digest.ts');
  return load();
}
const all = new WeakMap<Store, Loading>();
/** One for all zones of a thread: the memory that it needs is used again. */
function loadingOf(store: Store): Loading {
  let loading = all.get(store);
  if (loading === undefined) all.set(store, loading = new Loading(store.memory));
  return loading;
}
