// A zone that is updated, as the process has it: its records, the version that is served of them, and the service that threads ask to
// change it. Knows builders, keepers and metrics; knows no block. Main's, but for where it stands.
import { keeperOf, servedCell } from '../../authority/signing/keeping.ts';
import type { Keeper } from '../../authority/signing/keeping.ts';
import { signingName } from '../../authority/signing/settings.ts';
import type { SigningSettings } from '../../authority/signing/settings.ts';
import { StepFile } from '../../authority/zone/step-file.ts';
import { SERIAL } from '../../authority/zone/version.ts';
import type { ZoneCell } from '../../authority/zone/zone-cell.ts';
import { Told, tellGone, tellVersion } from '../../authority/zone/zone-metrics.ts';
import type { UpdateContents } from '../../authority/update-contents.ts';
import { Receipts } from '../../authority/update-receipts.ts';
import type { UpdateLimits } from '../../authority/update-seed.ts';
import { Versions } from '../../authority/update-versions.ts';
import { RCODE } from '../../dns/rcode.ts';
import type { Closable } from '../../kernel/shared.ts';
import type { Signal } from '../../kernel/signal.ts';
import type { Log } from '../../kernel/seen/log.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import type { Flags } from '../../store/cells.ts';
import type { Store } from '../../store/store.ts';
import { KeptContents } from './kept-contents.ts';
import type { Change, Places } from './kept-contents.ts';
import { Updates } from './updates.ts';
import type { UpdateOrder } from './updates.ts';

/** A zone of a block: two that lie in memory are two, whatever their seed. */
export interface ZoneLine extends Places {
  /** The block's number. */
  readonly site: number;
  /** How it is signed before it is served; undefined where it is served as it is. */
  readonly signing: SigningSettings | undefined;
}
/** Whoever says the same has the same zone. */
export const nameOf = ({ zone, seed, database, site, signing }: ZoneLine): string =>
  `dynupdate ${zone.text} ${database === undefined ? `${site} from ${seed}` : `in ${database}`}`
  + (signing === undefined ? '' : ` signed ${signingName(signing)}`);
/** Where what is served of the zone stands, in any thread. */
export const zoneCellOf = (store: Store, line: ZoneLine): ZoneCell => servedCell(store, nameOf(line), line.signing);
/** Not 0 where the zone's database has been made. */
export const madeOf = (store: Store, line: ZoneLine): Flags => store.cells.flags(`made ${nameOf(line)}`, 1);
/** What is ordered of main: a change, or that the database is made. */
export type ZoneOrder = UpdateOrder | 'make';

/** Milliseconds after which it is tried again what failed: to make a database, to fold it. */
const AGAIN = 1000, FOLD_AGAIN = 60_000;

/** One zone. */
export class DynamicZone implements Closable {
  readonly #keeper: Keeper;
  readonly #run: Pick<Run, 'store' | 'clock' | 'metrics' | 'desk'>;
  readonly #line: ZoneLine;
  readonly #log: Log;
  readonly #versions: Versions;
  readonly #receipts = new Receipts();
  readonly #updates: Updates;
  readonly #end = new AbortController();
  readonly #numbers = new Told();
  #kept!: KeptContents;
  /** Why it cannot be changed, and when that was found; undefined where it can. */
  #fault: { readonly text: string; readonly at: number } | undefined;
  #foldAgain = 0;
  /** Updates that lie in memory alone. */
  #unkept = 0;

  private constructor({ store, clock, metrics, desk, log }: Run, line: ZoneLine, keeper: Keeper) {
    this.#run = { store, clock, metrics, desk };
    this.#line = line;
    this.#log = log.prefix('dynupdate');
    this.#versions = new Versions(store, line.zone);
    this.#keeper = keeper;
    this.#updates = new Updates({
      contents: () => this.#current(), shown: () => this.#serial(), build: (changes) => this.#build(changes),
      keep: (changes) => this.#keep(changes), after: () => this.#fold(),
      failed: (error) => this.#failed(error),
    });
  }

  /** Opens it and reads it for the first time. Rejects where it cannot be served. */
  static async open(run: Run, line: ZoneLine, limits: UpdateLimits): Promise<DynamicZone> {
    const signing = line.signing && { ...line.signing, besides: line.database };
    const keeper: Keeper = await keeperOf(run, line.zone, nameOf(line), signing, () => zone.#tell(), stepsOf(run, line));
    const zone: DynamicZone = new DynamicZone(run, line, keeper);
    return zone.#begin(limits);
  }
  async #begin(limits: UpdateLimits): Promise<this> {
    try {
      this.#kept = await KeptContents.open(this.#line, limits, this.#receipts);
      await this.#build().show();
    } catch (error) {
      this.#keeper.close();
      throw error;
    }
    madeOf(this.#run.store, this.#line).set(0, this.#kept.isMade ? 1 : 0);
    this.#run.desk.serve(nameOf(this.#line), (order) => this.#serve(order as ZoneOrder), this.#end.signal);
    return this;
  }
  /** Why it cannot be changed; undefined where it can. */
  get trouble(): string | undefined {
    return this.#fault === undefined ? this.#keeper.trouble : `zone ${this.#line.zone.text} cannot be updated: ${this.#fault.text}`;
  }
  /** Calls whenever a version was published, until the signal aborts. */
  listen(call: () => void, signal: Signal): void {
    this.#keeper.listen(call, signal);
  }
  /** Takes what came into the database meanwhile: from the zone of the load before, where that is another one (signed otherwise). */
  async catchUp(): Promise<void> {
    await this.#updates.alone(async () => {
      if (!this.#kept.isForeign) return;
      await this.#kept.reread();
      await this.#build().show();
    });
  }
  /** Begins again with this, where it lies in memory alone: a reload goes back to the seed, as in CoreDNS (DYN-9). */
  async restart(kept: KeptContents): Promise<void> {
    await this.#updates.alone(async () => {
      this.#kept = kept;
      await this.#build().show();
      if (this.#unkept > 0) {
        this.#log.warning(`${this.#unkept} updates of zone ${this.#line.zone.text} are gone with the reload: a "database" keeps them`);
      }
      this.#unkept = 0;
    });
  }
  async close(): Promise<void> {
    this.#end.abort();
    await this.#updates.end();
    await this.#kept.close();
    this.#keeper.close();
    tellGone(this.#run.metrics, this.#numbers);
  }

  #seconds(): number {
    return Math.floor(this.#run.clock.wall() / 1000);
  }
  async #serve(order: ZoneOrder): Promise<number> {
    if (order === 'make') {
      await this.#updates.alone(() => this.#current());
      return RCODE.NOERROR;
    }
    const { signed } = order;
    const answer = this.#receipts.once(signed, async () => {
      const rcode = await this.#updates.take(order);
      // What could not be done may be tried again.
      if (rcode !== RCODE.SERVFAIL) this.#receipts.give({ ...signed, rcode }, this.#seconds());
      return rcode;
    });
    return answer ?? RCODE.REFUSED;
  }

  /** The zone as it is, in its database: made at the first use, read again where nobody knew any more what it had. */
  async #current(): Promise<UpdateContents> {
    if (this.#kept.isMade) return this.#kept.contents;
    const { clock, store } = this.#run;
    if (this.#fault !== undefined && clock.monotonic() - this.#fault.at < AGAIN) throw new Known(this.#fault.text);
    const made = madeOf(store, this.#line);
    try {
      if (made.get(0) === 0) await this.#kept.make(this.#seconds());
      else {
        await this.#kept.reread();
        await this.#build().show();
      }
    } catch (error) {
      this.#failed(error);
      throw new Known(textOf(error));
    }
    made.set(0, 1);
    if (this.#fault !== undefined) this.#log.info(`Zone ${this.#line.zone.text} can be updated again`);
    this.#fault = undefined;
    return this.#kept.contents;
  }
  async #keep(changes: readonly Change[]): Promise<void> {
    await this.#kept.keep(changes);
    if (this.#line.database === undefined) this.#unkept += changes.length;
  }
  async #fold(): Promise<void> {
    const now = this.#run.clock.monotonic();
    if (!this.#kept.isLong || now < this.#foldAgain) return;
    try {
      await this.#kept.fold(this.#seconds());
    } catch (error) {
      this.#foldAgain = now + FOLD_AGAIN;
      this.#log.warning(`The database of zone ${this.#line.zone.text} could not be made shorter: ${textOf(error)}`);
    }
  }
  #failed(error: unknown): void {
    if (error instanceof Known) return;
    const text = textOf(error);
    const isNews = this.#fault?.text !== text;
    if (!this.#kept.isMade) this.#fault = { text, at: this.#run.clock.monotonic() };
    if (isNews) this.#log.error(`Zone ${this.#line.zone.text} could not be updated: ${text}`);
  }

  /** A version of the records as they are now; `changes` are what they have otherwise than what is served. */
  #build(changes?: readonly Change[]): { readonly show: () => void | Promise<void>; readonly discard: () => void } {
    const { signing } = this.#line;
    const { contents } = this.#kept;
    const before = this.#keeper.cell.version;
    const versions = this.#versions;
    const built = changes === undefined || before === 0 ? versions.whole(contents, before) : versions.changed(contents, before, changes);
    return {
      discard: () => versions.discard(built),
      show: () => {
        const published = versions.publish(this.#keeper, built, this.#seconds());
        if (published !== undefined && signing === undefined) this.#tell();
        return published?.shown;
      },
    };
  }
  /** The serial that is served. */
  #serial(): number {
    const { version } = this.#keeper.served;
    return version === 0 ? 0 : this.#run.store.memory.words[version + SERIAL]! >>> 0;
  }
  #tell(): void {
    const { metrics, store } = this.#run;
    const { served } = this.#keeper;
    tellVersion(metrics, store.memory, served.version, this.#line.zone.text, served.loaded, this.#numbers);
  }
}
/** What became of the zone, beside its database. */
function stepsOf({ store, clock, log }: Run, { zone, database }: ZoneLine): StepFile | undefined {
  if (database === undefined) return undefined;
  return new StepFile(`${database}.steps`, zone.folded.octets, store.memory, {
    clock, complain: (why) => log.prefix('dynupdate').warning(`What became of ${zone.text} could not be kept: ${why}`),
  });
}
/** A fault that was said already. */
class Known extends Error {}
const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
