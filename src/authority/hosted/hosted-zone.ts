// A zone that an API of a cloud has: fetched again and again, swapped only when it came whole, kept as it was when it did not. Knows when
// to fetch and what becomes of it; knows no API. Main's, but for the cell.
import type { Name } from '../../dns/name.ts';
import type { Log } from '../../kernel/seen/log.ts';
import type { Closable } from '../../kernel/shared.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import type { Store } from '../../store/store.ts';
import { Making } from '../zone/making.ts';
import { Scratch } from '../zone/scratch.ts';
import { ZoneCell } from '../zone/zone-cell.ts';
import { ZoneKeeper } from '../zone/keeper.ts';
import { Told, tellFailure, tellGone, tellVersion } from '../zone/zone-metrics.ts';
import { HostedRecords } from './hosted-records.ts';

/** One zone of an account. */
export interface Hosted {
  readonly zone: Name;
  /** What tells it from others of its name, and from the same of another account: where it is kept in the store. */
  readonly name: string;
  /** Milliseconds between two fetches. */
  readonly refresh: number;
  /** Adds all records; `false`: nothing has changed since the last time, and none were added. Rejects where they did not come whole. */
  fetch(into: HostedRecords, signal: AbortSignal): Promise<boolean>;
}

/** By how much a fetch is early or late, so that those of many zones do not come together. */
const JITTER = 0.1;
const makings = new WeakMap<Store, Making>();
function makingOf(store: Store): Making {
  let making = makings.get(store);
  if (making === undefined) makings.set(store, making = new Making(store.memory));
  return making;
}
/** Where what is served of the zone stands, in every thread. */
export const hostedCell = (store: Store, { name }: Pick<Hosted, 'name'>): ZoneCell => new ZoneCell(store, name);

/** A zone that is kept as its API says. */
export class HostedZone implements Closable {
  readonly #hosted: Hosted;
  readonly #run: Pick<Run, 'store' | 'clock' | 'metrics'>;
  readonly #log: Log;
  readonly #keeper: ZoneKeeper;
  readonly #scratch: Scratch;
  readonly #numbers = new Told();
  readonly #end = new AbortController();
  #cancel = (): void => {};
  /** What was said last of records that were left out. */
  #left = '';
  /** Why what is served may be old; undefined where it is not. */
  trouble: string | undefined;

  private constructor({ store, clock, metrics, log }: Run, plugin: string, hosted: Hosted) {
    this.#run = { store, clock, metrics };
    this.#hosted = hosted;
    this.#log = log.prefix(plugin);
    this.#keeper = new ZoneKeeper({ store, clock }, hosted.zone, hostedCell(store, hosted));
    this.#scratch = new Scratch(store.memory.hash);
  }

  /** Opens it and fetches it for the first time. Rejects where that fails. */
  static async open(run: Run, plugin: string, hosted: Hosted): Promise<HostedZone> {
    const zone = new HostedZone(run, plugin, hosted);
    try {
      await zone.#fetch();
    } catch (error) {
      zone.close();
      throw error;
    }
    zone.#next();
    return zone;
  }
  close(): void {
    this.#end.abort();
    this.#cancel();
    this.#keeper.close();
    tellGone(this.#run.metrics, this.#numbers);
  }

  #next(): void {
    if (this.#end.signal.aborted) return;
    const wait = this.#hosted.refresh * (1 + JITTER * (2 * Math.random() - 1));
    this.#cancel = this.#run.clock.after(wait, () => void this.#again().then(() => this.#next()));
  }
  async #again(): Promise<void> {
    const { text } = this.#hosted.zone;
    try {
      await this.#fetch();
      if (this.trouble !== undefined) this.#log.info(`zone ${text} is fetched again`);
      this.trouble = undefined;
    } catch (error) {
      if (this.#end.signal.aborted) return;
      const why = error instanceof Error ? error.message : String(error);
      if (why !== this.trouble) this.#log.error(`Failed to update zone ${text}: ${why}; what was fetched before is served`);
      this.trouble = why;
      tellFailure(this.#run.metrics, text, 'fetch', this.#numbers);
    }
  }
  async #fetch(): Promise<void> {
    const { store, clock } = this.#run;
    const { zone } = this.#hosted;
    const scratch = this.#scratch.begin(zoneOctets(zone));
    const records = new HostedRecords(zone, scratch);
    if (!await this.#hosted.fetch(records, this.#end.signal)) return;
    this.#tellLeft(records.left);
    records.fill();
    const making = makingOf(store);
    const { version: before } = this.#keeper.cell;
    const order = { before, now: Math.floor(clock.wall() / 1000), digest: 'check' } as const;
    const built = store.reading.within(() => making.make(scratch, order));
    if (before !== 0 && built.changed === 0) return making.discard(built);
    this.#keeper.publish(built);
    const { version, loaded } = this.#keeper.cell;
    tellVersion(this.#run.metrics, store.memory, version, zone.text, loaded, this.#numbers);
  }
  #tellLeft(left: string): void {
    if (left !== '' && left !== this.#left) this.#log.warning(`of zone ${this.#hosted.zone.text} is left out: ${left}`);
    this.#left = left;
  }
}

const zoneOctets = (zone: Name): Uint8Array => zone.folded.octets;
