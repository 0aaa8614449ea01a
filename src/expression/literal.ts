// Parses literals of several tokens or several forms: numbers, lists, maps.

import { quoted } from '../wording/quote.ts';
import type { Cursor } from './cursor.ts';
import { fitting } from './integer.ts';
import type { Token } from './token.ts';
import type { Node } from './tree.ts';

interface ElementParser {
  readonly cursor: Cursor;
  expression(precedence: number): Node;
}

/** The number that a token is. Throws a `Fault` when it is malformed or does not fit. */
export function parseNumber(cursor: Cursor, token: Token): Node {
  const text = token.value.replaceAll('_', '').toLowerCase();
  const offset = token.offset;
  const based = /^0[xbo]/.exec(text);
  if (based === null && /[.e]/.test(text)) {
    const value = Number(text);
    if (!Number.isFinite(value)) cursor.fail(`invalid float literal: strconv.ParseFloat: parsing ${quoted(text)}: ${why(value)}`);
    return cursor.node({ kind: 'literal', type: 'float', value, offset });
  }
  const value = text.length < 100 && text.length > (based === null ? 0 : 2) ? fitting(BigInt(text)) : undefined;
  if (value === undefined) {
    const name = based === null ? 'integer' : { '0x': 'hex', '0b': 'binary', '0o': 'octal' }[based[0]];
    const problem = text.length > 2 ? 'value out of range' : 'invalid syntax';
    cursor.fail(`invalid ${name} literal: strconv.ParseInt: parsing ${quoted(text)}: ${problem}`);
  }
  return cursor.node({ kind: 'literal', type: 'int', value, offset });
}

function why(value: number): string {
  return Number.isNaN(value) ? 'invalid syntax' : 'value out of range';
}

/** A list `[a, b]`, a comma after the last being allowed. The current token is its bracket. */
export function parseList(parser: ElementParser, token: Token): Node {
  const cursor = parser.cursor;
  const items: Node[] = [];
  cursor.expect('Bracket', '[');
  while (!cursor.is('Bracket', ']')) {
    if (items.length > 0) cursor.expect('Operator', ',');
    if (items.length > 0 && cursor.is('Bracket', ']')) break;
    items.push(parser.expression(0));
  }
  cursor.expect('Bracket', ']');
  return cursor.node({ kind: 'array', items, offset: token.offset }, ...items);
}

/** A map `{a: 1, "b": 2, (c): 3}`, a comma after the last being allowed. The current token is its bracket. */
export function parseMap(parser: ElementParser, token: Token): Node {
  const cursor = parser.cursor;
  const pairs: { key: Node; value: Node }[] = [];
  cursor.expect('Bracket', '{');
  while (!cursor.is('Bracket', '}')) {
    if (pairs.length > 0) cursor.expect('Operator', ',');
    if (pairs.length > 0 && cursor.is('Bracket', '}')) break;
    if (pairs.length > 0 && cursor.is('Operator', ',')) cursor.unexpected();
    const key = parseKey(parser);
    cursor.expect('Operator', ':');
    pairs.push({ key, value: parser.expression(0) });
  }
  cursor.expect('Bracket', '}');
  return cursor.node({ kind: 'map', pairs, offset: token.offset }, ...pairs.flatMap(({ key, value }) => [key, value]));
}

function parseKey(parser: ElementParser): Node {
  const cursor = parser.cursor;
  const { kind, value, offset } = cursor.current;
  if (kind === 'Number' || kind === 'String' || kind === 'Identifier') {
    cursor.advance();
    return cursor.node({ kind: 'literal', type: 'string', value, offset });
  }
  if (cursor.is('Bracket', '(')) return parser.expression(0);
  const token = value === '' ? kind : `${kind}(${quoted(value)})`;
  return cursor.fail(
    `a map key must be a quoted string, a number, a identifier, or an expression enclosed in parentheses (unexpected token ${token})`,
  );
}
