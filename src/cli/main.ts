// The process's entry: takes SIGUSR1 before anything else, since without a handler Node opens its debugger on it; then the rest.
// Knows nothing of DNS.
let reloads = 0;
let reload = () => {
  reloads++;
};
process.on('SIGUSR1', () => reload());
const { closeDebugger, runProcess } = await import('./run.ts');
if (closeDebugger()) reloads++;
runProcess((onReload) => {
  reload = onReload;
  if (reloads > 0) onReload();
});
export {};
