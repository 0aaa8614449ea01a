// What clients are told of a cluster that was not read yet or is out of touch. Knows the flags; keeps none.
import { STALE_SINCE, SYNCED } from './maps.ts';
import type { Maps } from './maps.ts';

/** Why names that it does not have may exist; undefined where it was read once. */
export const incompleteOf = ({ flags }: Maps): string | undefined =>
  (flags.get(SYNCED) === 0 ? 'the Kubernetes API has not been read yet' : undefined);
/** Why what it says may be old; undefined where it is not. */
export function staleOf({ flags }: Maps): string | undefined {
  const since = flags.get(STALE_SINCE);
  return since === 0 ? undefined : `the Kubernetes API cannot be reached since ${new Date((since >>> 0) * 1000).toISOString()}`;
}
