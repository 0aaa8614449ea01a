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
/** Milliseconds until a zone of which there is nothing yet is asked for again, doubled each time. */
const FIRST_PAUSE = 1000;
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
  /** Of each load that has the zone what it says; the newest counts. */
  readonly #claims: Hosted[];
  readonly #run: Pick<Run, 'store' | 'clock' | 'metrics'>;
  readonly #log: Log;
  readonly #keeper: ZoneKeeper;
  readonly #scratch: Scratch;
  readonly #numbers = new Told();
  readonly #end = new AbortController();
  #cancel: (() => void) | undefined;
  /** What was said last of records that were left out, and of those of a policy. */
  #left = '';
  #chosen = '';
  /** Why what is served may be old; undefined where it is not. */
  trouble: string | undefined;
  #failures = 0;

  private constructor({ store, clock, metrics, log }: Run, plugin: string, hosted: Hosted) {
    this.#run = { store, clock, metrics };
    this.#claims = [hosted];
    this.#log = log.prefix(plugin);
    this.#keeper = new ZoneKeeper({ store, clock }, hosted.zone, hostedCell(store, hosted));
    this.#scratch = new Scratch(store.memory.hash);
  }

  /** Opens it and fetches it for the first time. Rejects where that fails, unless the first fetch is one of those that come later too. */
  static async open(run: Run, plugin: string, hosted: Hosted, inBackground: boolean): Promise<HostedZone> {
    const zone = new HostedZone(run, plugin, hosted);
    if (inBackground) {
      zone.trouble = zone.#keeper.cell.version === 0 ? `zone ${hosted.zone.text} is not fetched yet` : undefined;
      void zone.#again();
      return zone;
    }
    try {
      await zone.#fetch();
    } catch (error) {
      zone.close();
      throw error;
    }
    zone.#next();
    return zone;
  }
  /** A load has it as this says, with its keys and its pace, until the signal: a reload that is undone leaves what was said before. */
  claim(hosted: Hosted, signal: Run['signal']): void {
    const [first] = this.#claims;
    if (first !== hosted) this.#claims.push(hosted);
    if (this.#cancel !== undefined && first?.refresh !== hosted.refresh) this.#next();
    const leave = (): void => {
      if (this.#claims.length > 1) this.#claims.splice(this.#claims.indexOf(hosted), 1);
    };
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
  }
  close(): void {
    this.#end.abort();
    this.#cancel?.();
    this.#keeper.close();
    tellGone(this.#run.metrics, this.#numbers);
  }

  get #hosted(): Hosted {
    return this.#claims.at(-1)!;
  }
  /** Sets the time of the next fetch, anew where there was one. What has nothing to serve yet does not wait as long as what has. */
  #next(): void {
    this.#cancel?.();
    if (this.#end.signal.aborted) return;
    const { refresh } = this.#hosted;
    const soon = this.#keeper.cell.version === 0 ? FIRST_PAUSE * 2 ** Math.min(this.#failures - 1, 10) : refresh;
    const wait = Math.min(refresh, soon) * (1 + JITTER * (2 * Math.random() - 1));
    this.#cancel = this.#run.clock.after(wait, () => {
      this.#cancel = undefined;
      void this.#again();
    });
  }
  async #again(): Promise<void> {
    const { text } = this.#hosted.zone;
    try {
      await this.#fetch();
      if (this.#failures > 0) this.#log.info(`zone ${text} is fetched again`);
      this.trouble = undefined;
      this.#failures = 0;
    } catch (error) {
      if (this.#end.signal.aborted) return;
      this.#failures++;
      const why = error instanceof Error ? error.message : String(error);
      const what = this.#keeper.cell.version === 0 ? 'nothing is served of it yet' : 'what was fetched before is served';
      if (why !== this.trouble) this.#log.error(`Failed to update zone ${text}: ${why}; ${what}`);
      this.trouble = why;
      tellFailure(this.#run.metrics, text, 'fetch', this.#numbers);
    }
    this.#next();
  }
  async #fetch(): Promise<void> {
    const { store, clock } = this.#run;
    const { zone } = this.#hosted;
    const scratch = this.#scratch.begin(zoneOctets(zone));
    const records = new HostedRecords(zone, scratch);
    if (!await this.#hosted.fetch(records, this.#end.signal)) return;
    this.#tellLeft(records);
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
  /** Says once what is not as the cloud would answer it, until it is something else. */
  #tellLeft({ left, chosen }: HostedRecords): void {
    const { text } = this.#hosted.zone;
    if (left !== '' && left !== this.#left) this.#log.warning(`of zone ${text} is left out: ${left}`);
    if (chosen !== '' && chosen !== this.#chosen) {
      this.#log.info(`of zone ${text} all values are answered, whatever the policy says: ${chosen}`);
    }
    this.#left = left;
    this.#chosen = chosen;
  }
}

const zoneOctets = (zone: Name): Uint8Array => zone.folded.octets;
