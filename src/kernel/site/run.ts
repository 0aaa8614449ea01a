// What a load of the configuration hands to its parts, made in one place for the main thread and for every other. Knows what a thread has;
// starts nothing.
import type { Aside } from '../aside.ts';
import type { Configuration } from './build.ts';
import type { Run, Whole } from './plugin.ts';

/** What the thread has, and which load it is. */
export interface RunParts extends Pick<Run,
  'signal' | 'thread' | 'clock' | 'log' | 'metrics' | 'store' | 'datagrams' | 'shared' | 'desk' | 'first'> {
  /** Of the main thread. */
  readonly aside?: Aside | undefined;
  readonly configuration: Configuration;
  /** The number of the load's space in the shared memory. */
  readonly space: number;
  /** The Corefile, for the thread that reads it: the main one. */
  readonly corefile?: Pick<Whole, 'now' | 'path' | 'reloadable' | 'reload' | 'serving' | 'text' | 'replace' | 'passedOver' | 'awaited'>;
  readonly fatal: Whole['fatal'];
}

/** Throws Error: for what only the main thread can do. */
function refuse(): never {
  throw new Error('only the main thread reads the Corefile');
}
const ELSEWHERE: NonNullable<RunParts['corefile']> = {
  now: refuse, path: undefined, reloadable: false, reload: async () => refuse(), serving: () => undefined,
  text: refuse, replace: async () => refuse(), passedOver: () => undefined, awaited: () => [],
};

/** The run of one load in one thread. */
export function runOf({ configuration, space: number, corefile = ELSEWHERE, aside, fatal, ...thread }: RunParts): Run {
  const { signal, clock, log, store } = thread;
  const space = store.spaces.of(number, signal, clock);
  return {
    ...thread, aside, sites: configuration.sites,
    whole: { ...corefile, running: () => configuration, fatal },
    space: ({ index }, options) => space(index, options?.keep),
    report: (error) => log.error(error instanceof Error ? error.message : String(error)),
  };
}
