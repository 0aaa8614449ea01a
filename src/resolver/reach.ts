// Whether the world can be reached, by IPv4 and by IPv6. Where nobody anywhere answers the network is gone: that says nothing of any
// server, and the root is asked each second until it is back. Knows addresses and times; what asks is handed in.
import type { Flags } from '../store/cells.ts';
import type { ServerAddress } from './settings.ts';

/** So many questions in a row to which no server says anything, and the network itself is looked at. */
const SILENT = 4;
/** Servers that are asked when it is, and milliseconds between two times. */
const PROBED = 2, EACH = 1000;
/** So many times, then twice as long each time, up to so many milliseconds. */
const OFTEN = 60, LONGEST = 60_000;
/** It is looked at while somebody has wanted it within so many milliseconds. */
const WANTED = 10_000;
/** Questions that are let out all the same, at the same time: the root may be what is out of reach, and nothing else. */
const MOST_SCOUTS = 4;

/** What it needs. */
export interface ReachParts {
  readonly now: () => number;
  readonly after: (milliseconds: number, call: () => void) => () => void;
  readonly random: () => number;
  /** Those that are asked whether anybody is there: the root's, or who stands for it. */
  readonly targets: () => readonly ServerAddress[];
  /** Whether a server says anything. */
  readonly probe: (address: ServerAddress) => Promise<boolean>;
  /** A network that was gone is back. */
  readonly back: () => void;
  /** What is told of it. */
  readonly reached: (family: 'IPv4' | 'IPv6', isReached: boolean) => void;
  /** What all threads know of it: `REACH_FLAGS` of them; and what is added to this thread's clock for times that all understand. */
  readonly flags: Flags;
  readonly epoch: number;
}
/** Flags that it takes: how often a network came back, and of each family whether it is gone and when it was looked at. */
export const REACH_FLAGS = 5;
const BACKS = 0, GONE = 1, LOOKED = 3;

/** One of the two. */
class FamilyReach {
  readonly #parts: ReachParts;
  readonly #family: 'IPv4' | 'IPv6';
  readonly #gone: number;
  readonly #probedFlag: number;
  /** Nobody ever answered here. */
  #lacks: boolean;
  /** Questions since the last answer. */
  #silent = 0;
  #isProbing = false;
  #probed = 0;
  #wantedAt = -Infinity;
  scouts = 0;

  constructor(parts: ReachParts, family: 'IPv4' | 'IPv6', lacks: boolean) {
    this.#parts = parts;
    this.#family = family;
    this.#lacks = lacks;
    this.#gone = family === 'IPv4' ? GONE : GONE + 1;
    this.#probedFlag = family === 'IPv4' ? LOOKED : LOOKED + 1;
  }
  get isGone(): boolean {
    return this.#lacks || this.#parts.flags.get(this.#gone) !== 0;
  }
  heard(): void {
    this.#silent = 0;
    if (!this.isGone) return;
    this.#lacks = false;
    this.#probed = 0;
    // One thread says so.
    if (!this.#parts.flags.exchange(this.#gone, 1, 0)) return;
    this.#parts.flags.add(BACKS, 1);
    this.#parts.reached(this.#family, true);
  }
  silent(): void {
    if (!this.isGone && ++this.#silent >= SILENT) this.#look();
  }
  /** Somebody would ask if it were there. */
  wanted(): void {
    this.#wantedAt = this.#parts.now();
    this.#look();
  }
  #targets(): ServerAddress[] {
    return this.#parts.targets().filter(({ address }) => address.includes(':') === (this.#family === 'IPv6'));
  }
  #pause(): number {
    return Math.min(LONGEST, EACH * 2 ** Math.min(16, Math.max(0, this.#probed - OFTEN)));
  }
  /** The time for all threads, never 0. */
  #time(): number {
    return ((this.#parts.now() + this.#parts.epoch) | 0) || 1;
  }
  /** Milliseconds until it may be looked at again, by whichever thread. */
  #wait(): number {
    const probed = this.#parts.flags.get(this.#probedFlag);
    const since = (this.#time() - probed) | 0;
    return probed === 0 || since < 0 ? 0 : Math.max(0, this.#pause() - since);
  }
  #look(): void {
    const { random, probe, flags } = this.#parts;
    if (this.#isProbing || this.#wait() > 0) return;
    const left = this.#targets();
    if (left.length === 0) {
      // Nobody can say, so each server may.
      this.#lacks = false;
      flags.set(this.#gone, 0);
      return;
    }
    if (!flags.exchange(this.#probedFlag, flags.get(this.#probedFlag), this.#time())) return;
    this.#isProbing = true;
    const asked: ServerAddress[] = [];
    while (asked.length < PROBED && left.length > 0) asked.push(...left.splice(Math.floor(random() * left.length), 1));
    void Promise.all(asked.map(async (address) => {
      if (!await probe(address)) return false;
      this.heard();
      return true;
    })).then((answers) => this.#looked(answers.includes(true)));
  }
  #looked(isThere: boolean): void {
    this.#isProbing = false;
    // Others may have answered meanwhile.
    if (isThere || (!this.isGone && this.#silent === 0)) return;
    const { now, after, flags } = this.#parts;
    if (!this.#lacks && flags.exchange(this.#gone, 0, 1)) this.#parts.reached(this.#family, false);
    this.#probed++;
    after(this.#wait(), () => {
      if (this.isGone && now() < this.#wantedAt + WANTED) this.#look();
    });
  }
}

/** The world, as far as it is reached. */
export class Reach {
  readonly #parts: ReachParts;
  #backs: number;
  readonly #four: FamilyReach;
  readonly #six: FamilyReach;

  /** What is not there to begin with: nobody is to be asked so, or the machine knows no way. */
  constructor(parts: ReachParts, { four, six }: { readonly four: boolean; readonly six: boolean }) {
    this.#parts = parts;
    this.#backs = parts.flags.get(BACKS);
    this.#four = new FamilyReach(parts, 'IPv4', !four);
    this.#six = new FamilyReach(parts, 'IPv6', !six);
  }
  #of(address: string): FamilyReach {
    return address.includes(':') ? this.#six : this.#four;
  }
  /** By this address somebody answered. */
  heard(address: string): void {
    this.#of(address).heard();
    this.notice();
  }
  /** A network is back, as whichever thread found out. */
  notice(): void {
    const backs = this.#parts.flags.get(BACKS);
    if (backs === this.#backs) return;
    this.#backs = backs;
    this.#parts.back();
  }
  /** By this one nobody did. */
  silent(address: string): void {
    this.#of(address).silent();
  }
  /** Whether nobody is reached by such addresses. */
  isGone(address: string): boolean {
    return this.#of(address).isGone;
  }
  /** The same, of an address that would be asked. */
  isMissed(address: string): boolean {
    const family = this.#of(address);
    if (family.isGone) family.wanted();
    return family.isGone;
  }
  /** By neither. */
  get isDark(): boolean {
    return this.#four.isGone && this.#six.isGone;
  }
  /** Lets one question out where nobody is reached, until what is returned is called; undefined: enough are on their way. */
  scout(address: string): (() => void) | undefined {
    const family = this.#of(address);
    if (family.scouts >= MOST_SCOUTS) return undefined;
    family.scouts++;
    return () => void family.scouts--;
  }
}
