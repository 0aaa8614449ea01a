// Makes pipelines runnable: operands, fields, calls of functions and methods.

import { quoted } from '../wording/quote.ts';
import { Fault } from './error.ts';
import { field, type Given } from './field.ts';
import type { TemplateFunction } from './functions.ts';
import type { Run } from './run.ts';
import { type CommandNode, type Operand, type PipeNode, printNode, type VariableNode } from './tree.ts';
import { isTrue, kindOf, typeName } from './value.ts';

/** Computes a value; `dot` is what `.` stands for. */
export type Evaluate = (run: Run, dot: unknown) => unknown;

/** Computes the value of a command that is given the result of the command before, if there is one. */
type Command = (run: Run, dot: unknown, final: readonly unknown[]) => unknown;

const NOTHING: readonly unknown[] = [];

/** Makes a pipeline runnable. It sets the variables it declares. */
export function pipeline(pipe: PipeNode, functions: ReadonlyMap<string, TemplateFunction>): Evaluate {
  const commands = pipe.commands.map((node) => command(node, functions));
  const [only] = commands;
  if (only !== undefined && commands.length === 1 && pipe.variables.length === 0) return (run, dot) => only(run, dot, NOTHING);
  const assign = pipe.variables.map(setter);
  return (run, dot) => {
    let final = NOTHING;
    for (const one of commands) final = [one(run, dot, final)];
    for (const set of assign) set(run, final[0]);
    return final[0];
  };
}

/** Sets a variable. */
export function setter(variable: VariableNode): (run: Run, value: unknown) => void {
  const { slot } = variable;
  if (slot === undefined) return () => fail(variable, `undefined variable: ${variable.name}`);
  return (run, value) => {
    run.slots[slot] = value;
  };
}

function fail(node: Operand | CommandNode, reason: string): never {
  throw new Fault(reason, node.offset, printNode(node));
}

function command(node: CommandNode, functions: ReadonlyMap<string, TemplateFunction>): Command {
  const [first, ...rest] = node.operands as [Operand, ...Operand[]];
  const given = rest.map((operand) => argument(operand, functions));
  switch (first.kind) {
    case 'field':
      return chained((_run, dot) => dot, first, first.names, given);
    case 'chain':
      if (first.inner.kind === 'nil') return () => fail(first, `indirection through explicit nil in ${printNode(first)}`);
      return chained(argument(first.inner, functions), first, first.names, given);
    case 'variable':
      if (first.names.length > 0) return chained(variable(first), first, first.names, given);
      break;
    case 'identifier':
      return called(first.name, first, node, given, functions);
    case 'nil':
      return () => fail(first, 'nil is not a command');
    default:
  }
  const value = argument(first, functions);
  return (run, dot, final) => {
    if (given.length > 0 || final.length > 0) fail(first, `can't give argument to non-function ${printNode(first)}`);
    return value(run, dot);
  };
}

/** An operand on its own: one that is given nothing. */
function argument(operand: Operand, functions: ReadonlyMap<string, TemplateFunction>): Evaluate {
  switch (operand.kind) {
    case 'bool':
    case 'string':
    case 'number': {
      const { value } = operand;
      return () => value;
    }
    case 'dot':
      return (_run, dot) => dot;
    case 'nil':
      return () => undefined;
    case 'pipe':
      return pipeline(operand, functions);
    case 'variable':
      if (operand.names.length === 0) return variable(operand);
      break;
    default:
  }
  const run = command({ kind: 'command', offset: operand.offset, operands: [operand] }, functions);
  return (state, dot) => run(state, dot, NOTHING);
}

function variable(node: VariableNode): Evaluate {
  const { slot } = node;
  if (slot === undefined) return () => fail(node, `undefined variable: ${node.name}`);
  return (run) => run.slots[slot];
}

/** `.a.b.c`, the last of which may be a method that is given something. */
function chained(start: Evaluate, node: Operand, names: readonly string[], given: readonly Evaluate[]): Command {
  const last = names.length - 1;
  const context = printNode(node);
  const raise = (reason: string): never => {
    throw new Fault(reason, node.offset, context);
  };
  return (run, dot, final) => {
    let value = start(run, dot);
    for (let index = 0; index < last; index += 1) value = field(value, names[index] ?? '', undefined, raise);
    const arguments_: Given | undefined =
      given.length + final.length === 0
        ? undefined
        : { count: given.length + final.length, values: () => [...given.map((one) => one(run, dot)), ...final] };
    return field(value, names[last] ?? '', arguments_, raise);
  };
}

function called(
  name: string,
  first: Operand,
  node: CommandNode,
  given: readonly Evaluate[],
  functions: ReadonlyMap<string, TemplateFunction>,
): Command {
  const found = functions.get(name);
  if (found === undefined) return () => fail(first, `${quoted(name)} is not a defined function`);
  const { minimum, maximum, parameters, call } = found;
  const context = printNode(node);
  const calls = special(name, node, functions) ?? ((values: readonly unknown[]) => call(...(values as never[])));
  const lazy = (name === 'and' || name === 'or') && maximum === undefined;
  return (run, dot, final) => {
    const count = given.length + final.length;
    if (count < minimum && maximum === undefined)
      fail(first, `wrong number of args for ${name}: want at least ${minimum} got ${given.length}`);
    if (maximum !== undefined && (count < minimum || count > maximum))
      fail(first, `wrong number of args for ${name}: want ${maximum} got ${count}`);
    if (lazy) return decided(name === 'or', run, dot, given, final);
    const values = given.map((one) => one(run, dot));
    values.push(...final);
    if (parameters !== undefined) checkKinds(values, parameters, node);
    try {
      const result = calls(values);
      if (typeof result === 'string') run.make(result.length, node.offset, context);
      return result;
    } catch (error) {
      if (error instanceof Fault) throw error;
      throw new Fault(`error calling ${name}: ${error instanceof Error ? error.message : String(error)}`, node.offset, context);
    }
  };
}

function checkKinds(values: readonly unknown[], parameters: readonly string[], node: CommandNode): void {
  for (const [index, wanted] of parameters.entries()) {
    const kind = kindOf(values[index]);
    if (index >= values.length || wanted === 'any' || kind === wanted) continue;
    const type = wanted === 'float' ? 'float64' : wanted;
    const operand = node.operands[index + 1] ?? node;
    if (kind === 'invalid') fail(operand, `invalid value; expected ${type}`);
    fail(operand, `wrong type for value; expected ${type}; got ${typeName(values[index])}`);
  }
}

/** `and` and `or`: the first value that decides, or the last. */
function decided(wanted: boolean, run: Run, dot: unknown, given: readonly Evaluate[], final: readonly unknown[]): unknown {
  let value: unknown;
  for (const one of given) {
    value = one(run, dot);
    if (isTrue(value) === wanted) return value;
  }
  return final.length > 0 ? final[0] : value;
}

/** `call`: the function is the first value. */
function special(
  name: string,
  node: CommandNode,
  functions: ReadonlyMap<string, TemplateFunction>,
): ((values: readonly unknown[]) => unknown) | undefined {
  if (name !== 'call' || functions.get(name)?.minimum !== 1) return undefined;
  const callee = node.operands[1] === undefined ? 'value' : printNode(node.operands[1]);
  return ([target, ...values]) => {
    if (kindOf(target) === 'invalid') throw new Error('call of nil');
    if (typeof target !== 'function') throw new Error(`non-function ${callee} of type ${typeName(target)}`);
    if (target.length !== values.length) throw new Error(`wrong number of args for ${callee}: got ${values.length} want ${target.length}`);
    return target(...values);
  };
}
