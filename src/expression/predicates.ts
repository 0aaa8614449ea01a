// Functions of the language that run an expression for each element of a list: `all`, `map`, `reduce` and their like.

import { add } from './arithmetic.ts';
import { truth } from './binary.ts';
import { descends, sortBy } from './builtins-list.ts';
import { Fault } from './error.ts';
import type { Frame, Run, Term } from './frame.ts';
import { term } from './frame.ts';
import type { Scopes } from './scope.ts';
import type { BuiltinNode, Node } from './tree.ts';
import type { Type } from './type.ts';
import { anyType, arrayOf, arrayType, boolType, intType, isUnknown, unknownType } from './type.ts';
import { mapKey, typeName } from './value.ts';

/** What all of these functions are made of. */
interface Parts {
  readonly name: string;
  readonly offset: number;
  readonly list: Term;
  readonly element: Type;
  readonly body: Term;
  /** Whether the call has no body, so that the elements themselves are tested. */
  readonly bare: boolean;
  /** Runs the body for one element. */
  readonly test: (frame: Frame, item: unknown, index: number) => unknown;
  /** Sets `#acc`. */
  readonly setAcc: (frame: Frame, value: unknown) => void;
  readonly third: Term | undefined;
}

/** Checks the call and makes it runnable; `visit` does so for its parts. Throws a `Fault`. */
export function predicateCall(node: BuiltinNode, scopes: Scopes, visit: (node: Node) => Term): Term {
  const [listNode, predicate, thirdNode] = node.parameters as [Node, Node | undefined, Node | undefined];
  const list = visit(listNode);
  if (list.type.kind !== 'array' && !isUnknown(list.type)) {
    throw new Fault(`builtin ${node.name} takes only array (got ${list.type.name})`, list.offset);
  }
  const element = list.type.element ?? unknownType;
  const names = node.name === 'reduce' ? (['index', 'acc'] as const) : node.name === 'map' ? (['index'] as const) : [];
  return scopes.withPredicate(element, names, (scope) => {
    const { slot } = scope.element;
    const index = scope.named.find((local) => local.name === 'index')?.slot;
    const acc = scope.named.find((local) => local.name === 'acc')?.slot;
    const own: Run = (frame) => frame.slots[slot];
    const bodyNode = predicate?.kind === 'predicate' ? predicate.body : undefined;
    const inner = bodyNode === undefined ? term(element, node.offset, own) : visit(bodyNode);
    if (inner.type.kind === 'nil' && bodyNode !== undefined) {
      throw new Fault('predicate should has one input and one output param', predicate?.offset ?? node.offset);
    }
    const body = { ...inner, offset: predicate?.offset ?? node.offset };
    return assemble({
      name: node.name,
      offset: node.offset,
      list,
      element,
      body,
      bare: bodyNode === undefined,
      test: (frame, item, position) => {
        frame.step(node.offset);
        frame.slots[slot] = item;
        if (index !== undefined) frame.slots[index] = position;
        return inner.run(frame);
      },
      setAcc: (frame, value) => {
        if (acc !== undefined) frame.slots[acc] = value;
      },
      third: thirdNode === undefined ? undefined : visit(thirdNode),
    });
  });
}

function assemble(parts: Parts): Term {
  const make = makers[parts.name];
  if (make === undefined) throw new Fault(`unknown builtin ${parts.name}`, parts.offset);
  const { type, over } = make(parts);
  return term(type, parts.offset, (frame) => {
    const list = parts.list.run(frame);
    if (!Array.isArray(list)) throw new Fault(`cannot iterate over ${typeName(list)}`, parts.offset);
    return over(frame, list);
  });
}

interface Made {
  readonly type: Type;
  readonly over: (frame: Frame, list: readonly unknown[]) => unknown;
}

function needsBool({ body, bare }: Parts): void {
  if (bare || body.type.kind === 'bool' || isUnknown(body.type)) return;
  throw new Fault(`predicate should return boolean (got ${body.type.name})`, body.offset);
}

/** The first index at which the body is `wanted`, or -1; from the end when `backwards`. */
function search(parts: Parts, wanted: boolean, backwards = false): (frame: Frame, list: readonly unknown[]) => number {
  needsBool(parts);
  const found = (frame: Frame, list: readonly unknown[], index: number): boolean =>
    truth(parts.test(frame, list[index], index), parts.body.offset) === wanted;
  if (!backwards) {
    return (frame, list) => {
      for (let index = 0; index < list.length; index += 1) if (found(frame, list, index)) return index;
      return -1;
    };
  }
  return (frame, list) => {
    for (let index = list.length - 1; index >= 0; index -= 1) if (found(frame, list, index)) return index;
    return -1;
  };
}

function tally(parts: Parts): (frame: Frame, list: readonly unknown[]) => number {
  needsBool(parts);
  return (frame, list) => {
    let count = 0;
    for (const [index, item] of list.entries()) if (truth(parts.test(frame, item, index), parts.body.offset)) count += 1;
    return count;
  };
}

function finder(parts: Parts, backwards: boolean): Made {
  const at = search(parts, true, backwards);
  return { type: parts.element, over: (frame, list) => list[at(frame, list)] };
}

function filter(parts: Parts): Made {
  needsBool(parts);
  return {
    type: isUnknown(parts.list.type) ? arrayType : arrayOf(parts.element),
    over: (frame, list) => {
      const kept = list.filter((item, index) => truth(parts.test(frame, item, index), parts.body.offset));
      frame.grow(kept.length, parts.offset);
      return kept;
    },
  };
}

function mapping(parts: Parts): Made {
  return {
    type: arrayOf(parts.body.type),
    over: (frame, list) => {
      frame.grow(list.length, parts.offset);
      return list.map((item, index) => parts.test(frame, item, index));
    },
  };
}

function sum(parts: Parts): Made {
  return {
    type: parts.body.type,
    over: (frame, list) => {
      let total: unknown = 0;
      for (const [index, item] of list.entries()) total = add(parts.test(frame, item, index), total, parts.offset);
      return total;
    },
  };
}

function groupBy(parts: Parts): Made {
  const element = arrayOf(parts.element);
  return {
    type: { kind: 'map', name: 'map[interface {}][]interface {}', key: anyType, element },
    over: (frame, list) => {
      const groups = new Map<unknown, unknown[]>();
      for (const [index, item] of list.entries()) {
        const key = mapKey(groups, parts.test(frame, item, index));
        const group = groups.get(key);
        if (group === undefined) groups.set(key, [item]);
        else group.push(item);
      }
      frame.grow(list.length, parts.offset);
      return groups;
    },
  };
}

function sorted(parts: Parts): Made {
  const order = parts.third;
  if (order !== undefined && order.type.kind !== 'string' && !isUnknown(order.type)) {
    throw new Fault(`sortBy order argument must be a string (got ${order.type.name})`, order.offset);
  }
  return {
    type: parts.list.type,
    over: (frame, list) => {
      const descending = descends(order?.run(frame), parts.offset, 'unknown order, use asc or desc');
      frame.grow(list.length, parts.offset);
      const pairs = list.map((item, index) => ({ item, value: parts.test(frame, item, index) }));
      return sortBy(pairs, (pair) => pair.value, descending, parts.offset).map((pair) => pair.item);
    },
  };
}

function reduce(parts: Parts): Made {
  const { third } = parts;
  return {
    type: parts.body.type,
    over: (frame, list) => {
      if (third === undefined && list.length === 0) {
        throw new Fault('reduce of empty array with no initial value', parts.offset);
      }
      let acc = third === undefined ? list[0] : third.run(frame);
      for (let index = third === undefined ? 1 : 0; index < list.length; index += 1) {
        parts.setAcc(frame, acc);
        acc = parts.test(frame, list[index], index);
      }
      return acc;
    },
  };
}

function quantifier(wanted: boolean, foundIs: boolean): (parts: Parts) => Made {
  return (parts) => {
    const at = search(parts, wanted);
    return { type: boolType, over: (frame, list) => at(frame, list) >= 0 === foundIs };
  };
}

function one(parts: Parts): Made {
  const count = tally(parts);
  return { type: boolType, over: (frame, list) => count(frame, list) === 1 };
}

/** Where an element was found; `nil` where none was. */
function indexFinder(parts: Parts, backwards: boolean): Made {
  const at = search(parts, true, backwards);
  return {
    type: intType,
    over: (frame, list) => {
      const index = at(frame, list);
      return index < 0 ? undefined : index;
    },
  };
}

const makers: Readonly<Record<string, (parts: Parts) => Made>> = {
  all: quantifier(false, false),
  none: quantifier(true, false),
  any: quantifier(true, true),
  one,
  filter,
  map: mapping,
  count: (parts) => ({ type: intType, over: tally(parts) }),
  sum,
  find: (parts) => finder(parts, false),
  findLast: (parts) => finder(parts, true),
  findIndex: (parts) => indexFinder(parts, false),
  findLastIndex: (parts) => indexFinder(parts, true),
  groupBy,
  sortBy: sorted,
  reduce,
};
