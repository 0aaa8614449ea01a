// Turns the tree of an expression into runnable terms, checking types on the way. Each node is visited once, before any query.

import { negate } from './arithmetic.ts';
import { binary, truth } from './binary.ts';
import type { Builtin } from './builtin.ts';
import { listBuiltins } from './builtins-list.ts';
import { numberBuiltins } from './builtins-number.ts';
import { otherBuiltins } from './builtins-other.ts';
import { textBuiltins } from './builtins-text.ts';
import { Fault } from './error.ts';
import type { Run, Term } from './frame.ts';
import { constantTerm, folded, term } from './frame.ts';
import { Float } from './integer.ts';
import { builtinNames, predicateShapes } from './names.ts';
import { call, wholeChain, identifier, member, sliced } from './members.ts';
import { predicateCall } from './predicates.ts';
import type { Scopes } from './scope.ts';
import type { BinaryNode, BuiltinNode, ConditionalNode, LiteralNode, Node, UnaryNode } from './tree.ts';
import type { Type } from './type.ts';
import {
  arrayOf,
  arrayType,
  boolType,
  bytesType,
  floatType,
  intType,
  isAssignable,
  isNumber,
  isUnknown,
  mapType,
  nilType,
  stringType,
  unknownType,
} from './type.ts';

/** Makes the tree runnable. Throws a `Fault` for a name that is unknown or types that do not go together. */
export function translate(root: Node, scopes: Scopes): Term {
  const builtins = new Map<string, Builtin>(
    Object.entries({ ...listBuiltins, ...numberBuiltins, ...textBuiltins, ...otherBuiltins(scopes.clock) }),
  );
  const visit = (node: Node): Term => visitors(node);

  function visitors(node: Node): Term {
    switch (node.kind) {
      case 'literal':
        return literal(node);
      case 'identifier':
        return identifier(node.name, node.offset, scopes);
      case 'unary':
        return unary(node, visit);
      case 'binary':
        return binaryNode(node, visit);
      case 'member':
        return member(node, scopes, visit);
      case 'chain':
        return wholeChain(visit(node.inner));
      case 'slice':
        return sliced(node, visit);
      case 'call':
        return call(node, scopes, visit);
      case 'builtin':
        return builtinCall(node, scopes, builtins, visit);
      case 'conditional':
        return conditional(node, visit);
      case 'array':
        return array(node.items.map(visit), node.offset);
      case 'map':
        return map(
          node.pairs.map(({ key, value }) => [visit(key), visit(value)] as const),
          node.offset,
        );
      case 'pointer': {
        const { slot, type } = scopes.pointer(node.name, node.offset);
        return term(type, node.offset, (frame) => frame.slots[slot]);
      }
      case 'sequence':
        return sequence(node.items.map(visit), node.offset);
      case 'let':
        return declaration(node.name, node, scopes, visit);
      case 'predicate':
        throw new Fault('predicate outside of a function that takes one', node.offset);
    }
  }
  return visit(root);
}

function literal(node: LiteralNode): Term {
  const { value, offset } = node;
  switch (node.type) {
    case 'nil':
      return constantTerm(nilType, undefined, offset);
    case 'bool':
      return constantTerm(boolType, value, offset);
    case 'int':
      return constantTerm(intType, value, offset);
    case 'float':
      return constantTerm(floatType, new Float(Number(value)), offset);
    case 'bytes':
      return constantTerm(bytesType, [...Buffer.from(String(value), 'latin1')], offset);
    default:
      return constantTerm(stringType, value, offset);
  }
}

function unary({ operator, operand, offset }: UnaryNode, visit: (node: Node) => Term): Term {
  const inner = visit(operand);
  const { type, run } = inner;
  if (operator === '!' || operator === 'not') {
    if (type.kind === 'bool')
      return folded(
        term(boolType, offset, (frame) => run(frame) !== true),
        inner,
      );
    if (isUnknown(type)) return term(boolType, offset, (frame) => !truth(run(frame), offset));
  } else if (isNumber(type) || isUnknown(type)) {
    const result = isNumber(type) ? type : unknownType;
    const compute: Run = operator === '-' ? (frame) => negate(run(frame), offset) : run;
    return folded(term(result, offset, compute), inner);
  }
  throw new Fault(`invalid operation: ${operator} (mismatched type ${type.name})`, offset);
}

function binaryNode(node: BinaryNode, visit: (node: Node) => Term): Term {
  const left = visit(node.left);
  const right = visit(node.right);
  const { operator, offset } = node;
  const made = binary(operator, left, right, offset);
  const within = node.right.kind === 'binary' && node.right.operator === '..' ? node.right : undefined;
  if (operator === 'in' && left.type.kind === 'int' && within?.left.kind === 'literal' && within.right.kind === 'literal') {
    const from = within.left.value as number;
    const to = within.right.value as number;
    return term(boolType, offset, (frame) => {
      const value = left.run(frame) as number;
      return value >= from && value <= to;
    });
  }
  return operator === '..' ? made : folded(made, left, right);
}

function builtinCall(node: BuiltinNode, scopes: Scopes, builtins: ReadonlyMap<string, Builtin>, visit: (node: Node) => Term): Term {
  if (predicateShapes.has(node.name)) return predicateCall(node, scopes, visit);
  const builtin = builtins.get(node.name);
  if (builtin === undefined) throw new Fault(`builtin ${node.name} is not supported`, node.offset);
  const parameters = node.parameters.map(visit);
  const type = builtin.check(node.name, parameters, node.offset);
  const { run } = builtin;
  return term(type, node.offset, (frame) => {
    const values: unknown[] = [];
    for (const parameter of parameters) values.push(parameter.run(frame));
    return run(values, node.offset, frame);
  });
}

function conditional(node: ConditionalNode, visit: (node: Node) => Term): Term {
  const condition = visit(node.condition);
  if (condition.type.kind !== 'bool' && !isUnknown(condition.type)) {
    throw new Fault(`non-bool expression (type ${condition.type.name}) used as condition`, condition.offset);
  }
  const yes = visit(node.yes);
  const no = visit(node.no);
  const type = conditionalType(yes.type, no.type);
  return term(type, node.offset, (frame) => (truth(condition.run(frame), condition.offset) ? yes.run(frame) : no.run(frame)));
}

function conditionalType(yes: Type, no: Type): Type {
  if (yes.kind === 'nil') return no;
  if (no.kind === 'nil') return yes;
  if (!isAssignable(yes, no)) return unknownType;
  const same = yes.kind !== 'array' || (yes.element?.kind === no.element?.kind && yes.element?.name === no.element?.name);
  return same ? yes : arrayType;
}

function array(items: readonly Term[], offset: number): Term {
  const first = items[0]?.type ?? unknownType;
  const same = items.every((item) => item.type.kind === first.kind);
  const type = same ? arrayOf(items.at(-1)?.type ?? unknownType) : arrayType;
  const made = term(type, offset, (frame) => {
    if (frame !== undefined) frame.grow(items.length, offset);
    return items.map((item) => item.run(frame));
  });
  return items.length > 0 ? folded(made, ...items) : made;
}

function map(pairs: readonly (readonly [Term, Term])[], offset: number): Term {
  return term(mapType, offset, (frame) => {
    frame.grow(pairs.length, offset);
    const result = new Map<unknown, unknown>();
    for (const [key, value] of pairs) {
      const name = key.run(frame);
      if (typeof name !== 'string') throw new Fault('a map key must be a string', key.offset);
      result.set(name, value.run(frame));
    }
    return result;
  });
}

function sequence(items: readonly Term[], offset: number): Term {
  const last = items.at(-1) as Term;
  return term(last.type, offset, (frame) => {
    let value: unknown;
    for (const item of items) value = item.run(frame);
    return value;
  });
}

function declaration(name: string, node: { value: Node; body: Node; offset: number }, scopes: Scopes, visit: (node: Node) => Term): Term {
  if (scopes.host.has(name)) throw new Fault(`cannot redeclare ${name}`, node.offset);
  if (builtinNames.has(name)) throw new Fault(`cannot redeclare builtin ${name}`, node.offset);
  if (scopes.local(name) !== undefined) throw new Fault(`cannot redeclare variable ${name}`, node.offset);
  const value = visit(node.value);
  return scopes.withLocal(name, value.type, (local) => {
    const body = visit(node.body);
    return term(body.type, node.offset, (frame) => {
      frame.slots[local.slot] = value.run(frame);
      return body.run(frame);
    });
  });
}
