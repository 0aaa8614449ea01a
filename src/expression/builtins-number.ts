// Functions of the language on numbers: conversion, rounding, extremes, means, bits.

import { numberOf } from './arithmetic.ts';
import type { Builtin, Check } from './builtin.ts';
import { kinds, overloads } from './builtin.ts';
import { Fault } from './error.ts';
import { Float, type Integer, isInteger, negateInteger, parseInteger, truncate, wrap } from './integer.ts';
import { anyType, floatType, intType, isNumber, isUnknown } from './type.ts';
import { compare, toNumber, typeName } from './value.ts';

const toInt: Builtin['run'] = ([value], offset) => {
  if (isInteger(value)) return value;
  if (value instanceof Float) return truncate(value.float64);
  const parsed = typeof value === 'string' ? parseInteger(value) : undefined;
  if (parsed !== undefined) return parsed;
  throw new Fault(`invalid operation: int(${typeof value === 'string' ? value : typeName(value)})`, offset);
};

const toFloat: Builtin['run'] = ([value], offset) => {
  const number = typeof value === 'string' ? parseFloatText(value) : toNumber(value);
  if (number !== undefined) return new Float(number);
  throw new Fault(`invalid operation: float(${typeof value === 'string' ? value : typeName(value)})`, offset);
};

function parseFloatText(text: string): number | undefined {
  if (/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  const special = /^([+-]?)(?:(inf|infinity)|nan)$/i.exec(text);
  if (special === null) return undefined;
  if (special[2] === undefined) return special[1] === '' ? Number.NaN : undefined;
  return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

const absolute: Builtin['run'] = ([value], offset) => {
  if (isInteger(value)) return value < 0 ? negateInteger(value) : value;
  if (value instanceof Float) return new Float(Math.abs(value.float64));
  throw new Fault(`invalid argument for abs (type ${typeName(value)})`, offset);
};

function rounding(name: string, round: (value: number) => number): Builtin {
  return {
    check: kinds(['int', 'float'], () => floatType),
    run: ([value], offset) => {
      const number = toNumber(value);
      if (number === undefined) throw new Fault(`invalid argument for ${name} (type ${typeName(value)})`, offset);
      return new Float(round(number));
    },
  };
}

/** Halves go away from zero. */
function roundHalf(value: number): number {
  const whole = Math.trunc(value);
  return Math.abs(value - whole) >= 0.5 ? whole + Math.sign(value) : whole;
}

/** Of `max`, `min`, `mean`, `median`: numbers, or lists of them. */
const aggregate: Check = (name, parameters, offset) => {
  const [first] = parameters;
  if (first === undefined) throw new Fault(`not enough arguments to call ${name}`, offset);
  for (const { type } of parameters) {
    if (isUnknown(type) || type.kind === 'array') return anyType;
    if (!isNumber(type)) throw new Fault(`invalid argument for ${name} (type ${type.name})`, offset);
  }
  return first.type;
};

/** All numbers in lists of lists. */
function flatNumbers(name: string, values: readonly unknown[], offset: number): unknown[] {
  const found: unknown[] = [];
  const pending = [...values].reverse();
  while (pending.length > 0) {
    const value = pending.pop();
    if (Array.isArray(value)) pending.push(...value.toReversed());
    else if (toNumber(value) !== undefined) found.push(value);
    else throw new Fault(`invalid argument for ${name} (type ${typeName(value)})`, offset);
  }
  return found;
}

function extreme(name: string, sign: 1 | -1): Builtin {
  return {
    check: aggregate,
    run: (values, offset) => {
      const [only] = values;
      if (values.length === 1 && toNumber(only) === undefined && !Array.isArray(only)) return only;
      let best: unknown;
      for (const value of flatNumbers(name, values, offset)) {
        if (best === undefined || (compare(value, best) ?? 0) * sign > 0) best = value;
      }
      return best;
    },
  };
}

const mean: Builtin['run'] = (values, offset) => {
  const numbers = flatNumbers('mean', values, offset).map((value) => numberOf(value, offset));
  return new Float(numbers.length === 0 ? 0 : numbers.reduce((sum, value) => sum + value, 0) / numbers.length);
};

const median: Builtin['run'] = (values, offset) => {
  const numbers = flatNumbers('median', values, offset).map((value) => numberOf(value, offset));
  numbers.sort((a, b) => a - b);
  const middle = Math.floor(numbers.length / 2);
  const high = numbers[middle] ?? 0;
  return new Float(numbers.length % 2 === 1 ? high : ((numbers[middle - 1] ?? 0) + high) / 2);
};

function bits(name: string, compute: (a: bigint, b: bigint) => bigint): Builtin {
  return {
    check: overloads([[intType, intType], intType]),
    run: ([a, b], offset) => wrap(compute(BigInt(integerOf(name, a, offset)), BigInt(integerOf(name, b, offset)))),
  };
}

function shift(name: string, compute: (value: bigint, count: bigint) => bigint): Builtin {
  const checked = bits(name, compute);
  return {
    check: checked.check,
    run: (parameters, offset, frame) => {
      const count = integerOf(name, parameters[1], offset);
      if (count < 0) throw new Fault(`invalid operation: negative shift count ${count} (type int)`, offset);
      return checked.run([parameters[0], Math.min(Number(count), 64)], offset, frame);
    },
  };
}

function integerOf(name: string, value: unknown, offset: number): Integer {
  if (isInteger(value)) return value;
  throw new Fault(`cannot use ${typeName(value)} as argument (type int) to call ${name}`, offset);
}

/** The functions, by name. */
export const numberBuiltins: Readonly<Record<string, Builtin>> = {
  int: { check: kinds(['int', 'float', 'string'], () => intType), run: toInt },
  float: { check: kinds(['int', 'float', 'string'], () => floatType), run: toFloat },
  abs: { check: kinds(['int', 'float'], (type) => type), run: absolute },
  ceil: rounding('ceil', Math.ceil),
  floor: rounding('floor', Math.floor),
  round: rounding('round', roundHalf),
  max: extreme('max', 1),
  min: extreme('min', -1),
  mean: { check: aggregate, run: mean },
  median: { check: aggregate, run: median },
  bitand: bits('bitand', (a, b) => a & b),
  bitor: bits('bitor', (a, b) => a | b),
  bitxor: bits('bitxor', (a, b) => a ^ b),
  bitnand: bits('bitnand', (a, b) => a & ~b),
  bitshl: shift('bitshl', (a, b) => a << b),
  bitshr: shift('bitshr', (a, b) => a >> b),
  bitushr: shift('bitushr', (a, b) => BigInt.asUintN(64, a) >> b),
  bitnot: { check: overloads([[intType], intType]), run: ([value], offset) => wrap(~BigInt(integerOf('bitnot', value, offset))) },
};
