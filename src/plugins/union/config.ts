// What `union` lines say. Knows their options and texts; opens nothing.
import type { Directive } from '../../corefile/directive.ts';
import type { Name } from '../../dns/name.ts';
import type { Lines } from '../../kernel/site/plugin.ts';
import { zonesOf } from '../../kernel/site/zones.ts';

/** One `union` line. */
export interface Settings {
  readonly zone: Name;
  /** The zones that it is made of, the preferred one first. */
  readonly from: readonly Name[];
  /** Whether one is preferred. */
  readonly prefers: boolean;
  /** All that they say, or what the first of them says that says anything. */
  readonly all: boolean;
}

/** Reads the lines, each of which is a zone of its own. */
export const readSettings = (lines: Lines): readonly Settings[] => lines.map(readLine);

function readLine(line: Directive): Settings {
  const zone = zoneOf(line, line.only());
  const from: Name[] = [];
  let prefer: Name | undefined;
  let all: boolean | undefined;
  const choose = (value: boolean) => (property: Directive): void => {
    property.words(0, 0);
    if (all !== undefined && all !== value) property.refuse('one of all and first');
    all = value;
  };
  line.properties({
    from(property) {
      const words = property.rest();
      if (words.length === 0) property.wrongArgs();
      for (const word of words) {
        const each = zoneOf(property, word);
        if (each.isUnder(zone)) property.refuse(`${each.text} lies in ${zone.text}: it would be made of itself`);
        if (from.some((other) => other.equals(each))) property.refuse(`${each.text} stands here twice`);
        from.push(each);
      }
    },
    prefer(property) {
      prefer = zoneOf(property, property.only());
    },
    all: choose(true),
    first: choose(false),
  });
  if (from.length === 0) line.refuse('no zones that it is made of', 'add a line with from ZONE...');
  const { length } = from;
  const preferred = prefer;
  if (preferred === undefined) return { zone, from, prefers: false, all: all ?? true };
  const others = from.filter((each) => !each.equals(preferred));
  if (others.length === length) line.refuse(`${preferred.text} is preferred, and is none of the zones that it is made of`);
  return { zone, from: [preferred, ...others], prefers: true, all: all ?? true };
}
function zoneOf(line: Directive, word: string): Name {
  const { names } = zonesOf([word], []);
  return names.length === 1 ? names[0]! : line.refuse(`unable to normalize '${word}'`);
}
