// Keeps what became of a zone with its new version, before that is published. Knows versions and serials; sends nothing.
import { compareSerials } from '../../dns/order.ts';
import type { Memory } from '../../store/memory.ts';
import { Differences } from './difference.ts';
import { writeStep } from './journal.ts';
import { BYTES, JOURNAL, SERIAL } from './version.ts';

/**
 * Notes what a version that was just made has otherwise than the one before (0: none), for secondaries: where its serial is ahead, and what
 * it is takes less than the zone. The zone is a lower-case wire name; `now` in seconds since 1970; `pairs` as `Changed` has them. Within a
 * reading.
 */
export function remember(memory: Memory, zone: Uint8Array, before: number, version: number, now: number, pairs?: Int32Array): void {
  if (before === 0) return;
  const from = memory.words[before + SERIAL]! >>> 0;
  const to = memory.words[version + SERIAL]! >>> 0;
  if (compareSerials(to, from) <= 0) return;
  const differences = new Differences(memory, zone);
  const found = differences.between(before, version, memory.words[version + BYTES]!, pairs);
  if (found === undefined) return;
  const lists = [found.removed, found.added, differences.soaOf(before), differences.soaOf(version)] as const;
  const step = writeStep(memory, { older: memory.words[before + JOURNAL]!, from, to, made: now, lists });
  memory.words[version + JOURNAL] = step;
}
