// The lines of *auto* as data (AUTO-1, AUTO-2). Knows words; opens nothing.
import type { Directive } from '../../corefile/directive.ts';
import type { Lines, ParseContext } from '../../kernel/site/plugin.ts';
import { Zones, zonesOf } from '../../kernel/site/zones.ts';
import { LONGEST_PATTERN, compileRegexp, patternLength } from '../../kernel/regexp.ts';
import type { Regexp } from '../../kernel/regexp.ts';

/** What the lines of a block say: the last one counts, each property as it was said last. */
export interface Settings {
  /** What may be served. */
  readonly zones: Zones;
  /** The folder as it is written; relative to `root`. '' where none is. */
  readonly folder: string;
  readonly names: FileNames;
  /** Milliseconds between two looks at the folder; 0: it is read once. */
  readonly reload: number;
  /** Whether zones go however many go at once. */
  readonly prune: boolean;
  /** The most iterations of hashes that zones may have; as usual where nothing is said. */
  readonly iterations: number | undefined;
  /** The folder in which zones are kept for the next start; relative to `root`. undefined: nowhere. */
  readonly journal: string | undefined;
  /** Whether all zones have numbers of their own in the metrics. */
  readonly counted: boolean;
}

/** Which files are zones, and of which name. */
export class FileNames {
  readonly pattern: Regexp;
  readonly #template: string;

  constructor(pattern: string, template: string) {
    this.pattern = compileRegexp(pattern);
    // As in CoreDNS, braces are those of a template of Go.
    this.#template = template.replaceAll('{', '${');
  }

  /** The name of the zone in a file; undefined where the file is none. */
  zoneOf(file: string): string | undefined {
    const found = this.pattern.match(file);
    if (found === undefined) return undefined;
    return this.#template.replace(/\$(?:\$|\{(\w+)\}|(\w+))/g, (whole, braced?: string, bare?: string) => {
      const group = braced ?? bare;
      if (group === undefined) return whole.slice(1);
      return found[/^\d+$/.test(group) ? Number(group) : this.pattern.names.get(group) ?? -1] ?? '';
    });
  }
}

/** Reads the lines; throws with CoreDNS's texts. */
export function readSettings(lines: Lines, context: ParseContext): Settings {
  let zones = new Zones(context.zones);
  let folder = '';
  let names: FileNames | undefined;
  let reload = 60_000;
  let prune = false;
  let counted = false;
  let iterations: number | undefined;
  let journal: string | undefined;
  for (const line of lines) {
    zones = zonesOf(line.rest(), context.zones);
    line.properties({
      directory(property) {
        folder = property.arg();
        if (property.more) names = readNames(property);
        property.end();
      },
      reload(property) {
        reload = readReload(property);
      },
      prune(property) {
        readAll(property);
        prune = true;
      },
      zone_metrics(property) {
        readAll(property);
        counted = true;
      },
      nsec3_iterations(property) {
        iterations = property.integer('nsec3_iterations', { min: 0, max: 65_535 });
        property.end();
      },
      journal(property) {
        journal = property.arg();
        property.end();
      },
      upstream: (property) => void property.rest(),
    });
  }
  return { zones, folder, names: names ?? new FileNames('db\\.(.*)', '{1}'), reload, prune, counted, iterations, journal };
}

function readNames(line: Directive): FileNames {
  const pattern = line.arg();
  if (patternLength(pattern) > LONGEST_PATTERN) line.fail('regexp too large');
  if (line.attempt(() => compileRegexp(pattern)).groups === 0) line.fail('Need at least one sub expression');
  return new FileNames(pattern, line.arg());
}
function readAll(line: Directive): void {
  if (line.arg() !== 'all') line.fail(`only all zones can be meant: ${line.word} all`);
  line.end();
}
function readReload(line: Directive): number {
  const [text] = line.rest();
  if (text === undefined) return line.refuse('reload duration value is expected');
  const milliseconds = line.duration(text, (reason) => line.refuse(`plugin/file: ${reason}`));
  return milliseconds < 0 ? line.refuse('plugin/file: invalid duration') : milliseconds;
}
