// *admin* lets the server be looked at and told what to do, over a socket of its machine. Knows a load; what can be asked is in api.ts.
import { definePlugin } from '../../kernel/site/plugin.ts';
import { lookingWord } from '../../admin-api/word.ts';

const WORD = { name: 'admin', usual: 'unix:///run/coredns-ts/admin.sock' };

export default definePlugin(lookingWord(WORD, async (run, settings) => {
  const { loadOf } = await import('../../admin-api/load.ts');
  const { Profiles } = await import('../../threads/profiles.ts');
  const load = await loadOf(run, () => new Profiles(run.clock));
  const { listen } = await import('../../admin-api/listen.ts');
  const { AdminService } = await import('../../admin-api/service.ts');
  await listen(run, settings, { word: WORD.name, service: (access) => new AdminService(load, access) });
  return load;
}));
