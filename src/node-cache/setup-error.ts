// What could not be set up on a node, and under which name it is counted. Knows words.
import type { ErrorType } from './counts.ts';

/** A failure of `ip`, `nft` or `iptables`. */
export class SetupError extends Error {
  readonly type: ErrorType;
  constructor(type: ErrorType, message: string) {
    super(message);
    this.type = type;
  }
}
/** What a program that was refused lacks, behind what it says; '' where it says something else. */
export const rightsFor = (said: string): string => (/not permitted|denied/i.test(said) ? ' (the pod needs the capability NET_ADMIN)' : '');
