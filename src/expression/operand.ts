// Parses what operators stand between: literals, names, calls, lists, maps, and what may follow them (`.b`, `[c]`, `[d:e]`).

import type { Cursor } from './cursor.ts';
import { parseList, parseMap, parseNumber } from './literal.ts';
import { builtinNames, predicateShapes } from './names.ts';
import { unaryPrecedence } from './operators.ts';
import type { Token } from './token.ts';
import type { Node } from './tree.ts';

/** What the parser of operands needs of the parser of expressions. */
export interface OperandParser {
  readonly cursor: Cursor;
  /** Names that the host gives a meaning. They hide functions of the language. */
  readonly hostNames: ReadonlySet<string>;
  /** How many predicates this place lies in. */
  predicates: number;
  expression(precedence: number): Node;
  sequence(): Node;
}

/** One operand with all that follows it. Throws a `Fault`. */
export function parseOperand(parser: OperandParser): Node {
  const cursor = parser.cursor;
  const token = cursor.current;
  if (token.kind === 'Operator') {
    const binds = unaryPrecedence[token.value];
    if (binds !== undefined) {
      cursor.advance();
      const operand = parser.expression(binds);
      return parsePostfix(parser, cursor.node({ kind: 'unary', operator: token.value, operand, offset: token.offset }, operand));
    }
    if (parser.predicates > 0 && (token.value === '#' || token.value === '.')) return parsePostfix(parser, parsePointer(cursor));
    if (token.value === '::') {
      cursor.advance();
      const name = cursor.current;
      cursor.expect('Identifier');
      return parsePostfix(parser, parseCall(parser, name, [], false));
    }
  }
  if (cursor.is('Bracket', '(')) {
    cursor.advance();
    const inner = parser.sequence();
    cursor.expect('Bracket', ')');
    return parsePostfix(parser, inner);
  }
  return parsePrimary(parser, token);
}

function parsePointer(cursor: Cursor): Node {
  const token = cursor.current;
  let name = '';
  if (token.value === '#') {
    cursor.advance();
    if (cursor.is('Identifier')) {
      name = cursor.current.value;
      cursor.advance();
    }
  }
  return cursor.node({ kind: 'pointer', name, offset: token.offset });
}

function parsePrimary(parser: OperandParser, token: Token): Node {
  const cursor = parser.cursor;
  const offset = token.offset;
  switch (token.kind) {
    case 'Identifier':
      return parseName(parser, token);
    case 'Number':
      cursor.advance();
      return parseNumber(cursor, token);
    case 'String':
      cursor.advance();
      return parsePostfix(parser, cursor.node({ kind: 'literal', type: 'string', value: token.value, offset }));
    case 'Bytes':
      cursor.advance();
      return parsePostfix(parser, cursor.node({ kind: 'literal', type: 'bytes', value: token.value, offset }));
    default:
      if (cursor.is('Bracket', '[')) return parsePostfix(parser, parseList(parser, token));
      if (cursor.is('Bracket', '{')) return parsePostfix(parser, parseMap(parser, token));
      return cursor.unexpected();
  }
}

function parseName(parser: OperandParser, token: Token): Node {
  const cursor = parser.cursor;
  const offset = token.offset;
  cursor.advance();
  if (token.value === 'true') return cursor.node({ kind: 'literal', type: 'bool', value: true, offset });
  if (token.value === 'false') return cursor.node({ kind: 'literal', type: 'bool', value: false, offset });
  if (token.value === 'nil') return cursor.node({ kind: 'literal', type: 'nil', value: undefined, offset });
  if (cursor.is('Bracket', '(')) return parsePostfix(parser, parseCall(parser, token, [], true));
  return parsePostfix(parser, cursor.node({ kind: 'identifier', name: token.value, offset }));
}

/** A call of `name`, the current token being its bracket. `given` is what a pipe brings; `::` makes `overridable` false. */
export function parseCall(parser: OperandParser, name: Token, given: readonly Node[], overridable: boolean): Node {
  const cursor = parser.cursor;
  const offset = name.offset;
  const overridden = overridable && parser.hostNames.has(name.value);
  const shape = predicateShapes.get(name.value);
  if (shape !== undefined && !overridden) {
    const parameters = parsePredicateCall(parser, shape, given);
    return cursor.node({ kind: 'builtin', name: name.value, parameters, offset }, ...parameters);
  }
  const parameters = parseParameters(parser, given);
  if (builtinNames.has(name.value) && !overridden) {
    return cursor.node({ kind: 'builtin', name: name.value, parameters, offset }, ...parameters);
  }
  const callee = cursor.node({ kind: 'identifier', name: name.value, offset });
  return cursor.node({ kind: 'call', callee, parameters, offset }, callee, ...parameters);
}

function parseParameters(parser: OperandParser, given: readonly Node[]): Node[] {
  const cursor = parser.cursor;
  const parameters = [...given];
  cursor.expect('Bracket', '(');
  while (!cursor.is('Bracket', ')')) {
    if (parameters.length > given.length) cursor.expect('Operator', ',');
    if (cursor.is('Bracket', ')')) break;
    parameters.push(parser.expression(0));
  }
  cursor.expect('Bracket', ')');
  return parameters;
}

function parsePredicateCall(parser: OperandParser, shape: readonly string[], given: readonly Node[]): Node[] {
  const cursor = parser.cursor;
  const parameters = [...given];
  cursor.expect('Bracket', '(');
  const wanted = shape.slice(given.length);
  for (const [index, part] of wanted.entries()) {
    if (cursor.is('Bracket', ')')) {
      if (part.endsWith('?')) break;
      cursor.fail(`expected at least ${wanted.length} arguments`);
    }
    if (index > 0) cursor.expect('Operator', ',');
    parameters.push(part.startsWith('predicate') ? parsePredicate(parser) : parser.expression(0));
  }
  if (cursor.is('Operator', ',')) cursor.advance();
  cursor.expect('Bracket', ')');
  return parameters;
}

function parsePredicate(parser: OperandParser): Node {
  const cursor = parser.cursor;
  const offset = cursor.current.offset;
  const braces = cursor.is('Bracket', '{');
  if (braces) cursor.advance();
  parser.predicates += 1;
  const body = braces ? parser.sequence() : parser.expression(0);
  if (!braces && cursor.is('Operator', ';')) cursor.fail('wrap predicate with brackets { and }');
  parser.predicates -= 1;
  if (braces) cursor.expect('Bracket', '}');
  return cursor.node({ kind: 'predicate', body, offset }, body);
}

function parsePostfix(parser: OperandParser, start: Node): Node {
  const cursor = parser.cursor;
  let node = start;
  for (;;) {
    const optional = cursor.is('Operator', '?.');
    if (optional || cursor.is('Operator', '.')) {
      cursor.advance();
      node = optional && cursor.is('Bracket', '[') ? parseIndex(parser, node, true) : parseField(parser, node, optional);
    } else if (cursor.is('Bracket', '[')) {
      node = parseIndex(parser, node, false);
    } else {
      return node;
    }
  }
}

function parseField(parser: OperandParser, before: Node, optional: boolean): Node {
  const cursor = parser.cursor;
  const { kind, value, offset } = cursor.current;
  cursor.advance();
  if (kind !== 'Identifier' && !(kind === 'Operator' && /^\p{L}/u.test(value))) cursor.fail('expected name');
  const property = cursor.node({ kind: 'literal', type: 'string', value, offset });
  const chained = before.kind === 'chain';
  const object = before.kind === 'chain' ? before.inner : before;
  const method = cursor.is('Bracket', '(');
  let node = cursor.node({ kind: 'member', object, property, optional, method, offset }, object, property);
  if (method) {
    const parameters = parseParameters(parser, []);
    node = cursor.node({ kind: 'call', callee: node, parameters, offset }, node, ...parameters);
  }
  return chained || optional ? cursor.node({ kind: 'chain', inner: node, offset }, node) : node;
}

function parseIndex(parser: OperandParser, object: Node, optional: boolean): Node {
  const cursor = parser.cursor;
  const offset = cursor.current.offset;
  cursor.advance();
  const from = cursor.is('Operator', ':') ? undefined : parser.expression(0);
  if (cursor.is('Operator', ':')) {
    cursor.advance();
    const to = cursor.is('Bracket', ']') ? undefined : parser.expression(0);
    const slice = cursor.node({ kind: 'slice', object, from, to, offset }, object, from, to);
    cursor.expect('Bracket', ']');
    return slice;
  }
  const property = from ?? cursor.unexpected();
  const member = cursor.node({ kind: 'member', object, property, optional, method: false, offset }, object, property);
  const node = optional ? cursor.node({ kind: 'chain', inner: member, offset }, member) : member;
  cursor.expect('Bracket', ']');
  return node;
}
