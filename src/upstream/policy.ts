// In which order several upstreams are asked (FWD-9). Knows how many there are, and nothing else of them.
import type { RandomIds } from './random-ids.ts';

/** The words of the Corefile. */
export const POLICIES = ['random', 'round_robin', 'sequential'] as const;
/** One of them. */
export type PolicyName = (typeof POLICIES)[number];
/** Writes the numbers 0 to `count` - 1 in the order in which to ask. */
export type Policy = (order: Uint8Array, count: number) => void;

/** A policy with a state of its own. */
export function createPolicy(name: PolicyName, ids: RandomIds): Policy {
  if (name === 'sequential') return inOrder;
  if (name === 'random') return (order, count) => shuffled(order, count, ids);
  let turn = 0;
  return (order, count) => {
    turn = (turn + 1) % count;
    order[0] = turn;
    for (let i = 1; i < count; i++) order[i] = i <= turn ? i - 1 : i;
  };
}
function inOrder(order: Uint8Array, count: number): void {
  for (let i = 0; i < count; i++) order[i] = i;
}
function shuffled(order: Uint8Array, count: number, ids: RandomIds): void {
  for (let i = 0; i < count; i++) {
    const other = i === 0 ? 0 : ids.below(i + 1);
    order[i] = order[other]!;
    order[other] = i;
  }
}
/**
 * Who is asked second is of the other family than the first, where there is one: what is wrong with a family is wrong with all of it
 * (RFC 8305). `six` says of each number whether it is an IPv6 address.
 */
export function otherFamily(order: Uint8Array, six: readonly boolean[]): void {
  const first = six[order[0]!];
  for (let i = 1; i < order.length; i++) {
    if (six[order[i]!] === first) continue;
    const other = order[i]!;
    order.copyWithin(2, 1, i);
    order[1] = other;
    return;
  }
}
