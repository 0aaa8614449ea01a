// Keys of an etcd in a file over a restart (`snapshot FILE`): taken over before etcd is asked, written when they have changed, not too
// often, and at the end. Knows when, and files; knows nothing of what keys mean. Main's.
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { every } from '../../kernel/clock.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/seen/log.ts';
import { fileError } from '../../wording/errno.ts';
import { STALE } from './key-index.ts';
import type { Kept } from '../../skydns/kept.ts';
import type { KeyIndexWriter } from './key-index-writer.ts';
import { SnapshotError, readSnapshot, snapshotOf } from './snapshot-format.ts';
import type { SnapshotHead } from './snapshot-format.ts';

/** What it lives on. */
export interface SnapshotParts {
  readonly file: string;
  readonly prefix: string;
  readonly index: KeyIndexWriter;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** When etcd was followed last, in milliseconds since 1970; undefined: what the index has is not etcd's yet. */
  contact(): number | undefined;
}

/** Milliseconds until the first one, between two, and for which the end of the process waits for the last one. */
const FIRST = 10_000, BETWEEN = 60_000, LAST = 2000;

/** One file. */
export class Snapshot {
  readonly #parts: SnapshotParts;
  #saved = -1;
  #saving: Promise<void> | undefined;
  #isFailing = false;
  #isForeign = false;

  constructor(parts: SnapshotParts) {
    this.#parts = parts;
  }

  /** Fills the index from the file, where that is sound; says when etcd was followed last then. Does not reject. */
  async restore(): Promise<number | undefined> {
    const { file, prefix, index, clock, log } = this.#parts;
    const list = index.list();
    try {
      const { contact, keys } = readSnapshot(await readFile(file), prefix);
      for (const kept of keys) list.add(kept);
      list.done();
      index.setState(STALE);
      const age = Math.max(0, Math.round((clock.wall() - contact) / 1000));
      log.info(`Serving ${index.size} keys from snapshot ${file}: etcd was followed ${age} s ago`);
      return contact;
    } catch (error) {
      list.drop();
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      this.#isForeign = error instanceof SnapshotError && error.foreign;
      const advice = this.#isForeign ? 'Nothing is written there: remove it, or let the option name another file'
        : 'The next snapshot replaces it';
      log.error(`Snapshot ${file} is not used: ${fileError(error, file)}. ${advice}`);
      return undefined;
    }
  }
  /** From now on it is written when something has changed. */
  keep(): void {
    const { clock, signal } = this.#parts;
    let wait = FIRST;
    every(clock, () => wait, signal, () => {}, () => {
      wait = BETWEEN;
      return this.#save();
    });
  }
  /** Writes what the file lacks before the process ends; resolves in a few seconds at most. */
  async saveLast(): Promise<void> {
    const written = async (): Promise<void> => {
      await this.#saving;
      await this.#save();
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
    const { file, prefix, index, log, signal } = this.#parts;
    const { changes } = index;
    const contact = this.#parts.contact();
    this.#isForeign &&= await stat(file).then(() => true, () => false);
    if (contact === undefined || changes === this.#saved || this.#isForeign || signal.aborted) return;
    const still = index.still();
    try {
      await replace(file, { prefix, contact }, still.keys());
      this.#saved = changes;
      if (this.#isFailing) log.info(`Snapshot ${file} is written again`);
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) log.error(`Snapshot ${file} is not written: ${fileError(error, file)}; what it was before stays`);
      this.#isFailing = true;
    } finally {
      still.release();
    }
  }
}

/** There is the old file or the new one, whole, whatever happens. Rejects with what the system said. */
async function replace(file: string, head: SnapshotHead, keys: Iterable<Kept>): Promise<void> {
  const beside = `${file}.tmp`;
  await rm(beside, { force: true });
  const handle = await open(beside, 'wx', 0o600);
  try {
    for (const piece of snapshotOf(head, keys)) {
      await handle.writeFile(piece);
      await nextTurn();
    }
    await handle.sync();
  } catch (error) {
    await handle.close();
    await rm(beside, { force: true });
    throw error;
  }
  await handle.close();
  await rename(beside, file);
  const folder = await open(path.dirname(file), 'r').catch(() => undefined);
  await folder?.sync().catch(() => {});
  await folder?.close();
}
