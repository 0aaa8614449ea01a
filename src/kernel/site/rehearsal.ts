// What becomes of parts whose records a running server alone has, where an answer is explained without one. Knows names; knows no plugin.
import type { Name } from '../../dns/name.ts';
import { RCODE } from '../../dns/rcode.ts';
import { NotKnownHere, failure } from '../query/outcome.ts';
import type { Rehearsal } from './plugin.ts';

/** Of these zones nothing is known here; what is in none of them is handed on. */
export function knownToServer(word: string, zones: () => readonly Name[]): Rehearsal {
  const unknown = failure(RCODE.SERVFAIL, new NotKnownHere(`what ${word} has is known to a running server alone`));
  return { handle: (query, next) => (zones().some((zone) => query.name.isUnder(zone)) ? unknown : next(query)) };
}
