// *admin* lets the server be looked at and told what to do, over a socket of its machine. Knows a load; what can be asked is in api.ts.
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Load } from '../../admin-api/route.ts';
import { LookedAt, lookingFor, onceAProcess } from '../../admin-api/look.ts';
import { readAdmin } from '../../admin-api/settings.ts';

/** What the line may leave out. */
const WORD = { name: 'admin', usual: 'unix:///run/coredns-ts/admin.sock' };

export default definePlugin({
  name: WORD.name,
  parse: (lines, context) => readAdmin(lines, context, WORD),
  guest: (site, sites) => lookingFor(WORD.name, site, sites),
  create(settings, site) {
    site.put(LookedAt, { word: WORD.name, privacy: settings.privacy, state: settings.state });
    let load: Load;
    return {
      rehearsal: 'looks on',
      whole: (sites) => onceAProcess(WORD.name, site, sites),
      async control(run) {
        const { loadOf } = await import('../../admin-api/load.ts');
        const { Profiles } = await import('../../threads/profiles.ts');
        load = await loadOf(run, () => new Profiles(run.clock));
        const { listen } = await import('../../admin-api/listen.ts');
        const { AdminService } = await import('../../admin-api/service.ts');
        await listen(run, settings, { word: WORD.name, service: (access) => new AdminService(load, access) });
      },
      started: (run) => load.configurations.serves(run),
    };
  },
});
