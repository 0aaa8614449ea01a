// The process's entry, and that of its other threads: takes SIGUSR1 before anything else, since without a handler Node opens its debugger
// on it; then the rest. Knows nothing of DNS.
let reloads = 0;
let reload = () => {
  reloads++;
};
process.on('SIGUSR1', () => reload());
if (process.getBuiltinModule('node:worker_threads').isMainThread) {
  const { closeDebugger, runProcess } = await import('./run.ts');
  if (closeDebugger()) reloads++;
  runProcess(new URL(import.meta.url), (onReload) => {
    reload = onReload;
    if (reloads > 0) onReload();
  });
} else {
  process.getBuiltinModule('node:module').enableCompileCache?.();
  const { runThread } = await import('./thread.ts');
  await runThread();
}
export {};
