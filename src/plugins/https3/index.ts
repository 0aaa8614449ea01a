// *https3* configures the listeners of DNS over HTTP/3: limits, and paths beside /dns-query. Knows words; listeners are the transport's.
import { Https3Setting } from '../../kernel/query/http-setting.ts';
import type { HttpSaid } from '../../kernel/query/http-setting.ts';
import { readPath } from '../../kernel/site/http-path.ts';
import { LimitReader } from '../../kernel/site/listener-limit.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';

export default definePlugin({
  name: 'https3',
  parse(lines): HttpSaid {
    const limits = new LimitReader();
    const paths: string[] = [];
    for (const line of lines) {
      line.end();
      line.properties({
        max_connections: (property) => limits.read(property),
        max_streams: (property) => limits.read(property),
        path: (property) => void paths.push(readPath(property)),
      });
    }
    const connections = limits.get('max_connections'), streams = limits.get('max_streams');
    return {
      at: lines[0].at, paths, ...(connections !== undefined && { connections }), ...(streams !== undefined && { streams }),
    };
  },
  create(said, site) {
    site.put(Https3Setting, said);
    return {};
  },
});
