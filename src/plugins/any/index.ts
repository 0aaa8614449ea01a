// *any* gives a minimal response to ANY queries (RFC 8482). Knows one question type.
import { rr } from '../../dns/rr.ts';
import { TYPE } from '../../dns/type-name.ts';
import { HINFO } from '../../dns/types.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';

export default definePlugin({
  name: 'any',
  parse: ([line]) => line.bare(),
  create: () => ({
    handle(query, next) {
      if (query.type !== TYPE.ANY) return next(query);
      return query.reply({ answer: [rr(query.name, HINFO, 8482, { cpu: 'ANY obsoleted', os: 'See RFC 8482' })] });
    },
  }),
});
