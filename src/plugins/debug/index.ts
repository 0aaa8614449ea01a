// *debug* disables the automatic recovery upon a crash and enables debug logging (DBG-1). Knows a slot; does nothing itself.
import { definePlugin } from '../../kernel/site/plugin.ts';
import { Debug } from '../../kernel/site/site.ts';

export default definePlugin({
  name: 'debug',
  parse(lines) {
    for (const line of lines) line.bare();
  },
  create(_, site) {
    site.put(Debug, true);
    return {};
  },
});
