// Templates as a whole: what a host can count on, whatever the text.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../testing/properties.ts';
import { Data, options } from './data.test.ts';
import { compile, TemplateError, TypedMap } from './index.ts';

const pieces = fc.constantFrom(
  ...['{{', '}}', '{{-', ' -}}', 'if ', 'else', 'else if ', 'end', 'range ', 'with ', 'define "t"', 'template "t" ', 'block "b" ', 'break'],
  ...['$x', ':=', '=', ',', '.', '.Name', '.Group.a', '.Nums', '.Zap', '.Meta "k"', '(', ')', '|', 'nil', 'true', '5', '2.5', '"s"', '`r`'],
  ...[
    'len ',
    'index ',
    'slice ',
    'printf "%v %5d" ',
    'eq ',
    'and ',
    'not ',
    'call ',
    'html ',
    '/*',
    '*/',
    "'c'",
    ' ',
    '\n',
    'é',
    '%',
    '\\',
  ],
);
const actions = fc
  .array(fc.array(pieces, { maxLength: 5 }), { maxLength: 5 })
  .map((all) => all.map((parts) => `{{${parts.join(' ')}}}`).join(' a '));
const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(pieces, { maxLength: 14 }).map((all) => all.join('')),
  actions,
);

test('any text compiles and executes, or says why not', () => {
  const work = (source: string): void => {
    try {
      compile(source, options).execute(new Data());
    } catch (error) {
      assert.ok(error instanceof TemplateError, String(error));
    }
  };
  fc.assert(fc.property(texts, work), { numRuns: 3_000 });
});

test('text without actions stays as it is', () => {
  const plain = fc.string({ unit: 'binary' }).filter((text) => !text.includes('{{'));
  const work = (text: string): void => assert.equal(compile(text, options).execute(new Data()), text);
  fc.assert(fc.property(plain, work), { numRuns: 300 });
});

test('a template that prints itself means the same', () => {
  const source = '{{/* c */}}{{ range $i, $e := .Match }}{{ if eq $i 0 }}{{ $e | printf "%q" }}{{ else }}b{{ end }}{{ end }}';
  const { text, execute } = compile(source, options);
  assert.equal(text, '{{range $i, $e := .Match}}{{if eq $i 0}}{{$e | printf "%q"}}{{else}}b{{end}}{{end}}');
  assert.equal(compile(text, options).execute(new Data()), execute(new Data()));
});

test('execution is bounded', () => {
  const output = (source: string): string => compile(source, options).execute(new Data());
  assert.throws(() => output('{{ range 1000000000 }}{{ end }}'), /exceeded maximum number of steps/);
  assert.throws(() => output('{{ define "r" }}{{ template "r" . }}{{ end }}{{ template "r" . }}'), /exceeded maximum template depth/);
  const twice = '{{ define "r" }}{{ if . }}{{ template "r" slice . 1 }}{{ template "r" slice . 1 }}{{ end }}{{ end }}{{ template "r" .L }}';
  assert.throws(() => compile(twice, options).execute({ L: 'x'.repeat(100) }), /exceeded maximum number of steps/);
  assert.throws(() => output('{{ range 1000 }}{{ printf "%100000d" 1 }}{{ end }}'), /exceeded maximum output/);
  assert.throws(() => output('{{ range 100000 }}{{ $x := printf "%1000000d" 1 }}{{ end }}'), /exceeded maximum output/);
  assert.equal(output('{{ printf "%.5000f" 0.5 | len }}'), '5002');
  const deep = (depth: number): string => `{{ ${'('.repeat(depth)}1${')'.repeat(depth)} }}`;
  assert.equal(output(deep(100)), '1');
  assert.throws(() => output(deep(5_000)), /max expression depth exceeded/);
  assert.throws(() => output('{{ if true }}'.repeat(5_000) + '{{ end }}'.repeat(5_000)), /max expression depth exceeded/);
});

test('what every object has is no field', () => {
  for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty', 'Missing']) {
    assert.throws(() => compile(`{{ .${name} }}`, options).execute({ Name: 'x' }), /can't evaluate field/, name);
  }
});

test('a missing entry is no value to a field and the zero of its map to index', () => {
  const output = (map: unknown): string => compile('[{{ .M.a }}] [{{ index .M "a" }}]', options).execute({ M: map });
  assert.equal(output(new TypedMap('')), '[<no value>] []');
  assert.equal(output(new Map()), '[<no value>] [<no value>]');
});

test('the parameters of a function are checked where it names their kinds', () => {
  const output = (source: string): string => compile(source, options).execute(new Data());
  assert.equal(output('{{ parseInt "1f" 16 8 }}'), '31');
  assert.throws(() => output('{{ parseInt .N 16 8 }}'), {
    message: 'template: answer:1:12: executing "answer" at <.N>: wrong type for value; expected string; got int',
  });
});
