// How a thread is started. Knows the engine's threads, which are loaded with the first one: most servers have one alone.
import { createRequire } from 'node:module';
import type { Worker, WorkerOptions } from 'node:worker_threads';

/** Starts a thread: `new Worker` for all but tests. */
export type Spawn = (entry: URL, options: WorkerOptions) => Worker;

/** The argument that the process's entry sees in a thread, and looks for: asking the engine would load what most servers do not need. */
const THREAD = 'thread';

const engine = (): typeof import('node:worker_threads') =>
  createRequire(import.meta.url)('node:worker_threads') as typeof import('node:worker_threads');
const byEngine: Spawn = (entry, options) => new (engine().Worker)(entry, options);

/** Starts a thread that runs the process's entry, with its environment. */
export function spawnThread(entry: URL, options: WorkerOptions, spawn: Spawn = byEngine): Worker {
  return spawn(entry, { ...options, env: engine().SHARE_ENV, argv: [THREAD] });
}
