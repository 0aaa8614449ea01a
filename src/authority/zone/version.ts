// One version of a zone in the shared memory: a block of words that says where everything is. Knows the layout; makes nothing.
//
// In words: 0 pages of the names, 1 pages of the names that are hashes (0: none), 2 the zone's own node, 3 and 4 its sets SOA and NS
// (bytes), 5 its serial, 6 records, 7 bytes, 8 how it denies, 9 its set NSEC3PARAM (bytes), 10 when the first of its
// signatures ends (seconds since 1970; 0: there is none), 11 the step that led here (journal.ts; 0: it is not known).
import { u16, u32 } from '../../dns/packet.ts';
import { TYPE } from '../../dns/type-name.ts';
import type { Memory } from '../../store/memory.ts';
import type { Denial } from '../finding.ts';
import { RECORD_HEAD, SET_HEAD, findSet } from '../record-sets.ts';
import { setsAt } from './nodes.ts';
import { ZoneError } from './zone-error.ts';

/** Offsets in words. */
export const NAMES = 0, HASHED = 1, APEX = 2, SOA_SET = 3, NS_SET = 4, SERIAL = 5, RECORDS = 6, BYTES = 7, DENIAL = 8, PARAM = 9,
  EXPIRES = 10, JOURNAL = 11;
/** The most iterations of hashes: more cost each denial too much, and resolvers find them insecure (RFC 9276 section 3.2). */
const MOST_ITERATIONS = 150;
/** Words of it. */
export const VERSION_WORDS = 12;

const { NS, SOA, NSEC, NSEC3PARAM } = TYPE;
const DENIALS: readonly Denial[] = ['none', 'nsec', 'nsec3'];

/** Writes what the zone's own node says into the words of a version. */
export function describe(memory: Memory, version: number, apex: number): void {
  const { words, bytes } = memory;
  const sets = setsAt(words, apex);
  const soa = findSet(bytes, sets, SOA);
  const param = words[version + HASHED] === 0 ? 0 : findSet(bytes, sets, NSEC3PARAM);
  if (param !== 0) {
    const iterations = u16(bytes, param + SET_HEAD + RECORD_HEAD + 2);
    if (iterations > MOST_ITERATIONS) {
      throw new ZoneError(`NSEC3 with ${iterations} iterations: at most ${MOST_ITERATIONS} are served (RFC 9276)`);
    }
  }
  words[version + APEX] = apex;
  words[version + SOA_SET] = soa;
  words[version + NS_SET] = findSet(bytes, sets, NS);
  words[version + SERIAL] = serialAt(bytes, soa);
  words[version + PARAM] = param;
  words[version + DENIAL] = param !== 0 ? 2 : findSet(bytes, sets, NSEC) !== 0 ? 1 : 0;
}
/** How a version proves what is not there. */
export const denialOf = (words: Int32Array, version: number): Denial => DENIALS[words[version + DENIAL]!]!;
/** The serial in a set SOA (RFC 1035 section 3.3.13). */
function serialAt(bytes: Uint8Array, soa: number): number {
  const data = soa + SET_HEAD + RECORD_HEAD;
  return u32(bytes, data + u16(bytes, data - 2) - 20);
}
