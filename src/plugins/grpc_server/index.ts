// *grpc_server* configures the limits of listeners of DNS over gRPC. Knows words; the listeners are the transport's.
import { GrpcSetting } from '../../kernel/query/http-setting.ts';
import type { HttpSaid } from '../../kernel/query/http-setting.ts';
import { LimitReader } from '../../kernel/site/listener-limit.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';

export default definePlugin({
  name: 'grpc_server',
  parse(lines): HttpSaid {
    const limits = new LimitReader();
    for (const line of lines) {
      line.end();
      line.properties({
        max_connections: (property) => limits.read(property),
        max_streams: (property) => limits.read(property),
        max_watches: (property) => limits.read(property),
      });
    }
    const connections = limits.get('max_connections'), streams = limits.get('max_streams'), watches = limits.get('max_watches');
    return {
      at: lines[0].at, ...(connections !== undefined && { connections }), ...(streams !== undefined && { streams }),
      ...(watches !== undefined && { watches }),
    };
  },
  create(said, site) {
    site.put(GrpcSetting, said);
    return {};
  },
});
