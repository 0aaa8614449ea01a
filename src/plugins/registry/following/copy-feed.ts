// The names of a registry that follows others: its copy, each zone's follower, and the files that keep it over a restart. Knows when
// something is written, and since when what is known may be old; knows no events and no form of a file. Main's.
import path from 'node:path';
import { every } from '../../../kernel/clock.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { Log } from '../../../kernel/seen/log.ts';
import type { Feed, FeedListener, KeySource } from '../../../skydns/skydns-names.ts';
import type { KeyTree } from '../../../skydns/tree.ts';
import { OwnSource, WatchedFeed } from '../../../skydns/watched-feed.ts';
import { fileError } from '../../../wording/errno.ts';
import { readCopy, touchCopy, writeCopy } from './copy-file.ts';
import { Follower } from './follower.ts';
import type { FollowerParts } from './follower.ts';

/** How zones are followed. */
export interface CopyParts extends Omit<FollowerParts, 'key' | 'zone' | 'told'> {
  /** Where the files are. */
  readonly folder: string;
  readonly path: string;
  readonly zones: readonly Pick<FollowerParts, 'key' | 'zone'>[];
  readonly clock: Clock;
  readonly log: Log;
}

/** Milliseconds between two looks whether something is to be written. */
const SAVE = 2000;

/** A zone, its file, and what of it is written. */
interface Kept {
  readonly follower: Follower;
  readonly zone: string;
  readonly file: string;
  saved: string;
  isFailing: boolean;
}

/** All zones of one stanza. */
export class CopyFeed implements Feed {
  readonly #parts: CopyParts;
  readonly #listener: FeedListener;
  readonly #names: WatchedFeed;
  readonly #own: OwnSource;
  readonly #kept: readonly Kept[];
  readonly #end = new AbortController();
  /** One writes at a time: the last one has the last state. */
  #saving: Promise<void> = Promise.resolve();
  #why: string | undefined;
  /** All zones were known, and whoever listens was told so; all were followed at some time, and the log says so. */
  #isWhole = false;
  #isSaid = false;

  constructor(parts: CopyParts, listener: FeedListener) {
    const { folder, zones, copy, clock } = parts;
    this.#parts = parts;
    this.#listener = listener;
    this.#own = new OwnSource(copy);
    // It is another process's store that may be away, not the copy.
    this.#names = new WatchedFeed(copy, `/${parts.path}/`, clock, { ...listener, told: () => {} });
    this.#kept = zones.map(({ key, zone }) => ({
      follower: new Follower({ ...parts, key, zone, told: () => this.#tell() }), zone: zone.text,
      file: path.join(folder, `${encodeURIComponent(zone.text.slice(0, -1))}.copy`), saved: '', isFailing: false,
    }));
  }
  close(): void {
    this.#end.abort();
    this.#names.close();
    void this.#save();
  }
  /** undefined until each zone is known. */
  get index(): KeyTree | undefined {
    return this.#kept.every(({ follower }) => follower.isKnown) ? this.#names.index : undefined;
  }
  get revision(): bigint {
    return this.#names.revision;
  }
  get trouble(): Feed['trouble'] {
    return this.#kept.find(({ follower }) => follower.trouble !== undefined)?.follower.trouble;
  }
  /** Seconds for which nobody has said that what is known of a key is current. */
  away(key: string): number | undefined {
    return this.#of(key)?.away;
  }
  #of(key: string): Follower | undefined {
    return this.#kept.find(({ follower: { key: zone } }) => key === zone || key.startsWith(`${zone}/`))?.follower;
  }
  /** Keys while some zone is not known: those of one that is not are not there to be denied. */
  range(key: string, deep: boolean, limit: number): ReturnType<KeySource['range']> {
    return this.#of(key)?.isKnown === true ? this.#own.range(key, deep, limit)
      : Promise.reject(new Error('the registry that is followed has not told its keys yet'));
  }

  async run(): Promise<void> {
    const { clock } = this.#parts;
    const { signal } = this.#end;
    await Promise.all(this.#kept.map((each) => this.#restore(each)));
    if (signal.aborted) return;
    await this.#names.run();
    // A file has them all: that is known before anybody says so.
    this.#isWhole = this.index !== undefined;
    every(clock, SAVE, signal, () => {}, () => this.#save());
    for (const { follower } of this.#kept) void follower.run(signal);
  }
  async #restore(kept: Kept): Promise<void> {
    const { copy, clock, log } = this.#parts;
    try {
      const found = await readCopy(kept.file, kept.zone);
      if (found === undefined) return;
      const { head: { token, contact }, keys } = found;
      const age = Math.max(0, clock.wall() - contact);
      copy.replace(kept.follower.key, keys);
      kept.follower.restore(token, age);
      kept.saved = token;
      log.info(`${kept.zone} has ${keys.size} keys of ${kept.file}, which were current ${Math.round(age / 1000)} s ago`);
    } catch (error) {
      log.error(`${kept.file} is not used: ${fileError(error, kept.file)}; all keys of ${kept.zone} are asked for anew`);
    }
  }
  #tell(): void {
    const why = this.trouble?.why;
    const becomesWhole = !this.#isWhole && this.index !== undefined;
    // From now on the index counts: whoever looked at it saw none.
    if (becomesWhole) this.#listener.changed(undefined);
    this.#isWhole ||= becomesWhole;
    const isFollowed = this.#kept.every(({ follower }) => follower.isKnown && follower.away === undefined);
    const begins = !this.#isSaid && why === undefined && isFollowed;
    if (why !== this.#why || begins) this.#listener.told(why);
    this.#isSaid ||= begins;
    this.#why = why;
    this.#listener.advanced();
  }
  #save(): Promise<void> {
    return this.#saving = this.#saving.then(() => this.#saveAll());
  }
  async #saveAll(): Promise<void> {
    const { clock, copy, log } = this.#parts;
    for (const kept of this.#kept) {
      const { follower: { token, key, away, isKnown }, zone, file } = kept;
      if (!isKnown || token === '') continue;
      if (token === kept.saved) {
        if (away === undefined) await touchCopy(file, clock.wall());
        continue;
      }
      try {
        const keys = Array.from(copy.below(key), (each) => [each.key, each.value!] as const);
        await writeCopy(file, { zone, token, contact: Math.round(clock.wall() - (away ?? 0) * 1000) }, keys);
        kept.saved = token;
        if (kept.isFailing) log.info(`${file} is written again`);
        kept.isFailing = false;
      } catch (error) {
        if (!kept.isFailing) log.error(`${file} is not written: ${fileError(error, file)}; after a restart all keys are asked for`);
        kept.isFailing = true;
      }
    }
  }
}
