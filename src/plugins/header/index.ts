// *header* modifies the header for queries and responses. Knows three flags of the header, on the way in and out.
import type { Directive } from '../../corefile/directive.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Lines } from '../../kernel/site/plugin.ts';
import { setU16, u16 } from '../../dns/packet.ts';
import { AA, RA, RD } from '../../kernel/query/message.ts';
import type { Message } from '../../kernel/query/message.ts';
import { onReply } from '../../kernel/query/outcome.ts';

/** Bits to set, then bits to clear; a later rule wins over an earlier one. */
interface Change {
  set: number;
  clear: number;
}
const FLAGS: { readonly [word: string]: number } = { aa: AA, ra: RA, rd: RD };

/** HDR-1. */
function readRule(line: Directive, change: Change): void {
  const action = line.more ? line.arg() : '';
  const flags = line.rest();
  const where = 'setting up rule: ';
  if (action === '') line.refuse(`${where}no flag action provided`);
  if (flags.length === 0) line.refuse(`${where}invalid length for flags, at least one should be provided`);
  const word = action.toLowerCase();
  if (word !== 'set' && word !== 'clear') line.refuse(`${where}unknown flag action=${word}, should be set or clear`);
  for (const text of flags) {
    const bit = FLAGS[text.toLowerCase()];
    if (bit === undefined) line.refuse(`${where}unknown/unsupported flag=${text.toLowerCase()}`);
    change.set = word === 'set' ? change.set | bit : change.set & ~bit;
    change.clear = word === 'clear' ? change.clear | bit : change.clear & ~bit;
  }
}

function parse(lines: Lines): { readonly query: Change; readonly response: Change } {
  for (const line of lines) {
    const query = { set: 0, clear: 0 };
    const response = { set: 0, clear: 0 };
    line.properties({}, (property) => {
      const selector = property.word.toLowerCase();
      if (selector !== 'query' && selector !== 'response') {
        return property.refuse(`setting up rule: invalid selector=${selector} should be query or response`);
      }
      readRule(property, selector === 'query' ? query : response);
    });
    // As CoreDNS: the first line that has rules is the one that counts.
    if (query.set | query.clear | response.set | response.clear) return { query, response };
  }
  return lines.at(-1)!.wrongArgs();
}

export default definePlugin({
  name: 'header',
  parse,
  create({ query: asked, response }) {
    const change = (reply: Message) => {
      reply.setFlags(response.set, response.clear);
      return reply;
    };
    const edits = response.set !== 0 || response.clear !== 0;
    return {
      handle(query, next) {
        if (asked.set !== 0 || asked.clear !== 0) {
          setU16(query.bytes, query.at + 2, (u16(query.bytes, query.at + 2) | asked.set) & ~asked.clear);
        }
        return edits ? onReply(next(query), change, query) : next(query);
      },
    };
  },
});
