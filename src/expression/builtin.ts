// The form of a function of the language: how its parameters are checked, and how it runs. Checks common to several are here.

import { Fault } from './error.ts';
import type { Frame, Term } from './frame.ts';
import type { Kind, Type } from './type.ts';
import { isAssignable, isUnknown } from './type.ts';

/** Gives the type of the result. Throws a `Fault`, at `offset` or at a parameter, when the parameters do not fit. */
export type Check = (name: string, parameters: readonly Term[], offset: number) => Type;

/** What a function of the language is. */
export interface Builtin {
  readonly check: Check;
  /** Computes the result. Throws a `Fault` at `offset`. */
  readonly run: (parameters: readonly unknown[], offset: number, frame: Frame) => unknown;
}

/** One way to call a function: what it takes, what it gives. */
export type Overload = readonly [parameters: readonly Type[], result: Type];

/** Checks parameters against one list of types. Gives the fault, or nothing when they fit. */
export function misfit(name: string, wanted: readonly Type[], given: readonly Term[], offset: number): Fault | undefined {
  if (given.length > wanted.length) return new Fault(`too many arguments to call ${name}`, offset);
  if (given.length < wanted.length) return new Fault(`not enough arguments to call ${name}`, offset);
  for (const [index, type] of wanted.entries()) {
    const parameter = given[index];
    if (parameter === undefined || fits(parameter.type, type)) continue;
    if (parameter.type.kind === 'nil') {
      return new Fault(`cannot use nil as argument (type ${type.name}) to call ${name}`, parameter.offset);
    }
    return new Fault(`cannot use ${parameter.type.name} as argument (type ${type.name}) to call ${name} `, parameter.offset);
  }
  return undefined;
}

function fits(given: Type, wanted: Type): boolean {
  if (given.kind === 'nil') return isUnknown(wanted);
  if (given.kind === 'int' && (wanted.kind === 'int' || wanted.kind === 'float')) return true;
  return isUnknown(given) || isAssignable(given, wanted);
}

/** A check against several ways to call. The first that fits gives the type; the last says what is wrong. */
export function overloads(...ways: readonly Overload[]): Check {
  return (name, parameters, offset) => {
    let fault: Fault | undefined;
    for (const [wanted, result] of ways) {
      fault = misfit(name, wanted, parameters, offset);
      if (fault === undefined) return result;
    }
    throw fault ?? new Fault(`no matching overload for ${name}`, offset);
  };
}

/** A check of the number of parameters, then of the first one's kind; `result` gives the type, `what` words the refusal. */
export function kinds(allowed: readonly Kind[], result: (type: Type) => Type, what = 'invalid argument for NAME (type TYPE)'): Check {
  return (name, parameters, offset) => {
    const [parameter] = parameters;
    if (parameter === undefined || parameters.length !== 1) wrongCount(1, parameters.length, offset);
    const type = parameter.type;
    if (type.kind === 'unknown' || allowed.includes(type.kind)) return result(type);
    throw new Fault(
      what.replace('NAME', name).replace('TYPE', () => type.name),
      offset,
    );
  };
}

/** Refuses the number of parameters. */
export function wrongCount(expected: number, got: number, offset: number): never {
  throw new Fault(`invalid number of arguments (expected ${expected}, got ${got})`, offset);
}
