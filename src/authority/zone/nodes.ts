// A name of a zone in the shared memory: what is marked at it, and where its sets lie. Knows the layout of a node; knows no zone.
//
// A node is an entry (store/ordered-entry.ts) whose flags are these, and whose own bytes are its sets (record-sets.ts).
import type { Memory } from '../../store/memory.ts';
import { KEY_AT } from '../../store/ordered-entry.ts';
import { nextSet, typeAt } from '../record-sets.ts';

/**
 * What a node is: delegated; below something delegated or renamed; the owner of a DNAME; of a CNAME; what a `*` is below; without records;
 * followed by nothing that stands before its `*`, so that it is what denies that one.
 */
export const CUT = 1, BELOW = 2, RENAMED = 4, ALIAS = 8, WILD = 16, EMPTY = 32, FIRST = 64;

/** Where the sets of a node begin, in bytes. */
export const setsAt = (words: Int32Array, node: number): number => node * 4 + KEY_AT + (words[node + 1]! & 0xffff);
/** What is marked at a node. */
export const flagsOf = (words: Int32Array, node: number): number => words[node + 1]! >>> 16;
/** Where a node ends, in bytes. */
export function endOf({ words, bytes }: Memory, node: number): number {
  let set = setsAt(words, node);
  while (typeAt(bytes, set) !== 0) set = nextSet(bytes, set);
  return set + 2;
}
/** How many words a node takes. */
export const wordsOf = (memory: Memory, node: number): number => ((endOf(memory, node) + 3) >> 2) - node;
