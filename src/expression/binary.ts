// Operators between two operands: which types they take, what type they give, how they run.

import { contains, indexOf, range } from './access.ts';
import type { Operation } from './arithmetic.ts';
import { add, divide, modulo, multiply, power, subtract } from './arithmetic.ts';
import { Fault } from './error.ts';
import type { Run, Term } from './frame.ts';
import { term } from './frame.ts';
import { matches, textTest } from './text-operators.ts';
import type { Kind, Type } from './type.ts';
import {
  arrayOf,
  boolType,
  durationType,
  floatType,
  intType,
  isAssignable,
  isComparable,
  isNumber,
  isUnknown,
  mayFit,
  nilType,
  promoted,
  stringType,
  timeType,
  unknownType,
} from './type.ts';
import { compare, equal, typeName } from './value.ts';

/** Checks `left operator right` and makes it runnable. Throws a `Fault` at `offset` where the types do not go together. */
export function binary(operator: string, left: Term, right: Term, offset: number): Term {
  const made = make(operator, left, right, offset);
  if (made !== undefined) return made;
  const { name: a } = left.type;
  const { name: b } = right.type;
  throw new Fault(`invalid operation: ${operator} (mismatched types ${a} and ${b})`, offset);
}

function make(operator: string, left: Term, right: Term, offset: number): Term | undefined {
  switch (operator) {
    case '==':
    case '!=':
      return isComparable(left.type, right.type) ? term(boolType, offset, equality(operator === '==', left, right)) : undefined;
    case 'or':
    case '||':
    case 'and':
    case '&&':
      return logical(operator, left, right, offset);
    case '<':
    case '>':
    case '<=':
    case '>=':
      return comparison(operator, left, right, offset);
    case 'in':
      return membership(left, right, offset);
    case 'matches':
      return matches(left, right, offset);
    case 'contains':
    case 'startsWith':
    case 'endsWith':
      return textTest(operator, left, right, offset);
    case '..':
      return ranged(left, right, offset);
    case '??':
      return coalesced(left, right, offset);
    default:
      return arithmetic(operator, left, right, offset);
  }
}

function equality(wanted: boolean, left: Term, right: Term): Run {
  const a = left.run;
  const b = right.run;
  const simple = left.type.kind === right.type.kind && ['bool', 'int', 'string'].includes(left.type.kind);
  if (simple) return wanted ? (frame) => a(frame) === b(frame) : (frame) => a(frame) !== b(frame);
  return (frame) => equal(a(frame), b(frame)) === wanted;
}

/** The truth of a value. Throws a `Fault` when it is no bool. */
export function truth(value: unknown, offset: number): boolean {
  if (typeof value === 'boolean') return value;
  const name = value === undefined ? 'nil' : typeName(value);
  throw new Fault(`interface conversion: interface {} is ${name}, not bool`, offset);
}

function logical(operator: string, left: Term, right: Term, offset: number): Term | undefined {
  const fits = left.type.kind === 'bool' && right.type.kind === 'bool';
  if (!fits && !mayFit(left.type, right.type, ['bool'])) return undefined;
  const a = left.run;
  const b = right.run;
  const either = operator === 'or' || operator === '||';
  if (fits && either) return term(boolType, offset, (frame) => a(frame) === true || b(frame) === true);
  if (fits) return term(boolType, offset, (frame) => a(frame) === true && b(frame) === true);
  if (either) return term(boolType, offset, (frame) => truth(a(frame), left.offset) || b(frame));
  return term(boolType, offset, (frame) => truth(a(frame), left.offset) && b(frame));
}

const ordered: readonly Kind[] = ['int', 'float', 'string', 'time', 'duration'];
const orders: Readonly<Record<string, (difference: number) => boolean>> = {
  '<': (difference) => difference < 0,
  '>': (difference) => difference > 0,
  '<=': (difference) => difference <= 0,
  '>=': (difference) => difference >= 0,
};

function comparison(operator: string, left: Term, right: Term, offset: number): Term | undefined {
  const l = left.type;
  const r = right.type;
  const fits = (isNumber(l) && isNumber(r)) || (l.kind === r.kind && ordered.includes(l.kind));
  if (!fits && !mayFit(l, r, ordered)) return undefined;
  const a = left.run;
  const b = right.run;
  if (l.kind === 'int' && r.kind === 'int') return term(boolType, offset, integerComparison(operator, a, b));
  const decide = orders[operator] ?? (() => false);
  return term(boolType, offset, (frame) => {
    const x = a(frame);
    const y = b(frame);
    const difference = compare(x, y);
    if (difference === undefined) throw new Fault(`invalid operation: ${typeName(x)} ${operator} ${typeName(y)}`, offset);
    return decide(difference);
  });
}

function integerComparison(operator: string, a: Run, b: Run): Run {
  if (operator === '<') return (frame) => (a(frame) as number) < (b(frame) as number);
  if (operator === '>') return (frame) => (a(frame) as number) > (b(frame) as number);
  if (operator === '<=') return (frame) => (a(frame) as number) <= (b(frame) as number);
  return (frame) => (a(frame) as number) >= (b(frame) as number);
}

function membership(left: Term, right: Term, offset: number): Term | undefined {
  const l = left.type;
  const r = right.type;
  const element = r.element ?? unknownType;
  if (r.kind === 'map' && !isUnknown(l) && !isAssignable(l, r.key ?? unknownType)) {
    throw new Fault(`cannot use ${l.name} as type ${r.key?.name} in map key`, offset);
  }
  if (r.kind === 'array' && !isComparable(l, element)) {
    throw new Fault(`cannot use ${l.name} as type ${element.name} in array`, offset);
  }
  const known = r.kind === 'map' || r.kind === 'array' || r.kind === 'unknown';
  if (!known && !(isUnknown(l) && r.kind === 'string')) return undefined;
  const a = left.run;
  const b = right.run;
  const exact = l.kind === 'string' || l.kind === 'int';
  if (right.constant && r.kind === 'array' && exact && element.kind === l.kind) {
    const members = new Set(b(undefined as never) as unknown[]);
    return term(boolType, offset, (frame) => members.has(a(frame)));
  }
  return term(boolType, offset, (frame) => contains(a(frame), b(frame), offset));
}

function ranged(left: Term, right: Term, offset: number): Term | undefined {
  const fits = left.type.kind === 'int' && right.type.kind === 'int';
  if (!fits && !mayFit(left.type, right.type, ['int'])) return undefined;
  return term(arrayOf(intType), offset, (frame) => {
    const from = indexOf(left.run(frame), offset);
    const to = indexOf(right.run(frame), offset);
    frame.grow(Math.max(to - from + 1, 0), offset);
    return range(from, to);
  });
}

function coalesced(left: Term, right: Term, offset: number): Term {
  const a = left.run;
  const b = right.run;
  return term(coalescedType(left.type, right.type), offset, (frame) => a(frame) ?? b(frame));
}

function coalescedType(l: Type, r: Type): Type {
  if (l.kind === 'nil') return r.kind === 'nil' ? nilType : r;
  return r.kind === 'nil' || isAssignable(r, l) ? l : unknownType;
}

const operations: Readonly<Record<string, Operation>> = {
  '+': add,
  '-': subtract,
  '*': multiply,
  '/': divide,
  '%': modulo,
  '**': power,
  '^': power,
};

function arithmetic(operator: string, left: Term, right: Term, offset: number): Term | undefined {
  const type = arithmeticType(operator, left.type, right.type);
  const operation = operations[operator];
  if (type === undefined || operation === undefined) return undefined;
  if (operator === '%' && left.constant && right.constant && right.run(undefined as never) === 0) {
    throw new Fault('integer divide by zero', offset);
  }
  const a = left.run;
  const b = right.run;
  return term(type, offset, (frame) => operation(a(frame), b(frame), offset));
}

const addable: readonly Kind[] = ['int', 'float', 'string', 'time', 'duration'];

function arithmeticType(operator: string, l: Type, r: Type): Type | undefined {
  const numbers = isNumber(l) && isNumber(r);
  switch (operator) {
    case '/':
    case '**':
    case '^':
      return numbers || mayFit(l, r, ['int', 'float']) ? floatType : undefined;
    case '%':
      return (l.kind === 'int' && r.kind === 'int') || mayFit(l, r, ['int']) ? intType : undefined;
    case '*':
      if (numbers) return promoted(l, r);
      return scaledType(l, r) ?? (mayFit(l, r, ['int', 'float', 'duration']) ? unknownType : undefined);
    case '-':
      if (numbers) return promoted(l, r);
      if (l.kind === 'time' && r.kind === 'time') return durationType;
      return datedType(l, r) ?? (mayFit(l, r, ['int', 'float', 'time', 'duration']) ? unknownType : undefined);
    default:
      if (numbers) return promoted(l, r);
      if (l.kind === 'string' && r.kind === 'string') return stringType;
      return datedType(l, r) ?? datedType(r, l) ?? (mayFit(l, r, addable) ? unknownType : undefined);
  }
}

function scaledType(l: Type, r: Type): Type | undefined {
  const durations = l.kind === 'duration' || r.kind === 'duration';
  const fit = [l, r].every((type) => type.kind === 'duration' || isNumber(type));
  return durations && fit ? durationType : undefined;
}

function datedType(l: Type, r: Type): Type | undefined {
  if (r.kind !== 'duration') return undefined;
  return l.kind === 'time' ? timeType : l.kind === 'duration' ? durationType : undefined;
}
