// A store of keys in memory for tests, with the clock that they move: the one of a folder, without its thread and its disk.
import { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../kernel/clock.ts';
import { FileKeyValue } from './file-key-value.ts';
import type { Batch } from './file-orders.ts';
import { FileState } from './file-state.ts';

/** A new one. */
export function memoryKeys(clock: Clock): FileKeyValue {
  const state = new FileState(new DatabaseSync(':memory:'));
  let hear = (_: unknown): void => {};
  const thread = {
    on(event: string, call: (said: unknown) => void) {
      if (event === 'message') hear = call;
      return this;
    },
    postMessage: (batch: Batch) => setImmediate(() => hear(state.run(batch))),
  };
  return new FileKeyValue(thread as unknown as ConstructorParameters<typeof FileKeyValue>[0], state.opened(), clock);
}
