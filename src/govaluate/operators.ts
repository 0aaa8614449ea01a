// What operators compute (govaluate's manual, "Operators" and "Equality"). Knows values; where the types cannot go together it is said as
// soon as they are known, mostly before a rule ever runs.
import { RuleFault } from './fault.ts';
import { kindName } from './term.ts';
import type { Host, Kind, Run, Term, Value } from './term.ts';

/** How deep a rule may be nested. */
export const DEEPEST = 200;

/** A made piece. Throws RuleFault where it is nested too deep. */
export function made<C>(kind: Kind, offset: number, run: Run<C>, ...of: readonly Term<C>[]): Term<C> {
  const depth = of.reduce((deepest, { depth: each }) => Math.max(deepest, each), 0) + 1;
  if (depth > DEEPEST) throw new RuleFault(`it is nested more than ${DEEPEST} deep`, offset);
  return { kind, run, offset, depth, constant: false, numeric: false, lost: false };
}
const misfit = (operator: string, what: string, offset: number): never => {
  throw new RuleFault(`${operator} cannot take ${what === 'nothing' ? what : `a ${what}`}`, offset);
};
/** A term that must be of a kind: said now where that is known, else when it runs. */
function wanted<C, T extends Value>(kind: Kind, operator: string, { kind: own, run, offset }: Term<C>): (context: C) => T {
  if (own === kind) return run as (context: C) => T;
  if (own !== 'any') misfit(operator, own, offset);
  return (context) => {
    const value = run(context);
    if (kindName(value) !== kind) misfit(operator, kindName(value), offset);
    return value as T;
  };
}
const numberOf = <C>(operator: string, term: Term<C>): ((context: C) => number) => wanted<C, number>('number', operator, term);
const truthOf = <C>(operator: string, term: Term<C>): ((context: C) => boolean) => wanted<C, boolean>('bool', operator, term);

/** `-`, `!`, `~` before a term. */
export function prefixed<C>(operator: string, term: Term<C>, offset: number): Term<C> {
  if (operator === '!') {
    const truth = truthOf(operator, term);
    return made('bool', offset, (context) => !truth(context), term);
  }
  const number = numberOf(operator, term);
  const run: Run<C> = operator === '-' ? (context) => -number(context) : (context) => whole([number(context), 0], (a) => ~a);
  return made('number', offset, run, term);
}
/** `&&` or `||` between any number of terms: the first that decides ends it. */
export function joinedTruth<C>(operator: string, terms: readonly Term<C>[], offset: number): Term<C> {
  const all = terms.map((term) => truthOf(operator, term));
  const end = operator === '||';
  return made('bool', offset, (context) => {
    for (const truth of all) if (truth(context) === end) return end;
    return !end;
  }, ...terms);
}
/** `yes ? a : b`, and without the last part nothing where it is not so. */
export function chosen<C>(condition: Term<C>, yes: Term<C>, no: Term<C> | undefined, offset: number): Term<C> {
  const truth = truthOf('?', condition);
  const kind = no === undefined || no.kind !== yes.kind ? 'any' : yes.kind;
  const otherwise: Run<C> = no === undefined ? () => undefined : no.run;
  return made(kind, offset, (context) => (truth(context) ? yes.run(context) : otherwise(context)), condition, yes, ...(no ? [no] : []));
}

/** The 64-bit integers that two floats are, computed and made a float again. */
function whole([a, b]: readonly [number, number], compute: (a: bigint, b: bigint) => bigint): number {
  const integer = (value: number) => BigInt.asIntN(64, Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n);
  return Number(BigInt.asIntN(64, compute(integer(a), integer(b))));
}
const shift = (count: bigint): bigint => (count < 0n || count > 63n ? 64n : count);
const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  '-': (a, b) => a - b, '*': (a, b) => a * b, '/': (a, b) => a / b, '%': (a, b) => a % b, '**': (a, b) => a ** b,
  '&': (a, b) => whole([a, b], (x, y) => x & y), '|': (a, b) => whole([a, b], (x, y) => x | y),
  '^': (a, b) => whole([a, b], (x, y) => x ^ y), '<<': (a, b) => whole([a, b], (x, y) => x << shift(y)),
  '>>': (a, b) => whole([a, b], (x, y) => x >> shift(y)),
};
const ORDER: Readonly<Record<string, (a: number | string, b: number | string) => boolean>> = {
  '<': (a, b) => a < b, '<=': (a, b) => a <= b, '>': (a, b) => a > b, '>=': (a, b) => a >= b,
};
const DECIMAL = /^-?\d+(?:\.\d+)?$/;

/** Two terms and the operator between them. */
export function between<C>(operator: string, a: Term<C>, b: Term<C>, offset: number, host: Host<C>): Term<C> {
  const arithmetic = ARITHMETIC[operator];
  if (arithmetic !== undefined) {
    const [x, y] = [numberOf(operator, a), numberOf(operator, b)];
    return made('number', offset, (context) => arithmetic(x(context), y(context)), a, b);
  }
  const order = ORDER[operator];
  if (order !== undefined) return ordered(operator, order, a, b, offset);
  switch (operator) {
    case '+': return sum(a, b, offset);
    case '==': return equality(true, a, b, offset);
    case '!=': return equality(false, a, b, offset);
    case '=~': return matching(true, a, b, offset, host);
    case '!~': return matching(false, a, b, offset, host);
    case '??': return made(a.kind === b.kind ? a.kind : 'any', offset, (context) => a.run(context) ?? b.run(context), a, b);
    default: return membership(a, b, offset);
  }
}

/** A text where one side is a text, else a number. */
function sum<C>(a: Term<C>, b: Term<C>, offset: number): Term<C> {
  const { run: x } = a;
  const { run: y } = b;
  if (a.kind === 'number' && b.kind === 'number') {
    return made('number', offset, (context) => (x(context) as number) + (y(context) as number), a, b);
  }
  const kind = a.kind === 'text' || b.kind === 'text' ? 'text' : 'any';
  for (const each of [a, b]) if (each.kind === 'list' || (kind !== 'text' && each.kind === 'bool')) misfit('+', each.kind, each.offset);
  return made(kind, offset, (context) => {
    const [one, other] = [x(context), y(context)];
    if (typeof one === 'string' || typeof other === 'string') return String(one ?? '<nil>') + String(other ?? '<nil>');
    if (typeof one === 'number' && typeof other === 'number') return one + other;
    return misfit('+', kindName(typeof one === 'number' ? other : one), offset);
  }, a, b);
}
/** Numbers by size, texts letter by letter; a text that is a number is one beside a number, or where both are sizes. */
function ordered<C>(operator: string, order: (a: number | string, b: number | string) => boolean, a: Term<C>, b: Term<C>,
  offset: number): Term<C> {
  for (const { kind, offset: at } of [a, b]) if (kind === 'bool' || kind === 'list') misfit(operator, kind, at);
  const numeric = a.numeric || b.numeric;
  return made('bool', offset, (context) => {
    const [x, y] = [a.run(context), b.run(context)];
    if (typeof x === 'number' && typeof y === 'number') return order(x, y);
    // A size that is not known yet.
    if (numeric && (x === '' || y === '')) return false;
    const asNumbers = numeric || typeof x === 'number' || typeof y === 'number';
    if (asNumbers && isDecimal(x) && isDecimal(y)) return order(Number(x), Number(y));
    if (typeof x === 'string' && typeof y === 'string') return order(x, y);
    throw new RuleFault(`${operator} stands between ${said(x)} and ${said(y)}, of which one is no number`, offset);
  }, a, b);
}
const isDecimal = (value: Value): boolean => typeof value === 'number' || (typeof value === 'string' && DECIMAL.test(value));
const said = (value: Value): string => (typeof value === 'string' ? `'${value}'` : value === undefined ? 'nothing' : String(value));

function same(a: Value, b: Value): boolean {
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((each, i) => same(each, (b as readonly Value[])[i]));
  return a === b;
}
function equality<C>(wantedTruth: boolean, a: Term<C>, b: Term<C>, offset: number): Term<C> {
  const { run: x } = a;
  const { run: y } = b;
  if (b.constant && b.kind === 'text') {
    const text = y(undefined as C);
    return made('bool', offset, (context) => (x(context) === text) === wantedTruth, a, b);
  }
  const numeric = a.numeric || b.numeric;
  return made('bool', offset, (context) => {
    const [one, other] = [x(context), y(context)];
    const bySize = numeric && typeof one !== typeof other && isDecimal(one) && isDecimal(other);
    return (bySize ? Number(one) === Number(other) : same(one, other)) === wantedTruth;
  }, a, b);
}
function matching<C>(wantedTruth: boolean, a: Term<C>, b: Term<C>, offset: number, host: Host<C>): Term<C> {
  const operator = wantedTruth ? '=~' : '!~';
  const text = wanted<C, string>('text', operator, a);
  const pattern = wanted<C, string>('text', operator, b);
  const compiled = (source: string) => {
    try {
      return host.regexp(source);
    } catch (error) {
      throw new RuleFault((error as Error).message, b.offset);
    }
  };
  if (b.constant) {
    const known = compiled(pattern(undefined as C));
    return made('bool', offset, (context) => known.test(text(context)) === wantedTruth, a, b);
  }
  let source = '';
  let last = compiled('');
  return made('bool', offset, (context) => {
    const now = pattern(context);
    if (now !== source) {
      last = compiled(now);
      source = now;
    }
    return last.test(text(context)) === wantedTruth;
  }, a, b);
}
/** What stands alone in brackets is a list of one: govaluate has no such lists. */
function membership<C>(a: Term<C>, b: Term<C>, offset: number): Term<C> {
  if (b.kind !== 'list' && b.kind !== 'any') return equality(true, a, b, offset);
  if (b.constant) {
    const items = new Set(b.run(undefined as C) as readonly Value[]);
    return made('bool', offset, (context) => items.has(a.run(context)), a, b);
  }
  return made('bool', offset, (context) => {
    const [value, items] = [a.run(context), b.run(context)];
    if (!Array.isArray(items)) return misfit('in', kindName(items), b.offset);
    return items.some((each) => same(value, each as Value));
  }, a, b);
}
