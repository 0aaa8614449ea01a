// What clients are told of a cluster that was not read yet or is out of touch. Knows the flags; keeps none.
import { STALE_SINCE, UNREAD } from './maps.ts';
import type { Maps } from './maps.ts';

/** Why names that it does not have may exist; undefined where each resource among these bits was read once. */
export const incompleteOf = ({ flags }: Maps, needed: number): string | undefined =>
  ((flags.get(UNREAD) & needed) === 0 ? undefined : 'the Kubernetes API has not been read yet');
/** Why what it says may be old; undefined where it is not. */
export function staleOf({ flags }: Maps): string | undefined {
  const since = flags.get(STALE_SINCE);
  return since === 0 ? undefined : `the Kubernetes API cannot be reached since ${new Date((since >>> 0) * 1000).toISOString()}`;
}
