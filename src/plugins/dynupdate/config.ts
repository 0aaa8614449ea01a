// The line of *dynupdate* as data (DYN-1 to DYN-3). Knows words; opens nothing, but for `check`, which looks at what a start would read.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { once } from '../../corefile/directive.ts';
import type { Directive, ZoneMention } from '../../corefile/directive.ts';
import { readRule } from '../../authority/update-rules.ts';
import type { UpdateRule } from '../../authority/update-rules.ts';
import { UpdateJournal } from '../../authority/update-journal.ts';
import { readSeed } from '../../authority/update-seed.ts';
import type { UpdateLimits } from '../../authority/update-seed.ts';
import type { Name } from '../../dns/name.ts';
import type { Lines, ParseContext } from '../../kernel/site/plugin.ts';
import { zonesOf } from '../../kernel/site/zones.ts';

/** What the line says. */
export interface Settings {
  readonly zone: Name;
  /** The zone file that the zone begins with, as written; relative to `root`. */
  readonly seed: string;
  /** Where it is kept, likewise; undefined: in memory. */
  readonly database: string | undefined;
  readonly rules: readonly UpdateRule[];
  readonly limits: UpdateLimits;
  /** Prerequisites and updates that one message may have. */
  readonly mostUpdates: number;
}
const MOST_RECORDS = 10_000, MOST_BYTES = 8_388_608, MOST_UPDATES = 1024;

/** Reads the line; throws with CoreDNS's texts. */
export function readSettings(lines: Lines, context: ParseContext): Settings {
  const line = once(lines);
  const zone = readZone(line, context);
  const seen = new Set<string>();
  const single = (property: Directive): string => {
    if (seen.has(property.word)) property.fail(`${property.word} specified more than once`);
    seen.add(property.word);
    return property.only();
  };
  const number = (property: Directive): number => {
    const text = single(property);
    const value = /^\+?\d+$/.test(text) ? Number(text) : 0;
    return Number.isSafeInteger(value) && value > 0 ? value : property.fail(`${property.word} requires a positive integer`);
  };
  let seed: string | undefined;
  let database: string | undefined;
  let mostUpdates = MOST_UPDATES;
  const limits = { mostRecords: MOST_RECORDS, mostBytes: MOST_BYTES };
  const allowed: (readonly string[])[] = [];
  line.properties({
    file: (property) => void (seed = single(property)),
    database: (property) => void (database = single(property)),
    allow: (property) => void allowed.push(property.rest()),
    max_records: (property) => void (limits.mostRecords = number(property)),
    max_bytes: (property) => void (limits.mostBytes = number(property)),
    max_update_records: (property) => void (mostUpdates = number(property)),
  }, '"');
  if (seed === undefined) return line.fail('file is required');
  if (allowed.length === 0) line.fail('at least one allow rule is required');
  if (database === seed) line.refuse('database and seed must be different files');
  const rules = allowed.map((words) => line.attempt(() => readRule(words, zone)));
  const settings: Settings = { zone, seed, database, rules, limits, mostUpdates };
  line.mentions({ what: 'zones', stops: true, list: async () => [mentioned(settings, context)] });
  line.mentions({ what: 'sources', list: async () => [{ zone: zone.text, at: line.at, falls: false }] });
  return settings;
}
/** What is read at the start: the database, or the seed where there is none yet. */
function mentioned({ zone, seed, database, limits }: Settings, { root = '' }: ParseContext): ZoneMention {
  const pathOf = (file: string): string => (file.startsWith('/') ? file : join(root, file));
  const path = database === undefined || !existsSync(pathOf(database)) ? pathOf(seed) : pathOf(database);
  const read = (): void => {
    if (path === pathOf(seed)) readSeed(path, zone, limits);
    else UpdateJournal.entriesOf(path, new Uint8Array(readFileSync(path)), zone);
  };
  return { zone: zone.text, path, refusal: () => reasonWhy(read) };
}
function reasonWhy(read: () => void): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function readZone(line: Directive, { zones }: ParseContext): Name {
  const named = line.rest();
  if (named.length > 1) line.refuse('exactly one zone is allowed');
  const found = zonesOf(named, zones).names;
  const [zone] = new Map(found.map((each) => [each.key, each])).values();
  if (found.length > 1 && named.length === 1) line.refuse('exactly one zone is allowed');
  if (zone === undefined || new Set(found.map(({ key }) => key)).size > 1) {
    return line.refuse('zone is required when the server block does not define exactly one zone');
  }
  return zone.folded;
}
