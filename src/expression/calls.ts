// Names of the host in an expression: calls of its functions, values of its variables.

import type { Callable } from './access.ts';
import { misfit } from './builtin.ts';
import { Fault } from './error.ts';
import type { Run, Term } from './frame.ts';
import { term } from './frame.ts';
import { Float, isInteger } from './integer.ts';
import type { HostFunction, HostName } from './scope.ts';
import type { Type } from './type.ts';
import { unknownType } from './type.ts';

/** The value that a name of the host has when it is not called. */
export function hostValue(host: HostName, offset: number): Term {
  if (host.kind === 'function') {
    const value: Callable = { call: (context, ...parameters) => host.call(context, ...(parameters as never[])) };
    return term(host.type, offset, () => value);
  }
  return term(host.type, offset, (frame) => received(host.value(frame.context), host.type));
}

/** A call of a function of the host. Throws a `Fault` when the parameters do not fit; what it throws itself gets its place. */
export function callHost(name: string, host: HostFunction, parameters: readonly Term[], offset: number): Term {
  const wanted = host.type.parameters ?? [];
  const fault = misfit(name, wanted, parameters, offset);
  if (fault !== undefined) throw fault;
  const result = host.type.result ?? unknownType;
  const runs = parameters.map((parameter, index) => handed(parameter, wanted[index]));
  return term(result, offset, caller(host.call as HostCall, runs, result, offset));
}

type HostCall = (context: unknown, ...parameters: unknown[]) => unknown;

function caller(call: HostCall, runs: readonly Run[], result: Type, offset: number): Run {
  const [first, second] = runs;
  if (first === undefined) return (frame) => guarded(call, [frame.context], result, offset);
  if (second === undefined) return (frame) => guarded(call, [frame.context, first(frame)], result, offset);
  return (frame) => guarded(call, [frame.context, ...runs.map((run) => run(frame))], result, offset);
}

function guarded(call: HostCall, parameters: [unknown, ...unknown[]], result: Type, offset: number): unknown {
  try {
    return received(call(...parameters), result);
  } catch (error) {
    throw new Fault(error instanceof Error ? error.message : String(error), offset);
  }
}

/** What the host gave, as values are here: its floats marked, its `null` as `nil`. */
function received(value: unknown, type: Type): unknown {
  if (value === null) return undefined;
  if (typeof value === 'number' && (type.kind === 'float' || !Number.isInteger(value))) return new Float(value);
  return value;
}

/** A parameter as the function takes it: an integer literal where a float is asked for becomes one. */
function handed(parameter: Term, wanted: Type | undefined): Run {
  const { run } = parameter;
  if (wanted === undefined || wanted.kind === 'unknown' || wanted.kind === parameter.type.kind) return run;
  return (frame) => {
    const value = run(frame);
    if (wanted.kind === 'float' && isInteger(value)) return new Float(Number(value));
    if (fitsAtRun(value, wanted)) return value;
    throw new Fault(`cannot use value as argument (type ${wanted.name})`, parameter.offset);
  };
}

function fitsAtRun(value: unknown, wanted: Type): boolean {
  if (wanted.kind === 'string') return typeof value === 'string';
  if (wanted.kind === 'bool') return typeof value === 'boolean';
  if (wanted.kind === 'int') return isInteger(value);
  if (wanted.kind === 'float') return value instanceof Float;
  return true;
}
