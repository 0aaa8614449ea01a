// Rules that lead a CNAME of a reply elsewhere (REW-7). Knows how targets are found and replaced; follows none.
import { LONGEST_PATTERN, compileRegexp, patternLength } from '../../kernel/regexp.ts';
import type { Regexp } from '../../kernel/regexp.ts';
import { matchKind } from './match.ts';
import type { MatchKind } from './match.ts';
import { Responses } from './responses.ts';
import { Substitution, endsWith } from './rewriters.ts';
import { normalized } from './spelling.ts';
import type { Rule } from './subject.ts';

/** `cname [KIND] FROM TO`. Throws Error. */
export function cnameRule(stops: boolean, args: readonly string[]): Rule {
  if (args.length !== 2 && args.length !== 3) throw new Error(`too few (${args.length}) arguments for a cname rule`);
  const [word, before, after] = args.length === 2 ? ['exact', ...args] as const : args;
  const kind = matchKind(word!);
  if (kind === undefined) throw new Error(`unknown cname rewrite type: ${word!.toLowerCase()}`);
  const responses = new Responses([{ kind: 'cname', target: targets(kind, before!.toLowerCase(), after!.toLowerCase()) }]);
  return { stops, apply: () => responses };
}

function targets(kind: MatchKind, from: string, to: string): (text: string) => string | undefined {
  switch (kind) {
    case 'exact': {
      const [before, after] = [normalized(from), normalized(to)];
      return (text) => (text.toLowerCase() === before ? after : undefined);
    }
    case 'prefix':
      return (text) => (text.toLowerCase().startsWith(from) ? to + text.slice(from.length) : undefined);
    case 'suffix': {
      const [before, after] = [normalized(from), normalized(to)];
      return (text) => (endsWith(text, before) ? text.slice(0, text.length - before.length) + after : undefined);
    }
    case 'substring':
      return (text) => (text.toLowerCase().includes(from) ? text.toLowerCase().replaceAll(from, () => to) : undefined);
    default: {
      const found = new Substitution(pattern(from), to);
      return (text) => found.find(text.toLowerCase());
    }
  }
}
function pattern(text: string): Regexp {
  const length = patternLength(text);
  if (length > LONGEST_PATTERN) throw new Error(`regex pattern too long in a cname rule: ${length} > ${LONGEST_PATTERN}`);
  try {
    return compileRegexp(text);
  } catch (error) {
    throw new Error(`invalid cname rewrite regex pattern: ${(error as Error).message}`);
  }
}
