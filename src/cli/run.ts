// What the arguments of the process ask for (CLI-*). Knows flags and subcommands; knows nothing of serving.
import inspector from 'node:inspector';
import { enableCompileCache } from 'node:module';
import type { Plugin } from '../kernel/site/plugin.ts';
import { versionLines } from './banner.ts';
import { parseFlags, usage } from './flags.ts';
import { fail, writeOut } from './output.ts';
import { pluginNames } from './plugin-names.ts';

/** Ends a debugger that a signal opened before the handler stood; true where there was one: that signal counts as a reload. */
export function closeDebugger(): boolean {
  const wanted = process.execArgv.some((flag) => flag.startsWith('--inspect') && !flag.startsWith('--inspect-port'));
  if (inspector.url() === undefined || wanted) return false;
  inspector.close();
  return true;
}

/**
 * Runs `coredns-ts` with the arguments of the process, whose entry is given. `whenReload` gets what SIGUSR1 shall do; `own` are the plugins
 * in place of the standard ones.
 */
export function runProcess(entry: URL, whenReload: (reload: () => void) => void, own?: readonly Plugin[]): void {
  enableCompileCache?.();
  const args = process.argv.slice(2);
  if (args[0] === 'check' || args[0] === 'fmt') {
    void import('./subcommands.ts').then(({ subcommand }) => subcommand(args[0] as 'check' | 'fmt', args.slice(1), own));
    return;
  }
  const flags = parseFlags(args);
  if ('refused' in flags) {
    process.stderr.write(`${flags.refused === '' ? '' : `${flags.refused}\n`}${usage}`);
    process.exit(flags.refused === '' ? 0 : 2);
  }
  if (flags.rest.length > 0) fail(`extra command line arguments: [${flags.rest.join(' ')}]`);
  if (flags.version) writeOut(versionLines());
  else if (flags.plugins) writeOut(`${pluginNames(own).join('\n')}\n`);
  else void import('./server.ts').then(({ serve }) => serve(flags, entry, whenReload, own));
}
