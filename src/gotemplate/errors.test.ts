// What is wrong with templates, before and while they execute. Each row was asked of Go.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Data, options } from './data.test.ts';
import { compile, TemplateError } from './index.ts';

const refused: readonly (readonly [source: string, error: string])[] = [
  ['{{ .Name', '1: unclosed action'],
  ['{{ $x }}', '1: undefined variable "$x"'],
  ['{{ break }}', '1: {{break}} outside {{range}}'],
  ['{{ continue }}', '1: {{continue}} outside {{range}}'],
  ['{{ range .Nums }}{{ $x := . }}{{ $x }}{{ end }}{{ $x }}', '1: undefined variable "$x"'],
  ['{{ define "t" }}a{{ end }}{{ define "t" }}b{{ end }}{{ template "t" }}', '1: template: multiple definition of template "t"'],
  ['{{ define t }}a{{ end }}', '1: unexpected "t" in define clause'],
  ['{{ template }}', '1: unexpected "}}" in template clause'],
  ['{{/* unclosed', '1: unclosed comment'],
  ['{{/* a */ }}', '1: comment ends before closing delimiter'],
  ['{{- -}}', '1: illegal number syntax: "-"'],
  ['{{}}', '1: missing value for command'],
  ['{{ }}', '1: missing value for command'],
  ['{{ | }}', '1: unexpected "|" in command'],
  ['{{ .N | 5 }}', '1: non executable command in pipeline stage 2'],
  ['{{ (.N }}', '1: unclosed left paren'],
  ['{{ .N) }}', '1: unexpected right paren'],
  ['{{ foo }}', '1: function "foo" not defined'],
  ['{{ "abc }}', '1: unterminated quoted string'],
  ['{{ `abc }}', '1: unterminated raw quoted string'],
  ["{{ 'a }}", '1: unterminated character constant'],
  ["{{ 'ab' }}", "1: malformed character constant: 'ab'"],
  ['{{ "\\q" }}', '1: invalid syntax'],
  ['{{ 1a }}', '1: bad number syntax: "1a"'],
  ['{{ 99999999999999999999 }}', '1: integer overflow: "99999999999999999999"'],
  ['{{ 1.Foo }}', '1: bad number syntax: "1.F"'],
  ['{{ "a".Foo }}', '1: unexpected . after term "\\"a\\""'],
  ['{{ nil.Foo }}', '1: unexpected . after term "nil"'],
  ['{{ true.Foo }}', '1: unexpected . after term "true"'],
  ['{{ end }}', '1: unexpected {{end}}'],
  ['{{ else }}', '1: unexpected {{else}}'],
  ['{{ if .T }}', '1: unexpected EOF'],
  ['{{ if .T }}a{{ else }}b{{ else }}c{{ end }}', '1: expected end; found {{else}}'],
  ['{{ if }}a{{ end }}', '1: missing value for if'],
  ['{{ range }}a{{ end }}', '1: missing value for range'],
  ['{{ with }}a{{ end }}', '1: missing value for with'],
  ['{{ if x }}a{{ end }}', '1: function "x" not defined'],
  ['{{ $a, $b := 1 }}', '1: too many declarations in command'],
  ['{{ range $a, $b, $c := .Nums }}{{ end }}', '1: too many declarations in range'],
  ['{{ range $a, 5 := .Nums }}{{ end }}', '1: range can only initialize variables'],
  ['{{ "a" | "b" }}', '1: non executable command in pipeline stage 2'],
  ['{{ @ }}', '1: unexpected "@" in command'],
  ['{{ .N # }}', '1: unexpected "#" in operand'],
  ['{{ .N; }}', "1: bad character U+003B ';'"],
  ['{{ .N:= 3 }}', '1: unexpected ":=" in operand'],
  ['{{ a b', '1: function "a" not defined'],
  ['{{ $x := }}', '1: missing value for command'],
  ['{{ .Name..Foo }}', '1: unexpected <.> in operand'],
  ['{{ ..Name }}', '1: unexpected . after term "."'],
  ['{{ .N.0 }}', '1: unexpected ".0" in operand'],
  ['{{ é }}', '1: function "é" not defined'],
  ['{{ if true }}a{{ end }}{{ else }}', '1: unexpected {{else}}'],
  ['{{ if\n true }}\n{{ .Name', '3: unclosed action'],
  ['a\n{{ 1a }}', '2: bad number syntax: "1a"'],
  ['{{/* a\nb */}}{{ x }}', '2: function "x" not defined'],
];

const failing: readonly (readonly [source: string, error: string])[] = [
  ['{{ parseInt .Group.a 16 }}', '1:3: executing "answer" at <parseInt>: wrong number of args for parseInt: want 3 got 2'],
  ['{{ .Name.Foo }}', '1:8: executing "answer" at <.Name.Foo>: can\'t evaluate field Foo in type string'],
  ['{{ .Meta }}', '1:3: executing "answer" at <.Meta>: wrong number of args for Meta: want 1 got 0'],
  ['{{ .Meta "a" "b" }}', '1:3: executing "answer" at <.Meta>: wrong number of args for Meta: want 1 got 2'],
  ['{{ .Fail }}', '1:3: executing "answer" at <.Fail>: error calling Fail: it failed'],
  ['{{ .Name "x" }}', '1:3: executing "answer" at <.Name>: Name has arguments but cannot be invoked as function'],
  ['{{ .Group.a "x" }}', '1:9: executing "answer" at <.Group.a>: a is not a method but has arguments'],
  ['{{ nil }}', '1:3: executing "answer" at <nil>: nil is not a command'],
  ['{{ range $i, $j := 3 }}{{ $i }}{{ end }}', '1:19: executing "answer" at <3>: can\'t use 3 to iterate over more than one variable'],
  ['{{ range .Name }}{{ . }}{{ end }}', '1:9: executing "answer" at <.Name>: range can\'t iterate over a.example.org.'],
  ['{{ template "nope" }}', '1:12: executing "answer" at <{{template "nope"}}>: template "nope" not defined'],
  ['{{ .N.Foo }}', '1:5: executing "answer" at <.N.Foo>: can\'t evaluate field Foo in type int'],
  ['{{ if .T .N }}a{{ end }}', '1:6: executing "answer" at <.T>: T has arguments but cannot be invoked as function'],
  ['{{ and }} ', '1:3: executing "answer" at <and>: wrong number of args for and: want at least 1 got 0'],
  ['{{ eq 1 1.0 }}', '1:3: executing "answer" at <eq 1 1.0>: error calling eq: incompatible types for comparison: int and float64'],
  ['{{ eq 1 "1" }}', '1:3: executing "answer" at <eq 1 "1">: error calling eq: incompatible types for comparison: int and string'],
  ['{{ lt .Group.nothing 1 }}', '1:3: executing "answer" at <lt .Group.nothing 1>: error calling lt: invalid type for comparison'],
  ['{{ lt true false }}', '1:3: executing "answer" at <lt true false>: error calling lt: invalid type for comparison'],
  ['{{ eq 1 }}', '1:3: executing "answer" at <eq 1>: error calling eq: missing argument for comparison'],
  ['{{ eq }}', '1:3: executing "answer" at <eq>: wrong number of args for eq: want at least 1 got 0'],
  ['{{ len 5 }}', '1:3: executing "answer" at <len 5>: error calling len: len of type int'],
  ['{{ len nil }}', '1:3: executing "answer" at <len nil>: error calling len: reflect: call of reflect.Value.Type on zero Value'],
  ['{{ len }}', '1:3: executing "answer" at <len>: wrong number of args for len: want 1 got 0'],
  ['{{ len 1 2 }}', '1:3: executing "answer" at <len>: wrong number of args for len: want 1 got 2'],
  ['{{ index .Nums 0 }} {{ index .Nums 5 }}', '1:23: executing "answer" at <index .Nums 5>: error calling index: index out of range: 5'],
  ['{{ index .Nums 3 }}', '1:3: executing "answer" at <index .Nums 3>: error calling index: reflect: slice index out of range'],
  ['{{ index .Nums -1 }}', '1:3: executing "answer" at <index .Nums -1>: error calling index: index out of range: -1'],
  ['{{ index .Nums nil }}', '1:3: executing "answer" at <index .Nums nil>: error calling index: cannot index slice/array with nil'],
  ['{{ index .Group 5 }}', '1:3: executing "answer" at <index .Group 5>: error calling index: value has type int; should be string'],
  ['{{ index 5 1 }}', '1:3: executing "answer" at <index 5 1>: error calling index: can\'t index item of type int'],
  ['{{ index nil 1 }}', '1:3: executing "answer" at <index nil 1>: error calling index: index of untyped nil'],
  ['{{ slice "abc" 4 }}', '1:3: executing "answer" at <slice "abc" 4>: error calling slice: index out of range: 4'],
  ['{{ slice "abc" 2 1 }}', '1:3: executing "answer" at <slice "abc" 2 1>: error calling slice: invalid slice index: 2 > 1'],
  ['{{ slice "abc" 1 2 3 }}', '1:3: executing "answer" at <slice "abc" 1 2 3>: error calling slice: cannot 3-index slice a string'],
  ['{{ slice 5 1 }}', '1:3: executing "answer" at <slice 5 1>: error calling slice: can\'t slice item of type int'],
  ['{{ call .Name 4 }}', '1:3: executing "answer" at <call .Name 4>: error calling call: non-function .Name of type string'],
  ['{{ call nil }}', '1:3: executing "answer" at <call nil>: error calling call: call of nil'],
  ['{{ call .Var.fn }}', '1:3: executing "answer" at <call .Var.fn>: error calling call: wrong number of args for .Var.fn: got 0 want 1'],
  ['{{ printf }}', '1:3: executing "answer" at <printf>: wrong number of args for printf: want at least 1 got 0'],
  ['{{ add 1 2 }} {{ add 1 }} ', '1:17: executing "answer" at <add>: wrong number of args for add: want 2 got 1'],
  ['{{ .Question.Name.Foo }}', '1:12: executing "answer" at <.Question.Name.Foo>: can\'t evaluate field Foo in type string'],
  ['{{ .Name .Zone }}', '1:3: executing "answer" at <.Name>: Name has arguments but cannot be invoked as function'],
  ['{{ 3 4 }}', '1:3: executing "answer" at <3>: can\'t give argument to non-function 3'],
  ['{{ not }}', '1:3: executing "answer" at <not>: wrong number of args for not: want 1 got 0'],
  ['{{ not 1 2 }}', '1:3: executing "answer" at <not>: wrong number of args for not: want 1 got 2'],
];

function errorOf(work: () => unknown): string {
  try {
    return `no error but ${String(work())}`;
  } catch (error) {
    assert.ok(error instanceof TemplateError);
    return error.message.replace(/^template: answer:/, '');
  }
}

test('what does not parse', () => {
  for (const [source, error] of refused)
    assert.equal(
      errorOf(() => compile(source, options)),
      error,
      source,
    );
});

test('what fails when it executes', () => {
  for (const [source, error] of failing) {
    const template = compile(source, options);
    assert.equal(
      errorOf(() => template.execute(new Data())),
      error,
      source,
    );
  }
});
