// *https* configures the listeners of DNS over HTTPS: limits, and paths beside /dns-query. Knows words; the listeners are the transport's.
import { HttpsSetting, PATH_TEMPLATE } from '../../kernel/query/http-setting.ts';
import type { HttpSaid } from '../../kernel/query/http-setting.ts';
import { LimitReader } from '../../kernel/site/listener-limit.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import { quoted } from '../../wording/quote.ts';

/** What a setting of HTTP/2 can say (TR-12). */
const MOST_STREAMS = 0xffffffff;

export default definePlugin({
  name: 'https',
  parse(lines): HttpSaid {
    const limits = new LimitReader();
    const paths: string[] = [];
    for (const line of lines) {
      line.end();
      line.properties({
        max_connections: (property) => limits.read(property),
        max_streams: (property) => limits.read(property, MOST_STREAMS),
        path(property) {
          const text = property.only();
          property.bare();
          const names = [...text.matchAll(/\{([^}]*)\}/g)].map(([, name]) => name!);
          if (!PATH_TEMPLATE.test(text)) property.fail(`invalid path template ${quoted(text)}`, 'it is like /dns-query/{client}');
          if (new Set(names).size < names.length) property.fail(`a name stands twice in path template ${quoted(text)}`);
          paths.push(text);
        },
      });
    }
    const connections = limits.get('max_connections'), streams = limits.get('max_streams');
    return {
      at: lines[0].at, paths, ...(connections !== undefined && { connections }), ...(streams !== undefined && { streams }),
    };
  },
  create(said, site) {
    site.put(HttpsSetting, said);
    return {};
  },
});
