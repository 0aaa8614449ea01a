// What is fresh, kept in a file over a restart (`snapshot FILE`): read once everything listens, written from time to time and at the
// end. Knows when, and files; knows nothing of what is kept.
import { open, readFile as readWhole, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { every } from '../../kernel/clock.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import { fileError } from '../../wording/errno.ts';
import type { Entries } from './entry.ts';
import { CACHE } from './kept-words.ts';
import { SnapshotError, checkEntry, headOf, readFile } from './snapshot-format.ts';

/** Milliseconds between two snapshots, and for which the end of the process waits for the last one. */
const BETWEEN = 60_000, LAST = 2000;
/** Places of the index, and entries of a file, that are looked at in one turn: well below a millisecond. */
const PLACES = 128, READ = 64;

/** The file of one cache. On the main thread. */
export class Snapshot {
  readonly #path: string;
  readonly #configuration: string;
  readonly #caches: readonly Entries[];
  readonly #run: Run;
  #saving: Promise<void> | undefined;
  #failing = false;
  /** What the caches were, and the file that has it. */
  #written = '';
  #foreign = false;
  #isAnothers = false;

  /** `caches` are in the order in which the file numbers them; the configuration is that under which they are worth anything. */
  constructor(path: string, configuration: string, caches: readonly Entries[], run: Run) {
    this.#path = path;
    this.#configuration = configuration;
    this.#caches = caches;
    this.#run = run;
  }

  /** Takes over what is fresh in the file, all or nothing of it. Does not reject. */
  async restore(): Promise<void> {
    const { clock, log, store } = this.#run;
    try {
      const bytes = await readWhole(this.#path);
      const { words, written } = await readFile(bytes, this.#configuration, clock.wall(), () => nextTurn());
      const places: number[] = [];
      for (let at = 0; at < words.length; at += words[at]!) {
        checkEntry(words, at);
        places.push(at);
        if (places.length % READ === 0) await nextTurn();
      }
      let kept = 0;
      for (let i = 0; i < places.length; i += READ) {
        const [now, since] = [clock.monotonic(), clock.wall() - written];
        store.reading.within(() => {
          for (const at of places.slice(i, i + READ)) {
            if (this.#caches[words[at + CACHE]! & 255]?.restore(words, at, now, since) === true) kept++;
          }
        });
        await nextTurn();
        if (this.#run.signal.aborted) return;
      }
      const age = Math.round((clock.wall() - written) / 1000);
      log.prefix('cache').info(`Keeping ${kept} of ${places.length} replies from snapshot ${this.#path}, written ${age} s ago`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      this.#foreign = error instanceof SnapshotError && error.foreign;
      const advice = this.#foreign ? 'Nothing is written there: remove it, or let the option name another file'
        : 'The next snapshot replaces it';
      log.prefix('cache').error(`Snapshot ${this.#path} is not used: ${fileError(error, this.#path)}. ${advice}`);
    }
  }
  /** From now on it is written from time to time. */
  keep(): void {
    const { clock, signal, report } = this.#run;
    every(clock, BETWEEN, signal, report, () => this.#save());
  }
  /** Writes it before the process ends; resolves in a few seconds at most. */
  async saveLast(): Promise<void> {
    const written = async () => {
      await this.#saving;
      await this.#save();
    };
    await Promise.race([written(), new Promise<void>((resolve) => this.#run.clock.after(LAST, resolve))]);
  }

  /** Writes it for another process, whose it is from then on; where `failed` aborts it is this one's as before. */
  async handOver(failed: AbortSignal): Promise<void> {
    await this.saveLast();
    this.#isAnothers = !failed.aborted;
    failed.addEventListener('abort', () => (this.#isAnothers = false), { once: true });
  }

  #save(): Promise<void> {
    this.#saving ??= this.#write().finally(() => {
      this.#saving = undefined;
    });
    return this.#saving;
  }
  async #write(): Promise<void> {
    if (this.#foreign || this.#isAnothers || this.#run.signal.aborted) return;
    const beside = `${this.#path}.tmp`;
    try {
      const now = this.#caches.map(({ map }) => map.changes).join();
      if (await this.#has(now)) return;
      await rm(beside, { force: true });
      const handle = await open(beside, 'wx', 0o600);
      try {
        await this.#writeAll(handle);
      } finally {
        await handle.close();
      }
      await rename(beside, this.#path);
      this.#written = `${now} ${(await stat(this.#path)).ino}`;
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.#run.log.prefix('cache').error(`Snapshot ${this.#path} is not written: ${fileError(error, this.#path)}`);
      this.#failing = true;
      await rm(beside, { force: true }).catch(() => {});
    }
  }
  /** Whether the file is there as it was written last, and no entry came or went since: then it would say the same. */
  async #has(changes: string): Promise<boolean> {
    if (this.#written === '') return false;
    const there = await stat(this.#path).catch(() => undefined);
    return this.#written === `${changes} ${there?.ino}`;
  }
  /** In slices: what one turn copies is bounded, and shards are held for a slice. */
  async #writeAll(handle: FileHandle): Promise<void> {
    const { clock } = this.#run;
    const head = headOf(clock.wall(), this.#configuration);
    const began = clock.monotonic();
    const hash = createHash('sha256').update(head);
    await handle.writeFile(head);
    for (const [number, entries] of this.#caches.entries()) {
      for (let shard = 0; shard < entries.map.shards; shard++) {
        for (let place = 0; place >= 0; await nextTurn()) {
          const found: Int32Array[] = [];
          place = entries.map.walk(shard, place, PLACES, (entry) => {
            const saved = entries.saved(entry, number, began);
            if (saved !== undefined) found.push(saved);
          });
          const bytes = Buffer.concat(found.map((words) => new Uint8Array(words.buffer)));
          hash.update(bytes);
          if (bytes.length > 0) await handle.writeFile(bytes);
        }
      }
    }
    await handle.writeFile(hash.digest());
    await handle.sync();
  }
}
