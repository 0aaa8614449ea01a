// *console* shows the server in a browser: a page, and beside it the API of *admin* that the page asks. Knows a load; what is asked is
// admin-api's, the page lies in dist/console.
import { definePlugin } from '../../kernel/site/plugin.ts';
import { lookingWord } from '../../admin-api/word.ts';

const WORD = { name: 'console', usual: 'http://127.0.0.1:8053' };

export default definePlugin(lookingWord(WORD, async (run, settings) => {
  const { readPage } = await import('../../admin-api/page-files.ts');
  const { ConsoleService } = await import('./service.ts');
  const { Sessions } = await import('./sessions.ts');
  const { loadOf } = await import('../../admin-api/load.ts');
  const { listen } = await import('../../admin-api/listen.ts');
  const page = await readPage();
  const { Profiles } = await import('../../threads/profiles.ts');
  const load = await loadOf(run, () => new Profiles(run.clock));
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
  return load;
}));
