// The ways in which one name's text becomes another's. Knows texts and patterns; knows no message.
import { GroupTemplate, LONGEST_PATTERN, compileForNames, groupsUsed, matchName, patternLength } from '../../kernel/regexp.ts';
import { Name } from '../../dns/name.ts';
import type { Regexp } from '../../kernel/regexp.ts';
import type { Rewriter } from './responses.ts';
import { normalized } from './spelling.ts';

const DOT = 46;

/** Whether a text has this end, in lower case, whatever its own case is. */
export const endsWith = (text: string, end: string): boolean =>
  (text.length >= end.length && (text.endsWith(end) || text.slice(text.length - end.length).toLowerCase() === end));
/** Whether a name is the other one, given in lower case, or under it. */
function isUnder(name: string, other: string): boolean {
  const rest = name.length - other.length;
  return other === '.' || ((rest === 0 || (rest > 0 && name.charCodeAt(rest - 1) === DOT)) && endsWith(name, other));
}
/** How many labels a name has, and the name without the first ones. */
const labels = (text: string): number => (text === '.' ? 0 : Name.parse(text).labels);
function parent(text: string, count: number): string {
  let { raw } = Name.parse(text);
  for (let n = 0; n < count && raw.length > 1; n++) raw = raw.slice(raw.charCodeAt(0) + 1);
  return Name.wire(raw).text;
}

/** Another name for a name and all that is under it. */
export class Remap implements Rewriter {
  readonly #from: string;
  readonly #to: string;
  constructor(from: string, to: string) {
    this.#from = from;
    this.#to = to;
  }
  rewrite(text: string): string {
    return isUnder(text, this.#from) ? text.slice(0, text.length - this.#from.length) + this.#to : text;
  }
  zone(text: string): string {
    const [from, to, zone] = [this.#from, this.#to, text.toLowerCase()];
    if (!isUnder(from, zone) || from.length === zone.length || isUnder(to, zone)) return this.rewrite(text);
    // The zone is as many labels above the one name as above the other, where that can be.
    const [before, after] = [labels(from), labels(to)];
    return parent(to, before === after ? before - labels(text) : 1);
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
    return endsWith(text, this.#from) ? text.slice(0, text.length - this.#from.length) + this.#to : text;
  }
  zone(text: string): string {
    const [from, to, zone] = [this.#from, this.#to, text.toLowerCase()];
    if (endsWith(text, from)) return this.rewrite(text);
    // The zone is the end itself, or above it: what the other end has in its place is a name that all others are under.
    const above = from.startsWith('.') ? from.slice(1) : parent(from, 1);
    return isUnder(above, zone) && !isUnder(to, zone) ? (to.startsWith('.') ? to.slice(1) || '.' : parent(to, 1)) : text;
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
    const match = matchName(this.#pattern, text);
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
    compiled = compileForNames(pattern);
  } catch {
    throw new Error(`invalid regex matching pattern: ${pattern}`);
  }
  if (groupsUsed(to) <= compiled.groups) return compiled;
  throw new Error(`the rewrite regex pattern (${to}) uses more subexpressions than its corresponding matching regex pattern (${pattern})`);
}
