// Any text as a Corefile: served, or refused with a text, and soon. Knows the words that plugins have; knows nothing of what they mean.
import assert from 'node:assert/strict';
import { fc } from '../../src/testing/properties.ts';
import { formatCorefile } from '../../src/corefile/format.ts';
import { ORDER } from '../../src/cli/plugin-names.ts';
import { build } from '../../src/kernel/site/build.ts';
import type { ReadOptions } from '../../src/kernel/site/build.ts';
import { standard } from '../../src/plugins/index.ts';
import { target, textOf } from './target.ts';

/** Milliseconds that one text may take. */
const LONGEST = 5000;
const NOTHING: readonly string[] = [];

const missing = (path: string) => {
  throw Object.assign(new Error(`open ${path}: no such file or directory`), { code: 'ENOENT' });
};
const options: ReadOptions = {
  file: 'Corefile', plugins: standard, words: new Set(ORDER), port: 53, warn: () => {},
  environment: (name) => (name === 'LONG' ? 'x'.repeat(1000) : undefined),
  machine: { interfaces: () => new Map([['lo', ['127.0.0.1', '::1']]]), hostname: () => 'here', readFile: missing },
  files: { absolute: (path) => path, read: missing, glob: () => NOTHING },
};

const words = [
  '.', '.:53', 'example.org', '10.0.0.0/8', 'tls://.', 'dns://a:1', '(snippet)', 'import', 'snippet', '{', '}', '{', '}', '"', '\\',
  '{$LONG}', '{%X%}', '0', '1', '-1', '30s', '1h', '99999999999999999999', '192.0.2.1', '::1', '/etc/x', 'on', 'off', 'A', 'ANY', 'IN',
  'name', 'regex', '(.*)', '(', '[', '{{ .Name }}', '{{', 'match', 'answer', 'rcode', 'NXDOMAIN', 'fallthrough', 'policy', 'random',
  'success', 'denial', 'ttl', 'set', 'response', 'expr', 'type() == "A"', 'stop', 'continue', 'exact', 'edns0', 'local', 'block', 'net',
  'health_check', 'max_concurrent', 'class', 'startup', '&', 'weighted',
];

/** Plugin words weigh as much as all others together, and every one of them stands in a block. */
const line = fc.tuple(fc.constantFrom(...standard.map(({ name }) => name)), textOf(...words.filter((word) => !/[{}]/.test(word))))
  .map(([word, rest]) => `    ${word} ${rest.slice(0, 120).replaceAll('\n', ' ')}\n`);
const blocks = fc.array(line, { maxLength: 6 }).map((lines) => `.:53 {\n${lines.join('')}}\n`);
const nested = fc.tuple(fc.constantFrom(...standard.map(({ name }) => name)), textOf(...words)).map(([word, rest]) =>
  `.:53 {\n    ${word} . {\n        ${rest}\n    }\n}\n`);

/** Parsed, built and checked, with every plugin that is there. */
export const corefile = target('corefile', 4000, fc.oneof(textOf(...words, ...ORDER), blocks, nested), (text) => {
  const began = performance.now();
  const said = refusal(() => build(text, options));
  const problems: Error[] = [];
  const thrown = refusal(() => build(text, { ...options, problems }));
  if (thrown !== undefined) problems.push(new Error(thrown));
  assert.equal(problems.length > 0, said !== undefined, 'check and start do not agree');
  assert.ok(problems.every(({ message }) => message !== ''));
  const formatted = refusal(() => formatCorefile(text));
  assert.ok(formatted !== '');
  assert.ok(performance.now() - began < LONGEST, 'it took too long');
});

/** The text with which it was refused; undefined where it was not. A bug of ours is thrown on. */
function refusal(what: () => unknown): string | undefined {
  try {
    what();
    return undefined;
  } catch (error) {
    if (!(error instanceof Error) || error instanceof TypeError || error instanceof ReferenceError) throw error;
    assert.notEqual(error.message, '');
    return error.message;
  }
}
