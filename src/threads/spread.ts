// How many threads serve, and how many sockets each opens: what `multisocket` says, and the most that load may bring. Knows numbers alone.
import type { Limits } from './limits.ts';

/** More threads than this are never added for load. */
const MOST = 8;
/** Bytes that a thread may take, and the part of the memory limit that threads may take together. */
const THREAD_BYTES = 20e6, PART = 4;

/** Processors that threads can use at the same time: a quota is rounded up. */
export const usableCores = ({ cores, quota }: Limits): number => Math.max(1, Math.min(cores, Math.ceil(quota)));
/** The most threads that load alone may bring. */
export const mostThreads = (limits: Limits): number =>
  Math.max(1, Math.min(usableCores(limits), MOST, Math.floor(limits.memory / PART / THREAD_BYTES)));

/** How many sockets of an address thread number `thread` opens. `wanted` is what `multisocket` says: without it each thread has one. */
export function share(wanted: number | undefined, thread: number, cores: number): number {
  if (wanted === undefined) return 1;
  const threads = Math.min(wanted, cores);
  return thread >= threads ? 0 : Math.floor(wanted / threads) + (thread < wanted % threads ? 1 : 0);
}
/** How many threads these addresses need. */
export const threadsFor = (wanted: readonly (number | undefined)[], cores: number): number =>
  Math.max(1, ...wanted.map((sockets) => Math.min(sockets ?? 1, cores)));
