// What becomes of a version that was made: it is served from one moment on, caches and listeners hear of it, and what it replaced is given
// back when nobody reads that any more, some at a time. Knows versions; knows nothing of where they come from. Main's.
import { setImmediate as inNextTurn } from 'node:timers';
import type { Name } from '../../dns/name.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { End } from '../../kernel/signal.ts';
import type { Store } from '../../store/store.ts';
import { ChangingZone } from '../changes.ts';
import type { Built } from './build.ts';
import { allSteps, trim } from './journal.ts';
import { blocksOf } from './blocks.ts';
import { BYTES, JOURNAL } from './version.ts';
import type { StepFile } from './step-file.ts';
import type { ZoneCell } from './zone-cell.ts';

/** Blocks that are given back in one turn: half a millisecond. */
const SLICE = 8192;
/** Milliseconds that a zone is kept when nobody serves it any more: queries of the load that ended may be under way. */
const REST = 30_000;

/** What a keeper needs of its process. */
export interface Kept {
  readonly store: Store;
  readonly clock: Pick<Clock, 'wall' | 'after'>;
}

/** One zone's versions, one after the other. */
export class ZoneKeeper {
  readonly cell: ZoneCell;
  readonly zone: Name;
  readonly #kept: Kept;
  readonly #changing: ChangingZone;
  readonly #steps: StepFile | undefined;

  /** `steps` is where what becomes of it is kept over restarts. */
  constructor(kept: Kept, zone: Name, cell: ZoneCell, steps?: StepFile) {
    this.#kept = kept;
    this.#steps = steps;
    this.zone = zone;
    this.cell = cell;
    this.#changing = new ChangingZone(kept.store, zone);
    cell.users(1);
  }

  /** What is served is what was published. */
  get served(): ZoneCell {
    return this.cell;
  }
  /** Calls whenever a version was published, until the signal aborts. */
  listen(call: () => void, signal: End): void {
    this.#changing.listen(call, signal);
  }
  /** From now on this version is served: to who asks, to caches that kept answers of the one before, to secondaries. */
  publish({ version, gone }: Pick<Built, 'version' | 'gone'>): void {
    const { store, clock } = this.#kept;
    const { memory } = store;
    const before = this.cell.version;
    const seconds = clock.wall() / 1000;
    if (before === 0) this.#steps?.adopt(version);
    this.cell.publish(version, seconds);
    const words = memory.refresh();
    // A version that does not follow the one before has no way back.
    const lost = words[version + JOURNAL] === 0 ? (before === 0 ? [] : allSteps(memory, words[before + JOURNAL]!))
      : trim(memory, words[version + JOURNAL]!, words[version + BYTES]!, seconds);
    this.#retire(lost);
    this.#retire(gone);
    this.#steps?.note(version);
    store.recycle();
    this.#changing.changed();
  }
  /** Nobody serves it any more: what it has is given back unless somebody takes it up again meanwhile. */
  close(): void {
    this.#steps?.close();
    this.cell.users(-1);
    this.#kept.clock.after(REST, () => {
      if (this.cell.users(0) > 0) return;
      const { store } = this.#kept;
      const { version } = this.cell;
      if (version === 0) return;
      this.cell.publish(0, 0);
      this.#retire(blocksOf(store.memory, version));
      store.recycle();
    });
  }
  #retire(blocks: ArrayLike<number>): void {
    const { store } = this.#kept;
    const give = (from: number): void => {
      const end = Math.min(blocks.length, from + SLICE);
      for (let i = from; i < end; i++) store.memory.give(blocks[i]!);
      if (end < blocks.length) inNextTurn(() => give(end));
    };
    store.retire(() => give(0));
  }
}
