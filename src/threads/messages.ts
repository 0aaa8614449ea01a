// What the main thread and another one say to each other, and what a thread is called. Knows shapes alone.
import type { Load } from '../kernel/serving/app.ts';
import type { SeriesNews } from '../kernel/seen/metrics.ts';
import type { MemoryHandle } from '../store/memory.ts';

/** What a thread is called where threads are listed. */
export const nameOf = (thread: number): string => `serving ${thread}`;

/** What a thread is started with. */
export interface ThreadData<Own = unknown> {
  /** 1 and up. */
  readonly thread: number;
  readonly store: MemoryHandle;
  /** Processors that sockets are spread over. */
  readonly cores: number;
  /** What the process gives to all of its threads. */
  readonly own: Own;
}

/** From main. Each one with an id is answered, but for the answers to `ask`, which have its id. */
export type Request =
  | { readonly id: number; readonly what: 'answer'; readonly answer: unknown }
  | { readonly id: number; readonly what: 'no'; readonly text: string }
  | { readonly id: number; readonly what: 'prepare'; readonly load: Load }
  | { readonly id: number; readonly what: 'commit' | 'close' }
  | { readonly id: 0; readonly what: 'abort' };

/** To main. */
export type Report =
  | { readonly what: 'done'; readonly id: number }
  | { readonly what: 'refused'; readonly id: number; readonly text: string }
  /** What main alone can do (`kernel/desk.ts`). */
  | { readonly what: 'ask'; readonly id: number; readonly name: string; readonly order: unknown }
  /** The array in which the thread counts: its first words. */
  | { readonly what: 'metrics'; readonly values: Float64Array }
  | { readonly what: 'series'; readonly news: readonly SeriesNews[] }
  /** The process has to end. */
  | { readonly what: 'fatal'; readonly text: string };
