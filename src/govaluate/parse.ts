// Compiles the text of a rule: precedence, brackets, calls. Knows tokens and terms; what operators compute is operators.ts.
import { RuleFault } from './fault.ts';
import { DEEPEST, between, chosen, joinedTruth, made, prefixed } from './operators.ts';
import type { Host, Kind, Run, Term, Value } from './term.ts';
import { setOf, tokensOf } from './token.ts';
import type { Token } from './token.ts';

/** How strongly operators bind; `?`, `:` and `??` bind weakest of all. */
const BINDS: ReadonlyMap<string, number> = new Map([
  ['||'], ['&&'], ['==', '!=', '<', '<=', '>', '>=', '=~', '!~', 'in'], ['&', '|', '^'], ['<<', '>>'], ['+', '-'], ['*', '/', '%'], ['**'],
].flatMap((level, i) => level.map((operator) => [operator, i + 1] as const)));
const PREFIXES = ['-', '!', '~'];
const KINDS = { number: 'number', text: 'text', bool: 'bool' } as const;

/** Reads one rule. */
export class Parser<C> {
  readonly #tokens: readonly Token[];
  readonly #host: Host<C>;
  /** What is hardly meant, in words. */
  readonly doubts: string[] = [];
  #at = 0;
  #nested = 0;

  constructor(source: string, host: Host<C>) {
    this.#tokens = tokensOf(source);
    this.#host = host;
  }
  /** The whole rule. Throws RuleFault. */
  rule(): Term<C> {
    const term = this.#choice();
    if (this.#token.kind !== 'end') this.#unexpected();
    return term;
  }
  get #token(): Token {
    return this.#tokens[this.#at]!;
  }
  #is(operator: string): boolean {
    return this.#token.kind === 'operator' && this.#token.value === operator;
  }
  /** Steps over a token of a kind, where it is there. */
  #takes(kind: Token['kind']): boolean {
    const found = this.#token.kind === kind;
    if (found) this.#at++;
    return found;
  }
  #unexpected(): never {
    const { kind, value, offset } = this.#token;
    throw new RuleFault(kind === 'end' ? 'something is missing' : `'${String(value)}' cannot stand here`, offset);
  }
  #deeper<T>(read: () => T): T {
    if (++this.#nested > DEEPEST) throw new RuleFault(`it is nested more than ${DEEPEST} deep`, this.#token.offset);
    const term = read();
    this.#nested--;
    return term;
  }

  /** `a ? b : c` and `a ?? b`, from the right. */
  #choice(): Term<C> {
    const first = this.#operation(1);
    const { offset } = this.#token;
    if (this.#is('??')) {
      this.#at++;
      return between('??', first, this.#deeper(() => this.#choice()), offset, this.#host);
    }
    if (!this.#is('?')) return first;
    this.#at++;
    const yes = this.#deeper(() => this.#choice());
    if (!this.#is(':')) return chosen(first, yes, undefined, offset);
    this.#at++;
    return chosen(first, yes, this.#deeper(() => this.#choice()), offset);
  }
  /** Operators that bind at least so strongly, from the left. */
  #operation(least: number): Term<C> {
    let left = this.#operand();
    for (;;) {
      const { kind, value, offset } = this.#token;
      const binds = kind === 'operator' ? BINDS.get(value as string) : undefined;
      if (binds === undefined || binds < least) return left;
      const operator = value as string;
      this.#at++;
      if (operator === 'in' && this.#token.kind === 'set') left = this.#inSet(left, offset);
      else if (binds <= 2) left = this.#truths(operator, left, binds, offset);
      else left = this.#pair(operator, left, this.#operation(binds + 1), offset);
    }
  }
  #pair(operator: string, left: Term<C>, right: Term<C>, offset: number): Term<C> {
    if (right.lost && (operator === '=~' || operator === '!~')) {
      this.doubts.push('a backslash in quotes is gone before the regular expression is read: write two');
    }
    return between(operator, left, right, offset, this.#host);
  }
  /** All that `&&` or `||` joins, as one: thousands of names need no nesting. */
  #truths(operator: string, first: Term<C>, binds: number, offset: number): Term<C> {
    const terms = [first, this.#operation(binds + 1)];
    while (this.#is(operator)) {
      this.#at++;
      terms.push(this.#operation(binds + 1));
    }
    return joinedTruth(operator, terms, offset);
  }
  #inSet(left: Term<C>, offset: number): Term<C> {
    const token = this.#token;
    this.#at++;
    const [kind, name] = setOf(token.value as string);
    const member = this.#guarded(token.offset, () => this.#host.member(kind, name));
    return made('bool', offset, (context) => member(context, left.run(context)), left);
  }
  /** What the host says is wrong, at this place. */
  #guarded<T>(offset: number, call: () => T): T {
    try {
      return call();
    } catch (error) {
      throw new RuleFault((error as Error).message, offset);
    }
  }

  #operand(): Term<C> {
    const token = this.#token;
    const { kind, value, offset, lost = false } = token;
    this.#at++;
    if (kind === 'operator' && PREFIXES.includes(value as string)) {
      return prefixed(value as string, this.#deeper(() => this.#operand()), offset);
    }
    if (kind === 'number' || kind === 'text' || kind === 'bool') return constant(KINDS[kind], value, offset, lost);
    if (kind === 'open') return this.#deeper(() => this.#bracketed(offset));
    if (kind === 'function') return this.#call(value as string, offset);
    if (kind === 'name') {
      const { read, numeric = false } = this.#guarded(offset, () => this.#host.variable(value as string));
      return { ...made<C>('text', offset, read), numeric };
    }
    this.#at--;
    return this.#unexpected();
  }
  /** A term in brackets, or a list. */
  #bracketed(offset: number): Term<C> {
    const items = this.#items();
    if (items.length === 0) this.#unexpected();
    return items.length === 1 ? items[0]! : list(items, offset);
  }
  #items(): Term<C>[] {
    const items: Term<C>[] = [];
    if (!this.#takes('close')) {
      do items.push(this.#choice()); while (this.#takes('comma'));
      if (!this.#takes('close')) this.#unexpected();
    }
    return items;
  }
  #call(name: string, offset: number): Term<C> {
    const called = this.#host.functions.get(name);
    if (called === undefined) throw new RuleFault(`there is no function ${name}: ${[...this.#host.functions.keys()].join(', ')}`, offset);
    this.#at++;
    const items = this.#deeper(() => this.#items());
    const { parameters, result, call, prepare } = called;
    if (items.length !== parameters) throw new RuleFault(`${name} takes ${parameters} arguments, not ${items.length}`, offset);
    const known = items.map((item) => (item.constant ? item.run(undefined as C) : undefined));
    return made(result, offset, invoke(this.#guarded(offset, () => prepare?.(known) ?? call), items), ...items);
  }
}

function constant<C>(kind: Kind, value: Value, offset: number, lost: boolean): Term<C> {
  return { ...made<C>(kind, offset, () => value), constant: true, lost };
}
function list<C>(items: readonly Term<C>[], offset: number): Term<C> {
  const isConstant = items.every((item) => item.constant);
  const values = isConstant ? items.map(({ run }) => run(undefined as C)) : undefined;
  const run: Run<C> = values !== undefined ? () => values : (context) => items.map((item) => item.run(context));
  return { ...made<C>('list', offset, run, ...items), constant: isConstant };
}
/** Calls without a list of arguments where there are few. */
function invoke<C>(call: (context: C, ...values: Value[]) => Value, items: readonly Term<C>[]): Run<C> {
  const [a, b] = items;
  if (a === undefined) return (context) => call(context);
  if (b === undefined) return (context) => call(context, a.run(context));
  if (items.length === 2) return (context) => call(context, a.run(context), b.run(context));
  return (context) => call(context, ...items.map((item) => item.run(context)));
}
