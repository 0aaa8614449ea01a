// The server as a program of one's own: `main({ plugins })` is the command `coredns-ts` with other plugins. Knows the process; knows no
// plugin.
import { enableCompileCache } from 'node:module';
import { pathToFileURL } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import type { Plugin } from '../kernel/site/plugin.ts';

/** What such a program may choose. */
export interface Program {
  /** In the order in which queries meet them, as `insert` makes it. */
  readonly plugins: readonly Plugin[];
}

/**
 * Runs the command with the arguments of the process. To be called once, by the module that the process was started with, since the
 * threads beside the main one run the same module.
 */
export async function main({ plugins }: Program): Promise<void> {
  enableCompileCache?.();
  let reloads = 0;
  let reload = () => {
    reloads++;
  };
  process.on('SIGUSR1', () => reload());
  if (!isMainThread) {
    const { runThread } = await import('./thread.ts');
    return runThread(plugins);
  }
  const { runProcess } = await import('./run.ts');
  runProcess(pathToFileURL(process.argv[1]!), (onReload) => {
    reload = onReload;
    if (reloads > 0) onReload();
  }, plugins);
}
