// The lines of *file* as data (FILE-1). Knows words; opens nothing.
import { readDigestRule } from '../../authority/zone/digest-rule.ts';
import type { DigestRule } from '../../authority/zone/digest-rule.ts';
import type { Directive } from '../../corefile/directive.ts';
import type { Position } from '../../corefile/error.ts';
import { join } from 'node:path';
import type { Name } from '../../dns/name.ts';
import { NEVER, covers, readFallthrough } from '../../kernel/site/fallthrough.ts';
import type { Fallthrough } from '../../kernel/site/fallthrough.ts';
import type { Lines, ParseContext } from '../../kernel/site/plugin.ts';
import { zonesOf } from '../../kernel/site/zones.ts';

/** One line: a file, and the zones that it is each of. */
export interface FileLine {
  /** As written; relative to `root`. */
  readonly file: string;
  readonly zones: readonly Name[];
  /** Milliseconds between two looks at the file; 0: it is read once. */
  readonly reload: number;
  /** What is done with other records under the same serial: left, taken as they are, or taken with the next serial. */
  readonly unchanged: 'leave' | 'take' | 'count';
  /** The most iterations of hashes (RFC 9276); as usual where nothing is said. */
  readonly iterations: number | undefined;
  /** Whether all signatures of a signed file are verified. */
  readonly verifies: boolean;
  /** What is done about its digest. */
  readonly digest: DigestRule;
  /** The folder in which zones are kept for the next start, as written; undefined: nowhere. */
  readonly journal: string | undefined;
}
/** What the lines of a block say. */
export interface Settings {
  readonly lines: readonly FileLine[];
  /** As in CoreDNS, one for all of them: the last one that is said. */
  readonly fallthrough: Fallthrough;
}

/** Reads the lines; throws with CoreDNS's texts. */
export function readSettings(lines: Lines, context: ParseContext): Settings {
  const read: FileLine[] = [];
  const sources: { readonly zone: Name; readonly at: Position }[] = [];
  let fallthrough = NEVER;
  // A line without it takes it from the one before.
  let reload = 60_000;
  for (const line of lines) {
    const file = line.arg();
    line.mentions({ what: 'file', path: pathOf(file, context) }, line.argsAt[0]);
    const zones = zonesOf(line.rest(), context.zones).names;
    let unchanged: FileLine['unchanged'] = 'leave';
    let iterations: number | undefined;
    let verifies = false;
    let digest: FileLine['digest'] = 'check';
    let journal: string | undefined;
    line.properties({
      reload(property) {
        reload = readReload(property);
      },
      reload_by_mtime(property) {
        property.rest();
        unchanged = 'take';
      },
      serial(property) {
        if (property.arg() !== 'auto') property.fail('unknown way to make a serial', 'serial auto');
        property.end();
        unchanged = 'count';
      },
      nsec3_iterations(property) {
        iterations = property.integer('nsec3_iterations', { min: 0, max: 65_535 });
        property.end();
      },
      verify(property) {
        property.bare();
        verifies = true;
      },
      zonemd(property) {
        digest = readDigestRule(property);
      },
      journal(property) {
        journal = property.arg();
        property.end();
      },
      fallthrough(property) {
        fallthrough = readFallthrough(property);
      },
      upstream: (property) => void property.rest(),
    });
    sources.push(...zones.map((zone) => ({ zone, at: line.at })));
    read.push({ file, zones, reload, unchanged, iterations, verifies, digest, journal });
  }
  // Of two lines with one zone the later one counts: the file of the other is not read.
  const named = new Map(read.flatMap(({ file, zones, digest, iterations }) =>
    zones.map(({ key, text }) => [key, { zone: text, path: pathOf(file, context), digest, iterations }] as const)));
  lines[0].mentions({ what: 'zones', stops: true, list: async () => [...named.values()] });
  const told = sources.map(({ zone, at }) => ({ zone: zone.text, at, falls: covers(fallthrough, zone) }));
  lines[0].mentions({ what: 'sources', list: async () => told });
  return { lines: read, fallthrough };
}
const pathOf = (file: string, { root }: ParseContext): string => (file.startsWith('/') ? file : join(root ?? '', file));
function readReload(line: Directive): number {
  const [text, ...more] = line.rest();
  if (text === undefined || more.length > 0) return line.refuse('reload duration value is expected');
  const milliseconds = line.duration(text, (reason) => line.refuse(`plugin/file: ${reason}`));
  if (milliseconds < 0) line.fail(`invalid negative duration for reload '${text}'`);
  return milliseconds;
}
