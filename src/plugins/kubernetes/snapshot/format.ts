// How a snapshot of a cluster lies in its file. Knows words and blocks; opens no file and knows nothing of what the maps mean.
//
// Words have their least significant byte first. Head: 8 bytes magic, version, last contact, the three times of changes, entries of each
// map, 32 bytes digest of what was watched. Then blocks: words of it all, number of the map, entries; each entry: words of the key, bytes
// of the value, key, value, zeros up to a word's end. At the end 32 bytes: SHA-256 of all before.
import { createHash } from 'node:crypto';
import type { ByteMap } from '../../../store/bytemap.ts';
import { EXTERNAL_MODIFIED, IMPORTS_MODIFIED, MODIFIED } from '../cluster/maps.ts';
import type { Maps } from '../cluster/maps.ts';

/** The first bytes of every snapshot, as words: `KUBESNAP`. */
export const MAGIC: readonly [number, number] = [0x4542554b, 0x50414e53];
/** Changes with the layout of what is in the maps, too. */
export const VERSION = 3;
/** Bytes of a digest. */
export const DIGEST = 32;
/** Words before a block's entries, and before an entry's key. */
export const BLOCK_HEAD = 3, ENTRY_HEAD = 2;
/** Words of the longest key. */
export const LONGEST_KEY = 132;

const MAPS = ['namespaces', 'services', 'slices', 'imports', 'importSlices', 'addresses', 'pods', 'podAddresses', 'nodes'] as const;
const TIMES = [MODIFIED, EXTERNAL_MODIFIED, IMPORTS_MODIFIED] as const;
const MAGIC_WORDS = 2, CONTACT = MAGIC_WORDS + 1, CHANGES = CONTACT + 1, COUNTS = CHANGES + TIMES.length, WATCHED = COUNTS + MAPS.length;
/** Words of the head. */
export const HEAD_WORDS = WATCHED + DIGEST / 4;

/** The maps, by their number in the file. */
export const mapsOf = (maps: Maps): readonly ByteMap[] => MAPS.map((name) => maps[name]);
/** Which of them hold what the API has, one entry an object; the others are made of them. */
export const OBJECTS: readonly number[] = [0, 1, 2, 3, 4, 6, 8];

/** What the head says. */
export interface Head {
  /** Seconds since 1970. */
  readonly contact: number;
  /** As the flags of a cluster. */
  readonly changes: readonly number[];
  readonly counts: readonly number[];
  /** Digest of what was watched. */
  readonly watched: Uint8Array;
}

/** A digest of what a stanza watches: it may name users, which are nobody's business. */
export const digestOf = (text: string): Uint8Array => createHash('sha256').update(text).digest();
/** When things changed, as a head says it. */
export const changesOf = ({ flags }: Maps): number[] => TIMES.map((which) => flags.get(which));
/** The same back to where threads read it. */
export const setChanges = ({ flags }: Maps, { changes }: Head): void => TIMES.forEach((which, i) => flags.set(which, changes[i]!));

/** The bytes of a head. */
export function encodeHead({ contact, changes, counts, watched }: Head): Uint8Array {
  const words = Int32Array.of(...MAGIC, VERSION, contact, ...changes, ...counts, ...new Int32Array(DIGEST / 4));
  const bytes = new Uint8Array(words.buffer);
  bytes.set(watched, WATCHED * 4);
  return bytes;
}
/** What a head says whose magic and version are right. */
export function decodeHead(bytes: Uint8Array): Head {
  const copy = Uint8Array.from(bytes.subarray(0, HEAD_WORDS * 4));
  const words = new Int32Array(copy.buffer);
  return {
    contact: words[CONTACT]! >>> 0, changes: [...words.subarray(CHANGES, COUNTS)], counts: [...words.subarray(COUNTS, WATCHED)],
    watched: copy.subarray(WATCHED * 4),
  };
}
