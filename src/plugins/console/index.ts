// *console* shows the server in a browser: a page, and beside it the API of *admin* that the page asks. Knows a load; what is asked is
// admin-api's, the page lies in dist/console.
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Load } from '../../admin-api/route.ts';
import { LookedAt, lookingFor, onceAProcess } from '../../admin-api/look.ts';
import { readAdmin } from '../../admin-api/settings.ts';

/** What the line may leave out. */
const WORD = { name: 'console', usual: 'http://127.0.0.1:8053' };

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
        const { readPage } = await import('../../admin-api/page-files.ts');
        const { ConsoleService } = await import('./service.ts');
        const { Sessions } = await import('./sessions.ts');
        const { loadOf } = await import('../../admin-api/load.ts');
        const { listen } = await import('../../admin-api/listen.ts');
        const page = await readPage();
        const { Profiles } = await import('../../threads/profiles.ts');
        load = await loadOf(run, () => new Profiles(run.clock));
        const where = 'path' in settings.listen ? settings.listen.path : settings.listen.address;
        const cookie = { name: /\d+$/.exec(where)?.[0] ?? '', isSecure: settings.tls !== undefined };
        const complain = (text: string): void => run.log.prefix(WORD.name).warning(text);
        const file = settings.state === undefined ? undefined : { path: `${settings.state}/sessions-${cookie.name}.json`, complain };
        const open = (): InstanceType<typeof Sessions> => new Sessions(run.clock, cookie, file);
        const sessions = await run.shared.use(`sessions ${where} ${file?.path ?? ''}`, run.signal, open);
        await listen(run, settings, {
          word: WORD.name, pages: (exchange) => sessions.tokenOf(exchange),
          service: (access) => new ConsoleService({ load, access, sessions, page }),
        });
      },
      started: (run) => load.configurations.serves(run),
    };
  },
});
