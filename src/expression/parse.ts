// Parses an expression into its tree: operators by their precedence, conditions, `let`, sequences. Operands: operand.ts.

import { Cursor } from './cursor.ts';
import { lex } from './lex.ts';
import type { OperandParser } from './operand.ts';
import { parseCall, parseOperand } from './operand.ts';
import { binaryPrecedence, comparisons, negatable, rightAssociative } from './operators.ts';
import type { Node } from './tree.ts';

/** The tree of `source`. `hostNames` are the functions and variables of the host. Throws a `Fault`. */
export function parse(source: string, hostNames: ReadonlySet<string>): Node {
  const parser = new Parser(source, hostNames);
  const node = parser.sequence();
  if (!parser.cursor.is('EOF')) parser.cursor.unexpected();
  return node;
}

class Parser implements OperandParser {
  readonly cursor: Cursor;
  readonly hostNames: ReadonlySet<string>;
  predicates = 0;

  constructor(source: string, hostNames: ReadonlySet<string>) {
    this.cursor = new Cursor(lex(source));
    this.hostNames = hostNames;
  }

  sequence(): Node {
    const cursor = this.cursor;
    const items = [this.expression(0)];
    while (cursor.is('Operator', ';')) {
      cursor.advance();
      if (cursor.is('EOF')) break;
      items.push(this.expression(0));
    }
    const [first] = items as [Node];
    if (items.length === 1) return first;
    return cursor.node({ kind: 'sequence', items, offset: first.offset }, ...items);
  }

  expression(precedence: number): Node {
    return this.cursor.nested(() => this.operation(precedence));
  }

  private operation(precedence: number): Node {
    const cursor = this.cursor;
    if (precedence === 0 && cursor.is('Operator', 'let')) return this.declaration();
    if (precedence === 0 && cursor.is('Operator', 'if')) return this.conditionIf();
    let left = parseOperand(this);
    let previous = '';
    while (cursor.current.kind === 'Operator') {
      const negated = cursor.is('Operator', 'not');
      if (negated && !this.startsNegated(precedence)) break;
      const operator = cursor.current;
      const own = binaryPrecedence[operator.value];
      if (own === undefined || own < precedence) break;
      cursor.advance();
      left = this.continued(left, operator.value, operator.offset, own, previous);
      if (negated) left = cursor.node({ kind: 'unary', operator: 'not', operand: left, offset: operator.offset }, left);
      previous = operator.value;
    }
    return precedence === 0 ? this.conditional(left) : left;
  }

  /** Steps from `not` to the operator that it negates. False when that binds too loosely to be meant here. */
  private startsNegated(precedence: number): boolean {
    const cursor = this.cursor;
    cursor.advance();
    if (!negatable.has(cursor.current.value)) cursor.unexpected();
    if ((binaryPrecedence[cursor.current.value] ?? 0) >= precedence) return true;
    cursor.back();
    return false;
  }

  private continued(left: Node, operator: string, offset: number, precedence: number, previous: string): Node {
    const cursor = this.cursor;
    if (operator === '|') {
      const name = cursor.current;
      cursor.expect('Identifier');
      return parseCall(this, name, [left], true);
    }
    if (previous === '??' && operator !== '??') {
      const advice = 'cannot be mixed. Wrap either by parentheses.';
      cursor.fail(`Operator (${operator}) and coalesce expressions (??) ${advice}`, offset);
    }
    if (comparisons.has(operator)) return this.comparison(left, operator, offset, precedence);
    const right = this.expression(rightAssociative.has(operator) ? precedence : precedence + 1);
    return cursor.node({ kind: 'binary', operator, left, right, offset }, left, right);
  }

  /** `a < b < c` is `a < b && b < c`. */
  private comparison(first: Node, operator: string, offset: number, precedence: number): Node {
    const cursor = this.cursor;
    let left = first;
    let root: Node | undefined;
    let token = { value: operator, offset };
    for (;;) {
      const right = this.expression(precedence + 1);
      const pair = cursor.node({ kind: 'binary', operator: token.value, left, right, offset: token.offset }, left, right);
      root = root && cursor.node({ kind: 'binary', operator: '&&', left: root, right: pair, offset: token.offset }, root, pair);
      root ??= pair;
      left = right;
      if (cursor.current.kind !== 'Operator' || !comparisons.has(cursor.current.value)) return root;
      token = cursor.current;
      cursor.advance();
    }
  }

  private conditional(start: Node): Node {
    const cursor = this.cursor;
    let node = start;
    while (cursor.is('Operator', '?')) {
      cursor.advance();
      let yes = node;
      if (!cursor.is('Operator', ':')) yes = this.expression(0);
      cursor.expect('Operator', ':');
      const no = this.expression(0);
      node = cursor.node({ kind: 'conditional', condition: node, yes, no, offset: cursor.current.offset }, node, yes, no);
    }
    return node;
  }

  private declaration(): Node {
    const cursor = this.cursor;
    cursor.expect('Operator', 'let');
    const name = cursor.current;
    cursor.expect('Identifier');
    cursor.expect('Operator', '=');
    const value = this.expression(0);
    cursor.expect('Operator', ';');
    const body = this.cursor.nested(() => this.sequence());
    return cursor.node({ kind: 'let', name: name.value, value, body, offset: name.offset }, value, body);
  }

  private conditionIf(): Node {
    const cursor = this.cursor;
    cursor.advance();
    const condition = this.expression(0);
    const yes = this.block();
    cursor.expect('Operator', 'else');
    const no = cursor.is('Operator', 'if') ? this.cursor.nested(() => this.conditionIf()) : this.block();
    return cursor.node({ kind: 'conditional', condition, yes, no, offset: 0 }, condition, yes, no);
  }

  private block(): Node {
    this.cursor.expect('Bracket', '{');
    const body = this.sequence();
    this.cursor.expect('Bracket', '}');
    return body;
  }
}
