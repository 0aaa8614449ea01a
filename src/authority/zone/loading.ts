// From a file to a version of its zone, in whichever thread: read, judged by its serial, made. Knows what may take the place of what;
// publishes nothing and says nothing to anybody.
import { latin1Bytes } from '../../dns/latin1.ts';
import type { Name } from '../../dns/name.ts';
import { Name as Names } from '../../dns/name.ts';
import { compareSerials } from '../../dns/order.ts';
import { TYPE } from '../../dns/type-name.ts';
import type { Memory } from '../../store/memory.ts';
import { fileError } from '../../wording/errno.ts';
import { ZoneFileError } from '../../zonefile/error.ts';
import { MasterFiles } from '../../zonefile/master-file.ts';
import type { FileReading } from '../../zonefile/master-file.ts';
import { verifyVersion } from '../signing/verify-version.ts';
import type { Verified } from '../signing/verify-version.ts';
import { Builder } from './build.ts';
import type { Built } from './build.ts';
import type * as Digests from './digest.ts';
import type { DigestRule } from './digest-rule.ts';
import { remember } from './history.ts';
import { readKept, writeKept } from './kept-serial.ts';
import { Scratch, apexHas } from './scratch.ts';
import { EXPIRES, MOST_ITERATIONS, SERIAL } from './version.ts';
import { ZoneError } from './zone-error.ts';
import { lookAt, stateOf } from './file-state.ts';
import type { FileState } from './file-state.ts';

/** What is to be loaded. Can be sent to another thread. */
export interface Order {
  readonly path: string;
  /** Its bytes, when it was looked at. */
  readonly size: number;
  /** The zone, as a lower-case wire name. */
  readonly zone: string;
  /** The version that is served, 0 for none. */
  readonly before: number;
  /** Whether that is what an earlier process served: what the file says takes its place, whatever the serial. */
  readonly isRestored?: boolean;
  /** Seconds since 1970. */
  readonly now: number;
  /** What is done with other records under the same serial: left, taken as they are, or taken with the next serial. */
  readonly unchanged: 'leave' | 'take' | 'count';
  /** The most iterations of hashes that it may have; as usual where nothing is said. */
  readonly iterations?: number | undefined;
  /** Seconds of records that have none before the file says some; as CoreDNS where it is not said. */
  readonly ttl?: number | undefined;
  /** Whether all signatures of others are verified, or those of some names; not at all where it is signed here. */
  readonly verify?: 'all' | 'some' | 'none' | undefined;
  /** What is done about the digest of the zone. */
  readonly digest: DigestRule;
}

/** Why nothing was loaded: the metric's label. */
export type Reason = 'missing' | 'unreadable' | 'syntax' | 'zone' | 'memory';

/** What came of it. Can be sent to another thread. */
export type Loaded =
  /** A version to be published. */
  | { readonly kind: 'made'; readonly built: Pick<Built, 'version' | 'gone' | 'changed'>; readonly serial: number;
    readonly previous: number | undefined; readonly outside: number; readonly state: FileState;
    /** Whether the serial is kept over restarts, where it is not the file's own. */
    readonly isKept: boolean;
    /** What came of looking at signatures that somebody else made. */
    readonly verified: Verified | undefined }
  /** All records are as they are served. */
  | { readonly kind: 'same'; readonly serial: number; readonly state: FileState }
  /** There are other records, under the serial that is served already. */
  | { readonly kind: 'held'; readonly serial: number; readonly changed: number; readonly state: FileState }
  | { readonly kind: 'failed'; readonly reason: Reason; readonly text: string };

/** Names of a signed zone whose signatures are verified, as of its hashes: a millisecond. */
const SOME = 4;
/** Thrown where a digest is to be looked at or made, and it was not said how: see `Loading.digests`. */
export class DigestWanted extends Error {}

/** Loads one zone after the other. One object a thread. */
export class Loading {
  readonly #memory: Memory;
  readonly #files = new MasterFiles();
  readonly #scratch: Scratch;
  readonly #builder: Builder;

  /** What digests are made with: few zones have one, and a start shall not wait for it. */
  digests: typeof Digests | undefined;

  constructor(memory: Memory, digests?: typeof Digests) {
    this.#memory = memory;
    this.digests = digests;
    this.#scratch = new Scratch(memory.hash);
    this.#builder = new Builder(memory);
  }

  /** Does what is ordered, within a reading where there is a version before. Throws DigestWanted, and else only what is a bug. */
  load(order: Order): Loaded {
    const name = Names.wire(order.zone);
    try {
      return this.#load(order, name);
    } catch (error) {
      return failed(error, order.path, name);
    } finally {
      this.#scratch.begin(NOTHING);
    }
  }
  /** Why a file cannot be served as this zone at `now`, and so, undefined where it can: tries it and keeps nothing of it. */
  refusal(path: string, name: Name, now: number, digest: DigestRule = 'check', iterations = MOST_ITERATIONS): string | undefined {
    try {
      this.#scratch.mostIterations = iterations;
      this.#read(path, name, lookAt([path])?.size ?? 0);
      this.#digest(digest, now);
      this.#builder.discard(this.#builder.build(this.#scratch, 0));
      return undefined;
    } catch (error) {
      const loaded = failed(error, path, name);
      return loaded.kind === 'failed' ? loaded.text : undefined;
    } finally {
      this.#scratch.begin(NOTHING);
    }
  }
  #read(path: string, name: Name, size: number, ttl?: number): FileReading {
    const scratch = this.#scratch.begin(latin1Bytes(name.key), size);
    this.#files.ttl = ttl;
    const reading = this.#files.read(path, name, scratch);
    if (!scratch.hasSoa) throw new ZoneError(`file "${path}" has no SOA record for origin ${name.text}`);
    return reading;
  }
  #load(order: Order, name: Name): Loaded {
    const { path, size, before, isRestored = false, unchanged, now, iterations = MOST_ITERATIONS, digest, ttl } = order;
    const scratch = this.#scratch;
    scratch.mostIterations = iterations;
    const { files, outside } = this.#read(path, name, size, ttl);
    const state = stateOf(files.map((file) => file.path), files);
    const previous = before === 0 ? undefined : this.#memory.words[before + SERIAL]! >>> 0;
    const makes = this.#digest(digest, now);
    // The digest of a file is of its own serial: with another one it is made anew.
    if (unchanged === 'count') this.#count(path, state, order, makes);
    else if (digest === 'make') makes();
    const built = this.#builder.build(scratch, before);
    const serial = this.#memory.words[built.version + SERIAL]! >>> 0;
    if (built.changed === 0 || (unchanged === 'leave' && serial === previous && !isRestored)) {
      this.#builder.discard(built);
      if (isRestored) return this.#made(order, { version: before, gone: new Int32Array(0), changed: 0 }, state, outside);
      return built.changed === 0 ? { kind: 'same', serial, state } : { kind: 'held', serial, changed: built.changed, state };
    }
    remember(this.#memory, scratch.zone, before, built.version, now);
    const { version, gone, changed } = built;
    return this.#made(order, { version, gone, changed }, state, outside);
  }
  #made({ path, before, now, unchanged, verify = 'some' }: Order, built: Pick<Built, 'version' | 'gone' | 'changed'>, state: FileState,
    outside: number): Loaded {
    const { words } = this.#memory;
    const { version } = built;
    const serial = words[version + SERIAL]! >>> 0;
    const previous = before === 0 ? undefined : words[before + SERIAL]! >>> 0;
    const isKept = unchanged !== 'count' || writeKept(path, { serial, contents: state.contents });
    const isSigned = verify !== 'none' && words[version + EXPIRES] !== 0;
    const { zone } = this.#scratch;
    const verified = isSigned ? verifyVersion(this.#memory, zone, version, now, verify === 'all' ? Infinity : SOME) : undefined;
    return { kind: 'made', built, serial, previous, outside, state, isKept, verified };
  }
  /** Looks at the digest; says how it becomes that of another serial. */
  #digest(rule: DigestRule, now: number): () => void {
    const scratch = this.#scratch;
    const has = apexHas(scratch, TYPE.ZONEMD);
    if (rule === 'ignore' || (rule === 'check' && !has)) return () => {};
    if (this.digests === undefined) throw new DigestWanted();
    const { checkDigest, makeDigest } = this.digests;
    if (rule !== 'make') checkDigest(scratch, rule === 'require', now);
    return () => makeDigest(scratch);
  }
  /** Gives the records a serial of their own: the next one, where theirs is not newer and they are others. */
  #count(path: string, { contents }: FileState, { before, isRestored = false }: Order, digest: () => void): void {
    const served = before === 0 ? undefined : this.#memory.words[before + SERIAL]! >>> 0;
    const kept = served === undefined || isRestored ? readKept(path) : undefined;
    // What was kept of the zone may be older than what was served last.
    const isBehind = kept !== undefined && (served === undefined || compareSerials(kept.serial, served) > 0);
    const previous = isBehind ? undefined : served;
    const scratch = this.#scratch;
    const be = (serial: number): void => {
      scratch.serial = serial;
      digest();
    };
    const last = previous ?? kept?.serial;
    if (last === undefined || compareSerials(scratch.serial, last) > 0) return be(scratch.serial);
    if (previous === undefined) return be(kept!.contents === contents ? last : next(last));
    be(previous);
    const tried = this.#builder.build(scratch, before);
    this.#builder.discard(tried);
    if (tried.changed > 0) be(next(previous));
  }
}
const NOTHING = Uint8Array.of(0);
/** 0 is left out: some take it for none. */
const next = (serial: number): number => (serial + 1) >>> 0 || 1;

function failed(error: unknown, path: string, zone: Name): Loaded {
  if (error instanceof ZoneFileError) {
    // What CoreDNS has a text for says itself which file it is.
    if (error.message.startsWith('file "')) return { kind: 'failed', reason: 'zone', text: error.message };
    return { kind: 'failed', reason: 'syntax', text: `failed to parse file "${path}" for origin ${zone.text} with error ${error.message}` };
  }
  if (error instanceof ZoneError) return { kind: 'failed', reason: 'zone', text: error.message };
  if (error instanceof RangeError) return { kind: 'failed', reason: 'memory', text: `zone ${zone.text} in "${path}": ${error.message}` };
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  return { kind: 'failed', reason: code === 'ENOENT' ? 'missing' : 'unreadable', text: fileError(error, path) };
}
