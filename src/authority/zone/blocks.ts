// What a version takes of the shared memory, block by block. Knows what a version leads to; gives nothing back.
import type { Memory } from '../../store/memory.ts';
import { OrderedPages } from '../../store/ordered-pages.ts';
import { allSteps } from './journal.ts';
import { ENDS, HASHED, JOURNAL, NAMES } from './version.ts';

/** All blocks of a version, itself among them: for a zone that is not served any more. */
export function blocksOf(memory: Memory, version: number): number[] {
  const pages = new OrderedPages(memory);
  const { words } = memory;
  const trees = [words[version + NAMES]!, words[version + HASHED]!].filter((root) => root !== 0);
  const blocks = trees.flatMap((root) => [...pages.entries(root), ...pages.blocks(root).map(([at]) => at)]);
  const ends = words[version + ENDS]!;
  return [version, ...(ends === 0 ? [] : [ends]), ...allSteps(memory, words[version + JOURNAL]!), ...blocks];
}
