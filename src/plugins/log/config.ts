// Reads `log` lines (LOG-1). Knows the syntax; knows nothing of queries.
import type { ReplyClass } from '../../kernel/query/classify.ts';
import type { Lines } from '../../kernel/site/plugin.ts';
import { Name } from '../../dns/name.ts';

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

/** CoreDNS takes any text as a scope; one that is no name matches nothing. */
function scopeOf(text: string): Name | undefined {
  try {
    return Name.parse(text);
  } catch {
    return undefined;
  }
}
