// Reads `log` lines (LOG-1). Knows the syntax; knows nothing of queries.
import type { Directive } from '../../corefile/directive.ts';
import { nearestWord } from '../../corefile/suggest.ts';
import type { ReplyClass } from '../../kernel/query/classify.ts';
import type { Lines } from '../../kernel/site/plugin.ts';
import { Name } from '../../dns/name.ts';
import { unknownPlaceholders } from '../../kernel/query/line-format.ts';

/** One name scope with its format and classes. The first rule that fits a name is the only one applied (LOG-2). */
export interface Rule {
  readonly scope: Name | undefined;
  /** As it was written: `{common}` and `{combined}` are not replaced yet. */
  readonly format: string;
  /** The classes that are logged; undefined is all of them. */
  readonly classes: ReadonlySet<ReplyClass> | undefined;
}

const CLASSES: readonly string[] = ['all', 'success', 'denial', 'error'];
const DEFAULT_FORMAT = '{common}';

/** The rules in the order of the Corefile. Throws CorefileError. */
export function readRules(lines: Lines): readonly Rule[] {
  return lines.flatMap((line) => {
    const args = line.rest();
    const last = args.at(-1) ?? '';
    const format = args.length > 1 && last.includes('{') ? args.pop()! : DEFAULT_FORMAT;
    doubtArguments(line, args, format);
    const words = new Set<string>();
    line.properties({
      class(property) {
        if (!property.more) property.wrongArgs();
        for (const word of property.rest()) {
          if (!CLASSES.includes(word)) property.refuse(`invalid Class: ${word}`, `a class is one of ${CLASSES.join(', ')}`);
          words.add(word);
        }
      },
    });
    const classes = words.size === 0 || words.has('all') ? undefined : (words as ReadonlySet<ReplyClass>);
    return (args.length === 0 ? ['.'] : args).map((text) => ({ scope: scopeOf(text), format, classes }));
  });
}

/** Leaves word of placeholders that are none, and of a format that is taken for a zone since it has no placeholder. */
function doubtArguments(line: Directive, zones: readonly string[], format: string): void {
  const { unknown, known } = unknownPlaceholders(format);
  for (const word of unknown) {
    const nearest = nearestWord(word, known);
    const hint = nearest === undefined ? `there are ${known.join(' ')}` : `did you mean ${nearest}?`;
    line.doubt(`${word} is no placeholder and is printed as it stands`, hint);
  }
  for (const zone of zones) {
    const lines = zone.includes('{') || ['json', 'common', 'combined', 'text', 'stdout', 'stderr'].includes(zone);
    if (!lines) continue;
    line.doubt(`${zone} is read as a zone: only queries below it are logged`, 'a format stands behind a zone: log . "{remote} {name}"');
  }
}

/** CoreDNS takes any text as a scope; one that is no name matches nothing. */
function scopeOf(text: string): Name | undefined {
  return Name.maybe(text);
}
