// *nsid* adds an identifier of this server to each reply (RFC 5001). Knows one EDNS option.
import { ONLY_ONCE, once } from '../../corefile/directive.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import { identify, wantsIdentifier } from '../../kernel/query/identifier.ts';
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
    const add = (reply: Message, query: Query) => identify(reply, query, data);
    return {
      handle(query, next) {
        return wantsIdentifier(query) ? onReply(next(query), add, query) : next(query);
      },
    };
  },
});
