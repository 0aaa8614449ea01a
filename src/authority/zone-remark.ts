// What is remarked about a question that a zone of record sets answers: the zone, its serial and what was found there. Knows numbers; the
// text is made when somebody reads it.
import { u16, u32 } from '../dns/packet.ts';
import { TYPE } from '../dns/type-name.ts';
import type { Remark } from '../kernel/query/notes.ts';
import type { Finding } from './finding.ts';
import { RECORD_HEAD, SET_HEAD, findSet } from './record-sets.ts';
import type { Source } from './source.ts';

/** What was found, as a number of a remark. */
const FOUND = {
  NAME: 0, WILDCARD: 1, ALIAS: 2, WILD_ALIAS: 3, RENAMED: 4, NOTHING: 5, NO_TYPE: 6, CUT: 7, ELSEWHERE: 8, UNREADY: 9,
} as const;
const WORDS: readonly string[] = [
  'the name is there', 'a wildcard stands for the name', 'the name is an alias', 'a wildcard makes the name an alias',
  'a DNAME above gives the name another one', 'no such name', 'the name has nothing of this type', 'the name is delegated',
  'no such name, others may have it (fallthrough)', 'it is not loaded',
];
/** A serial stands above what was found. */
const SERIAL = 16;

/** The number of what was found of this type, and of the zone's serial. */
export const foundIn = (finding: Finding, type: number): number => whatIs(finding, type) + SERIAL * serialOf(finding);
/** That of a name that others may have. */
export const elsewhere = (finding: Finding): number => FOUND.ELSEWHERE + SERIAL * serialOf(finding);

function whatIs({ kind, bytes, sets }: Finding, type: number): number {
  if (kind === 'unready') return FOUND.UNREADY;
  if (kind === 'nothing') return FOUND.NOTHING;
  if (kind === 'rename') return FOUND.RENAMED;
  if (kind === 'cut' && type !== TYPE.DS) return FOUND.CUT;
  const isWild = kind === 'wildcard';
  if (type !== TYPE.CNAME && findSet(bytes, sets, TYPE.CNAME) !== 0) return isWild ? FOUND.WILD_ALIAS : FOUND.ALIAS;
  const set = type === TYPE.ANY ? sets : findSet(bytes, sets, type);
  if (set === 0 || u16(bytes, set) === 0) return FOUND.NO_TYPE;
  return isWild ? FOUND.WILDCARD : FOUND.NAME;
}

/** The serial of the zone that something was found in; 0 where its SOA is not known. */
function serialOf({ bytes, soa }: Finding): number {
  if (soa === 0) return 0;
  const data = soa + SET_HEAD + RECORD_HEAD;
  return u32(bytes, data + u16(bytes, data - 2) - 20);
}

/** Makes the text for the zones of a source: of a zone's number and of what was found. */
export const zoneRemark = ({ zones }: Source): Remark => (zone, found) => {
  const serial = Math.floor(found / SERIAL);
  const name = zones.zones.find(({ index }) => index === zone)?.name.text ?? 'that is gone';
  return `zone ${name}${serial === 0 ? '' : ` serial ${serial}`}: ${WORDS[found % SERIAL]}`;
};
