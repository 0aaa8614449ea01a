// `+ - * / % **` on values whose types only show when the expression runs. Failures name the place they are given.

import { Fault } from './error.ts';
import { addIntegers, Float, isInteger, multiplyIntegers, negateInteger, remainder, subtractIntegers } from './integer.ts';
import { Duration, Time } from './time.ts';
import { toNumber, typeName } from './value.ts';

/** Computes `a operator b`. Throws a `Fault` at `offset` for operands that do not go together. */
export type Operation = (a: unknown, b: unknown, offset: number) => unknown;

function mismatch(operator: string, a: unknown, b: unknown, offset: number): never {
  throw new Fault(`invalid operation: ${typeName(a)} ${operator} ${typeName(b)}`, offset);
}

/** Sum of numbers or durations, text after text, time after duration. */
export const add: Operation = (a, b, offset) => {
  if (isInteger(a) && isInteger(b)) return addIntegers(a, b);
  if (typeof a === 'string' && typeof b === 'string') return concatenated(a, b, offset);
  if (a instanceof Duration && b instanceof Duration) return new Duration(a.nanoseconds + b.nanoseconds);
  if (a instanceof Time && b instanceof Duration) return new Time(a.nanoseconds + b.nanoseconds);
  if (a instanceof Duration && b instanceof Time) return new Time(a.nanoseconds + b.nanoseconds);
  return floats('+', a, b, offset, (x, y) => x + y);
};

/** Texts longer than this are not made. A deviation: expr-lang has no such limit. */
const MAXIMUM_TEXT = 16_777_216;

function concatenated(a: string, b: string, offset: number): string {
  if (a.length + b.length > MAXIMUM_TEXT) throw new Fault('memory budget exceeded', offset);
  return a + b;
}

/** Difference of numbers, durations or times. */
export const subtract: Operation = (a, b, offset) => {
  if (isInteger(a) && isInteger(b)) return subtractIntegers(a, b);
  if (a instanceof Duration && b instanceof Duration) return new Duration(a.nanoseconds - b.nanoseconds);
  if (a instanceof Time && b instanceof Duration) return new Time(a.nanoseconds - b.nanoseconds);
  if (a instanceof Time && b instanceof Time) return new Duration(a.nanoseconds - b.nanoseconds);
  return floats('-', a, b, offset, (x, y) => x - y);
};

/** Product of numbers, or of a number and a duration. */
export const multiply: Operation = (a, b, offset) => {
  if (isInteger(a) && isInteger(b)) return multiplyIntegers(a, b);
  if (a instanceof Duration) return scaled(a, b instanceof Duration ? Number(b.nanoseconds) : toNumber(b), b, offset);
  if (b instanceof Duration) return scaled(b, toNumber(a), a, offset);
  return floats('*', a, b, offset, (x, y) => x * y);
};

function scaled(duration: Duration, factor: number | undefined, other: unknown, offset: number): Duration {
  if (factor === undefined || !Number.isFinite(factor)) mismatch('*', duration, other, offset);
  const whole = Number.isSafeInteger(factor) ? BigInt(factor) * duration.nanoseconds : undefined;
  return new Duration(whole ?? BigInt(Math.trunc(factor * Number(duration.nanoseconds))));
}

/** Quotient, a float always. */
export const divide: Operation = (a, b, offset) => floats('/', a, b, offset, (x, y) => x / y);

/** Remainder of integers. */
export const modulo: Operation = (a, b, offset) => {
  if (!isInteger(a) || !isInteger(b)) mismatch('%', a, b, offset);
  if (b === 0) throw new Fault('runtime error: integer divide by zero', offset);
  return remainder(a, b);
};

/** Power, a float always. */
export const power: Operation = (a, b, offset) => new Float(numberOf(a, offset) ** numberOf(b, offset));

/** The negative of a number. */
export function negate(value: unknown, offset: number): unknown {
  if (isInteger(value)) return negateInteger(value);
  if (value instanceof Float) return new Float(-value.float64);
  if (value instanceof Duration) return new Duration(-value.nanoseconds);
  throw new Fault(`invalid operation: - ${typeName(value)}`, offset);
}

/** The number that a value is. Throws a `Fault` when it is none. */
export function numberOf(value: unknown, offset: number): number {
  const number = toNumber(value);
  if (number === undefined) throw new Fault(`invalid operation: float(${typeName(value)})`, offset);
  return number;
}

function floats(operator: string, a: unknown, b: unknown, offset: number, compute: (a: number, b: number) => number): Float {
  const x = toNumber(a);
  const y = toNumber(b);
  if (x === undefined || y === undefined) mismatch(operator, a, b, offset);
  return new Float(compute(x, y));
}
