// The snapshot of one cluster: read back at start, written again when the cluster has changed, not too often. Knows when; the other files
// of this name know how.
import { every } from '../../../kernel/clock.ts';
import { fileError } from '../../../wording/errno.ts';
import { SYNCED, UNREAD } from '../cluster/maps.ts';
import type { Keeper, KeeperParts } from '../cluster/keeper.ts';
import { StillMaps } from './copy.ts';
import { changesOf, digestOf } from './format.ts';
import { SnapshotError, readSnapshot } from './read.ts';
import { machineFiles, writeSnapshot } from './write.ts';
import type { Files } from './write.ts';
import { Staleness } from '../cluster/staleness.ts';

/** Milliseconds from the first whole lists to the first snapshot, between two of them, and until the moment of contact is written anew. */
const FIRST = 10_000, BETWEEN = 60_000, REFRESH = 600_000;
/** Milliseconds between two looks, and after which a write is given up: until then the store keeps what is replaced. */
const LOOK = 500, LONGEST = 30_000;
/** Milliseconds for which the end of the process waits for the last one. */
const LAST = 2000;

/** What a snapshot lives on. */
export interface SnapshotParts extends KeeperParts {
  readonly files?: Files;
}

/** Keeps one file. On the main thread. */
export class Snapshot implements Keeper {
  readonly staleness: Staleness;
  readonly #parts: SnapshotParts;
  readonly #watched: Uint8Array;
  #changes = 0;
  #saved = -1;
  /** Monotonic times: all lists whole, last begun, last written. */
  #wholeAt: number | undefined;
  #triedAt: number | undefined;
  #savedAt = 0;
  #saving: Promise<void> | undefined;
  #failing = false;
  /** Whether the file is something else, which must not be written over. */
  #foreign = false;

  constructor(parts: SnapshotParts) {
    this.#parts = parts;
    this.#watched = digestOf(parts.watched);
    this.staleness = new Staleness(parts.maps, parts.api);
  }

  /** Something was put into the maps or taken out. */
  changed(): void {
    this.#changes++;
  }

  /** Fills the maps from the file, if there is a sound one. Before anybody else does. Does not reject. */
  async restore(): Promise<void> {
    const { path, maps, clock, log, store, signal } = this.#parts;
    try {
      const found = await readSnapshot(path, this.#watched, maps, store);
      if (found === undefined || signal.aborted) return;
      maps.flags.set(SYNCED, 1);
      maps.flags.set(UNREAD, 0);
      this.staleness.restored(found.contact);
      const age = Math.max(0, Math.round(clock.wall() / 1000) - found.contact);
      log.info(`Serving ${found.objects} objects from snapshot ${path}: the Kubernetes API was last in touch ${age} s ago`);
    } catch (error) {
      this.#foreign = error instanceof SnapshotError && error.foreign;
      const advice = this.#foreign ? 'Nothing is written there: remove it, or let the option name another file'
        : error instanceof SnapshotError ? 'The next snapshot replaces it' : 'Let it be a file that this user may read and write';
      log.error(`Snapshot ${path} is not used: ${fileError(error, path)}. ${advice}`);
    }
  }
  /** From now on the maps are the API's, and the file is kept. */
  keep(): void {
    const { clock, signal } = this.#parts;
    every(clock, LOOK, signal, () => {}, () => this.look());
    every(clock, LOOK, signal, () => {}, () => (this.#isDue() ? this.#save() : undefined));
  }
  /** Looks whether the API is in touch. */
  look(): void {
    const { api, clock, log } = this.#parts;
    if (api.whole()) this.#wholeAt ??= clock.monotonic();
    if (this.staleness.look()) log.info('The Kubernetes API was read: what the snapshot said is replaced');
  }

  #isDue(): boolean {
    const now = this.#parts.clock.monotonic();
    if (this.#wholeAt === undefined || now - this.#wholeAt < FIRST) return false;
    if (this.#triedAt !== undefined && now - this.#triedAt < BETWEEN) return false;
    return this.#changes !== this.#saved || (this.staleness.since === undefined && now - this.#savedAt >= REFRESH);
  }
  /** Writes what the file lacks before the process ends; resolves in a few seconds at most. */
  async saveLast(): Promise<void> {
    if (this.#wholeAt === undefined) return;
    const written = async () => {
      await this.#saving;
      if (this.#changes !== this.#saved) await this.#save();
    };
    await Promise.race([written(), new Promise<void>((resolve) => this.#parts.clock.after(LAST, resolve))]);
  }
  #save(): Promise<void> {
    this.#saving ??= this.#write().finally(() => {
      this.#saving = undefined;
    });
    return this.#saving;
  }
  async #write(): Promise<void> {
    const { path, maps, clock, log, store, signal, files = machineFiles } = this.#parts;
    this.#triedAt = clock.monotonic();
    this.#foreign &&= await files.stat(path).then(() => true, () => false);
    if (this.#foreign || signal.aborted) return;
    const changes = this.#changes;
    const contact = this.staleness.since ?? Math.floor(clock.wall() / 1000);
    const still = new StillMaps(maps, store);
    const release = () => still.release();
    const cancel = clock.after(LONGEST, release);
    signal.addEventListener('abort', release, { once: true });
    try {
      await writeSnapshot(path, { contact, changes: changesOf(maps), watched: this.#watched }, still, files);
      this.#saved = changes;
      this.#savedAt = clock.monotonic();
      if (this.#failing) log.info(`Snapshot ${path} is written again`);
      this.#failing = false;
    } catch (error) {
      if (!this.#failing && !signal.aborted) {
        const why = fileError(error, path);
        log.error(`Snapshot ${path} cannot be written: ${why}. What it was before stays; it is tried again each minute`);
      }
      this.#failing ||= !signal.aborted;
    } finally {
      release();
      cancel();
      signal.removeEventListener('abort', release);
    }
  }
}
