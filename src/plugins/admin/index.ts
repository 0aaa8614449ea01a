// *admin* lets the server be looked at and told what to do, over a socket of its machine. Knows a load; what can be asked is in api.ts.
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Run } from '../../kernel/site/plugin.ts';
import { Slot } from '../../kernel/slot.ts';
import { looking } from '../../admin-api/look.ts';
import type { Configurations } from '../../admin-api/configurations.ts';
import type { Watchers } from '../../admin-api/watchers.ts';
import { readAdmin } from './config.ts';
import type { AdminSettings } from './config.ts';

/** What the line says. */
const Settings = new Slot<AdminSettings>('settings of the API');
/** Every name is under it. */
const ROOT = '\0';

export default definePlugin({
  name: 'admin',
  parse: readAdmin,
  guest(site, sites) {
    const settings = sites.flatMap((each) => each.all(Settings))[0];
    return settings === undefined ? undefined : looking(site, settings.privacy);
  },
  create(settings, site) {
    site.put(Settings, settings);
    let watchers: Watchers, configurations: Configurations;
    return {
      rehearsal: 'looks on',
      whole(sites) {
        const first = sites.find((each) => each.all(Settings).length > 0);
        if (first !== site) throw new Error('one block has it: it is for the whole process');
      },
      async control(run) {
        const module = await import('../../admin-api/watchers.ts');
        watchers = await run.shared.use('watchers', run.signal, () => new module.Watchers(run.store.memory, run.clock));
        hear(run, watchers);
        const { listen } = await import('../../admin-api/listen.ts');
        const { Configurations } = await import('../../admin-api/configurations.ts');
        const { state } = settings;
        const { KeptCorefiles } = await import('../../admin-api/kept-corefiles.ts');
        const complain = (text: string): void => run.log.prefix('admin').warning(text);
        const kept = state === undefined ? undefined : new KeptCorefiles(state, complain);
        const open = (): Configurations => new Configurations(run.clock, watchers.events, kept);
        configurations = await run.shared.use(`configurations ${state ?? ''}`, run.signal, open);
        const { Levels } = await import('../../admin-api/levels.ts');
        const { Profiles } = await import('../../threads/profiles.ts');
        const levels = await run.shared.use('levels of the log', run.signal, () => new Levels(run.clock, run.store));
        const profiles = await run.shared.use('profiles', run.signal, () => new Profiles(run.clock));
        await listen(run, settings, { run, names: run.store.changes.zone(ROOT), watchers, configurations, levels, profiles });
      },
      started(run) {
        configurations.serves(run);
      },
    };
  },
});

/** Warnings of the log are told while a load is served. */
function hear({ log: { lines }, signal }: Run, { events }: Watchers): void {
  const heard = (level: string, text: string): void => events.warn(level, text);
  lines.heard = heard;
  signal.addEventListener('abort', () => {
    if (lines.heard === heard) lines.heard = undefined;
  }, { once: true });
}
