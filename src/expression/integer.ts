// Whole numbers of 64 bits with a sign, as Go's `int`. One that JavaScript holds exactly is a `number`, any other a `bigint`;
// every function here keeps to that, so two equal integers are always `===`.

/** A 64-bit integer: a `number` where that is exact, else a `bigint`. */
export type Integer = number | bigint;

/** A 64-bit float. Marked by a class, since a JavaScript number cannot say whether it is 4 or 4.0. */
export class Float {
  readonly float64: number;

  constructor(value: number) {
    this.float64 = value;
  }
}

/** Whether a value is an integer. */
export function isInteger(value: unknown): value is Integer {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** The integer with these low 64 bits. */
export function wrap(value: bigint): Integer {
  const wrapped = BigInt.asIntN(64, value);
  const small = Number(wrapped);
  return Number.isSafeInteger(small) ? small : wrapped;
}

/** Sum, wrapping at 64 bits. */
export function addIntegers(a: Integer, b: Integer): Integer {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return wrap(BigInt(a) + BigInt(b));
}

/** Difference, wrapping at 64 bits. */
export function subtractIntegers(a: Integer, b: Integer): Integer {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return wrap(BigInt(a) - BigInt(b));
}

/** Product, wrapping at 64 bits. */
export function multiplyIntegers(a: Integer, b: Integer): Integer {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b;
    if (Number.isSafeInteger(product)) return product === 0 ? 0 : product;
  }
  return wrap(BigInt(a) * BigInt(b));
}

/** Remainder with the sign of `a`. `b` is not zero. */
export function remainder(a: Integer, b: Integer): Integer {
  if (typeof a === 'number' && typeof b === 'number') {
    const rest = a % b;
    return rest === 0 ? 0 : rest;
  }
  return wrap(BigInt(a) % BigInt(b));
}

/** The negative, wrapping at 64 bits. */
export function negateInteger(a: Integer): Integer {
  return subtractIntegers(0, a);
}

/** A float cut towards zero, as Go converts it on amd64: what does not fit becomes the lowest integer. */
export function truncate(value: number): Integer {
  const whole = Math.trunc(value);
  if (Number.isSafeInteger(whole)) return whole === 0 ? 0 : whole;
  if (!(Math.abs(whole) < 2 ** 63)) return wrap(-(2n ** 63n));
  return wrap(BigInt(whole));
}

/** The integer that decimal text stands for, with a sign; `undefined` when it is none or does not fit. */
export function parseInteger(text: string): Integer | undefined {
  if (!/^[+-]?[0-9]+$/.test(text)) return undefined;
  return fitting(BigInt(text.startsWith('+') ? text.slice(1) : text));
}

/** The integer, or `undefined` where 64 bits do not hold it. */
export function fitting(value: bigint): Integer | undefined {
  return BigInt.asIntN(64, value) === value ? wrap(value) : undefined;
}
