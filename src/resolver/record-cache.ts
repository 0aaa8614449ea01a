// Record sets and what was said to questions, as one thread keeps them: by rank and by time. Knows sets and denials; knows nothing of who
// asks or of servers.
import type { Name } from '../dns/name.ts';
import { RANK } from './kept-set.ts';
import type { KeptSet, Security } from './kept-set.ts';

/** What one question led to, without aliases followed. */
export interface Step {
  readonly kind: 'answer' | 'alias' | 'nodata' | 'nxdomain';
  readonly rcode: number;
  /** The sets of the answer: one, more for ANY; of an alias the DNAME, if that made it, and the CNAME. */
  readonly answer: readonly KeptSet[];
  /** SOA and proofs. */
  readonly authority: readonly KeptSet[];
  /** Where an alias leads. */
  readonly target: Name | undefined;
  /** Milliseconds of the clock: when it came, and until when it may be used. */
  readonly came: number;
  readonly until: number;
  security: Security;
  /** Who said so, so that another can be asked. */
  said?: object | undefined;
  /** To whom errors of it are told (RFC 9567). */
  agent?: Name;
  /** What was said before: it counts again where this one is bogus. */
  before?: Step | undefined;
  /** Why it is bogus or failed, for people. */
  why?: string | undefined;
  /** The Extended DNS Error that says so. */
  code?: number | undefined;
}

/** How many sets, and how many steps, a thread keeps. */
const MOST = 100_000;

/** A cache. */
export class RecordCache {
  readonly #now: () => number;
  readonly #sets = new Map<string, KeptSet>();
  readonly #steps = new Map<string, Step>();
  readonly #denied = new Map<string, Step>();

  /** `now` is in milliseconds, and only grows. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The set of a name and type that lives. */
  set(name: Name, type: number, klass: number): KeptSet | undefined {
    return alive(this.#sets, keyOf(name, type, klass), this.#now());
  }
  /**
   * Keeps a set unless a better one lives, also after `beyond`, and says which one counts. What a zone says of its own servers lives no
   * longer than what its parent said of them, so that nobody who lost a zone keeps it alive (ghost domains).
   */
  keep(set: KeptSet, beyond = 0): KeptSet {
    const key = keyOf(set.name, set.type, set.class);
    const known = alive(this.#sets, key, Math.max(this.#now(), beyond));
    if (known !== undefined && known.security !== 'bogus' && isBetter(known, set)) return known;
    const leased = known === undefined || isParents(set) ? undefined : isParents(known) ? known.until : known.leased;
    const kept = leased === undefined ? set : { ...set, leased, until: Math.min(set.until, leased) };
    put(this.#sets, key, kept);
    return kept;
  }
  /** Forgets a set, as when its servers are no good. */
  forget(name: Name, type: number, klass: number): void {
    this.#sets.delete(keyOf(name, type, klass));
  }

  step(name: Name, type: number, klass: number): Step | undefined {
    const key = keyOf(name, type, klass);
    const step = alive(this.#steps, key, this.#now());
    return step;
  }
  /** What was said, also where it is over: for answers that are better than none (RFC 8767). */
  stale(name: Name, type: number, klass: number): Step | undefined {
    return this.#steps.get(keyOf(name, type, klass));
  }
  keepStep(name: Name, type: number, klass: number, step: Step): void {
    const key = keyOf(name, type, klass);
    if (step.until <= this.#now()) {
      // What is not to be kept replaces what was, all the same.
      this.#steps.delete(key);
      return;
    }
    const known = this.#steps.get(key);
    step.before = known === undefined || known === step || known.security === 'bogus' ? undefined : known.before ?? known;
    put(this.#steps, key, step);
    if (step.kind === 'nxdomain') put(this.#denied, keyOf(name, 0, klass), step);
  }
  forgetStep(name: Name, type: number, klass: number): void {
    const key = keyOf(name, type, klass);
    const step = this.#steps.get(key);
    for (const set of step?.answer ?? []) this.forget(set.name, set.type, set.class);
    if (step?.before === undefined) this.#steps.delete(key);
    else put(this.#steps, key, step.before);
    this.#denied.delete(keyOf(name, 0, klass));
  }
  /** Whether the name does not exist, for whatever type it was asked. */
  nxdomain(name: Name, klass: number): Step | undefined {
    return alive(this.#denied, keyOf(name, 0, klass), this.#now());
  }
  /** Forgets everything, as when the network has changed. */
  clear(): void {
    this.#sets.clear();
    this.#steps.clear();
    this.#denied.clear();
  }
}

/** It stood in a referral. */
const isParents = ({ rank }: KeptSet): boolean => rank <= RANK.REFERRAL;
const isBetter = (known: KeptSet, set: KeptSet): boolean =>
  known.rank > set.rank || (known.rank === set.rank && known.security === 'secure' && set.security !== 'secure');
const keyOf = (name: Name, type: number, klass: number): string => `${type}/${klass}/${name.key}`;
function alive<T extends { readonly until: number }>(map: ReadonlyMap<string, T>, key: string, now: number): T | undefined {
  const found = map.get(key);
  return found !== undefined && found.until > now ? found : undefined;
}
/** The one that was put first goes where there is no room: what is asked for again was put again. */
function put<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > MOST) map.delete(map.keys().next().value!);
}
