// What is asked of a zone and is no walk through it: a NOTIFY, or a transfer. Knows what becomes of either where nobody took it; knows
// nothing of how zones are kept.
import { OPCODE, RCODE } from '../dns/rcode.ts';
import { TYPE } from '../dns/type-name.ts';
import { drop, failure } from '../kernel/query/outcome.ts';
import type { Drop, Failure } from '../kernel/query/outcome.ts';
import type { Query } from '../kernel/query/query.ts';
import type { Log } from '../kernel/seen/log.ts';

/** Whether a question is one that the walk through a zone does not answer: a NOTIFY (RFC 1996), AXFR (RFC 5936) or IXFR (RFC 1995). */
export const isNotWalked = ({ opcode, type }: Query): boolean => opcode === OPCODE.NOTIFY || type === TYPE.AXFR || type === TYPE.IXFR;

/**
 * What becomes of such a question for a zone that has no primary: a transfer that *transfer* did not give is refused, a NOTIFY is dropped,
 * which is said (FILE-5).
 */
export function turnAway(query: Query, log: Log): Drop | Failure {
  if (query.opcode !== OPCODE.NOTIFY) return failure(RCODE.REFUSED);
  log.info(`Dropping notify from ${query.clientAddress} for ${query.name.text}`);
  return drop();
}
