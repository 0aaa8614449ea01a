// Looks at instances that say how: when, how often in a row, and what they are because of it, which is written where instances are kept.
// Each is looked at by one server. Knows instances and time; what a look is probes.ts knows.
import type { CIDR } from '../../../dns/address.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { KeyValue } from '../../../key-value/key-value.ts';
import { prefixEnd } from '../../../key-value/etcd-wire.ts';
import type { KeyTree } from '../../../skydns/tree.ts';
import { lookedAt, operationsOf, readInstance, readKept } from '../instances.ts';
import type { InstanceSpec, State } from '../instances.ts';
import { checkOf } from './check-spec.ts';
import type { Check, Kind } from './check-spec.ts';
import type { Members } from './members.ts';
import type { Target } from './probes.ts';
import { refusedAddress } from './reachable.ts';

/** Which part of the time between two looks the next one may be early or late, and milliseconds to the first look at the most. */
const JITTER = 0.1, FIRST = 1000;
/** Looks at the same time: more wait. */
const MOST = 1000;

/** What a checker stands on. */
export interface CheckerParts {
  readonly keys: KeyValue;
  readonly clock: Clock;
  readonly probe: (target: Target, check: Check) => Promise<string | undefined>;
  /** From 0 to before 1. */
  readonly random: () => number;
  /** Which networks may be reached beside those that always may. */
  readonly allowed: () => readonly Pick<CIDR, 'network' | 'bits'>[];
  /** The other servers; asked for when the first instance has a check. */
  readonly members: (changed: () => void) => Pick<Members, 'isMine' | 'close'>;
  /** A look is over; an instance is something else because of it, or cannot be looked at. */
  readonly looked: (kind: Kind, hasPassed: boolean) => void;
  readonly turned: (key: string, state: State, why: string) => void;
  readonly refused: (key: string, why: string) => void;
  /** How many this server looks at. */
  readonly watching: (count: number) => void;
}
/** One instance that says how it is looked at. */
interface Looked {
  readonly key: string;
  readonly check: Check;
  readonly target: Target;
  /** What was said of it: another text is another check. */
  readonly said: string;
  state: State;
  /** Looks in a row that say the other thing. */
  streak: number;
  /** Whether this server looks at it. */
  isMine: boolean;
  cancel: () => void;
  isUnderWay: boolean;
}

/** The checks of one registry. */
export class Checker {
  readonly #parts: CheckerParts;
  readonly #all = new Map<string, Looked>();
  #members: Pick<Members, 'isMine' | 'close'> | undefined;
  #waiting: Looked[] = [];
  #underWay = 0;
  #mine = 0;
  #closed = false;

  constructor(parts: CheckerParts) {
    this.#parts = parts;
  }
  async close(): Promise<void> {
    this.#closed = true;
    for (const each of this.#all.values()) this.#rest(each);
    this.#all.clear();
    await this.#members?.close();
  }
  /** These keys are others now; undefined: any may be. */
  changed(tree: KeyTree, keys: readonly string[] | undefined): void {
    if (this.#closed) return;
    if (keys === undefined) {
      const there = new Set<string>();
      for (const { key } of tree.keys()) if (this.#put(tree, key)) there.add(key.slice(0, -2));
      for (const each of this.#all.values()) if (!there.has(each.key)) this.#forget(each);
    } else for (const key of keys) this.#put(tree, key);
  }
  /** True where the key is of an instance that is looked at. */
  #put(tree: KeyTree, key: string): boolean {
    if (!key.endsWith('/1')) return false;
    const [found] = tree.range(key, false, 1);
    const kept = readKept(found?.service?.coredns);
    const name = key.slice(0, -2);
    const known = this.#all.get(name);
    const read = kept === undefined || kept.state === 'draining' ? undefined : readLooked(name, kept.instance, kept.state);
    if (read === undefined) {
      if (known !== undefined) this.#forget(known);
      return false;
    }
    const why = refusedAddress(read.target.address, this.#parts.allowed());
    if (why !== undefined) {
      if (known !== undefined) this.#forget(known);
      this.#parts.refused(name, `${read.target.address} is ${why}, which checks do not reach`);
      return false;
    }
    if (known !== undefined && known.said === read.said) {
      if (known.state !== read.state) known.streak = 0;
      known.state = read.state;
      return true;
    }
    if (known !== undefined) this.#forget(known);
    this.#begin(read);
    return true;
  }
  #begin(each: Looked): void {
    this.#all.set(each.key, each);
    this.#members ??= this.#parts.members(() => this.#share());
    if (this.#members.isMine(each.key)) this.#take(each);
  }
  #forget(each: Looked): void {
    this.#rest(each);
    this.#all.delete(each.key);
  }
  /** Others are here now: what is another one's is left to that, and what is this one's begins. */
  #share(): void {
    for (const each of this.#all.values()) {
      if (this.#members?.isMine(each.key) === true) this.#take(each);
      else this.#rest(each);
    }
  }
  #take(each: Looked): void {
    if (each.isMine) return;
    each.isMine = true;
    this.#parts.watching(++this.#mine);
    if (!each.isUnderWay) this.#plan(each, Math.min(FIRST, each.check.every) * this.#parts.random());
  }
  #rest(each: Looked): void {
    if (!each.isMine) return;
    each.isMine = false;
    each.streak = 0;
    each.cancel();
    this.#parts.watching(--this.#mine);
  }
  #plan(each: Looked, milliseconds: number): void {
    each.cancel = this.#parts.clock.after(milliseconds, () => {
      if (this.#underWay >= MOST) this.#waiting.push(each);
      else void this.#look(each);
    });
  }
  /** One that had to wait for others. */
  #next(): void {
    const each = this.#waiting.shift();
    if (each === undefined) return;
    if (each.isMine && !each.isUnderWay) void this.#look(each);
    else this.#next();
  }

  async #look(each: Looked): Promise<void> {
    this.#underWay++;
    each.isUnderWay = true;
    const { check, target } = each;
    const wrong = await this.#parts.probe(target, check);
    this.#underWay--;
    each.isUnderWay = false;
    this.#next();
    if (!each.isMine) return;
    this.#parts.looked(check.kind, wrong === undefined);
    this.#plan(each, check.every * (1 - JITTER + 2 * JITTER * this.#parts.random()));
    await this.#judge(each, wrong);
  }
  async #judge(each: Looked, wrong: string | undefined): Promise<void> {
    const { check: { fail, pass }, state } = each;
    const turned = wrong === undefined ? 'up' : 'failing';
    if (state === turned) {
      each.streak = 0;
      return;
    }
    // One that has not passed yet may fail and pass in turn.
    if (state === 'starting' && each.streak !== 0 && (each.streak > 0) !== (wrong === undefined)) each.streak = 0;
    each.streak += wrong === undefined ? 1 : -1;
    if (Math.abs(each.streak) < (wrong === undefined ? pass : fail)) return;
    if (await this.#write(each, turned)) this.#parts.turned(each.key, turned, wrong ?? 'it passes');
  }
  /** True where it is what was found out now. What somebody has changed meanwhile is looked at anew, and what could not be written too. */
  async #write({ key, said }: Looked, state: State): Promise<boolean> {
    const { keys } = this.#parts;
    try {
      const { found } = await keys.list(`${key}/`, prefixEnd(`${key}/`));
      const now = readInstance(key, found);
      if (now === undefined || now.state === 'draining' || lookedAt(now.instance) !== said || now.state === state) return false;
      const { instance, owner, revision, lease, keys: own } = now;
      const { done } = await keys.transaction({
        if: [{ key: `${key}/1`, revision }], operations: operationsOf(key, { instance, state, owner }, lease, own),
      });
      return done;
    } catch {
      return false;
    }
  }
}

/** undefined: it says nothing of that, or nothing that could be done. */
function readLooked(key: string, instance: InstanceSpec, state: State): Looked | undefined {
  const { check: spec, addresses, ports = {} } = instance;
  const check = spec === undefined ? undefined : checkOf(spec);
  const port = Object.hasOwn(ports, spec?.port ?? '') ? ports[spec!.port!] : spec?.port === undefined ? Object.values(ports)[0] : undefined;
  if (check === undefined || 'field' in check || port === undefined) return undefined;
  return {
    key, check, target: { address: addresses[0]!, port }, said: lookedAt(instance), state, streak: 0, isMine: false, cancel() {},
    isUnderWay: false,
  };
}
