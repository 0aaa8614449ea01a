// Parts of a block that take UPDATEs (RFC 2136), each of its zones. Knows what they say; knows no zone. Declared here for those that do.
import type { Answer } from '../kernel/query/outcome.ts';
import { AA } from '../kernel/query/message.ts';
import type { Query } from '../kernel/query/query.ts';
import { Slot } from '../kernel/slot.ts';
import type { Slots } from '../kernel/slot.ts';
import { OPCODE, RCODE } from '../dns/rcode.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import { AdmittedOpcode } from '../kernel/site/site.ts';

/** Takes an UPDATE of a zone that is its own; undefined where it is another's. */
export type Updatable = (query: Query) => Answer | undefined;
const Updatables = new Slot<Updatable>('updatable zones');

/** From now on the block admits UPDATE, and this part gets those of its zones. */
export function admitUpdates(site: Slots, take: Updatable): void {
  site.put(AdmittedOpcode, OPCODE.UPDATE);
  site.put(Updatables, take);
}
/**
 * The answer to an UPDATE: that of the part whose zone it is of, wherever that stands in the chain. Whoever takes UPDATEs calls this first,
 * so that nobody behind it answers as if it were a question.
 */
export function takeUpdate(site: Slots, query: Query): Answer {
  // The zone's section has the form of a question (RFC 2136 section 2.3).
  if (query.type !== TYPE.SOA || query.class !== CLASS.IN) return query.begin(AA, RCODE.FORMERR);
  for (const take of site.all(Updatables)) {
    const answer = take(query);
    if (answer !== undefined) return answer;
  }
  return query.begin(AA, RCODE.NOTAUTH);
}
