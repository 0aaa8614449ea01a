// What `flatten` lines say. Knows their options; opens nothing.
import { once } from '../../corefile/directive.ts';
import type { Lines, ParseContext } from '../../kernel/site/plugin.ts';
import { zonesOf } from '../../kernel/site/zones.ts';
import type { Zones } from '../../kernel/site/zones.ts';

/** Aliases that are followed where nothing is said, and at most. */
const DEPTH = 8, MOST_DEPTH = 16;

/** The line. */
export interface Settings {
  /** Names in these are flattened. */
  readonly zones: Zones;
  /** The zones themselves alone. */
  readonly isApexAlone: boolean;
  /** How many times this server is asked for what an alias leads to. */
  readonly depth: number;
}

/** Reads the line; throws CorefileError. */
export function readSettings(lines: Lines, context: ParseContext): Settings {
  const line = once(lines);
  const zones = zonesOf(line.rest(), context.zones);
  let isApexAlone = false, depth = DEPTH;
  line.properties({
    apex(property) {
      property.bare();
      isApexAlone = true;
    },
    max_depth(property) {
      depth = property.integer('max_depth', { min: 1, max: MOST_DEPTH });
      property.end();
    },
  });
  return { zones, isApexAlone, depth };
}
