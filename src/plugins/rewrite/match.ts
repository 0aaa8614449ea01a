// The five ways in which a rule says which names it means (REW-2). Knows texts; knows no rule and no question.
import { LONGEST_PATTERN, compileForNames, patternLength } from '../../kernel/regexp.ts';
import type { Regexp } from '../../kernel/regexp.ts';
import { normalized } from './spelling.ts';

/** How names are compared. */
export type MatchKind = 'exact' | 'prefix' | 'suffix' | 'substring' | 'regex';
const KINDS: readonly string[] = ['exact', 'prefix', 'suffix', 'substring', 'regex'];
/** The kind of a word in any case, or undefined. */
export function matchKind(word: string): MatchKind | undefined {
  const lower = word.toLowerCase();
  return KINDS.includes(lower) ? (lower as MatchKind) : undefined;
}

/** A pattern of a rule: `what` names it in errors, such as `a ttl rule`. Throws Error. */
export function rulePattern(pattern: string, what: string): Regexp {
  const length = patternLength(pattern);
  if (length > LONGEST_PATTERN) throw new Error(`regex pattern too long in ${what}: ${length} > ${LONGEST_PATTERN}`);
  try {
    return compileForNames(pattern);
  } catch {
    throw new Error(`invalid regex pattern in ${what}: ${pattern}`);
  }
}

/** Whether a name is meant. `what` is for errors. Throws Error. */
export function nameMatcher(kind: MatchKind, word: string, what: string): (text: string) => boolean {
  if (kind === 'regex') {
    const pattern = rulePattern(word, what);
    return (text) => pattern.test(text);
  }
  const name = normalized(word);
  if (kind === 'exact') return (text) => text === name;
  if (kind === 'prefix') return (text) => text.startsWith(name);
  if (kind === 'suffix') return (text) => text.endsWith(name);
  return (text) => text.includes(name);
}
