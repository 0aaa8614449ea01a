// What a resolver says to a question, as its other parts and whoever asks see it. Knows sets; knows nothing of how it was found.
import type { KeptSet, Security } from './kept-set.ts';
import type { Stop } from './server-watch.ts';

/** What resolving a question gave. */
export interface Resolved {
  readonly rcode: number;
  /** Aliases first. */
  readonly answer: readonly KeptSet[];
  readonly authority: readonly KeptSet[];
  readonly security: Security;
  /** Why there is no answer, for people, and the info code of the Extended DNS Error (RFC 8914). */
  readonly why: string | undefined;
  readonly code: number | undefined;
  /** It is a failure that is not kept. */
  readonly isPassing?: boolean;
  /** Where somebody who looked on ended it: then the answer is the aliases before. */
  readonly stopped?: Stop;
}
