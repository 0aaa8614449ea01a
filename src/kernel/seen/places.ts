// What each thread has for itself in the shared memory, found by whoever reads that of all of them. Knows names and offsets.
import { MOST_THREADS } from '../../store/layout.ts';
import type { Memory } from '../../store/memory.ts';
import { claim } from '../../store/names.ts';

/** `count` words of this thread under a name, cleared when it is the first time. Throws RangeError where the memory is full. */
export function ownPlace(memory: Memory, name: string, thread: number, count: number): number {
  const places = claim(memory, name, MOST_THREADS);
  const at = claim(memory, `${name} ${thread}`, count);
  Atomics.store(memory.refresh(), places + thread, at);
  return at;
}
/** Where those of a name are, by thread; threads that have none are not there. */
export function placesOf(memory: Memory, name: string): ReadonlyMap<number, number> {
  const places = claim(memory, name, MOST_THREADS);
  const words = memory.refresh();
  const found = new Map<number, number>();
  for (let thread = 0; thread < MOST_THREADS; thread++) {
    const at = Atomics.load(words, places + thread);
    if (at !== 0) found.set(thread, at);
  }
  return found;
}
