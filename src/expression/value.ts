// Values of expressions: what type one is, whether two are equal, which is less, how one is printed. `nil` is `undefined`.

import { Float, isInteger } from './integer.ts';
import { Duration, Time } from './time.ts';

/** Go's name for the type of a value, as errors use it. */
export function typeName(value: unknown): string {
  if (value === undefined) return '<nil>';
  if (isInteger(value)) return 'int';
  if (value instanceof Float) return 'float64';
  if (typeof value === 'boolean') return 'bool';
  if (Array.isArray(value)) return '[]interface {}';
  if (value instanceof Map) return 'map[string]interface {}';
  if (value instanceof Time) return 'time.Time';
  if (value instanceof Duration) return 'time.Duration';
  return typeof value === 'object' ? 'func' : typeof value;
}

/** The number as a JavaScript one; `undefined` for what is no number. */
export function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (value instanceof Float) return value.float64;
  return typeof value === 'bigint' ? Number(value) : undefined;
}

/** Equality by value: numbers across int and float, lists and maps element by element. */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a instanceof Float || b instanceof Float) {
    const x = toNumber(a);
    return x !== undefined && x === toNumber(b);
  }
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, index) => equal(item, b[index]));
  if (a instanceof Map) return b instanceof Map && equalMaps(a, b);
  if (a instanceof Time) return b instanceof Time && a.nanoseconds === b.nanoseconds;
  return a instanceof Duration && b instanceof Duration && a.nanoseconds === b.nanoseconds;
}

function equalMaps(a: ReadonlyMap<unknown, unknown>, b: ReadonlyMap<unknown, unknown>): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) {
    const same = mapKey(b, key);
    if (!b.has(same) || !equal(value, b.get(same)) || value instanceof Float !== b.get(same) instanceof Float) return false;
  }
  return true;
}

/** The key of `map` that equals `key`: floats are objects, and only one of each value may be a key. */
export function mapKey(map: ReadonlyMap<unknown, unknown>, key: unknown): unknown {
  if (!(key instanceof Float)) return key;
  for (const other of map.keys()) if (other instanceof Float && other.float64 === key.float64) return other;
  return key;
}

/** Negative, zero or positive as `a` is less than, equal to or more than `b`; `undefined` when they have no order. */
export function compare(a: unknown, b: unknown): number | undefined {
  if (isInteger(a) && isInteger(b)) return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === 'string') return typeof b === 'string' ? order(a, b) : undefined;
  if (a instanceof Time) return b instanceof Time ? order(a.nanoseconds, b.nanoseconds) : undefined;
  if (a instanceof Duration) return b instanceof Duration ? order(a.nanoseconds, b.nanoseconds) : undefined;
  const x = toNumber(a);
  const y = toNumber(b);
  return x === undefined || y === undefined ? undefined : x < y ? -1 : x > y ? 1 : x === y ? 0 : Number.NaN;
}

function order<T extends string | bigint>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The value as Go prints it with `%v`. */
export function printValue(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === undefined) return '<nil>';
  if (value instanceof Float) return printFloat(value.float64);
  if (Array.isArray(value)) return `[${value.map(printValue).join(' ')}]`;
  if (value instanceof Map) return printMap(value);
  return String(value);
}

function printMap(map: ReadonlyMap<unknown, unknown>): string {
  const keys = [...map.keys()].sort((a, b) => compare(a, b) ?? 0);
  return `map[${keys.map((key) => `${printValue(key)}:${printValue(map.get(key))}`).join(' ')}]`;
}

/** The float in its shortest form, with an exponent where Go uses one: below 1e-4 and from 1e6. */
export function printFloat(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  if (Number.isNaN(value)) return 'NaN';
  if (Object.is(value, -0)) return '-0';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  return String(value);
}
