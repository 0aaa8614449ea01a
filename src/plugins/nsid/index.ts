// *nsid* adds an identifier of this server to each reply (RFC 5001). Knows one EDNS option.
import { ONLY_ONCE, once } from '../../corefile/directive.ts';
import { OPTION } from '../../dns/edns-options.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Message } from '../../kernel/query/message.ts';
import { onReply } from '../../kernel/query/outcome.ts';
import type { Query } from '../../kernel/query/query.ts';

export default definePlugin({
  name: 'nsid',
  parse(lines, { machine }) {
    const line = once(lines);
    // As CoreDNS: a block counts as a second line.
    if (line.body !== undefined) line.refuse(ONLY_ONCE);
    const words = line.rest();
    return new TextEncoder().encode(words.length > 0 ? words.join(' ') : machine.hostname());
  },
  create(data) {
    const add = (reply: Message, query: Query) => {
      const own = reply.edns;
      // As CoreDNS (NSID-1): a reply without an OPT gets a fresh one, so nothing of the request's is echoed.
      const edns = own ?? { udpSize: query.udpSize, version: 0, dnssecOk: false, z: 0, extendedRcode: 0, options: [] };
      reply.setEdns({ ...edns, options: [...edns.options.filter(({ code }) => code !== OPTION.NSID), { code: OPTION.NSID, data }] });
      return reply;
    };
    return {
      handle(query, next) {
        if (query.optAt === 0 || !query.edns!.options.some(({ code }) => code === OPTION.NSID)) return next(query);
        return onReply(next(query), add, query);
      },
    };
  },
});
