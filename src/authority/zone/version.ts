// One version of a zone in the shared memory: a block of words that says where everything is. Knows the layout; makes nothing.
//
// In words: 0 pages of the names, 1 pages of the names that are hashes (0: none), 2 the zone's own node, 3 and 4 its sets SOA and NS
// (bytes), 5 its serial, 6 records, 7 bytes, 8 how it denies, 9 its set NSEC3PARAM (bytes), 10 when the first of its
// signatures ends (seconds since 1970; 0: there is none), 11 the step that led here (journal.ts; 0: it is not known), 12 when signatures
// end (expiries.ts; 0: there are none).
import { u16, u32 } from '../../dns/packet.ts';
import { TYPE } from '../../dns/type-name.ts';
import type { Memory } from '../../store/memory.ts';
import { OrderedPages } from '../../store/ordered-pages.ts';
import type { Denial } from '../finding.ts';
import { RECORD_HEAD, SET_HEAD, findSet } from '../record-sets.ts';
import type { Expiries } from './expiries.ts';
import { setsAt } from './nodes.ts';
import { ZoneError } from './zone-error.ts';

/** Offsets in words. */
export const NAMES = 0, HASHED = 1, APEX = 2, SOA_SET = 3, NS_SET = 4, SERIAL = 5, RECORDS = 6, BYTES = 7, DENIAL = 8, PARAM = 9,
  EXPIRES = 10, JOURNAL = 11, ENDS = 12;
/** The most iterations of hashes, unless somebody must: more cost each denial too much, and resolvers find them insecure (RFC 9276). */
export const MOST_ITERATIONS = 150;
/** Words of it. */
const VERSION_WORDS = 13;

const { NS, SOA, NSEC, NSEC3PARAM } = TYPE;
const DENIALS: readonly Denial[] = ['none', 'nsec', 'nsec3'];

/** What a version is made of. */
export interface VersionParts {
  readonly names: number;
  readonly hashes: number;
  readonly records: number;
  readonly bytes: number;
  readonly expiries: Expiries;
  /** The most iterations of hashes that it may have. */
  readonly mostIterations: number;
}

/**
 * Writes a version and when its signatures end, each into a block that `take` gives. Throws ZoneError where the zone's own node says what
 * cannot be served.
 */
export function writeVersion(memory: Memory, take: (words: number) => number, parts: VersionParts): number {
  const version = take(VERSION_WORDS);
  const ends = parts.expiries.words === 0 ? 0 : take(parts.expiries.words);
  const { words } = memory;
  if (ends !== 0) parts.expiries.write(memory, ends);
  words[version + NAMES] = parts.names;
  words[version + HASHED] = parts.hashes;
  words[version + RECORDS] = parts.records;
  words[version + BYTES] = parts.bytes;
  words[version + EXPIRES] = parts.expiries.first;
  words[version + JOURNAL] = 0;
  words[version + ENDS] = ends;
  describe(memory, version, new OrderedPages(memory).first(parts.names), parts.mostIterations);
  return version;
}
/** Writes what the zone's own node says into the words of a version. */
function describe(memory: Memory, version: number, apex: number, most: number): void {
  const { words, bytes } = memory;
  const sets = setsAt(words, apex);
  const soa = findSet(bytes, sets, SOA);
  const param = words[version + HASHED] === 0 ? 0 : findSet(bytes, sets, NSEC3PARAM);
  if (param !== 0) {
    const iterations = iterationsIn(bytes, param);
    if (iterations > most) {
      const cure = `unless "nsec3_iterations ${iterations}" is said`;
      throw new ZoneError(`NSEC3 with ${iterations} iterations: at most ${most} are served (RFC 9276), ${cure}`);
    }
  }
  words[version + APEX] = apex;
  words[version + SOA_SET] = soa;
  words[version + NS_SET] = findSet(bytes, sets, NS);
  words[version + SERIAL] = serialAt(bytes, soa);
  words[version + PARAM] = param;
  words[version + DENIAL] = param !== 0 ? 2 : findSet(bytes, sets, NSEC) !== 0 ? 1 : 0;
}
const iterationsIn = (bytes: Uint8Array, param: number): number => u16(bytes, param + SET_HEAD + RECORD_HEAD + 2);
/** The iterations of hashes of a version; 0 where it has none. */
export const iterationsOf = ({ words, bytes }: Memory, version: number): number =>
  (words[version + PARAM] === 0 ? 0 : iterationsIn(bytes, words[version + PARAM]!));
/** Whether the zone itself owns a set of a type. Within a reading. */
export const ownsAtApex = ({ words, bytes }: Memory, version: number, type: number): boolean =>
  findSet(bytes, setsAt(words, words[version + APEX]!), type) !== 0;
/** The data of its SOA, copied. */
export function soaData({ words, bytes }: Memory, version: number): Uint8Array {
  const data = words[version + SOA_SET]! + SET_HEAD + RECORD_HEAD;
  return bytes.slice(data, data + u16(bytes, data - 2));
}
/** How a version proves what is not there. */
export const denialOf = (words: Int32Array, version: number): Denial => DENIALS[words[version + DENIAL]!]!;
/** The serial in a set SOA (RFC 1035 section 3.3.13). */
function serialAt(bytes: Uint8Array, soa: number): number {
  const data = soa + SET_HEAD + RECORD_HEAD;
  return u32(bytes, data + u16(bytes, data - 2) - 20);
}
