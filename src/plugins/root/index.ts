// *root* simply specifies the root of where to find files. Knows a directory; other plugins read it.
import { definePlugin } from '../../kernel/site/plugin.ts';
import { Root } from '../../kernel/site/site.ts';
import { stat } from 'node:fs/promises';

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
            const why = /: (.*?),/.exec(error.message)?.[1] ?? error.message;
            throw new Error(`plugin/root: unable to access root path '${path}': stat ${path}: ${why}`);
          }
          log.prefix('root').warning(`Root path does not exist: ${path}`);
        });
      },
    };
  },
});
