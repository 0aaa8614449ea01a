// The keys of one zone while a server has it: made, rolled, and told as plans. Each step is on disk before anybody sees it. Knows the
// states, their rules and time; knows no socket, and nothing of how a zone is signed. Main's.
import type { Name } from '../../dns/name.ts';
import { latin1Bytes } from '../../dns/latin1.ts';
import { TYPE } from '../../dns/type-name.ts';
import { textOf } from '../../dnssec/key-plan.ts';
import type { KeyPlan, PlanRecord } from '../../dnssec/key-plan.ts';
import { dutiesOf, planOf } from '../../dnssec/rollover/duties.ts';
import { confirmed, observed } from '../../dnssec/rollover/parent.ts';
import type { Shown } from '../../dnssec/rollover/parent.ts';
import { NO_KEYS } from '../../dnssec/rollover/state.ts';
import type { Role, ZoneState } from '../../dnssec/rollover/state.ts';
import { advanced } from '../../dnssec/rollover/steps.ts';
import { foreseen, nextTime, notAhead, published, shifted } from '../../dnssec/rollover/timing.ts';
import { ageTime, takenOver, wishes, withKeys, withoutRemoved } from '../../dnssec/rollover/wishes.ts';
import type { KeyPolicy, MadeKey } from '../../dnssec/rollover/wishes.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/seen/log.ts';
import { keyFileStem } from '../../dnssec/key-file.ts';
import { fileError } from '../../wording/errno.ts';
import { ClockJumps } from './clock-jumps.ts';
import { ForeignKeys } from './foreign-keys.ts';
import { wordsOf } from './key-settings.ts';
import type { KeyRun, KeySettings } from './key-settings.ts';
import { KeyFolder } from './key-folder.ts';
import type { FolderZone } from './key-folder.ts';
import type { KeyOrder } from './orders.ts';
import { ParentWatch } from './parent-watch.ts';
import { signalsIn, tellHolders } from './signals.ts';
import type { SignalZone } from './signals.ts';
import { overdue, waitingSince } from './told-waits.ts';
import { stepsBetween, toldMade } from './told-steps.ts';
import { ZoneKeyFiles } from './zone-key-files.ts';

/** Seconds: the longest time between two looks. */
const LONGEST = 3600;

/** One zone's. */
export class RollingKeys implements FolderZone, SignalZone {
  readonly zone: Name;
  #settings: KeySettings;
  readonly #run: KeyRun;
  readonly #log: Log;
  readonly #files: ZoneKeyFiles;
  readonly #owner: Uint8Array;
  readonly #foreign: ForeignKeys;
  readonly #folder: KeyFolder;
  #users = 0;
  #state: ZoneState = NO_KEYS;
  #plan!: KeyPlan;
  #queue: Promise<unknown> = Promise.resolve();
  readonly #calls = new Set<() => void>();
  #cancel = (): void => {};
  readonly #parent: ParentWatch;
  readonly #jumps: ClockJumps;
  #isClosed = false;
  #failed = '';
  /** Whether the parent is to be told of what it is asked for, once that is published. */
  #isToTell = false;

  private constructor(run: KeyRun, zone: Name, settings: KeySettings, folder: KeyFolder) {
    this.#run = run;
    this.zone = zone;
    this.#settings = settings;
    this.#folder = folder;
    this.#log = run.log.prefix('dnssec');
    this.#files = new ZoneKeyFiles(settings.folder, zone, (text) => this.#log.warning(text));
    this.#owner = latin1Bytes(zone.key);
    this.#foreign = new ForeignKeys(zone);
    this.#jumps = new ClockJumps(run.clock);
    this.#parent = new ParentWatch(zone, run.clock, this.#log, {
      settings: () => this.#settings, state: () => this.#state, isHeld: () => folder.isHeld,
      others: () => this.#foreign.records.filter(({ type }) => type === TYPE.DNSKEY),
      take: (shown) => this.#after(() => this.#turn([], shown)),
    });
  }
  /** The keys of a zone, found or made: one object for all who have the folder. Rejects with a text for people. */
  static async open(run: KeyRun, zone: Name, settings: KeySettings): Promise<RollingKeys> {
    try {
      const folder = await KeyFolder.of(settings.folder, run.clock, (text) => run.log.prefix('dnssec').warning(text));
      const keys = await folder.share(keyFileStem(zone), () => new RollingKeys(run, zone, settings, folder).#begin()) as RollingKeys;
      keys.#users++;
      return keys;
    } catch (error) {
      const { path = settings.folder } = error as NodeJS.ErrnoException;
      throw new Error(`the keys of zone ${zone.text} for dnssec: ${fileError(error, path)}`, { cause: error });
    }
  }
  /** Those of a folder that are open. */
  static openIn(folder: string, clock: Clock): readonly RollingKeys[] {
    return [...KeyFolder.openZones(folder, clock)].filter((keys) => keys instanceof RollingKeys);
  }
  /** From now on the zones of a folder that `has` says yes to are kept so. */
  static configure(clock: Clock, settings: KeySettings, has: (zone: Name) => boolean): void {
    for (const keys of RollingKeys.openIn(settings.folder, clock)) if (has(keys.zone)) keys.#configure(settings);
  }
  #configure(settings: KeySettings): void {
    const isOther = wordsOf(settings) !== wordsOf(this.#settings);
    this.#settings = settings;
    if (isOther) void this.look();
  }

  get stem(): string {
    return this.#files.stem;
  }
  get servers(): readonly Name[] {
    return this.#settings.servers;
  }
  get asked(): readonly PlanRecord[] {
    return this.#plan.records.filter(({ name, type }) => name.equals(this.zone) && (type === TYPE.CDS || type === TYPE.CDNSKEY));
  }
  /** The plan of now. */
  get plan(): KeyPlan {
    return this.#plan;
  }
  /** What somebody should look at; undefined where all is well. */
  get trouble(): string | undefined {
    return this.#parent.trouble || overdue(this.zone, this.#state, this.#now);
  }
  /** Since when the longest of its waits for others lasts, seconds since 1970; 0 where it waits for nobody. */
  get waitsSince(): number {
    return waitingSince(this.#state);
  }
  /** Calls whenever there is another plan; returns what ends that. */
  listen(call: () => void): () => void {
    this.#calls.add(call);
    return () => this.#calls.delete(call);
  }
  /** A version with this greatest TTL is about to be published. Resolves when that is known for good. */
  foresee(mostTtl: number): Promise<void> {
    return this.#after(async () => {
      if (!this.#folder.isHeld) return;
      const raised = foreseen(this.#state, this.#settings.policy, mostTtl, this.#now);
      await this.#write(raised).catch((error) => {
        // A full disk keeps no zone from being published: it is known as long as this process lives.
        this.#state = raised;
        throw error;
      });
    });
  }
  /** A version that the plan with this stamp made is published, in every thread. */
  published(stamp: number, mostTtl: number): Promise<void> {
    return this.#after(async () => {
      if (!this.#folder.isHeld) return;
      await this.#write(published(this.#state, this.#settings.policy, stamp, mostTtl, this.#now));
      if (this.#isToTell && stamp === this.#plan.stamp) this.#parent.tell();
      this.#isToTell &&= stamp !== this.#plan.stamp;
      await this.#turn();
    });
  }
  /** One user less; after the last one nothing is done any more. */
  close(): void {
    if (--this.#users > 0 || this.#isClosed) return;
    this.#isClosed = true;
    this.#cancel();
    this.#parent.end();
    tellHolders(this, this.#run.clock, 'gone');
    void this.#queue.then(() => this.#folder.leave(this));
  }

  take(order: KeyOrder): Promise<void> {
    return this.#after(async () => {
      const { policy } = this.#settings;
      if (order.kind === 'confirm-ds') await this.#write(confirmed(this.#state, policy, this.#now));
      if (order.kind === 'hold' && order.isHeld !== this.#state.isHeld) await this.#write({ ...this.#state, isHeld: order.isHeld });
      await this.#turn(order.kind === 'roll' ? (order.roles.length === 0 ? policy.roles : order.roles) : []);
    });
  }
  look(): Promise<void> {
    return this.#after(() => (this.#folder.isHeld ? this.#turn() : this.#follow()));
  }
  signalsChanged(): void {
    void this.#after(() => this.#replan());
  }

  get #now(): number {
    return Math.floor(this.#run.clock.wall() / 1000);
  }
  /** One after the other. What fails is said once, and tried again. */
  #after(work: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(async () => {
      if (this.#isClosed) return;
      try {
        if (this.#folder.isHeld) await this.#minded();
        await work();
      } catch (error) {
        const { path = this.#settings.folder } = error as NodeJS.ErrnoException;
        const text = `the keys of zone ${this.zone.text} stay as they are: ${fileError(error, path)}`;
        if (text !== this.#failed) this.#log.error(text);
        this.#failed = text;
      }
      this.#wait();
    });
    this.#queue = done;
    return done;
  }

  async #begin(): Promise<this> {
    const now = this.#now;
    const { policy } = this.#settings;
    await this.#foreign.look(this.#settings.foreign);
    let state = await this.#files.read();
    if (state === undefined) {
      const lying = await this.#files.lying(now);
      let first = lying.length === 0 ? NO_KEYS : takenOver(NO_KEYS, lying, now);
      if (first.keys.length > 0) this.#log.info(`zone ${this.zone.text} goes on with the keys that lie in ${this.#settings.folder}`);
      const made = await this.#make(first, policy, [], now);
      first = advanced(withKeys(first, policy, made, now), now);
      const isOurs = await this.#files.create({ ...first, revision: 1, at: now });
      state = isOurs ? await this.#files.read() : await this.#files.others(first);
      if (isOurs) for (const key of made) this.#log.warning(toldMade(this.zone, key, this.#settings.folder));
    }
    this.#state = state!;
    await this.#files.load(this.#state);
    await this.#replan();
    if (!this.#folder.isHeld) this.#log.warning(`another process has the keys in ${this.#settings.folder}: this one rolls nothing`);
    else if (this.#state.at > now) await this.#write(notAhead(this.#state, now));
    tellHolders(this, this.#run.clock, 'here');
    await this.#after(() => (this.#folder.isHeld ? this.#turn() : Promise.resolve()));
    this.#parent.begin();
    return this;
  }
  async #make(state: ZoneState, policy: KeyPolicy, ordered: readonly Role[], now: number): Promise<MadeKey[]> {
    const made: MadeKey[] = [];
    const foreign = this.#foreign.records.filter(({ type }) => type === TYPE.DNSKEY);
    for (const role of wishes(state, policy, ordered, now)) {
      made.push(await this.#files.make(role, policy, [...state.keys, ...foreign, ...made].map(({ data }) => data), now));
    }
    return made;
  }

  /** Takes all steps that may be taken now. */
  async #turn(ordered: readonly Role[] = [], shown?: Shown): Promise<void> {
    if (shown !== undefined) await this.#write(observed(this.#state, this.#owner, shown, this.#settings.policy, this.#now));
    for (let orders = ordered; ; orders = []) {
      const now = this.#now;
      const before = this.#state;
      // Making keys takes time, and a reload may say otherwise meanwhile: that counts from the next step on.
      const { policy } = this.#settings;
      const made = await this.#make(before, policy, orders, now);
      const { state, removed } = withoutRemoved(advanced(withKeys(before, policy, made, now), now));
      if (state === before) break;
      await this.#write(state);
      for (const { file } of removed) await this.#files.remove(file);
    }
    await this.#replan();
    await this.#files.date(this.#state);
  }
  /** Where the clock was set, what has to wait waits as long as before. */
  async #minded(): Promise<void> {
    const jump = this.#jumps.look();
    if (jump === 0) return;
    this.#log.warning(`The clock was set by ${jump} seconds: the keys of ${this.zone.text} wait as long as before`);
    await this.#write(shifted(this.#state, jump));
  }
  async #write(state: ZoneState): Promise<void> {
    if (state === this.#state) return;
    const next = { ...state, revision: this.#state.revision + 1, at: this.#now };
    await this.#files.write(next);
    this.#failed = '';
    for (const text of stepsBetween(this.zone, this.#state, next)) this.#log.info(text);
    this.#state = next;
  }
  /** What another process did with the keys is done here. */
  async #follow(): Promise<void> {
    const state = await this.#files.read();
    if (state === undefined || state.revision === this.#state.revision) return;
    await this.#files.load(state);
    this.#state = state;
    await this.#replan();
  }

  /** Makes the plan that the state means, and says so where it is another one. */
  async #replan(): Promise<void> {
    await this.#foreign.look(this.#settings.foreign);
    const before = this.#plan as KeyPlan | undefined;
    const others = [...this.#foreign.records, ...(before === undefined ? [] : signalsIn(this, this.#run.clock))];
    const { stamp } = this.#state;
    const parts = { stamp, ttl: this.#settings.policy.ttl, next: Infinity, others };
    const plan = planOf(dutiesOf(this.zone, this.#state), this.#files.keyOf, parts);
    if (before !== undefined && before.stamp === stamp && textOf(before.records) === textOf(plan.records)) return;
    const askedBefore = before === undefined ? '' : textOf(this.asked);
    this.#plan = plan;
    if (before === undefined) return;
    if (textOf(this.asked) !== askedBefore) {
      tellHolders(this, this.#run.clock, 'here');
      this.#isToTell = true;
    }
    for (const call of this.#calls) call();
  }
  #wait(): void {
    this.#cancel();
    if (this.#isClosed) return;
    const { policy } = this.#settings;
    const due = Math.min(nextTime(this.#state, this.#now), ...policy.roles.map((role) => ageTime(this.#state, policy, role)));
    const seconds = Math.max(1, Math.min(LONGEST, due - this.#now));
    this.#cancel = this.#run.clock.after(seconds * 1000, () => void this.look());
  }
}
