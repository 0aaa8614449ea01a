// *bufsize* limits EDNS0 buffer size to prevent IP fragmentation (BUF-1). Knows the request's OPT.
import { definePlugin } from '../../kernel/site/plugin.ts';

export default definePlugin({
  name: 'bufsize',
  parse(lines) {
    let size = 1232;
    for (const line of lines) {
      const args = line.rest();
      if (args.length > 0) size = Number(args[0]);
      if (args.length > 1 || !/^[+-]?\d+$/.test(args[0] ?? '0') || size < 512 || size > 4096) line.wrongArgs();
    }
    return size;
  },
  create: (size) => ({
    handle(query, next) {
      if (query.udpSize > size) query.limitUdpSize(size);
      return next(query);
    },
  }),
});
