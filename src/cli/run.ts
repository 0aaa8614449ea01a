// The life of the process: flags, first start, signals, end (CLI-*, SIG-*). Knows the process; knows no plugin by name.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import inspector from 'node:inspector';
import { enableCompileCache } from 'node:module';
import { App } from '../kernel/app.ts';
import { systemClock } from '../kernel/clock.ts';
import { Lines } from '../kernel/lines.ts';
import { createLog } from '../kernel/log.ts';
import type { Debugging } from '../kernel/log.ts';
import { Metrics } from '../kernel/metrics.ts';
import { Store } from '../store/store.ts';
import { standard } from '../plugins/index.ts';
import { dnsTransport } from '../transport/dns.ts';
import { tcp } from '../transport/tcp.ts';
import { udp } from '../transport/udp.ts';
import { banner, versionLines } from './banner.ts';
import { parseFlags, usage } from './flags.ts';
import type { Flags } from './flags.ts';
import { files, machine, reason } from './machine.ts';
import { ORDER, pluginNames } from './plugin-names.ts';
import { explainStartError } from './start-error.ts';

/** Ends a debugger that a signal opened before the handler stood; true where there was one: that signal counts as a reload. */
export function closeDebugger(): boolean {
  if (inspector.url() === undefined || process.execArgv.some((flag) => flag.startsWith('--inspect'))) return false;
  inspector.close();
  return true;
}

/** The configuration that is used where there is none (CLI-9). */
const builtIn = (port: number) => `.:${port} {\nwhoami\nlog\n}\n`;

interface Input {
  readonly file: string;
  readonly text: string;
  readonly again: (() => string) | undefined;
}

/** CLI-1, CLI-9: where the configuration comes from. Throws where it cannot be read. */
function readInput(flags: Flags): Input {
  if (flags.conf === 'stdin') return { file: 'stdin', text: readFileSync(0, 'utf8'), again: undefined };
  const file = flags.conf === '' ? 'Corefile' : flags.conf;
  const read = () => {
    try {
      return readFileSync(file, 'utf8');
    } catch (error) {
      if (flags.conf === '' && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new Error(`open ${file}: ${reason(error)}`);
    }
  };
  const text = read();
  if (text === undefined) return { file: 'Corefile', text: builtIn(flags.port), again: undefined };
  return { file, text, again: () => read() ?? builtIn(flags.port) };
}

/** Runs `coredns-ts` with the arguments of the process. `whenReload` gets what SIGUSR1 shall do. */
export function runProcess(whenReload: (reload: () => void) => void): void {
  enableCompileCache?.();
  const args = process.argv.slice(2);
  if (args[0] === 'check' || args[0] === 'fmt') {
    void import('./subcommands.ts').then(({ subcommand }) => subcommand(args[0] as 'check' | 'fmt', args.slice(1)));
    return;
  }
  const flags = parseFlags(args);
  if ('refused' in flags) {
    process.stderr.write(`${flags.refused === '' ? '' : `${flags.refused}\n`}${usage}`);
    process.exit(flags.refused === '' ? 0 : 2);
  }
  if (flags.rest.length > 0) fail(`extra command line arguments: [${flags.rest.join(' ')}]`);
  if (flags.version) {
    writeOut(versionLines());
    return;
  }
  if (flags.plugins) {
    writeOut(`${pluginNames().join('\n')}\n`);
    return;
  }
  void serve(flags, whenReload);
}

/** A line on standard error, and status 1 (CLI-10). */
function fail(text: string): never {
  process.stderr.write(`${text}\n`);
  process.exit(1);
}
const writeOut = (text: string) => writeFileSync(1, text);

async function serve(flags: Flags, whenReload: (reload: () => void) => void): Promise<void> {
  const lines = new Lines();
  const debugging: Debugging = { on: false };
  const log = createLog(lines, debugging);
  const endWith = (status: number): never => {
    lines.flush();
    process.exit(status);
  };
  let input: Input;
  try {
    input = readInput(flags);
  } catch (error) {
    return fail((error as Error).message);
  }
  const datagrams = udp({ warn: (text) => log.warning(text) });
  const app = new App({
    reading: { file: input.file, plugins: standard, words: new Set(ORDER), machine, files, environment: (name) => process.env[name], port: flags.port, warn: (text) => log.warning(text) },
    transports: { dns: dnsTransport(datagrams, tcp()) },
    clock: systemClock, log, debugging, metrics: new Metrics(), store: Store.create(), datagrams: datagrams.datagrams, readAgain: input.again,
    fatal: (text) => {
      lines.flush();
      process.stderr.write(`[FATAL] ${text}\n`);
      return endWith(1);
    },
  });
  handleSignals(app, flags, log, endWith);
  try {
    if (flags.pidfile !== '') writeFileSync(flags.pidfile, `${process.pid}\n`);
    await app.load(input.text);
  } catch (error) {
    lines.flush();
    return fail(explainStartError(error));
  }
  lines.flush();
  if (!flags.quiet) writeOut(`${banner(app.addresses)}${versionLines()}`);
  whenReload(() => {
    log.info('SIGUSR1: Reloading');
    app.reload().catch((error: unknown) => log.error(`SIGUSR1: ${error instanceof Error ? error.message : String(error)}`));
  });
}

/** SIG-1, 2, 3, 5. Handlers stand from the start on, so that a signal during the start ends the process as it should. */
function handleSignals(app: App, flags: Flags, log: ReturnType<typeof createLog>, endWith: (status: number) => never): void {
  let stopping = false;
  const leave = (status: number) => {
    if (flags.pidfile !== '') rmSync(flags.pidfile, { force: true });
    endWith(status);
  };
  const stop = async (text: string) => {
    if (stopping) return;
    stopping = true;
    log.info(text);
    await app.drain();
    await app.close();
    leave(0);
  };
  process.on('SIGINT', () => {
    if (stopping) leave(2);
    void stop('SIGINT: Shutting down');
  });
  process.on('SIGTERM', () => void stop('SIGTERM: Shutting down servers then terminating'));
  process.on('SIGQUIT', () => leave(0));
  process.on('SIGHUP', () => {});
  process.on('SIGUSR2', () => {});
  process.on('SIGPIPE', () => {});
}
