// The manuals for `man`, made of the pages: each is read by groff without a complaint and has what its page has. Knows scripts/man.mjs.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { help } from '../src/cli/help.ts';
import { documentedWords, syntaxOf } from '../src/cli/syntax.ts';

interface Manuals {
  manPage(markdown: string, name: string, section: string, version: string): string;
  writeManPages(folder: string, help: string): void;
}
const { manPage, writeManPages } = await import('../scripts/man.mjs' as string) as Manuals;
const folder = mkdtempSync(path.join(tmpdir(), 'coredns-ts-man-'));
after(() => rmSync(folder, { recursive: true }));
writeManPages(folder, help());

const lacking = spawnSync('groff', ['--version']).status === 0 ? false : 'groff is not here';
/** A manual as it is shown, 80 letters wide, and what groff says of it. */
function shown(file: string): { readonly text: string; readonly said: string } {
  const { stdout, stderr } = spawnSync('groff', ['-man', '-t', '-Tutf8', '-P-cbou', '-rLL=80n', '-ww', file], { encoding: 'utf8' });
  return { text: stdout, said: stderr };
}
const made = (markdown: string): string => {
  const file = path.join(folder, 'made.7');
  writeFileSync(file, manPage(markdown, 'coredns-ts-made', '7', '1.0.0'));
  const { text, said } = shown(file);
  assert.equal(said, '');
  return text;
};

test('each word has one, and the program', () => {
  assert.deepEqual(readdirSync(path.join(folder, 'man1')), ['coredns-ts.1']);
  assert.deepEqual(readdirSync(path.join(folder, 'man7')).sort(), documentedWords.map((word) => `coredns-ts-${word}.7`).sort());
});

test('groff complains of none, and each says all forms', { skip: lacking }, () => {
  for (const word of documentedWords) {
    const { text, said } = shown(path.join(folder, 'man7', `coredns-ts-${word}.7`));
    assert.equal(said, '', word);
    assert.match(text, new RegExp(`NAME\n +coredns-ts-${word} - `), word);
    const { lines = [], properties = new Map<string, readonly string[]>() } = syntaxOf(word) ?? {};
    for (const form of [...lines, ...[...properties.values()].flat()]) assert.ok(text.includes(form), `${word}: ${form}`);
  }
  const { text, said } = shown(path.join(folder, 'man1/coredns-ts.1'));
  assert.equal(said, '');
  for (const each of ['coredns-ts - a DNS server', 'coredns-ts check [FILE...]', '-dns.port string', 'coredns-ts-forward(7)']) {
    assert.ok(text.includes(each), each);
  }
  assert.ok(!readFileSync(path.join(folder, 'man1/coredns-ts.1'), 'utf8').includes('The manual:'));
});

test('nothing of a page is read as a request, an escape or another sign', { skip: lacking }, () => {
  const text = made(['# x', '', '## Name', '', '*x* - says', '', '## Description', '', '.SH not a title',
    "'br neither `\\fBx\\n` is ~ ^ ' - it", '', '* `.one` of \\two', '  three', '', '```', '.TH X', "'quoted' \\e", '', 'end',
    '```'].join('\n'));
  for (const each of [".SH not a title 'br neither \\fBx\\n is ~ ^ ' - it", '.one of \\two three', '.TH X', "'quoted' \\e"]) {
    assert.ok(text.includes(each), `${each} is not in\n${text}`);
  }
});

test('a table that fits is one, another one a list', { skip: lacking }, () => {
  const rows = ['| word | `what` |', '|---|---|', '| `a\\|b` | one |', '| c | two words |'];
  const narrow = made(['## Description', '', ...rows, '', 'behind'].join('\n'));
  assert.match(narrow, /│ *word *│ *what *│[\s\S]*│ *a\|b *│ *one *│[\s\S]*behind/);
  const long = 'x'.repeat(50);
  const wide = made(['## Description', '', '| word | what |', '|---|---|', `| ${long} | ${long} |`].join('\n'));
  assert.match(wide, new RegExp(`${long}\n +what: ${long}`));
});
