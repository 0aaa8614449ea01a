// The ways in which one name's text becomes another's. Knows texts and patterns; knows no message.
import { GroupTemplate, LONGEST_PATTERN, compileRegexp, groupsUsed, patternLength } from '../../kernel/regexp.ts';
import type { Regexp } from '../../kernel/regexp.ts';
import type { Rewriter } from './responses.ts';
import { normalized } from './spelling.ts';

/** Another name for a name and all that is under it. */
export class Remap implements Rewriter {
  readonly #from: string;
  readonly #to: string;
  constructor(from: string, to: string) {
    this.#from = from;
    this.#to = to;
  }
  rewrite(text: string): string {
    if (text === this.#from) return this.#to;
    const rest = text.length - this.#from.length;
    return rest > 0 && text.charCodeAt(rest - 1) === 46 && text.endsWith(this.#from) ? text.slice(0, rest) + this.#to : text;
  }
}

/** Another end for a text that has this one. */
export class Resuffix implements Rewriter {
  readonly #from: string;
  readonly #to: string;
  constructor(from: string, to: string) {
    this.#from = from;
    this.#to = to;
  }
  rewrite(text: string): string {
    return text.endsWith(this.#from) ? text.slice(0, text.length - this.#from.length) + this.#to : text;
  }
}

/** What a pattern's groups are put into, where the pattern is found. */
export class Substitution implements Rewriter {
  readonly #pattern: Regexp;
  readonly #template: GroupTemplate;
  constructor(pattern: Regexp, to: string) {
    this.#pattern = pattern;
    this.#template = new GroupTemplate(to, pattern.groups);
  }
  /** The new text, or undefined where the pattern is not found. */
  find(text: string): string | undefined {
    const match = this.#pattern.match(text);
    return match === undefined ? undefined : this.#template.fill(match);
  }
  rewrite(text: string): string {
    return this.find(text) ?? text;
  }
}

/** A pattern and what to put its groups into, as rules are given them. Throws Error (REW-10). */
export function substitution(pattern: string, to: string): Substitution {
  return new Substitution(checkedPattern(pattern, to), normalized(to));
}
/** Compiles a pattern that has at least as many groups as the other text uses. Throws Error (REW-10). */
export function checkedPattern(pattern: string, to: string): Regexp {
  const length = patternLength(pattern);
  if (length > LONGEST_PATTERN) throw new Error(`regex pattern too long: ${length} > ${LONGEST_PATTERN}`);
  let compiled: Regexp;
  try {
    compiled = compileRegexp(pattern);
  } catch {
    throw new Error(`invalid regex matching pattern: ${pattern}`);
  }
  if (groupsUsed(to) <= compiled.groups) return compiled;
  throw new Error(`the rewrite regex pattern (${to}) uses more subexpressions than its corresponding matching regex pattern (${pattern})`);
}
