// *minimal* minimizes size of the DNS response message whenever possible (MIN-1). Knows the sections of a reply.
import { definePlugin } from '../../kernel/site/plugin.ts';
import { classify } from '../../kernel/query/classify.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Message } from '../../kernel/query/message.ts';
import { onReply } from '../../kernel/query/outcome.ts';
import { setU16 } from '../../dns/packet.ts';

/** Cuts the reply behind its answers; what is left never points into what goes. */
function trim(reply: Message, clock: Clock): Message {
  if (reply.authorities === 0 && reply.additionals === 0) return reply;
  if (classify(reply, clock) !== 'NOERROR') return reply;
  const records = reply.records();
  if (records === undefined) return reply;
  const end = records.authority < records.count ? records.ownerAt[records.authority]! : reply.at + reply.length;
  reply.length = end - reply.at;
  reply.optAt = 0;
  reply.plain = 0;
  setU16(reply.bytes, reply.at + 8, 0);
  setU16(reply.bytes, reply.at + 10, 0);
  return reply;
}

export default definePlugin({
  name: 'minimal',
  parse: ([line]) => line.bare(),
  create() {
    let clock: Clock;
    const after = (reply: Message) => trim(reply, clock);
    return {
      rehearsal: 'as served',
      start(run) {
        clock = run.clock;
      },
      handle: (query, next) => onReply(next(query), after, query),
    };
  },
});
