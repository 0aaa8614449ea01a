// Functions of the language on lists and maps: length, parts, order, conversion between the two.

import { get, indexOf } from './access.ts';
import type { Builtin, Check } from './builtin.ts';
import { kinds, overloads, wrongCount } from './builtin.ts';
import { Fault } from './error.ts';
import { isInteger } from './integer.ts';
import { textOf } from './text-operators.ts';
import type { Type } from './type.ts';
import {
  intsType,
  anyMapType,
  anyType,
  arrayType,
  intType,
  isAssignable,
  isUnknown,
  stringsType,
  stringType,
  unknownType,
} from './type.ts';
import { compare, equal, mapKey, printValue, typeName } from './value.ts';

function listOf(value: unknown, verb: string, offset: number): unknown[] {
  if (Array.isArray(value)) return value;
  throw new Fault(`cannot ${verb} ${typeName(value)}`, offset);
}

function mapOf(value: unknown, verb: string, offset: number): Map<unknown, unknown> {
  if (value instanceof Map) return value;
  throw new Fault(`cannot ${verb} ${typeName(value)}`, offset);
}

const length: Builtin = {
  check: kinds(['array', 'map', 'string'], () => intType),
  run: ([value], offset) => {
    if (typeof value === 'string') return [...value].length;
    if (Array.isArray(value)) return value.length;
    if (value instanceof Map) return value.size;
    throw new Fault(`invalid argument for len (type ${typeName(value)})`, offset);
  },
};

/** What Go's reflection knows of the elements: texts of a list of texts, else anything. */
function elementOf(type: Type): Type {
  return type.kind === 'array' && type.name !== arrayType.name ? (type.element ?? anyType) : anyType;
}

/** A function from a list to a list of anything. */
function listed(verb: string, compute: (list: unknown[], offset: number) => unknown[]): Builtin {
  return {
    check: kinds(['array'], () => arrayType, `cannot ${verb} TYPE`),
    run: ([value], offset, frame) => {
      const result = compute(listOf(value, verb, offset), offset);
      frame.grow(result.length, offset);
      return result;
    },
  };
}

/** A function from a map to a list of anything. */
function mapped(verb: string, compute: (map: Map<unknown, unknown>) => unknown[]): Builtin {
  return {
    check: kinds(['map'], () => arrayType, `cannot ${verb.replace('%', 'TYPE')}`),
    run: ([value], offset) => compute(mapOf(value, verb.replace(' %', ''), offset)),
  };
}

function unique(list: unknown[], offset: number): unknown[] {
  const simple = new Set(list.filter((item) => typeof item === 'string' || isInteger(item)));
  if (simple.size > 0 && list.every((item) => simple.has(item as string))) return [...simple];
  if (list.length > 3_000) throw new Fault('memory budget exceeded', offset);
  return list.filter((item, index) => list.findIndex((other) => equal(other, item)) === index);
}

function flatten(list: unknown[]): unknown[] {
  return list.flat(Number.POSITIVE_INFINITY);
}

const concat: Builtin = {
  check: (_name, parameters, offset) => {
    if (parameters.length === 0) throw new Fault('invalid number of arguments (expected at least 1, got 0)', offset);
    for (const { type } of parameters) {
      if (!isUnknown(type) && type.kind !== 'array') throw new Fault(`cannot concat ${type.name}`, offset);
    }
    return arrayType;
  },
  run: (lists, offset, frame) => {
    const result = lists.flatMap((list) => listOf(list, 'concat', offset));
    frame.grow(result.length, offset);
    return result;
  },
};

const sort: Builtin = {
  check: overloads(
    [[arrayType, stringType], arrayType],
    [[stringsType, stringType], arrayType],
    [[arrayType], arrayType],
    [[stringsType], arrayType],
    [[intsType], arrayType],
  ),
  run: ([list, order], offset, frame) => {
    const items: unknown[] = Array.isArray(list) ? [...list] : [];
    frame.grow(items.length, offset);
    return sortBy(items, (item) => item, descends(order, offset), offset);
  },
};

/** Whether an order is `desc`. Throws a `Fault` for an order that is neither that nor `asc`. */
export function descends(order: unknown, offset: number, refusal?: string): boolean {
  if (order === undefined || order === 'asc') return false;
  if (order === 'desc') return true;
  throw new Fault(refusal ?? `invalid order ${textOf(order, offset)}, expected asc or desc`, offset);
}

/** Sorts by what `value` gives of each item. Throws a `Fault` when two have no order. */
export function sortBy<T>(items: T[], value: (item: T) => unknown, descending: boolean, offset: number): T[] {
  return items.sort((a, b) => {
    const x = value(a);
    const y = value(b);
    const difference = compare(x, y);
    if (difference === undefined) throw new Fault(`invalid operation: ${typeName(x)} < ${typeName(y)}`, offset);
    return descending ? -difference : difference;
  });
}

const checkTake: Check = (_name, parameters, offset) => {
  const [list, count] = parameters;
  if (list === undefined || count === undefined || parameters.length !== 2) wrongCount(2, parameters.length, offset);
  if (!isUnknown(list.type) && list.type.kind !== 'array') throw new Fault(`cannot take from ${list.type.name}`, offset);
  if (!isUnknown(count.type) && count.type.kind !== 'int') throw new Fault(`cannot take ${count.type.name} elements`, offset);
  return isUnknown(list.type) ? anyType : list.type;
};

const take: Builtin = {
  check: checkTake,
  run: ([list, count], offset) => {
    const number = indexOf(count, offset);
    if (number < 0) throw new Fault('reflect.Value.Slice: slice index out of bounds', offset);
    return listOf(list, 'take from', offset).slice(0, number);
  },
};

const checkGet: Check = (_name, parameters, offset) => {
  const [from, key] = parameters;
  if (from === undefined || key === undefined || parameters.length !== 2) wrongCount(2, parameters.length, offset);
  const type = from.type;
  if (isUnknown(type)) return unknownType;
  if (type.kind === 'array') {
    if (key.type.kind === 'int' || isUnknown(key.type)) return type.element ?? unknownType;
    throw new Fault(`non-integer slice index ${key.type.name}`, key.offset);
  }
  if (type.kind === 'map') {
    if (isAssignable(key.type, type.key ?? anyType) || isUnknown(key.type)) return type.element ?? unknownType;
    throw new Fault(`cannot use ${key.type.name} to get an element from ${type.name}`, key.offset);
  }
  throw new Fault(`type ${type.name} does not support indexing`, from.offset);
};

const fromPairs: Builtin = {
  check: kinds(['array'], () => anyMapType, 'cannot transform TYPE from pairs'),
  run: ([list], offset) => {
    const map = new Map<unknown, unknown>();
    for (const pair of listOf(list, 'transform from pairs', offset)) {
      if (!Array.isArray(pair)) throw new Fault(`invalid pair ${printValue(pair)}`, offset);
      if (pair.length !== 2) throw new Fault(`invalid pair length ${printValue(pair)}`, offset);
      map.set(mapKey(map, pair[0]), pair[1]);
    }
    return map;
  },
};

/** The functions, by name. */
export const listBuiltins: Readonly<Record<string, Builtin>> = {
  len: length,
  first: { check: kinds(['array'], elementOf, 'cannot get first element from TYPE'), run: ([list], offset) => get(list, 0, offset) },
  last: { check: kinds(['array'], elementOf, 'cannot get last element from TYPE'), run: ([list], offset) => get(list, -1, offset) },
  get: { check: checkGet, run: ([from, key], offset) => get(from, key, offset) },
  take,
  keys: mapped('get keys from %', (map) => [...map.keys()]),
  values: mapped('get values from %', (map) => [...map.values()]),
  toPairs: mapped('transform % to pairs', (map) => [...map].map(([key, value]) => [key, value])),
  fromPairs,
  reverse: listed('reverse', (list) => list.toReversed()),
  uniq: listed('uniq', unique),
  flatten: listed('flatten', flatten),
  concat,
  sort,
};
