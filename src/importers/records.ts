// Records that are answered whatever else is known of their names, as lines of *template* and as text of zone files. Knows Go's templates
// as far
// as to write none by accident.
import { isWritable } from './corefile-text.ts';
import { depthOf, patternOf } from './names.ts';
import type { Line } from './outcome.ts';

/** A record's data as a Corefile can have it in quotes, and no template action in it; undefined where it cannot. */
export function safeData(text: string): string | undefined {
  const data = text.replaceAll(/\\"/g, '\\034').replaceAll('{', '\\123').replaceAll('}', '\\125');
  return isWritable(data) ? data : undefined;
}

/** One record; `data` is its text in a master file. */
export interface LocalRecord {
  readonly name: string;
  readonly type: string;
  readonly ttl: number;
  readonly data: string;
}

/** A text as a character-string of a master file (RFC 1035 5.1), in which no template action begins. */
export const characterString = (text: string): string => `"${[...Buffer.from(text)].map((octet) => {
  const character = String.fromCharCode(octet);
  return octet < 32 || octet > 126 || '"\\{}'.includes(character) ? `\\${String(octet).padStart(3, '0')}` : character;
}).join('')}"`;

/** The lines that answer for these names and types, and for nothing else at these names. */
export function recordLines(records: readonly LocalRecord[]): Line[] {
  const sets = Map.groupBy(records, ({ name, type }) => `${name} ${type}`);
  return [...sets.values()].map((set) => {
    const [{ name, type }] = set as [LocalRecord];
    return {
      words: ['template', 'IN', type === 'CNAME' ? 'ANY' : type, name],
      inside: [
        { words: ['match', patternOf(name)] },
        ...set.map((each) => ({ words: ['answer', `${name}. ${each.ttl} IN ${type} ${each.data}`] })),
        { words: ['fallthrough'] },
      ],
    };
  });
}

/** What a name and all below it get. */
export interface Wildcard {
  readonly zone: string;
  /** A type, or ANY. */
  readonly type: string;
  /** The data of its records; none at all is an answer without any. */
  readonly data: readonly string[];
  /** What is said instead of NOERROR. */
  readonly rcode?: 'NXDOMAIN' | 'REFUSED';
  /** Seconds, where it is not what all have. */
  readonly ttl?: number;
}
/** What wildcards leave to who comes behind them. */
export interface Left {
  readonly names: ReadonlySet<string>;
  /** With all that is below. */
  readonly zones?: ReadonlySet<string>;
}
/** The lines that answer for whole zones, the deepest first, and in a zone what is said of types before what is said of the others. */
export function wildcardLines(wildcards: readonly Wildcard[], ttl: number, { names, zones: open = new Set() }: Left): Line[] {
  const groups = Map.groupBy(wildcards, (each) => `${depthOf(each.zone)} ${each.type} ${each.rcode} ${each.ttl} ${each.data.join(' ')}`);
  const ordered = [...groups.values()].sort(([a], [b]) =>
    depthOf(b!.zone) - depthOf(a!.zone) || Number(a!.type === 'ANY') - Number(b!.type === 'ANY'));
  return ordered.map((group): Line => {
    const [{ type, data, rcode, ttl: own = ttl }] = group as [Wildcard];
    const zones = new Set(group.map(({ zone }) => zone));
    const conditions = [
      ...listed([...names].filter((name) => isWithin(name, zones))),
      ...[...open].filter((zone) => isWithin(zone, zones)).flatMap((zone) => [`name() != '${zone}.'`, `!(name() endsWith '.${zone}.')`]),
    ];
    return {
      words: ['template', 'IN', type, ...[...zones].map((zone) => (zone === '' ? '.' : zone))],
      inside: [
        ...conditions.map((each) => ({ words: ['expr', each] })),
        ...data.map((each) => ({ words: ['answer', `{{ .Name }} ${own} IN ${type === 'ANY' ? 'CNAME' : type} ${each}`] })),
        ...rcode === undefined ? [] : [{ words: ['rcode', rcode] }],
        { words: ['fallthrough'] },
      ],
    };
  });
}
const listed = (names: readonly string[]): string[] =>
  (names.length === 0 ? [] : [`!(name() in [${names.map((name) => `'${name}.'`).join(', ')}])`]);
/** The lines that say of these names that they have nothing else. */
export const endLines = (names: readonly string[]): Line[] => (names.length === 0 ? [] : [{
  words: ['template', 'IN', 'ANY', ...names],
  inside: [{ words: ['expr', `name() in [${names.map((name) => `'${name}.'`).join(', ')}]`] }, { words: ['fallthrough'] }],
}]);
function isWithin(name: string, zones: ReadonlySet<string>): boolean {
  if (zones.has('')) return true;
  for (let at = name; ; at = at.slice(at.indexOf('.') + 1)) {
    if (zones.has(at)) return true;
    if (!at.includes('.')) return false;
  }
}

/** The text of a zone file with a start of authority and these records. */
export const zoneText = (zone: string, records: readonly LocalRecord[]): string => `${[
  `$ORIGIN ${zone === '' ? '.' : `${zone}.`}`, '@ 0 IN SOA localhost. nobody.invalid. 1 3600 600 604800 0', '@ 0 IN NS localhost.',
  ...records.map(({ name, type, ttl, data }) => `${name}. ${ttl} IN ${type} ${data}`),
].join('\n')}\n`;
