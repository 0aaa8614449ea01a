// What is said in place of asking others for a client whose network has asked them too much. Knows the reply; who counts is a part.
import { INFO_CODE } from '../../dns/extended-error.ts';
import { RCODE } from '../../dns/rcode.ts';
import type { Outcome } from './outcome.ts';
import type { Query } from './query.ts';

/** REFUSED, and why: what is kept is still answered. */
export function turnedAway(query: Query): Outcome {
  query.extendedError = { code: INFO_CODE.PROHIBITED, text: 'too many questions that others have to be asked for' };
  return query.begin(0, RCODE.REFUSED);
}
