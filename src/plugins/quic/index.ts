// *quic* configures the limits of listeners of DNS over QUIC. Knows words; the listeners are the transport's.
import type { Directive } from '../../corefile/directive.ts';
import { QuicSetting } from '../../kernel/query/quic-setting.ts';
import type { QuicSaid } from '../../kernel/query/quic-setting.ts';
import { LimitReader } from '../../kernel/site/listener-limit.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';

export default definePlugin({
  name: 'quic',
  parse(lines): QuicSaid {
    const limits = new LimitReader();
    const positive = (property: Directive): void => {
      limits.read(property, Infinity, 1);
    };
    for (const line of lines) {
      line.end();
      line.properties({
        max_streams: positive,
        worker_pool_size: positive,
        max_connections: (property) => limits.read(property),
      });
    }
    const streams = limits.get('max_streams'), workers = limits.get('worker_pool_size'), connections = limits.get('max_connections');
    return {
      at: lines[0].at, ...(streams !== undefined && { streams }), ...(workers !== undefined && { workers }),
      ...(connections !== undefined && { connections }),
    };
  },
  create(said, site) {
    site.put(QuicSetting, said);
    return {};
  },
});
