// A made-up world for tests of rollovers: a zone with its keys and secondaries that lag, a parent with three servers, validators with
// caches of every age, and a clock; all of it at random, crashes too. What no validator may ever see is thrown.
import { Name } from '../../dns/name.ts';
import { TYPE } from '../../dns/type-name.ts';
import { algorithmNumber, dnskeyData, keyTag } from '../dnskey.ts';
import { setHas } from '../delegation.ts';
import { dutiesOf } from './duties.ts';
import type { Duties } from './duties.ts';
import { confirmed, isParentAsked, observed } from './parent.ts';
import type { ShownDelegation } from './parent.ts';
import { parseState, printState } from './state-text.ts';
import { NO_KEYS } from './state.ts';
import type { Role, ZoneState } from './state.ts';
import { advanced } from './steps.ts';
import { foreseen, notAhead, published, shifted } from './timing.ts';
import { wishes, withKeys, withoutRemoved } from './wishes.ts';
import type { KeyPolicy, MadeKey } from './wishes.ts';

/** The zone of the world. */
export const zone = Name.parse('example.org.');
const owner = Uint8Array.from(Buffer.from(zone.key, 'latin1'));
const HOUR = 3600, DAY = 86_400;
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** Numbers that look like chance, the same for the same seed. */
export function chance(seed: number): (below: number) => number {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

export const POLICIES: readonly (readonly [roles: readonly Role[], algorithm: number])[] = [
  [['csk'], 13], [['csk'], 15], [['ksk', 'zsk'], 13], [['ksk', 'zsk'], 15], [['ksk', 'zsk'], 8], [[], 13],
];
/** Something, from when to when it was given out. */
interface Span<T> { readonly from: number; to: number; readonly ttl: number; readonly what: T }

/** A crash: what was not written is lost. */
class Crash extends Error {}

export class World {
  readonly draw: (below: number) => number;
  now = 1_700_000_000;
  /** How far the clock of the server is from what time it is. */
  offset = 0;
  mayCrash = false;
  policy: KeyPolicy = {
    roles: ['csk'], algorithm: 13, bits: undefined, ttl: HOUR, propagation: 600, parentPropagation: DAY, parentTtl: DAY,
      lifetimes: new Map(),
  };
  disk: string | undefined;
  state: ZoneState = NO_KEYS;
  isUp = false;
  zoneTtl = HOUR;
  readonly parentTtl: number;
  readonly versions: Span<Duties>[] = [];
  readonly servers: Span<readonly Uint8Array[]>[][] = [[], [], []];
  /** What servers of the parent will have, and when. */
  coming: { readonly at: number; readonly server: number; readonly ds: readonly Uint8Array[]; readonly ttl: number }[] = [];
  orders: Role[] = [];
  isParentSilent = false;
  readonly files = new Map<string, Uint8Array>();

  constructor(seed: number) {
    this.draw = chance(seed);
    this.parentTtl = 60 + this.draw(DAY);
    for (const server of this.servers) server.push({ from: 0, to: Infinity, ttl: HOUR, what: [] });
    this.versions.push({ from: 0, to: Infinity, ttl: HOUR, what: { records: [], forKeys: [], forOthers: [] } });
  }
  get wall(): number {
    return this.now + this.offset;
  }

  // The server.
  #crash(): void {
    if (!this.mayCrash || this.draw(6) > 0) return;
    this.isUp = false;
    throw new Crash();
  }
  #write(state: ZoneState): void {
    if (state === this.state) return;
    this.#crash();
    this.#note(state);
    this.#crash();
  }
  #note(state: ZoneState): void {
    const next = { ...state, revision: this.state.revision + 1, at: this.wall };
    this.disk = printState(zone, next);
    this.state = next;
  }
  #make(role: Role): MadeKey {
    const number = this.files.size + 1;
    const { algorithm } = this.policy;
    const data = dnskeyData(role === 'zsk' ? 256 : 257, algorithm, Uint8Array.of(number >> 8, number, this.draw(256), this.draw(256)));
    const file = `K${number}`;
    this.files.set(file, data);
    return { file, role, data };
  }
  /** Whatever the server does when it looks at its keys; a crash ends it anywhere. */
  turn(): void {
    this.#alive(() => this.#turn());
  }
  #alive(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
    }
  }
  #turn(): void {
    if (!this.isUp) {
      this.isUp = true;
      this.state = this.disk === undefined ? NO_KEYS : parseState(zone, this.disk);
      this.#write(notAhead(this.state, this.wall));
      if (this.state !== NO_KEYS) this.#publish();
    }
    for (;;) {
      const before = this.state;
      const made = wishes(before, this.policy, this.orders, this.wall).map((role) => this.#make(role));
      const next = withoutRemoved(advanced(withKeys(before, this.policy, made, this.wall), this.wall)).state;
      this.#write(next);
      this.orders = [];
      if (this.state === before) return;
      if (this.state.stamp !== before.stamp) this.#publish();
    }
  }
  /** The zone is published as the keys say; that it is so is written later. */
  #publish(): void {
    this.#write(foreseen(this.state, this.policy, this.zoneTtl, this.wall));
    const what = dutiesOf(zone, this.state);
    this.versions.at(-1)!.to = this.now;
    this.versions.push({ from: this.now, to: Infinity, ttl: this.zoneTtl, what });
    this.check('published');
    this.#crash();
    this.#write(published(this.state, this.policy, this.state.stamp, this.zoneTtl, this.wall));
  }
  /** The server asks those of the parent, of whom some may be silent. */
  look(silent: number): void {
    if (!this.isUp || !isParentAsked(this.state)) return;
    const shown = this.servers.map((spans): ShownDelegation | undefined => {
      if (this.isParentSilent || (silent > 0 && this.draw(silent) === 0)) return undefined;
      const { what, ttl } = spans.at(-1)!;
      return { ds: what, ttl: what.length === 0 ? 0 : ttl };
    });
    const { stamp } = this.state;
    this.#alive(() => {
      this.#write(observed(this.state, owner, shown, this.policy, this.wall));
      if (this.state.stamp !== stamp) this.#publish();
    });
  }

  /** Somebody says that the parent has done what it was asked for. */
  confirm(): void {
    this.#alive(() => this.#write(confirmed(this.state, this.policy, this.wall)));
  }
  /** Somebody holds everything, or lets it go on. */
  hold(isHeld: boolean): void {
    if (this.isUp) this.#alive(() => this.#write({ ...this.state, isHeld }));
  }
  /** The clock of the server is set while it runs; or back, while it does not: nobody could tell that it went on. */
  setClock(seconds: number): void {
    if (!this.isUp && seconds > 0) return;
    this.offset += seconds;
    if (this.isUp) this.#note(shifted(this.state, seconds));
  }

  // The parent.
  takeCds(promptly: boolean): void {
    const seen = this.versions.filter(({ to }) => to + (promptly ? 0 : this.policy.propagation) > this.now);
    const { records } = seen[this.draw(seen.length)]!.what;
    const cds = records.filter(({ type }) => type === TYPE.CDS).map(({ data }) => data);
    if (cds.length === 0) return;
    const ds = cds.some(({ length }) => length === 5) ? [] : cds;
    const ttl = this.parentTtl;
    this.servers.forEach((spans, server) => {
      const last = this.coming.filter((one) => one.server === server).at(-1)?.at ?? 0;
      const has = this.coming.findLast((one) => one.server === server)?.ds ?? spans.at(-1)!.what;
      if (has.length === ds.length && has.every((one, i) => same(one, ds[i]!))) return;
      this.coming.push({ at: Math.max(last, this.now + (promptly ? 60 : this.draw(DAY))), server, ds, ttl });
    });
  }
  /** Time goes on; what the parent's servers were to have they have in between. */
  pass(seconds: number): void {
    const end = this.now + seconds;
    for (;;) {
      const next = this.coming.toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > end) break;
      this.coming.splice(this.coming.indexOf(next), 1);
      this.now = Math.max(this.now, next.at);
      const spans = this.servers[next.server]!;
      spans.at(-1)!.to = this.now;
      spans.push({ from: this.now, to: Infinity, ttl: next.ttl, what: next.ds });
      this.check('a server of the parent changed');
    }
    this.now = end;
  }

  // Validators.
  /** Every way that a validator may see now, whatever it has in its cache. */
  check(when: string): void {
    const { now, policy: { propagation, ttl } } = this;
    const sets = this.servers.flat().filter((span) => span.to + span.ttl > now).map(({ what }) => what);
    const keys = this.versions.filter((span) => span.to + propagation + ttl > now).map(({ what }) => what);
    const data = this.versions.filter((span) => span.to + propagation + span.ttl > now).map(({ what }) => what);
    for (const ds of sets) {
      for (const shown of keys) {
        for (const signed of data) {
          const why = this.#bogus(ds, shown, signed);
          if (why !== undefined) throw new Error(`${when}: ${why} at ${now}\n${this.tell()}`);
        }
      }
    }
  }
  tell(): string {
    const phase = ({ presence, since, until }: ZoneState['keys'][number]['ds']) =>
      `${presence}@${since - this.now}..${until === undefined ? '' : until - this.now}`;
    return this.state.keys.map((key) =>
      `${key.file} ${key.role} ${algorithmNumber(key.data)} ${keyTag(key.data)} ${key.isWanted ? 'in' : 'out'} dnskey ${phase(key.dnskey)} `
      + `signatures ${phase(key.signatures)} ds ${phase(key.ds)}`).join('\n');
  }
  /** Why a strict validator with these records says bogus; undefined where it does not. */
  #bogus(ds: readonly Uint8Array[], shown: Duties, signed: Duties): string | undefined {
    if (ds.length === 0) return undefined;
    const dnskeys = shown.records.filter(({ type }) => type === TYPE.DNSKEY).map(({ data }) => data);
    const shownAs = (file: string) => dnskeys.filter((data) => same(this.files.get(file)!, data));
    const anchors = shown.forKeys.flatMap(shownAs);
    for (const algorithm of new Set(ds.map((data) => data[2]!))) {
      const trusted = anchors.some((data) => algorithmNumber(data) === algorithm && setHas(ds, owner, data));
      if (!trusted) return `no key of algorithm ${algorithm} is what a DS says`;
    }
    const signers = signed.forOthers.flatMap(shownAs);
    for (const algorithm of new Set(dnskeys.map(algorithmNumber))) {
      if (!anchors.some((data) => algorithmNumber(data) === algorithm)) return `the keys are not signed by algorithm ${algorithm}`;
      if (!signers.some((data) => algorithmNumber(data) === algorithm)) return `data is not signed by a key of algorithm ${algorithm}`;
    }
    return undefined;
  }
}
