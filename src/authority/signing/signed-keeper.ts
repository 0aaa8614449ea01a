// A zone whose versions are signed before they are served: each that is handed in, and again when signatures come near their end or keys do
// otherwise. Knows versions, plans of keys and time; knows nothing of where versions come from. Main's.
import type { Name } from '../../dns/name.ts';
import type { KeyPlan } from '../../dnssec/key-plan.ts';
import type { End } from '../../kernel/signal.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import type { Built } from '../zone/build.ts';
import type { Changed } from '../zone/change.ts';
import { ZoneKeeper } from '../zone/keeper.ts';
import { EXPIRES, RECORDS, SERIAL } from '../zone/version.ts';
import type { ZoneCell } from '../zone/zone-cell.ts';
import { KeptSerial, serialPath } from './kept-serials.ts';
import { openPlans } from './plans.ts';
import type { Plans } from './plans.ts';
import { sentPlan, signVersion } from './sign-version.ts';
import type { SignedVersion, VersionOrder } from './sign-version.ts';
import type { SigningSettings } from './settings.ts';

const HOUR = 3600, DAY = 24 * HOUR;
/** Seconds: signatures are made anew so often at most, and looked at; after what went wrong it is tried again. */
const ROUND = HOUR, AGAIN = 60;
/** So long before the end of a signature it is said that nobody made it anew. */
const LATE = 3 * DAY;
/** Records of a zone up to which signatures are made in the turn, and from which on the whole is made by a thread that serves nobody. */
const FEW = 16, MANY = 4000;

/** What a zone that is kept needs of its process. */
export type KeepingRun = Pick<Run, 'store' | 'clock' | 'log' | 'aside'>;

/** One zone. */
export class SignedKeeper {
  readonly zone: Name;
  readonly #run: KeepingRun;
  readonly #settings: SigningSettings;
  readonly #own: ZoneKeeper;
  readonly #signed: ZoneKeeper;
  readonly #changed: () => void;
  #plans: Plans | undefined;
  #serial!: KeptSerial;
  /** One after the other. */
  #queue: Promise<void> = Promise.resolve();
  /** When signatures are to be made anew; seconds since 1970. */
  #due = Infinity;
  #mostTtl = 0;
  /** The plan of keys that the version which is served was signed by. */
  #plan: KeyPlan | undefined;
  #cancel = (): void => {};
  #closed = false;
  #failed = '';
  #late = '';
  #isSaid = false;

  /** `own` and `served` are the cells of versions as they come and as they are served; `changed` is called behind each of the latter. */
  constructor(run: KeepingRun, zone: Name, cells: { readonly own: ZoneCell; readonly served: ZoneCell }, settings: SigningSettings,
    changed: () => void) {
    this.#run = run;
    this.zone = zone;
    this.#settings = settings;
    this.#own = new ZoneKeeper(run, zone, cells.own);
    this.#signed = new ZoneKeeper(run, zone, cells.served);
    this.#changed = changed;
  }
  /** Finds or makes the keys. Rejects with a text for people. */
  async begin(): Promise<this> {
    const { keys, besides } = this.#settings;
    try {
      this.#plans = await openPlans(this.#run, this.zone, keys);
      this.#plans.listen(() => this.#again());
    } catch (error) {
      this.close();
      throw error;
    }
    const { version } = this.served;
    const served = version === 0 ? undefined : this.#run.store.memory.refresh()[version + SERIAL]! >>> 0;
    this.#serial = new KeptSerial([serialPath(keys.folder, this.zone), ...(besides === undefined ? [] : [`${besides}.serial`])], served);
    // Somebody may have had it a moment ago: then nobody knows what is due.
    if (this.cell.version !== 0) {
      this.#due = 0;
      this.#wait();
    }
    return this;
  }

  get cell(): ZoneCell {
    return this.#own.cell;
  }
  get served(): ZoneCell {
    return this.#signed.cell;
  }
  get trouble(): string | undefined {
    return [this.#failed, this.#late].filter((text) => text !== '').join('; ') || undefined;
  }
  listen(call: () => void, signal: End): void {
    this.#signed.listen(call, signal);
  }
  /** Resolves when the version is served, signed; where it cannot be signed what was served stays, and it is tried again. */
  publish(built: Pick<Built, 'version' | 'gone'> & Partial<Pick<Changed, 'pairs'>>): Promise<void> {
    return this.#after(async () => {
      await this.#sign(built.version, built.pairs);
      this.#own.publish(built);
    });
  }
  close(): void {
    this.#closed = true;
    this.#cancel();
    this.#plans?.close();
    this.#own.close();
    this.#signed.close();
  }

  get #now(): number {
    return Math.floor(this.#run.clock.wall() / 1000);
  }
  #after(call: () => Promise<void>): Promise<void> {
    this.#queue = this.#queue.then(call);
    return this.#queue;
  }
  /** Signs a version, or what is due where that is the one that is served. Never rejects. */
  async #sign(unsigned: number, pairs?: Int32Array): Promise<void> {
    const { store } = this.#run;
    const pin = store.pin();
    try {
      const { plan } = this.#plans!;
      const serial = this.#serial.after(store.memory.refresh()[unsigned + SERIAL]! >>> 0);
      const before = this.served.version;
      const isSame = this.#failed === '' && plan === this.#plan;
      const since = isSame ? this.cell.version : 0;
      const order = { zone: this.zone.key, unsigned, before, since, pairs, chain: this.#settings.chain, serial, now: this.#now };
      const { built, due, made, mostTtl } = await this.#make(order, plan);
      // What a change did not touch is as it was; what is due was looked for everywhere.
      this.#due = since === 0 || since === unsigned ? due : Math.min(this.#due, due);
      this.#mostTtl = since === 0 ? mostTtl : Math.max(this.#mostTtl, mostTtl);
      this.#plan = plan;
      this.#failed = '';
      if (built !== undefined) {
        this.#keep(serial);
        await this.#told(() => this.#plans!.foresee(this.#mostTtl));
        this.#signed.publish(built);
        this.#say(before === 0, made, serial);
        this.#changed();
        await this.#told(() => this.#plans!.published(plan.stamp, this.#mostTtl));
      }
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
    } finally {
      pin.release();
    }
    this.#look();
    this.#wait();
  }
  /** A large zone is signed by a thread that serves nobody; else only the signatures are made elsewhere where they are many. */
  async #make(order: VersionOrder, plan: KeyPlan): Promise<SignedVersion> {
    const { store, aside } = this.#run;
    const records = store.memory.words[order.unsigned + RECORDS]!;
    if (aside !== undefined && records >= MANY) return await aside.ask('signatures', { order, plan: sentPlan(plan) }) as SignedVersion;
    return signVersion(store, order, plan, records > FEW);
  }
  /** Has the keys hear of a version. That they cannot keep it keeps none from being served. */
  async #told(tell: () => void | Promise<void>): Promise<void> {
    try {
      await tell();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#run.log.prefix('dnssec').warning(`What became of keys of ${this.zone.text} cannot be kept: ${why}`);
    }
  }
  #keep(serial: number): void {
    const failed = this.#serial.keep(serial);
    if (failed === undefined || this.#isSaid) return;
    this.#isSaid = true;
    this.#run.log.prefix('dnssec').warning(
      `The serial of ${this.zone.text} as it is signed cannot be kept in ${failed}: after a restart it may be behind`);
  }
  #say(isFirst: boolean, made: number, serial: number): void {
    const log = this.#run.log.prefix('dnssec');
    const text = `Signed ${this.zone.text} with ${serial} SOA serial: ${made} signatures made`;
    if (isFirst) log.info(text);
    else log.debug(text);
  }
  #fail(why: string): void {
    const text = `zone ${this.zone.text} cannot be signed: ${why}`;
    if (this.#failed !== text) this.#run.log.prefix('dnssec').error(`${text}; what was signed before is served`);
    this.#failed = text;
  }

  /** Says where a signature comes so near its end that somebody should look why. */
  #look(): void {
    const { version } = this.served;
    const end = version === 0 ? 0 : this.#run.store.memory.words[version + EXPIRES]! >>> 0;
    const isLate = end !== 0 && end - this.#now < LATE;
    const text = isLate ? `signatures of zone ${this.zone.text} end at ${new Date(end * 1000).toISOString()}` : '';
    if (text !== '' && text !== this.#late) this.#run.log.prefix('dnssec').warning(text);
    this.#late = text;
  }
  /** Looks again when there may be something to do. */
  #wait(): void {
    this.#cancel();
    if (this.#closed) return;
    const wait = this.#failed === '' ? ROUND : AGAIN;
    this.#cancel = this.#run.clock.after(wait * 1000, () => this.#again());
  }
  /** Signs again where something is due, or keys do otherwise. */
  #again(): void {
    void this.#after(async () => {
      if (this.#closed) return;
      const { version } = this.#own.cell;
      // What is due until the next look is due now.
      const isDue = this.#failed !== '' || this.#due < this.#now + ROUND || this.#plan !== this.#plans!.plan;
      if (version !== 0 && isDue) return this.#sign(version);
      this.#look();
      this.#wait();
    });
  }
}
