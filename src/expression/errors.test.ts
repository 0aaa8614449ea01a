// What is wrong with expressions, before and while they run. Each row was asked of expr-lang; the first line of the error is told.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { environment } from './environment.test.ts';
import { compile, ExpressionError } from './index.ts';

const refused: readonly (readonly [source: string, error: string])[] = [
  ['1 % 0', 'integer divide by zero (1:3)'],
  ['9223372036854775808', 'invalid integer literal: strconv.ParseInt: parsing "9223372036854775808": value out of range (1:19)'],
  ['0x', 'invalid hex literal: strconv.ParseInt: parsing "0x": invalid syntax (1:2)'],
  ['0b2', 'bad number syntax: "0b2" (1:3)'],
  ['1a', 'bad number syntax: "1a" (1:2)'],
  ['"a" + 1', 'invalid operation: + (mismatched types string and int) (1:5)'],
  ['1 == "1"', 'invalid operation: == (mismatched types int and string) (1:3)'],
  ['true and 1', 'invalid operation: and (mismatched types bool and int) (1:6)'],
  ['!1', 'invalid operation: ! (mismatched type int) (1:1)'],
  ['-"a"', 'invalid operation: - (mismatched type string) (1:1)'],
  ['1..fl', 'invalid operation: .. (mismatched types int and float64) (1:2)'],
  ['1 in ["a"]', 'cannot use int as type string in array (1:3)'],
  ['1 in {k:1}', 'cannot use int as type string in map key (1:3)'],
  ['1 in 2', 'invalid operation: in (mismatched types int and int) (1:3)'],
  ['name() matches "("', 'error parsing regexp: missing closing ): `(` (1:8)'],
  ['n matches "a"', 'invalid operation: matches (mismatched types int and string) (1:3)'],
  ["name == 'x'", 'invalid operation: == (mismatched types func() string and string) (1:6)'],
  ["name() = 'x'", 'unexpected token Operator("=") (1:8)'],
  ['unknown() == 1', 'unknown name unknown (1:1)'],
  ['this is not an expression', 'unexpected token Identifier("is") (1:6)'],
  ['type( ==', 'unexpected token Operator("==") (1:7)'],
  ['name() matches (', 'unexpected token EOF (1:16)'],
  ['name(', 'unexpected token EOF (1:5)'],
  ['foo', 'unknown name foo (1:1)'],
  ['incidr("1.2.3.4")', 'not enough arguments to call incidr (1:1)'],
  ['incidr("1.2.3.4", 1)', 'cannot use int as argument (type string) to call incidr  (1:19)'],
  ['incidr("1","2","3")', 'too many arguments to call incidr (1:1)'],
  ['incidr(nil, "2")', 'cannot use nil as argument (type string) to call incidr (1:8)'],
  ['group()', 'not enough arguments to call group (1:1)'],
  ['int(true)', 'invalid argument for int (type bool) (1:1)'],
  ['trim(1)', 'not enough arguments to call trim (1:1)'],
  ['len(1)', 'invalid argument for len (type int) (1:1)'],
  ['len()', 'invalid number of arguments (expected 1, got 0) (1:1)'],
  ['name()[0]', 'type string[int] is undefined (1:7)'],
  ['name().foo', 'type string has no field foo (1:8)'],
  ['[1,2,3]["a"]', 'array elements can only be selected using an integer (got string) (1:9)'],
  ['1 ?? 2 + 3', 'Operator (+) and coalesce expressions (??) cannot be mixed. Wrap either by parentheses. (1:8)'],
  ['1 ? 1 : 2', 'non-bool expression (type int) used as condition (1:1)'],
  ['nil ?: 3', 'non-bool expression (type unknown) used as condition (1:1)'],
  ['let name = 1; name', 'cannot redeclare name (1:5)'],
  ['let len = 1; len', 'cannot redeclare builtin len (1:5)'],
  ['let a = 1; let a = 2; a', 'cannot redeclare variable a (1:16)'],
  ['all(1, true)', 'builtin all takes only array (got int) (1:5)'],
  ['all([1], 5)', 'predicate should return boolean (got int) (1:10)'],
  ['all([1])', 'expected at least 2 arguments (1:8)'],
  ['#', 'unexpected token Operator("#") (1:1)'],
  ['#foo', 'unexpected token Operator("#") (1:1)'],
  ['all([1], #foo)', 'unknown pointer #foo (1:10)'],
  ['first(1)', 'cannot get first element from int (1:1)'],
  ['keys(1)', 'cannot get keys from int (1:1)'],
  ['max("a")', 'invalid argument for max (type string) (1:1)'],
  ['max()', 'not enough arguments to call max (1:1)'],
  ['abs("a")', 'invalid argument for abs (type string) (1:1)'],
  ['get("abc", 0)', 'type string does not support indexing (1:5)'],
  ['1 < "a"', 'invalid operation: < (mismatched types int and string) (1:3)'],
  ["'it''s'", 'unexpected token String("s") (1:5)'],
  ['"unterminated', 'literal not terminated (1:14)'],
  ['`raw', 'literal not terminated (1:5)'],
  ['/* unclosed', 'unclosed comment (1:12)'],
  ['@', "unrecognized character: U+0040 '@' (1:1)"],
  ['a @', "unrecognized character: U+0040 '@' (1:3)"],
  ['(1', 'unexpected token EOF (1:2)'],
  ['[1', 'unexpected token EOF (1:2)'],
  ['{a}', 'unexpected token Bracket("}") (1:3)'],
  ['[,]', 'unexpected token Operator(",") (1:2)'],
  ['f(,)', 'unexpected token Operator(",") (1:3)'],
  ['1 +', 'unexpected token EOF (1:3)'],
  ['* 1', 'unexpected token Operator("*") (1:1)'],
  ['1 2', 'unexpected token Number("2") (1:3)'],
  ['a.b', 'unknown name a (1:1)'],
  ['a?.b', 'unknown name a (1:1)'],
  ['1 or true', 'invalid operation: or (mismatched types int and bool) (1:3)'],
  ['name() | foo()', 'unknown name foo (1:10)'],
  ['name() | 5', 'unexpected token Number("5") (1:10)'],
  ['true.foo', 'unexpected token Operator(".") (1:5)'],
  ['not in', 'unexpected token Operator("in") (1:5)'],
  ['a not b', 'unexpected token Identifier("b") (1:7)'],
  ['[1,2] | len', 'unexpected token EOF (1:11)'],
  ['all(1..3, # > 0; true)', 'wrap predicate with brackets { and } (1:16)'],
  ['a..b', 'unknown name a (1:1)'],
  ['1...3', 'invalid operation: .. (mismatched types int and float64) (1:2)'],
  ['"a".."b"', 'invalid operation: .. (mismatched types string and string) (1:4)'],
  ['?.', 'unexpected token Operator("?.") (1:1)'],
  ['name() =~ "a"', 'unexpected token Operator("=") (1:8)'],
  ['name() && true', 'invalid operation: && (mismatched types string and bool) (1:8)'],
  ['-9223372036854775808', 'invalid integer literal: strconv.ParseInt: parsing "9223372036854775808": value out of range (1:20)'],
  ['1.5 % 2', 'invalid operation: % (mismatched types float64 and int) (1:5)'],
  ['fl % 2', 'invalid operation: % (mismatched types float64 and int) (1:4)'],
  ['1 & 2', 'unexpected token Operator("&") (1:3)'],
  ['1 && 2', 'invalid operation: && (mismatched types int and int) (1:3)'],
  ['a ? b', 'unexpected token EOF (1:5)'],
  ['true ? 1', 'unexpected token EOF (1:8)'],
  ['v(1)', 'string is not callable (1:1)'],
  ['n.foo()', 'type int has no method foo (1:3)'],
  ['name().foo()', 'type string has no method foo (1:8)'],
  ['name()()', 'unexpected token Bracket("(") (1:7)'],
  ['["a"][0] + 1', 'invalid operation: + (mismatched types string and int) (1:10)'],
];

const failing: readonly (readonly [source: string, error: string])[] = [
  ['n % 0', 'runtime error: integer divide by zero (1:3)'],
  ['incidr("bad", "1.2.0.0/16")', 'first argument is not an IP address (1:1)'],
  ['int("x")', 'invalid operation: int(x) (1:1)'],
  ['float("x")', 'invalid operation: float(x) (1:1)'],
  ['join([1,2], "-")', 'interface conversion: interface {} is int, not string (1:1)'],
  ['repeat("ab",-1)', 'invalid argument for repeat (expected positive integer, got -1) (1:1)'],
  ['repeat("ab",1000001)', 'memory budget exceeded (1:1)'],
  ['[1,2,3][3]', 'index out of range: 3 (array length is 3) (1:8)'],
  ['{a:1}.b.c', 'cannot fetch c from <nil> (1:9)'],
  ['anynil().foo', 'cannot fetch foo from <nil> (1:10)'],
  ['count([1,2])', 'interface conversion: interface {} is int, not bool (1:1)'],
  ['sortBy([3,1,2], #, "foo")', 'unknown order, use asc or desc (1:1)'],
  ['reduce([], #acc + #)', 'reduce of empty array with no initial value (1:1)'],
  ['sort([1,"a"])', 'invalid operation: string < int (1:1)'],
  ['max([1,"a"])', 'invalid argument for max (type string) (1:1)'],
  ['bitshl(1,-1)', 'invalid operation: negative shift count -1 (type int) (1:1)'],
  ['duration("x")', 'time: invalid duration "x" (1:1)'],
  ['duration("5")', 'time: missing unit in duration "5" (1:1)'],
  ['duration("1d")', 'time: unknown unit "d" in duration "1d" (1:1)'],
  ['anynum() + "a"', 'invalid operation: int + string (1:10)'],
  ['anynum() startsWith "t"', 'interface conversion: interface {} is int, not string (1:10)'],
  ['anynum()[0]', 'cannot fetch 0 from int (1:9)'],
  ['x + 1', 'invalid operation: <nil> + int (1:3)'],
  ['1..1000001', 'memory budget exceeded (1:2)'],
  ['int("9223372036854775808")', 'invalid operation: int(9223372036854775808) (1:1)'],
  ['{a:1}.a + "x"', 'invalid operation: int + string (1:9)'],
];

function firstLine(work: () => unknown): string {
  try {
    return `no error but ${String(work())}`;
  } catch (error) {
    assert.ok(error instanceof ExpressionError);
    return error.message.split('\n')[0] ?? '';
  }
}

test('what does not compile', () => {
  for (const [source, error] of refused)
    assert.equal(
      firstLine(() => compile(source, environment)),
      error,
      source,
    );
});

test('what fails when it runs', () => {
  for (const [source, error] of failing) {
    const expression = compile(source, environment);
    assert.equal(
      firstLine(() => expression.evaluate(undefined)),
      error,
      source,
    );
  }
});

test('an error shows the line and points at its place', () => {
  assert.throws(() => compile('this is not an expression', environment), {
    message: 'unexpected token Identifier("is") (1:6)\n | this is not an expression\n | .....^',
  });
  assert.throws(() => compile('1 +\n\t"a" * 2', environment), {
    message: 'invalid operation: * (mismatched types string and int) (2:6)\n |  "a" * 2\n | .....^',
    line: 2,
    column: 6,
  });
});
