// What requests are about: the load that is served, who watches it, and the Corefiles that served before. Made once a load, however many
// words want it. Knows what is shared by loads; knows no request.
import type { Run } from '../kernel/site/plugin.ts';
import { Configurations } from './configurations.ts';
import { KeptCorefiles } from './kept-corefiles.ts';
import { Levels } from './levels.ts';
import { LookedAt } from './look.ts';
import type { Load, Profiler } from './route.ts';
import { Watchers } from './watchers.ts';

/** Every name is under it. */
const ROOT = '\0';

/** What requests of a load are about; profiles are taken by whoever `profiler` makes. */
export async function loadOf(run: Run, profiler: () => Profiler & { close(): void | Promise<void> }): Promise<Load> {
  const watchers = await run.shared.use('watchers', run.signal, () => new Watchers(run.store.memory, run.clock));
  hear(run, watchers);
  const state = run.sites.flatMap((site) => site.all(LookedAt)).find((line) => line.state !== undefined)?.state;
  const complain = (text: string): void => run.log.prefix('admin').warning(text);
  const kept = state === undefined ? undefined : new KeptCorefiles(state, complain);
  const open = (): Configurations => new Configurations(run.clock, watchers.events, kept);
  const configurations = await run.shared.use(`configurations ${state ?? ''}`, run.signal, open);
  const levels = await run.shared.use('levels of the log', run.signal, () => new Levels(run.clock, run.store));
  const profiles = await run.shared.use('profiles', run.signal, profiler);
  return { run, names: run.store.changes.zone(ROOT), watchers, configurations, levels, profiles };
}
/** Warnings of the log are told while a load is served. */
function hear({ log: { lines }, signal }: Run, { events }: Watchers): void {
  const heard = (level: string, text: string): void => events.warn(level, text);
  lines.heard = heard;
  signal.addEventListener('abort', () => {
    if (lines.heard === heard) lines.heard = undefined;
  }, { once: true });
}
