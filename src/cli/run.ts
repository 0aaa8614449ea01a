// What the arguments of the process ask for (CLI-*). Knows flags and subcommands; knows nothing of serving.
import type { Plugin } from '../kernel/site/plugin.ts';
import { versionLines } from './banner.ts';
import { parseFlags, usage } from './flags.ts';
import type { Refusal } from './flags.ts';
import { fail, writeOut } from './output.ts';
import { ORDER } from './plugin-names.ts';

/** Ends a debugger that a signal opened before the handler stood; true where there was one: that signal counts as a reload. */
export function closeDebugger(): boolean {
  const wanted = process.execArgv.some((flag) => flag.startsWith('--inspect') && !flag.startsWith('--inspect-port'));
  // The launcher gives an address that no machine has: then none was opened.
  if (process.execArgv.includes('--inspect-port=192.0.2.1:9229')) return false;
  const inspector = process.getBuiltinModule('node:inspector');
  if (inspector.url() === undefined || wanted) return false;
  inspector.close();
  return true;
}

/**
 * Runs `coredns-ts` with the arguments of the process, whose entry is given. `whenReload` gets what SIGUSR1 shall do; `own` are the plugins
 * in place of the standard ones.
 */
export function runProcess(entry: URL, whenReload: (reload: () => void) => void, own?: readonly Plugin[]): void {
  const args = process.argv.slice(2);
  const [word = ''] = args;
  if (word === 'check' || word === 'fmt') {
    void import('./subcommands.ts').then(({ subcommand }) => subcommand(word, args.slice(1), own));
    return;
  }
  if (word === 'node-cache') {
    return void import('./node-cache-command.ts').then(({ nodeCacheCommand }) => nodeCacheCommand(args.slice(1), entry, whenReload));
  }
  if (word === 'zone') return void import('./zone-command.ts').then(({ zoneCommand }) => zoneCommand(args.slice(1)));
  if (word === 'import') return void import('./import-command.ts').then(({ importCommand }) => importCommand(args.slice(1)));
  if (word === 'migrate') return void import('./migrate-command.ts').then(({ migrateCommand }) => migrateCommand(args.slice(1)));
  if (word === 'registry') return void import('./registry-command.ts').then(({ registryCommand }) => registryCommand(args.slice(1)));
  if (word === 'watch') return void import('./watch-command.ts').then(({ watchCommand }) => watchCommand(args.slice(1)));
  if (word === 'plugin') return void import('./plugin-command.ts').then(({ pluginCommand }) => pluginCommand(args.slice(1), own));
  if (word === 'dev') return void import('./dev-command.ts').then(({ devCommand }) => devCommand(args.slice(1), entry));
  if (word === 'scenario') return void import('./scenario-command.ts').then(({ scenarioCommand }) => scenarioCommand(args.slice(1), own));
  if (word === 'init') return void import('./init-command.ts').then(({ initCommand }) => initCommand(args.slice(1)));
  if (word === 'explain') return void import('./explain-command.ts').then(({ explainCommand }) => explainCommand(args.slice(1), own));
  if (word === 'status' || word === 'queries' || word === 'top' || word === 'flush' || word === 'reload' || word === 'rollback'
    || word === 'upstreams' || word === 'zones' || word === 'clusters' || word === 'plugins' || word === 'profile'
    || (word === 'log' && LEVELS.includes(args[1] ?? ''))) {
    return void import('./admin-command.ts').then(({ adminCommand }) => adminCommand(word, args.slice(1)));
  }
  if (word === 'help' || word === 'version' || word === 'completion') return void tell(word, args.slice(1));
  if (ORDER.includes(word)) return void serveOneLine(args, entry, whenReload, own);
  const flags = parseFlags(args);
  if ('refused' in flags) void refuse(flags);
  else if (flags.rest.length > 0) void refuseRest(flags.rest);
  else if (flags.version) writeOut(versionLines());
  else if (flags.plugins) void listPlugins(flags.conf, own);
  else void import('./server.ts').then(({ serve }) => serve(flags, entry, whenReload, own));
}

/** What `coredns-ts log` is followed by where it is no server in one line. */
const LEVELS: readonly string[] = ['debug', 'info', 'warning', 'error', 'usual', 'list', '--help', '-h'];

/** A server whose Corefile is made of the arguments: printed, so that it can be kept, and served. */
async function serveOneLine(args: readonly string[], entry: URL, whenReload: (reload: () => void) => void, own?: readonly Plugin[]) {
  const { ONE_LINE_USAGE, readOneLine } = await import('./one-line.ts');
  const read = readOneLine(args);
  if ('refused' in read) return read.refused === '' ? writeOut(ONE_LINE_USAGE) : refuse(read);
  const { serve } = await import('./server.ts');
  if (!read.flags.quiet) writeOut(`${read.corefile}\n`);
  await serve({ ...read.flags, text: read.corefile }, entry, whenReload, own);
}
async function tell(word: 'help' | 'version' | 'completion', [about]: readonly string[]): Promise<void> {
  if (word === 'version') return writeOut(versionLines());
  const { completion, help, manualOf, noManual } = await import('./help.ts');
  if (word === 'completion') {
    return about === undefined || about === 'bash' ? writeOut(completion()) : fail(`there is no completion for ${about}: there is bash`);
  }
  if (about === undefined) return writeOut(help());
  writeOut(manualOf(about) ?? fail(noManual(about)));
}
/** Flags that cannot be read, or a request for help. */
async function refuse({ refused, status }: Refusal): Promise<void> {
  if (refused === '') return writeOut((await import('./help.ts')).help());
  process.stderr.write(`${refused}\n${status === 2 ? usage : ''}`);
  process.exit(status);
}
async function refuseRest(rest: readonly string[]): Promise<void> {
  const advice = (await import('./help.ts')).meant(rest);
  fail(`extra command line arguments: [${rest.join(' ')}]${advice === undefined ? '' : `\nhelp: ${advice}`}`);
}
/** `-plugins` (CLI-7): what is there on standard output, what CoreDNS has and this program was put together without on standard error. */
async function listPlugins(conf: string, own: readonly Plugin[] | undefined): Promise<void> {
  const { additionsOf, pluginsWith } = await import('./plugin-choice.ts');
  const plugins = await additionsOf(conf === '' ? 'Corefile' : conf).then((additions) => pluginsWith(additions, own))
    .catch((error: Error) => fail(error.message));
  const there = plugins.map(({ name }) => name).sort();
  writeOut(`${there.join('\n')}\n`);
  const left = ORDER.filter((name) => !there.includes(name)).sort();
  if (left.length > 0) process.stderr.write(`not in this program: ${left.join(', ')}\n`);
}
