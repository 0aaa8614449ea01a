// Patterns that are looked for in names, whose letters have no case (RFC 4343). Knows regular expressions; knows no rule.
import { compileRegexp } from '../../kernel/regexp.ts';
import type { Regexp } from '../../kernel/regexp.ts';

/** What is no letter of a name where it stands in a pattern: escapes, names of groups and of classes. */
const NO_LETTERS = /\\(?:[pP]\{[^}]*\}|[pPx].|x\{[^}]*\}|.)|\(\?P?<\w+>|\[:\^?\w+:\]/g;

/** Compiles a pattern for names: one that is written with capital letters means them in any case. Throws what `compileRegexp` throws. */
export function compileForNames(pattern: string): Regexp {
  return compileRegexp(/[A-Z]/.test(pattern.replace(NO_LETTERS, '')) ? `(?i:${pattern})` : pattern);
}

/** What the pattern and its groups match in a name in any case; as the name is spelled where that is found. */
export function matchName(pattern: Regexp, text: string): readonly string[] | undefined {
  const found = pattern.match(text);
  if (found !== undefined) return found;
  const folded = text.toLowerCase();
  return folded === text ? undefined : pattern.match(folded);
}
