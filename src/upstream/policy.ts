// In which order several upstreams are asked (FWD-9). Knows how many there are, and nothing else of them.
import type { RandomIds } from './random-ids.ts';

/** The words of the Corefile. */
export const POLICIES = ['random', 'round_robin', 'sequential'] as const;
/** One of them. */
export type PolicyName = (typeof POLICIES)[number];
/** Once in so many questions the quickest is not asked first, to find out whether another one is quicker by now. */
const EXPLORES = 100;
/** Who is slower than the quickest by less than half, or than this, in microseconds, is as quick. */
const BAND = 5000;
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
/**
 * The quickest first: those that are as quick in an order that is drawn anew, then the slower ones, band by band. `trip` is the time that
 * one needs, in microseconds, 0 where that is not known yet.
 */
export function fastest(ids: RandomIds, trip: (index: number) => number): Policy {
  const bands = new Float64Array(256);
  return (order, count) => {
    shuffled(order, count, ids);
    if (ids.below(EXPLORES) === 0) return;
    let best = Infinity;
    for (let i = 0; i < count; i++) best = Math.min(best, trip(i));
    const width = Math.max(BAND, best / 2);
    for (let i = 0; i < count; i++) bands[i] = Math.floor((trip(i) - best) / width);
    for (let i = 1; i < count; i++) {
      const index = order[i]!;
      let to = i;
      for (; to > 0 && bands[order[to - 1]!]! > bands[index]!; to--) order[to] = order[to - 1]!;
      order[to] = index;
    }
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
