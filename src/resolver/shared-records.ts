// Record sets and steps that all threads of a process keep together: one entry a set, bounded in octets, and what nobody asked for lately
// goes first (SIEVE). Knows the store and the layout; knows nothing of what is believed.
import type { Name } from '../dns/name.ts';
import type { CacheLimits, CacheMap } from '../store/cache-map.ts';
import { Changes } from '../store/changes.ts';
import { Key } from '../store/key.ts';
import type { Entry } from '../store/key.ts';
import type { KeptSet } from './kept-set.ts';
import type { Step } from './step.ts';
import { SetReader, SetWriter } from './set-bytes.ts';

/** What a cache of them holds, by how many octets it may take: its entries are bounded by octets, not by number. */
export const sharedLimits = (bytes: number): CacheLimits => ({ entries: Math.max(64, bytes >> 7), bytes, owned: OWNED });
/**
 * The owner's words of an entry: seconds of the time that all threads understand until when it may be used; of a set its rank and whether
 * it is secure, of a name that does not exist the type that was asked for when that was said; and what it is made of, for who forgets it.
 */
const UNTIL = 0, MARKS = 1, STAMP = 2, OWNED = STAMP + Changes.STAMP;
const SECURE = 0x100;
/** What an entry is. */
const SET = 1, STEP = 2, DENIED = 3;

/** What the owner's words are made of. */
interface Owned {
  readonly until: number;
  readonly marks: number;
  readonly moment: number;
}

/** Those of one load of one block, as one thread sees them. All of them are of class IN. */
export class SharedRecords {
  readonly #map: CacheMap;
  readonly #epoch: number;
  readonly #key = new Key();
  readonly #name = new Uint8Array(this.#key.words.buffer);
  readonly #changes: Changes;
  readonly #writer: SetWriter;

  /** `map` has the limits of `sharedLimits`; `epoch` is added to this thread's times, so that all understand them. */
  constructor(map: CacheMap, changes: Changes, epoch: number) {
    this.#map = map;
    this.#changes = changes;
    this.#epoch = epoch;
    this.#writer = new SetWriter(epoch);
  }

  /** Another one when something was forgotten, as by whoever looks after the server. */
  get moment(): number {
    return this.#changes.moment;
  }
  /** The set of a name and type that lives at `now`; of any time where that is undefined. */
  set(name: Name, type: number, now?: number): KeptSet | undefined {
    return this.#read(this.#find(name, type, SET), now)?.set();
  }
  /** The step that a question led to, in the same way. */
  step(name: Name, type: number, now?: number): Step | undefined {
    return this.#read(this.#find(name, type, STEP), now)?.step();
  }
  /** What said that the name does not exist, whatever it was asked for. */
  denied(name: Name, now: number): Step | undefined {
    const entry = this.#find(name, 0, DENIED);
    if (entry === 0) return undefined;
    const step = this.step(name, this.#map.words[this.#map.ownedAt(entry) + MARKS]!, now);
    return step?.kind === 'nxdomain' ? step : undefined;
  }
  /** Keeps a set that was heard since that moment, unless a better one lives, of another thread. */
  keepSet(set: KeptSet, now: number, moment: number): void {
    const marks = set.rank | (set.security === 'secure' ? SECURE : 0);
    const known = this.#find(set.name, set.type, SET);
    if (known !== 0 && this.#lives(known, now) && isBetter(this.#map.words[this.#map.ownedAt(known) + MARKS]!, marks)) return;
    this.#put(this.#keyOf(set.name, set.type, SET), this.#writer.set(set), { until: set.until, marks, moment });
  }
  keepStep(name: Name, type: number, step: Step, moment: number): void {
    const { until } = step;
    const isKept = this.#put(this.#keyOf(name, type, STEP), this.#writer.step(step), { until, marks: 0, moment });
    if (isKept && step.kind === 'nxdomain') this.#put(this.#keyOf(name, 0, DENIED), 0, { until, marks: type, moment });
  }
  forgetSet(name: Name, type: number): void {
    this.#map.remove(this.#keyOf(name, type, SET));
  }
  forgetStep(name: Name, type: number): void {
    this.#map.remove(this.#keyOf(name, type, STEP));
    this.#map.remove(this.#keyOf(name, 0, DENIED));
  }

  #keyOf({ key }: Name, type: number, flavour: number): Key {
    this.#key.named(key, type);
    this.#key.flavour = flavour;
    return this.#key;
  }
  #find(name: Name, type: number, flavour: number): Entry | 0 {
    const entry = this.#map.find(this.#keyOf(name, type, flavour));
    return entry !== 0 && this.#changes.fresh(this.#map.words, this.#map.ownedAt(entry) + STAMP) ? entry : 0;
  }
  #lives(entry: Entry, now: number): boolean {
    return this.#map.words[this.#map.ownedAt(entry) + UNTIL]! >>> 0 >= seconds(now + this.#epoch);
  }
  /** Octets of its own: those in the map hold until the next call. */
  #read(entry: Entry | 0, now: number | undefined): SetReader | undefined {
    if (entry === 0 || (now !== undefined && !this.#lives(entry, now))) return undefined;
    const from = this.#map.bytesAt(entry);
    const octets = new Uint8Array(this.#map.valueSize(entry));
    octets.set(this.#map.bytes.subarray(from, from + octets.length));
    return new SetReader(octets, this.#epoch);
  }
  /** Keeps so many octets of the writer's; -1: they are too many. */
  #put(key: Key, size: number, { until, marks, moment }: Owned): boolean {
    const entry = size < 0 ? 0 : this.#map.prepare(key, size);
    if (entry === 0) {
      // What was there is older than what there is no room for.
      this.#map.remove(key);
      return false;
    }
    const { words } = this.#map;
    const owned = this.#map.ownedAt(entry);
    words[owned + UNTIL] = seconds(until + this.#epoch);
    words[owned + MARKS] = marks;
    this.#changes.begin(words, owned + STAMP, moment);
    if (!this.#changes.quiet) this.#changes.add(words, owned + STAMP, this.#name, 0);
    this.#map.bytes.set(this.#writer.bytes.subarray(0, size), this.#map.bytesAt(entry));
    return this.#map.publish(entry);
  }
}

/** Whole seconds, in 32 bits. */
const seconds = (time: number): number => Math.min(0xffffffff, Math.floor(time / 1000));
/** As RecordCache compares them. */
function isBetter(known: number, marks: number): boolean {
  const rank = known & 0xff;
  const other = marks & 0xff;
  return rank > other || (rank === other && known > marks);
}
