// What keeps a cluster while nobody runs, as the cluster sees it. Knows no file.
import type { Clock } from '../../../kernel/clock.ts';
import type { Log } from '../../../kernel/seen/log.ts';
import type { Store } from '../../../store/store.ts';
import type { Maps } from './maps.ts';
import type { InTouch, Staleness } from './staleness.ts';

/** What it lives on. */
export interface KeeperParts {
  readonly path: string;
  /** A text that is another one where something else is watched. */
  readonly watched: string;
  readonly maps: Maps;
  readonly api: InTouch;
  readonly clock: Clock;
  readonly log: Log;
  readonly store: Store;
  readonly signal: AbortSignal;
}
/** Keeps one cluster. */
export interface Keeper {
  readonly staleness: Staleness;
  /** Fills the maps with what was kept. Before anybody else does. Does not reject. */
  restore(): Promise<void>;
  /** Begins to keep. */
  keep(): void;
  /** Something was put into the maps or taken out. */
  changed(): void;
  /** A list was read. */
  look(): void;
  /** Keeps what there is at the end of the process. */
  saveLast(): Promise<void>;
}
