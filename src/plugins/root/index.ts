// *root* simply specifies the root of where to find files. Knows a directory; other plugins read it.
import { definePlugin } from '../../kernel/site/plugin.ts';
import { Root } from '../../kernel/site/site.ts';
import { stat } from 'node:fs/promises';
import { fileError } from '../../wording/errno.ts';

export default definePlugin({
  name: 'root',
  parse(lines) {
    let path = '';
    for (const line of lines) {
      path = line.arg();
      line.end();
    }
    return path;
  },
  create(path, site) {
    site.put(Root, path);
    return {
      async control({ log }) {
        await stat(path).catch((error: NodeJS.ErrnoException) => {
          if (error.code !== 'ENOENT') {
            throw new Error(`plugin/root: unable to access root path '${path}': ${fileError(error, path, 'stat')}`);
          }
          log.prefix('root').warning(`Root path does not exist: ${path}`);
        });
      },
    };
  },
});
