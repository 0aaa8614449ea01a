// `.Name` of a value: an entry of a map, a property of an object, or the result of a method that is called.

import { Fault } from './error.ts';
import { kindOf, typeName } from './value.ts';

/** What a method is given. */
export interface Given {
  readonly count: number;
  /** Computes it; asked once, when there is a method to call. */
  readonly values: () => readonly unknown[];
}

/**
 * The field `name` of `receiver`. Of nil it is nil, and so is a missing entry of a map. `raise` is told what goes wrong: a field that
 * is not there, or something given to what is no method.
 */
export function field(receiver: unknown, name: string, given: Given | undefined, raise: (reason: string) => never): unknown {
  if (receiver === undefined || receiver === null) return undefined;
  if (receiver instanceof Map) {
    if (given !== undefined) raise(`${name} is not a method but has arguments`);
    return receiver.get(name);
  }
  if (kindOf(receiver) !== 'struct' || !hasMember(receiver as object, name)) {
    return raise(`can't evaluate field ${name} in type ${typeName(receiver)}`);
  }
  const value = (receiver as Readonly<Record<string, unknown>>)[name];
  if (typeof value === 'function') return method(value, receiver, name, given, raise);
  if (given !== undefined) raise(`${name} has arguments but cannot be invoked as function`);
  return value;
}

function method(call: unknown, receiver: unknown, name: string, given: Given | undefined, raise: (reason: string) => never): unknown {
  const run = call as (...values: readonly unknown[]) => unknown;
  const count = given?.count ?? 0;
  if (run.length !== count) raise(`wrong number of args for ${name}: want ${run.length} got ${count}`);
  const values = given?.values() ?? [];
  try {
    return run.apply(receiver, values as unknown[]);
  } catch (error) {
    if (error instanceof Fault) throw error;
    return raise(`error calling ${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Whether the object or its class has the member. What every JavaScript object has does not count. */
function hasMember(object: object, name: string): boolean {
  if (name === 'constructor' || name.startsWith('__')) return false;
  for (let holder: object | null = object; holder !== null && holder !== Object.prototype; holder = Object.getPrototypeOf(holder)) {
    if (Object.hasOwn(holder, name)) return true;
  }
  return false;
}
