// Names, members, slices and calls of values: `name`, `a.b`, `a?.b`, `a[b]`, `a[b:c]`, `a.b()`.

import { fetch, isCallable, slice } from './access.ts';
import { callHost, hostValue } from './calls.ts';
import { Fault } from './error.ts';
import type { Term } from './frame.ts';
import { term } from './frame.ts';
import { builtinNames } from './names.ts';
import type { Scopes } from './scope.ts';
import { timeMethods } from './time.ts';
import type { CallNode, MemberNode, Node, SliceNode } from './tree.ts';
import type { Type } from './type.ts';
import { anyType, functionOf, intType, isAssignable, isUnknown, stringType, unknownType } from './type.ts';

/** Marks the end of a chain whose link was missing. */
class Missing {}
const missing = new Missing();

/** What a name means. Throws a `Fault` when it means nothing. */
export function identifier(name: string, offset: number, scopes: Scopes): Term {
  const local = scopes.local(name);
  if (local !== undefined) return term(local.type, offset, (frame) => frame.slots[local.slot]);
  const host = scopes.host.get(name);
  if (host !== undefined) return hostValue(host, offset);
  if (builtinNames.has(name)) throw new Fault(`cannot use builtin ${name} as a value`, offset);
  throw new Fault(`unknown name ${name}`, offset);
}

/** `a.b` and `a[b]`. Throws a `Fault` when the type of `a` has no such member. */
export function member(node: MemberNode, scopes: Scopes, visit: (node: Node) => Term): Term {
  const { object, property, offset } = node;
  if (object.kind === 'identifier' && object.name === '$env' && property.kind === 'literal') {
    return identifier(String(property.value), property.offset, scopes);
  }
  const base = visit(object);
  const key = visit(property);
  const type = memberType(node, base.type, key);
  const { run } = base;
  return term(type, offset, (frame) => {
    const from = run(frame);
    if (from === missing) return missing;
    if (from === undefined && node.optional) return missing;
    return fetch(from, key.run(frame), offset);
  });
}

function memberType(node: MemberNode, base: Type, key: Term): Type {
  const { property, offset } = node;
  const name = property.kind === 'literal' && property.type === 'string' ? String(property.value) : undefined;
  if (isUnknown(base)) return unknownType;
  if (base.kind === 'nil' && name !== undefined) throw new Fault(`type nil has no field ${name}`, offset);
  if (base.kind === 'map') {
    if (isAssignable(key.type, base.key ?? anyType) || isUnknown(key.type)) return base.element ?? unknownType;
    throw new Fault(`cannot use ${key.type.name} to get an element from ${base.name}`, key.offset);
  }
  if (base.kind === 'array') {
    if (key.type.kind === 'int' || isUnknown(key.type)) return base.element ?? unknownType;
    throw new Fault(`array elements can only be selected using an integer (got ${key.type.name})`, key.offset);
  }
  if (base.kind === 'time' && name !== undefined && timeMethods.has(name)) {
    return functionOf([], name === 'String' ? stringType : intType, false);
  }
  if (name === undefined) throw new Fault(`type ${base.name}[${key.type.name}] is undefined`, offset);
  throw new Fault(`type ${base.name} has no ${node.method ? 'method' : 'field'} ${name}`, offset);
}

/** Ends a chain: a link that was missing makes it `nil`. */
export function wholeChain(inner: Term): Term {
  return term(inner.type, inner.offset, (frame) => {
    const value = inner.run(frame);
    return value === missing ? undefined : value;
  });
}

/** `a[b:c]`. Throws a `Fault` for what cannot be cut. */
export function sliced(node: SliceNode, visit: (node: Node) => Term): Term {
  const base = visit(node.object);
  const { kind } = base.type;
  if (!isUnknown(base.type) && kind !== 'string' && kind !== 'array') throw new Fault(`cannot slice ${base.type.name}`, node.offset);
  const [from, to] = [node.from, node.to].map((end) => {
    if (end === undefined) return undefined;
    const index = visit(end);
    if (index.type.kind === 'int' || isUnknown(index.type) || isUnknown(base.type)) return index;
    throw new Fault(`non-integer slice index ${index.type.name}`, index.offset);
  });
  const type = isUnknown(base.type) ? unknownType : base.type;
  return term(type, node.offset, (frame) => slice(base.run(frame), from?.run(frame), to?.run(frame), node.offset));
}

/** A call of a function of the host or of a method. Throws a `Fault` when the parameters do not fit. */
export function call(node: CallNode, scopes: Scopes, visit: (node: Node) => Term): Term {
  const { callee, parameters, offset } = node;
  const host = callee.kind === 'identifier' && scopes.local(callee.name) === undefined ? scopes.host.get(callee.name) : undefined;
  if (callee.kind === 'identifier' && host?.kind === 'function') return callHost(callee.name, host, parameters.map(visit), offset);
  const target = visit(callee);
  const given = parameters.map(visit);
  if (target.type.kind !== 'function' && !isUnknown(target.type)) {
    const name = callee.kind === 'identifier' ? callee.name : 'function';
    if (target.type.kind === 'nil') throw new Fault(`${name} is nil; cannot call nil as function`, offset);
    throw new Fault(`${target.type.name} is not callable`, offset);
  }
  if (target.type.kind === 'function' && target.type.parameters?.length !== given.length) {
    const few = (target.type.parameters?.length ?? 0) > given.length;
    throw new Fault(`${few ? 'not enough' : 'too many'} arguments to call function`, offset);
  }
  return term(target.type.result ?? unknownType, offset, (frame) => {
    const value = target.run(frame);
    if (value === missing) return missing;
    if (!isCallable(value)) throw new Fault('invalid operation: cannot call non-function', offset);
    return value.call(frame.context, ...given.map((one) => one.run(frame)));
  });
}
