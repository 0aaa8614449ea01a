// Reaching into values: elements, entries, slices, ranges, `in`. Texts are cut by bytes of UTF-8, as Go cuts them.

import { Fault } from './error.ts';
import { Float, isInteger, truncate } from './integer.ts';
import { Time, timeMethods } from './time.ts';
import { equal, mapKey, printValue, typeName } from './value.ts';

/** A function as a value: a method of a value, or a name of the host that is not called. */
export interface Callable {
  readonly call: (context: unknown, ...parameters: unknown[]) => unknown;
}

/** Whether a value can be called. */
export function isCallable(value: unknown): value is Callable {
  return typeof value === 'object' && value !== null && 'call' in value;
}

/** The whole number that an index or a count is. Throws a `Fault` when it is none. */
export function indexOf(value: unknown, offset: number): number {
  if (typeof value === 'number') return value;
  if (value instanceof Float) return Number(truncate(value.float64));
  if (isInteger(value)) return Number(value);
  throw new Fault(`invalid operation: int(${typeName(value)})`, offset);
}

/** `from[key]` or `from.key`. Throws a `Fault` for what has no such element; a missing entry of a map is `nil`. */
export function fetch(from: unknown, key: unknown, offset: number): unknown {
  if (Array.isArray(from) || typeof from === 'string') {
    const list = typeof from === 'string' ? Buffer.from(from) : from;
    const asked = indexOf(key, offset);
    const index = asked < 0 ? list.length + asked : asked;
    if (index >= 0 && index < list.length) return list[index];
    throw new Fault(`index out of range: ${index} (array length is ${list.length})`, offset);
  }
  if (from instanceof Map) return from.get(mapKey(from, key));
  if (from instanceof Time && typeof key === 'string') {
    const method = timeMethods.get(key);
    if (method !== undefined) return { call: () => method(from) } satisfies Callable;
  }
  throw new Fault(`cannot fetch ${printValue(key)} from ${typeName(from)}`, offset);
}

/** What the function `get` gives: like `fetch`, but `nil` for what is not there. */
export function get(from: unknown, key: unknown, offset: number): unknown {
  if (from instanceof Map) return from.get(mapKey(from, key));
  if (!Array.isArray(from) && typeof from !== 'string') return undefined;
  const list = typeof from === 'string' ? Buffer.from(from) : from;
  const asked = indexOf(key, offset);
  return list[asked < 0 ? list.length + asked : asked];
}

/** `value[from:to]`, each end brought into the value; negative ends count from its end. */
export function slice(value: unknown, from: unknown, to: unknown, offset: number): unknown {
  if (Array.isArray(value)) {
    const [start, end] = ends(value.length, from, to, offset);
    return value.slice(start, end);
  }
  if (typeof value !== 'string') throw new Fault(`cannot slice ${printValue(from ?? 0)}`, offset);
  if (isAscii(value)) {
    const [start, end] = ends(value.length, from, to, offset);
    return value.slice(start, end);
  }
  const bytes = Buffer.from(value);
  const [start, end] = ends(bytes.length, from, to, offset);
  return bytes.toString('utf8', start, end);
}

function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}

function ends(length: number, from: unknown, to: unknown, offset: number): [number, number] {
  const first = from === undefined ? 0 : indexOf(from, offset);
  const last = to === undefined ? length : indexOf(to, offset);
  const start = Math.max(first < 0 ? length + first : first, 0);
  const end = Math.min(Math.max(last < 0 ? length + last : last, 0), length);
  return [Math.min(start, end), end];
}

/** Whether a list has an element, or a map a key. */
export function contains(needle: unknown, within: unknown, offset: number): boolean {
  if (within === undefined) return false;
  if (Array.isArray(within)) {
    for (const item of within) if (equal(item, needle)) return true;
    return false;
  }
  if (within instanceof Map) return within.has(mapKey(within, needle));
  throw new Fault(`operator "in" not defined on ${typeName(within)}`, offset);
}

/** The integers from one to the other, both included. */
export function range(from: number, to: number): number[] {
  const items: number[] = [];
  for (let value = from; value <= to; value += 1) items.push(value);
  return items;
}
