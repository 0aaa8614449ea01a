// The process's entry, and that of its other threads: takes SIGUSR1 before anything else, since without a handler Node opens its debugger
// on it; then the rest, from compiled code where there is some. Knows nothing of DNS.
let reloads = 0;
let reload = () => {
  reloads++;
};
process.on('SIGUSR1', () => reload());
// Beside the program, where `npm ci` or an earlier start has put it if the folder can be written; else where Node puts such things.
const { constants, enableCompileCache } = process.getBuiltinModule('node:module');
const beside = import.meta.filename.endsWith('/dist/main.js')
  ? enableCompileCache?.({ directory: `${import.meta.dirname}/compiled`, portable: true }) : undefined;
if (beside === undefined || beside.status === constants.compileCacheStatus.FAILED) enableCompileCache?.();
// Asking takes a millisecond: only the entry of a thread has this argument of threads/spawn.ts, or somebody who wrote it.
if (!process.argv.includes('thread') || process.getBuiltinModule('node:worker_threads').isMainThread) {
  const { closeDebugger, runProcess } = await import('./run.ts');
  if (closeDebugger()) reloads++;
  runProcess(new URL(import.meta.url), (onReload) => {
    reload = onReload;
    if (reloads > 0) onReload();
  });
} else {
  const { runThread } = await import('./thread.ts');
  await runThread();
}
export {};
