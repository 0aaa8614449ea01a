// The lines of *catalog* as data. Knows words and names; opens nothing.
import type { Directive } from '../../corefile/directive.ts';
import { Name } from '../../dns/name.ts';
import type { Lines, ParseContext } from '../../kernel/site/plugin.ts';
import { zonesOf } from '../../kernel/site/zones.ts';
import type { Zones } from '../../kernel/site/zones.ts';
import { quoted } from '../../wording/quote.ts';
import { octetsOf } from './listing.ts';
import type { Properties } from './listing.ts';

/** The most octets of a group's name: one string of a TXT record. */
const MOST_OCTETS = 255;

/** One catalog. */
export interface CatalogLine {
  readonly zone: Name;
  /** Its members are of these zones, or below them; undefined: all of the block. */
  readonly zones: Zones | undefined;
  readonly groups: readonly { readonly name: string; readonly zones: Zones | undefined }[];
  /** Where members pass over to. */
  readonly owners: readonly { readonly catalog: Name; readonly zones: Zones | undefined }[];
  /** The file that keeps the serial, as written; undefined: none. */
  readonly database: string | undefined;
  /** More than half of the members may go at once. */
  readonly prune: boolean;
}
const few = (words: readonly string[]): Zones | undefined => (words.length === 0 ? undefined : zonesOf(words, []));

/** Reads the lines. Throws where two of them are one catalog, or keep two in one file. */
export function readSettings(lines: Lines, context: ParseContext): readonly CatalogLine[] {
  const read = lines.map((line) => readLine(line));
  for (const [i, { zone, database }] of read.entries()) {
    const before = read.slice(0, i);
    if (before.some((each) => each.zone.equals(zone))) lines[i]!.refuse(`the catalog ${quoted(zone.text)} is there already`);
    if (database !== undefined && before.some((each) => each.database === database)) {
      lines[i]!.refuse('two catalogs cannot have one database');
    }
  }
  const outside = read.findIndex(({ zone }) => !context.zones.some((of) => zone.isUnder(of)));
  if (outside >= 0) lines[outside]!.doubt(`${read[outside]!.zone.text} is outside of the zones of its server block: nobody can have it`);
  const sources = read.map(({ zone }, i) => ({ zone: zone.text, at: lines[i]!.at, falls: false }));
  lines[0].mentions({ what: 'sources', list: async () => sources });
  return read;
}
function readLine(line: Directive): CatalogLine {
  const zone = nameOf(line, line.only());
  const groups: CatalogLine['groups'][number][] = [];
  const owners: CatalogLine['owners'][number][] = [];
  let zones: Zones | undefined;
  let database: string | undefined;
  let prune = false;
  line.properties({
    zones(property) {
      const words = property.rest();
      if (words.length === 0) property.wrongArgs('zones ZONE...');
      zones = zonesOf([...zones?.names.map(({ text }) => text) ?? [], ...words], []);
    },
    group(property) {
      const name = octetsOf(property.arg());
      if (name.length === 0 || name.length > MOST_OCTETS) property.fail(`a group has a name of at most ${MOST_OCTETS} octets`);
      groups.push({ name, zones: few(property.rest()) });
    },
    coo(property) {
      const catalog = nameOf(property, property.arg());
      if (catalog.equals(zone)) property.fail('a catalog does not pass over to itself');
      owners.push({ catalog, zones: few(property.rest()) });
    },
    database(property) {
      database = property.only();
    },
    prune(property) {
      if (property.arg() !== 'all') property.fail('prune knows the word all alone', 'prune all');
      property.end();
      prune = true;
    },
  });
  return { zone, zones, groups, owners, database, prune };
}
function nameOf(line: Directive, text: string): Name {
  return line.attempt(() => Name.parse(text, Name.root).folded);
}

/** Says of members what their line says; those of which the same is said share it. */
export class Rules {
  readonly #line: CatalogLine;
  readonly #known = new Map<string, Properties>();

  constructor(line: CatalogLine) {
    this.#line = line;
  }
  /** What is said of a zone; undefined where it is no member. */
  of(zone: Name): Properties | undefined {
    const { zones, groups, owners, zone: catalog } = this.#line;
    if (zone.equals(catalog) || (zones !== undefined && zones.match(zone) === undefined)) return undefined;
    const isOf = (each: { readonly zones: Zones | undefined }): boolean => each.zones === undefined || each.zones.match(zone) !== undefined;
    const own = [...new Set(groups.filter(isOf).map(({ name }) => name))];
    const owner = owners.find(isOf)?.catalog;
    const text = JSON.stringify([owner?.text, ...own]);
    let known = this.#known.get(text);
    if (known === undefined) this.#known.set(text, known = { text, groups: own, owner });
    return known;
  }
}
