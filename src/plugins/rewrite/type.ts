// Rules that ask for another type. Knows the names of types.
import { typeByName } from '../../dns/type-name.ts';
import { quoted } from '../../wording/quote.ts';
import { QUESTION_ONLY } from './responses.ts';
import type { Rule } from './subject.ts';

/** `type FROM TO`. Throws Error. */
export function typeRule(stops: boolean, [from, to]: readonly string[]): Rule {
  const before = knownType(from!);
  const after = knownType(to!);
  return {
    stops,
    apply(subject) {
      if (subject.type !== before) return undefined;
      subject.type = after;
      return QUESTION_ONLY;
    },
  };
}
/** Types by name alone, as CoreDNS: `TYPE1` is none. */
function knownType(word: string): number {
  const upper = word.toUpperCase();
  const type = /^TYPE\d+$/.test(upper) ? undefined : typeByName(upper);
  if (type === undefined) throw new Error(`invalid type ${quoted(upper)}`);
  return type;
}
