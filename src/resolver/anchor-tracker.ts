// Follows the keys of zones by asking for them from time to time (RFC 5011), and keeps what it knows in files. Knows times, files and a
// resolver; what becomes of a key is dnssec's. Main's.
import { writtenAside } from '../authority/written-aside.ts';
import { keyTag } from '../dnssec/dnskey.ts';
import { KEY_STATE, TRACKING_TIMES, heardKeys, unheard } from '../dnssec/anchor-tracking.ts';
import type { KeyState, TrackedKey, TrackedZone, TrackingTimes } from '../dnssec/anchor-tracking.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/seen/log.ts';
import type { Signal } from '../kernel/signal.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import { ResolutionError } from './budget.ts';
import { printTracked } from './anchor-file.ts';
import type { Resolver } from './resolver.ts';

/** The zones of a file. */
export interface TrackedFile {
  /** Where what is known of them is kept. */
  readonly path: string;
  /** What the file begins with. */
  readonly head: string;
  readonly zones: readonly TrackedZone[];
  /** What was wrong with it. */
  readonly fault?: string;
}
/** What following needs. */
export interface TrackerParts {
  readonly clock: Clock;
  readonly signal: Signal;
  readonly log: Log;
  readonly resolver: Resolver;
  readonly times?: TrackingTimes | undefined;
  /** What is trusted is something else now. */
  readonly changed: (zones: readonly TrackedZone[]) => void;
}
/** Milliseconds: no wait is longer, whatever a file says. */
const LONGEST = 86_400_000;
/** How often another server is asked where what one said does not hold. */
const MOST_AGAIN = 3;
const WORDS: Readonly<Record<KeyState, string>> = {
  [KEY_STATE.START]: 'new', [KEY_STATE.PENDING]: 'new, and will be trusted if it stays', [KEY_STATE.VALID]: 'trusted',
  [KEY_STATE.MISSING]: 'missing', [KEY_STATE.REVOKED]: 'revoked', [KEY_STATE.REMOVED]: 'forgotten',
};

/** A file while it is. */
interface Followed {
  readonly path: string;
  readonly head: string;
  readonly zones: TrackedZone[];
  writing: Promise<void>;
}

/** Follows the zones of files. */
export class AnchorTracker {
  readonly #parts: TrackerParts;
  readonly #files: readonly Followed[];

  constructor(files: readonly TrackedFile[], parts: TrackerParts) {
    this.#parts = parts;
    this.#files = files.map(({ path, head, zones }) => ({ path, head, zones: [...zones], writing: Promise.resolve() }));
  }
  /** Looks at those whose time has come, and at others when theirs does. */
  begin(): void {
    for (const file of this.#files) file.zones.forEach((_, i) => this.#plan(file, i));
  }
  #plan(file: Followed, i: number): void {
    const { clock, signal } = this.#parts;
    const { next, isOver } = file.zones[i]!;
    if (isOver || signal.aborted) return;
    const left = next * 1000 - clock.wall();
    const cancel = clock.after(Math.min(LONGEST, Math.max(0, left)), () => {
      signal.removeEventListener('abort', cancel);
      if (left > LONGEST) this.#plan(file, i);
      else void this.#look(file, i).then(() => this.#plan(file, i));
    });
    signal.addEventListener('abort', cancel, { once: true });
  }
  async #look(file: Followed, i: number): Promise<void> {
    const { clock, resolver, times = TRACKING_TIMES, log, signal } = this.#parts;
    const before = file.zones[i]!;
    const seconds = (): number => Math.floor(clock.wall() / 1000);
    let after: TrackedZone | undefined;
    let why = `no server says which keys ${before.zone.text} has`;
    const avoided = new Set<object>();
    for (let again = 0; again <= MOST_AGAIN && after === undefined; again++) {
      const step = await resolver.askAnew({ name: before.zone, type: TYPE.DNSKEY, class: CLASS.IN }, avoided).catch(unlessFailed);
      const set = step?.answer.find(({ type, name }) => type === TYPE.DNSKEY && name.equals(before.zone));
      const looked = set && heardKeys(before, set, seconds(), times);
      if (looked !== undefined && (looked.why === undefined || looked.tracked.isOver)) after = looked.tracked;
      else if (looked !== undefined) why = `the keys of ${before.zone.text} are not signed by one that is trusted: ${looked.why}`;
      if (step?.said === undefined) break;
      avoided.add(step.said);
    }
    if (signal.aborted) return;
    if (after === undefined) log.warning(`trust anchor: ${why}`);
    file.zones[i] = after ?? unheard(before, seconds());
    this.#tell(before, file.zones[i]!);
    this.#keep(file);
  }
  #tell(before: TrackedZone, after: TrackedZone): void {
    const { log, changed } = this.#parts;
    const was = (key: TrackedKey): KeyState | undefined => before.keys.find(({ data }) => sameKey(data, key.data))?.state;
    const others = after.keys.filter((key) => was(key) !== key.state);
    for (const { data, state } of others) log.info(`trust anchor: key ${keyTag(data)} of ${after.zone.text} is ${WORDS[state]}`);
    for (const { data } of before.keys) {
      if (!after.keys.some((key) => sameKey(key.data, data))) log.info(`trust anchor: key ${keyTag(data)} of ${after.zone.text} is gone`);
    }
    if (after.isOver) log.error(`trust anchor: all keys of ${after.zone.text} are revoked: what is below it is not validated any more`);
    if (others.length > 0 || before.keys.length !== after.keys.length) changed(this.#files.flatMap(({ zones }) => zones));
  }
  #keep(file: Followed): void {
    const { path, head, zones } = file;
    const text = head + printTracked(zones);
    file.writing = file.writing.then(() => writtenAside(path, text)).catch((error: Error) => {
      this.#parts.log.warning(`trust anchor: ${path} could not be written, what is known of keys is lost at the end: ${error.message}`);
    });
  }
}
const unlessFailed = (error: unknown): undefined => {
  if (!(error instanceof ResolutionError)) throw error;
};
/** The same key, revoked or not. */
const sameKey = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one.subarray(3), other.subarray(3)) === 0;
