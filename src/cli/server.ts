// The life of a server process, from the first start to the end (CLI-*, SIG-*). Knows the process; knows no plugin by name.
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { MainDesk } from '../kernel/desk.ts';
import { App } from '../kernel/serving/app.ts';
import { jsonLine } from '../kernel/seen/log.ts';
import { Metrics } from '../kernel/seen/metrics.ts';
import type { Plugin } from '../kernel/site/plugin.ts';
import { Store } from '../store/store.ts';
import { AsideThread } from '../threads/aside.ts';
import { Crew } from '../threads/crew.ts';
import { readLimits } from '../threads/limits.ts';
import { Ledger } from '../transport/ledger.ts';
import { fileError } from '../wording/errno.ts';
import { banner, versionLines } from './banner.ts';
import { equip } from './equipment.ts';
import { additionsOf, pluginsWith } from './plugin-choice.ts';
import type { Companion } from './companion.ts';
import type { Common } from './equipment.ts';
import type { PluginsAnew } from './plugins-anew.ts';
import { readOptionsOf } from './read-options.ts';
import type { Flags } from './flags.ts';
import { readInput } from './input.ts';
import type { Input } from './input.ts';
import { complain, fail as failPlainly } from './output.ts';
import { handleEndSignals, reloadOnSignal } from './signals.ts';
import { ownersOf } from './port-owners.ts';
import { rememberNode } from './remember-node.ts';
import type { ServiceManager } from './service-manager.ts';
import { Sources } from './sources.ts';
import { explainError, explainStart } from './start-error.ts';

/** Milliseconds after the start until what no client waits for is done: whoever asks first is answered first. */
const SETTLED = 100;

/** How long load has to last until a thread is added (milliseconds), for tests. */
const lasting = (): number | undefined => {
  const given = process.env['COREDNS_TS_GROW_AFTER'];
  return given === undefined ? undefined : Number(given);
};

/** What all threads have in common, and the plugins: the standard ones or those of an `own` program, and what `plugin.cfg` adds. */
async function choose(file: string, { port, json }: Flags, own: readonly Plugin[] | undefined) {
  const common: Common = { file, port, json, additions: await additionsOf(file), streams: Ledger.create() };
  const plugins = await pluginsWith(common.additions, own);
  if (common.additions!.length === 0) return { common, plugins };
  const { withCode } = await import('./plugins-anew.ts');
  return { common: { ...common, ...withCode(common.additions!) }, plugins };
}

/** How plugins are chosen at a reload: `plugin.cfg` is read again, and what has changed of their code is loaded. */
async function choosing(common: Common, own: readonly Plugin[] | undefined, { log, readOptions }: ReturnType<typeof equip>) {
  const { file, port, additions = [] } = common;
  let anew: PluginsAnew | undefined;
  const { warn, builtIn } = readOptions;
  const open = async (): Promise<PluginsAnew> => {
    const module = await import('./plugins-anew.ts');
    return new module.PluginsAnew(file, own, additions, log, (late) => ({ ...readOptionsOf(file, port, late, warn), builtIn }));
  };
  if (additions.length > 0) anew = await open();
  // Where there was no plugin.cfg there may be one by now.
  return async () => ((anew ??= existsSync(join(dirname(file), 'plugin.cfg')) ? await open() : undefined))?.choose();
}
/** What is said where nobody wrote a Corefile. */
const nothingToServe = ({ file, again }: Input): string =>
  `${again === undefined ? `There is no ${file} in ${process.cwd()}` : `${file} has no server block`}: every query is answered with `
  + 'who asked (coredns-ts help says how one looks)';
/** Other processes that serve the same ports: the kernel divides the queries between them and this one. */
function sharedPorts({ addresses }: App): readonly string[] {
  const ports = [...new Set(addresses.map(({ endpoint }) => endpoint.port))].filter((port) => port !== 0);
  return ports.flatMap((port) => ownersOf('udp', port).map(({ pid, name, address }) =>
    `pid ${pid} (${name}) serves ${address}:${port} too: queries are divided`));
}
/**
 * Favouring size keeps 4 to 5 MB less of code and heap under load, and answers cost the same. Said to the engine when everything is loaded:
 * said before, it refuses the code that was compiled for a start without it, Node's own among it. What makes many objects for an answer
 * would take twice as long: there the heap alone grows slowly.
 */
function favourSize(makesObjects: boolean): void {
  const { setFlagsFromString } = process.getBuiltinModule('node:v8');
  // What was compiled until now is kept for the next start as it was compiled: without the flag.
  process.getBuiltinModule('node:module').flushCompileCache?.();
  setFlagsFromString(makesObjects ? '--heap-growing-percent=150' : '--optimize-for-size');
}

/** In a bundle: what has been compiled is kept for the next start, where it is not yet (`kept.ts`). */
function keepCompiled(): void {
  (globalThis as { [key: symbol]: (() => void) | undefined })[Symbol.for('coredns-ts: keep what is compiled')]?.();
}

/** The service manager that started this process, where one did. A warning where it cannot be spoken to. */
async function manager(): Promise<{ readonly manager?: ServiceManager; readonly why?: string }> {
  if (process.env['NOTIFY_SOCKET'] === undefined && process.env['LISTEN_FDS'] === undefined) return {};
  const found = (await import('./service-manager.ts')).serviceManager();
  return typeof found === 'string' ? { why: found } : { ...(found && { manager: found }) };
}

/** Serves until a signal ends it. `entry` is the module that threads run; `whenReload` gets what SIGUSR1 shall do. */
export async function serve(
  flags: Flags, entry: URL, whenReload: (reload: () => void) => void, own?: readonly Plugin[], companion?: Companion,
): Promise<void> {
  const fail = (text: string): never => failPlainly(flags.json ? jsonLine(Date.now(), 'FATAL', text) : text);
  let input: Input;
  try {
    input = readInput(flags);
  } catch (error) {
    return fail(`loading Caddyfile via flag: ${(error as Error).message}\nhelp: that is the Corefile: name another one with -conf FILE`);
  }
  const { common, plugins } = await choose(input.file, flags, own).catch((error: Error) => fail(error.message));
  const { manager: service, why } = await manager();
  const equipment = equip(common, 0, plugins, service);
  const { lines, log, debugging, clock } = equipment;
  const leave = (status: number): never => {
    if (flags.pidfile !== '') rmSync(flags.pidfile, { force: true });
    lines.finish();
    process.exit(status);
  };
  const fatal = (text: string): never => {
    lines.finish();
    complain(flags.json ? jsonLine(Date.now(), 'FATAL', text) : `[FATAL] ${text}`);
    return leave(1);
  };
  const { again } = input;
  const chooseAnew = await choosing(common, own, equipment);
  const metrics = new Metrics();
  const store = Store.create();
  const desk = new MainDesk(clock);
  const crew = new Crew({
    entry, own: common, store, metrics, log, debugging, clock, desk, limits: readLimits(), fatal, lasting: lasting(),
  });
  const app = new App({
    ...equipment, metrics, store, crew, desk, fatal, aside: new AsideThread({ entry, store, clock }),
    readAgain: input.watched ? again : undefined, path: input.path, explain: explainError, choose: chooseAnew,
    awaited: () => companion?.awaited() ?? [],
  });
  if (why !== undefined) log.warning(`the service manager cannot be told anything without the addon (${why})`);
  const signals = { app, log, leave, now: () => performance.now(), companion, service, status: () => `serves ${banner(app.addresses)}` };
  handleEndSignals(signals);
  try {
    // A part may wait for something of which no socket is open (an API that refuses connections): the process stays meanwhile.
    const hold = setInterval(() => {}, 1 << 30);
    try {
      await companion?.begin({ app, log, metrics, clock });
      await app.load(input.text);
    } finally {
      clearInterval(hold);
    }
  } catch (error) {
    await companion?.gone();
    lines.finish();
    const { startAdvice } = await import('./start-advice.ts');
    const more = await startAdvice(explainError(error).text, { file: input.file, text: input.text, port: flags.port, own });
    return fail(explainStart(error, new Sources(input.file, input.text), more).trimEnd());
  }
  if (!flags.quiet) {
    const parts = [banner(app.addresses), versionLines()].map((text) => text.trimEnd());
    for (const text of flags.json ? parts : parts.join('\n').split('\n')) if (flags.json) log.info(text); else lines.line(text);
  }
  lines.flush();
  if (flags.pidfile !== '') {
    try {
      writeFileSync(flags.pidfile, `${process.pid}\n`);
    } catch (error) {
      log.error(`Could not write pidfile: ${fileError(error, flags.pidfile)}`);
    }
  }
  whenReload(reloadOnSignal(signals, again));
  service?.closeRest(log);
  service?.ready(signals.status());
  crew.watch();
  companion?.serving();
  const served = input.again !== undefined && /^\s*[^#\s]/m.test(input.text);
  if (!served) log.warning(nothingToServe(input));
  setTimeout(() => {
    keepCompiled();
    favourSize(app.makesObjects);
    if (served) sharedPorts(app).forEach((text) => log.warning(text));
    rememberNode();
  }, SETTLED).unref();
}
