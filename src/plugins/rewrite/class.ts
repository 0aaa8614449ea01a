// Rules that ask in another class. Knows the names of classes.
import { classByName } from '../../dns/type-name.ts';
import { quoted } from '../../wording/quote.ts';
import { QUESTION_ONLY } from './responses.ts';
import type { Rule } from './subject.ts';

/** `class FROM TO`. Throws Error. */
export function classRule(stops: boolean, [from, to]: readonly string[]): Rule {
  const before = knownClass(from!);
  const after = knownClass(to!);
  return {
    stops,
    apply(subject) {
      if (subject.class !== before) return undefined;
      subject.class = after;
      return QUESTION_ONLY;
    },
  };
}
/** Classes by name alone, as CoreDNS: `CLASS1` is none. */
function knownClass(word: string): number {
  const upper = word.toUpperCase();
  const number = /^CLASS\d+$/.test(upper) ? undefined : classByName(upper);
  if (number === undefined) throw new Error(`invalid class ${quoted(upper)}`);
  return number;
}
