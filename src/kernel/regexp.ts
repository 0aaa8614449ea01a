// Regular expressions of a Corefile: RE2's syntax and meaning in linear time (LIB-14, LIBD-12). Knows patterns and texts; knows no plugin.
// Patterns of simple parts run on the language's own engine, which is twenty times as fast and means the same for them.
import { createRequire } from 'node:module';
import type { RE2JS } from 're2js';

/** Octets that a pattern may have (LIB-14). Whoever reads one checks it with `patternLength`, since every plugin has its own text. */
export const LONGEST_PATTERN = 10000;
/** The longest text that the language's own engine is asked about: what bounds its quadratic worst case. */
const SHORT = 256;
/** How often a simple pattern may repeat without bound, and how often it may choose: what bounds backtracking. */
const REPEATS = 2, CHOICES = 4;

const encoder = new TextEncoder();
/** Octets of a pattern, as its limit counts them. */
export const patternLength = (pattern: string): number => encoder.encode(pattern).length;

/** A compiled pattern. Matching is unanchored. */
export interface Regexp {
  readonly pattern: string;
  /** How many capturing groups it has. */
  readonly groups: number;
  /** The numbers of the named groups. */
  readonly names: ReadonlyMap<string, number>;
  /** Whether it is found anywhere in the text. */
  test(text: string): boolean;
  /** What it matches first, then what each group does, '' where a group takes no part; undefined where it is not found. */
  match(text: string): readonly string[] | undefined;
}

/** The engine, read when the first pattern is compiled: a third of the program's text, which few configurations need. */
let engine: typeof RE2JS | undefined;
const exactly = (pattern: string): RE2JS =>
  (engine ??= (createRequire(import.meta.url)('re2js') as { RE2JS: typeof RE2JS }).RE2JS).compile(pattern);

/** Compiles a pattern; throws an Error that says what is wrong with it. Its length is not looked at. */
export function compileRegexp(pattern: string): Regexp {
  const exact = exactly(pattern);
  const names = new Map(Object.entries(exact.namedGroups()));
  const simple = translate(pattern);
  const quick = simple === undefined ? undefined : new RegExp(simple, 'u');
  const groups = exact.groupCount();
  return {
    pattern,
    groups,
    names,
    test: (text) => (quick !== undefined && text.length <= SHORT ? quick.test(text) : exact.test(text)),
    match: (text) => (quick !== undefined && text.length <= SHORT ? matchQuick(quick, text) : matchExact(exact, text, groups)),
  };
}

/** What is no letter of a name where it stands in a pattern: escapes, names of groups and of classes. */
const NO_LETTERS = /\\(?:[pP]\{[^}]*\}|[pPx].|x\{[^}]*\}|.)|\(\?P?<\w+>|\[:\^?\w+:\]/g;

/**
 * Compiles a pattern for names, which have no case (RFC 4343): one that is written with capital letters means them in any case. Throws
 * what `compileRegexp` throws.
 */
export function compileForNames(pattern: string): Regexp {
  const capital = /[A-Z]/.test(pattern.replace(NO_LETTERS, ''));
  return capital ? { ...compileRegexp(`(?i:${pattern})`), pattern } : compileRegexp(pattern);
}
/** What such a pattern and its groups match in a name; as the name is spelled where that is found. */
export function matchName(pattern: Regexp, text: string): readonly string[] | undefined {
  const found = pattern.match(text);
  if (found !== undefined) return found;
  const folded = text.toLowerCase();
  return folded === text ? undefined : pattern.match(folded);
}

function matchQuick(quick: RegExp, text: string): readonly string[] | undefined {
  const found: (string | undefined)[] | null = quick.exec(text);
  if (found === null) return undefined;
  for (let i = 1; i < found.length; i++) found[i] ??= '';
  return found as string[];
}

function matchExact(exact: RE2JS, text: string, groups: number): readonly string[] | undefined {
  const matcher = exact.matcher(text);
  if (!matcher.find()) return undefined;
  const found: string[] = [];
  for (let i = 0; i <= groups; i++) found.push(matcher.group(i) ?? '');
  return found;
}

/** A character in a class, and a class of such characters and ranges. */
const MEMBER = '[A-Za-z0-9_.*+/:,=@~]';
const CLASS = `\\[\\^?(?:\\\\[dw.\\-/]|${MEMBER}-${MEMBER}|${MEMBER})+-?\\]`;
/** What must not follow: a repetition of what is not known to be quick, or a second one. */
const ONCE = '(?![*+?{])';
/** One step of a simple pattern: a group's beginning or end, a choice, an anchor, or a character that may be repeated. */
const STEP = new RegExp(
  [
    '(?<open>\\((?:\\?:|\\?P?<(?<name>\\w+)>)?)(?![?])', `(?<close>\\))${ONCE}`, '(?<choice>\\|)', `(?<anchor>[\\^$])${ONCE}`,
    `(?<atom>\\.|\\\\[dDwW]|\\\\(?<mark>[-./\\\\:_])|[-A-Za-z0-9_:/,=@~]|${CLASS})(?<repeat>[*+?]\\??)?${ONCE}`,
  ].join('|'),
  'y',
);

/**
 * The same pattern for the language's own engine, or undefined where it is not known to mean the same or to be quick: repeated groups,
 * flags, classes by name, many repetitions.
 */
function translate(pattern: string): string | undefined {
  let out = '';
  let choices = 0;
  let repeats = pattern.startsWith('^') ? 0 : 1;
  STEP.lastIndex = 0;
  for (let at = 0; at < pattern.length; at = STEP.lastIndex) {
    const groups = STEP.exec(pattern)?.groups;
    if (groups === undefined) return undefined;
    const { atom, open, name, mark, repeat = '' } = groups;
    if (groups['choice'] !== undefined || repeat.startsWith('?')) choices++;
    if (repeat.startsWith('*') || repeat.startsWith('+')) repeats++;
    if (choices > CHOICES || repeats > REPEATS) return undefined;
    if (groups['choice'] !== undefined && pattern.startsWith('^')) repeats++;
    if (open !== undefined) out += name === undefined ? open : `(?<${name}>`;
    else if (atom === undefined) out += groups['close'] ?? groups['choice'] ?? groups['anchor'];
    else out += written(atom, mark) + repeat;
  }
  return out;
}
/** RE2's dot is any character but a line feed; a mark is escaped only where the language allows it. */
function written(atom: string, mark: string | undefined): string {
  if (atom === '.') return '[^\\n]';
  if (mark !== undefined) return './\\'.includes(mark) ? `\\${mark}` : mark;
  return atom;
}

/** What to write for a match: a text in which `{0}`, `{1}` and so on stand for the groups. */
export class GroupTemplate {
  readonly #text: string;
  readonly #pieces: readonly (string | number)[];

  /** `groups`: how many capturing groups the pattern has; braces around other numbers stay as they are. */
  constructor(text: string, groups: number) {
    this.#text = text;
    this.#pieces = text.split(/(\{(?:0|[1-9]\d*)\})/).flatMap((piece, i) => {
      const number = Number(piece.slice(1, -1));
      return i % 2 === 1 && number <= groups ? number : piece;
    });
  }

  /** The text for a match. As in CoreDNS, groups are filled in one after the other: one that holds `{2}` itself is filled in again. */
  fill(match: readonly string[]): string {
    if (match[0]!.includes('{')) return match.reduce((text, group, i) => text.replaceAll(`{${i}}`, () => group), this.#text);
    let text = '';
    for (const piece of this.#pieces) text += typeof piece === 'number' ? match[piece]! : piece;
    return text;
  }
}
/** How many different groups from 0 to 100 a template names. */
export function groupsUsed(text: string): number {
  let used = 0;
  for (let i = 0; i <= 100; i++) if (text.includes(`{${i}}`)) used++;
  return used;
}
