// A word by which the server is looked at: its line, what it leaves in its block, and that there is one a process. Knows settings; what it
// serves, and where, is its own.
import type { Plugin, Run } from '../kernel/site/plugin.ts';
import { LookedAt, lookingFor, onceAProcess } from './look.ts';
import type { Load } from './route.ts';
import { readAdmin } from './settings.ts';
import type { AdminSettings, LookingWord } from './settings.ts';

/** The plugin of such a word; `serves` begins to serve a load. */
export const lookingWord = (
  word: LookingWord, serves: (run: Run, settings: AdminSettings) => Promise<Load>,
): Plugin<AdminSettings> => ({
  name: word.name,
  parse: (lines, context) => readAdmin(lines, context, word),
  guest: (site, sites) => lookingFor(word.name, site, sites),
  create(settings, site) {
    site.put(LookedAt, { word: word.name, privacy: settings.privacy, state: settings.state });
    let load: Load;
    return {
      rehearsal: 'looks on',
      whole: (sites) => onceAProcess(word.name, site, sites),
      async control(run) {
        load = await serves(run, settings);
      },
      started: (run) => load.configurations.serves(run),
    };
  },
});
