// The lines of *firewall* as data (ecosystem 5.1): for each direction rules in their order. Knows words and the language of rules; asks no
// engine.
import type { Directive } from '../../corefile/directive.ts';
import type { Position } from '../../corefile/error.ts';
import { compileRule } from '../../govaluate/index.ts';
import type { Host, Rule } from '../../govaluate/index.ts';
import { compileRegexp } from '../../kernel/regexp.ts';
import type { Lines } from '../../kernel/site/plugin.ts';
import { ACTIONS } from '../../policy/engine.ts';
import type { Action, Redirection } from '../../policy/engine.ts';
import { readRedirection } from '../../policy/redirection.ts';
import { quoted } from '../../wording/quote.ts';
import { FUNCTIONS, VARIABLE_NAMES, variableOf } from './facts.ts';
import type { Asked } from './facts.ts';
import { NamedSet } from './sets.ts';

/** What a rule does. */
export type Deed =
  | { readonly kind: 'action'; readonly action: Action; readonly redirect?: Redirection }
  | { readonly kind: 'tag'; readonly name: string; readonly value: string }
  | { readonly kind: 'rate'; readonly most: number }
  | { readonly kind: 'engine'; readonly plugin: string; readonly name: string };
/** One rule; an engine's has no condition. */
export interface FirewallRule {
  readonly deed: Deed;
  readonly rule: Rule<Asked> | undefined;
  /** As it is written, and where; `line` for people. */
  readonly written: string;
  readonly at: Position;
  readonly line: number;
}
/** The rules of one direction. */
export interface RuleList {
  readonly rules: FirewallRule[];
  /** What is done where no rule decides. */
  default: Action;
  /** Nothing is done, and what would be is told. */
  reportOnly: boolean;
}
/** Finds lists by name; there once the block is whole. */
export type ListFinder = (name: string) => ((asked: Asked) => boolean) | undefined;
/** Everything that a block says. */
export interface Settings {
  readonly query: RuleList;
  readonly response: RuleList;
  /** Names of lists that rules ask. */
  readonly lists: ReadonlySet<string>;
  /** Set by whoever knows them. */
  finder: ListFinder;
}
type Direction = 'query' | 'response';
const MOST_RATE = 1e9;

const placeOf = (line: Directive): Pick<FirewallRule, 'written' | 'at' | 'line'> =>
  ({ written: [line.word, ...line.args].join(' '), at: line.at, line: line.at.line });

/** Reads the lines of a block, sets and all. Throws CorefileError. */
class Reader {
  readonly #sets = new Map<string, NamedSet>();
  readonly #lists = new Set<string>();
  readonly #host: Host<Asked>;
  readonly settings: Settings = {
    query: { rules: [], default: 'block', reportOnly: false }, response: { rules: [], default: 'allow', reportOnly: false },
    lists: this.#lists, finder: () => undefined,
  };
  /** Names that are no variable and no label. */
  #unknown: string[] = [];

  constructor() {
    this.#host = {
      variable: (name) => {
        if (!name.includes('/') && !VARIABLE_NAMES.includes(name)) this.#unknown.push(name);
        return variableOf(name);
      },
      functions: FUNCTIONS, regexp: compileRegexp,
      member: (kind, name) => (kind === 'set' ? this.#inSet(name) : this.#inList(name)),
    };
  }
  #inSet(name: string): (asked: Asked, value: unknown) => boolean {
    const set = this.#sets.get(name);
    if (set === undefined) throw new Error(`there is no set ${name} above this line`);
    return (_, value) => typeof value === 'string' && set.holds(value);
  }
  #inList(name: string): (asked: Asked) => boolean {
    this.#lists.add(name);
    let held: ((asked: Asked) => boolean) | undefined;
    return (asked) => (held ??= this.settings.finder(name) ?? (() => false))(asked);
  }

  line(line: Directive): void {
    const direction = line.arg();
    if (direction !== 'query' && direction !== 'response') {
      line.fail(`unexpected ${quoted(direction)}; expect 'query' or 'response'`, 'firewall query { ... } or firewall response { ... }');
    }
    line.end();
    const list = this.settings[direction as Direction];
    line.properties({
      allow: (rule) => this.#action(list, rule, 'allow'),
      refuse: (rule) => this.#action(list, rule, 'refuse'),
      block: (rule) => this.#action(list, rule, 'block'),
      drop: (rule) => this.#action(list, rule, 'drop'),
      redirect: (rule) => this.#redirect(list, rule),
      tag: (rule) => this.#tag(list, rule),
      rate: (rule) => this.#rate(list, rule),
      set: (property) => this.#set(property),
      default: (property) => {
        const word = property.only();
        if (!(ACTIONS as readonly string[]).includes(word) || word === 'redirect') {
          property.fail(`default: ${quoted(word)} is not one of 'allow', 'refuse', 'block', 'drop'`);
        }
        list.default = word as Action;
      },
      report_only: (property) => {
        property.end();
        list.reportOnly = true;
      },
    }, (rule) => this.#engine(list, rule));
  }
  #action(list: RuleList, line: Directive, action: Action): void {
    list.rules.push({ deed: { kind: 'action', action }, rule: this.#compile(line), ...placeOf(line) });
  }
  #redirect(list: RuleList, line: Directive): void {
    const target = line.arg();
    const redirect = readRedirection(target);
    if (redirect === undefined) {
      line.fail(`redirect: ${quoted(target)} is neither a name nor addresses with commas between them`,
        'redirect 192.0.2.1,2001:db8::1 EXPRESSION');
    }
    list.rules.push({ deed: { kind: 'action', action: 'redirect', redirect }, rule: this.#compile(line), ...placeOf(line) });
  }
  #tag(list: RuleList, line: Directive): void {
    const [, name, value = 'true'] = /^([\w.-]+)(?:=(.*))?$/.exec(line.arg()) ?? [];
    if (name === undefined) line.fail('tag: a name, or NAME=VALUE, stands before the expression');
    list.rules.push({ deed: { kind: 'tag', name, value }, rule: this.#compile(line), ...placeOf(line) });
  }
  #rate(list: RuleList, line: Directive): void {
    const word = line.arg();
    const most = /^\d+(\.\d+)?$/.test(word) ? Number(word) : Number.NaN;
    if (!(most > 0 && most <= MOST_RATE)) {
      line.fail(`rate: '${word}' is not a number above 0`, 'rate 10 EXPRESSION: so many a second of each client');
    }
    list.rules.push({ deed: { kind: 'rate', most }, rule: this.#compile(line), ...placeOf(line) });
  }
  #set(line: Directive): void {
    const [name = '', ...entries] = line.words(2);
    if (!/^[\w.-]+$/.test(name)) line.fail(`set: ${quoted(name)} is no name for a set`);
    const set = this.#sets.get(name) ?? new NamedSet();
    this.#sets.set(name, set);
    for (const entry of entries) line.attempt(() => set.add(entry), (why) => line.fail(`set ${name}: ${why}`));
  }
  #engine(list: RuleList, line: Directive): void {
    const [name, more] = line.rest();
    if (name === undefined || more !== undefined) {
      const words = 'allow, refuse, block, drop, redirect, tag, rate, set, default, report_only';
      line.fail(`${quoted(line.word)} is no action, and no policy engine's plugin with one name`, `one of ${words}; or PLUGIN NAME`);
    }
    list.rules.push({ deed: { kind: 'engine', plugin: line.word, name }, rule: undefined, ...placeOf(line) });
  }
  #compile(line: Directive): Rule<Asked> {
    const source = line.rest().join(' ');
    if (source === '') line.fail(`${line.word} what: an expression is missing`, `${line.word} true is for every question`);
    this.#unknown = [];
    const rule = line.attempt(() => compileRule(source, this.#host), (why) => line.fail(`${line.word}: ${why}`));
    for (const name of this.#unknown) {
      line.doubt(`${name} is no variable: it is an empty text`, `a text stands in single quotes; variables: ${VARIABLE_NAMES.join(' ')}`);
    }
    for (const doubt of rule.doubts) line.doubt(doubt);
    return rule;
  }
}

/** Reads all lines of a block. */
export function readFirewall(lines: Lines): Settings {
  const reader = new Reader();
  for (const line of lines) reader.line(line);
  const { settings } = reader;
  const { query } = settings;
  if (query.rules.length === 0 && query.default === 'block' && !query.reportOnly) {
    lines[0].doubt('without rules for queries every query is blocked', 'firewall query { allow true }');
  }
  return settings;
}
