// The licences of everything that is linked into the addon of QUIC, as cargo knows them: only those that ask for no more than their text.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { missing } from './servers/programs.ts';

const MANIFEST = fileURLToPath(new URL('../native/quic/Cargo.toml', import.meta.url));
/** Licences whose texts go along, and nothing else is asked. Some stand at build time alone, as a choice. */
const GOOD = new Set(['MIT', 'Apache-2.0', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Zlib', 'Unicode-3.0', 'CC0-1.0', '0BSD', 'MIT-0',
  'Unlicense', 'OpenSSL']);

interface Package {
  readonly name: string;
  readonly license: string | undefined;
  readonly source: string | undefined;
}
function packages(): readonly Package[] | string {
  const args = ['metadata', '--format-version', '1', '--locked', '--offline', '--manifest-path', MANIFEST, '--filter-platform',
    'x86_64-unknown-linux-gnu'];
  try {
    const text = execFileSync('cargo', args, { encoding: 'utf8', maxBuffer: 1e8, stdio: ['ignore', 'pipe', 'pipe'] });
    return (JSON.parse(text) as { packages: Package[] }).packages;
  } catch (error) {
    return String((error as { stderr?: string }).stderr).split('\n')[0]!;
  }
}
/** Whether an expression of SPDX (AND, OR, parentheses) can be met with good ones. */
function good(expression: string): boolean {
  const tokens = expression.replaceAll('/', ' OR ').match(/\(|\)|[^\s()]+/g) ?? [];
  let at = 0;
  const one = (): boolean => {
    if (tokens[at] !== '(') return GOOD.has(tokens[at++] ?? '');
    at++;
    const inner = any();
    at++;
    return inner;
  };
  const all = (): boolean => {
    let met = one();
    while (tokens[at] === 'AND' || tokens[at] === 'WITH') {
      at++;
      const next = one();
      met &&= next;
    }
    return met;
  };
  const any = (): boolean => {
    let met = all();
    while (tokens[at] === 'OR') {
      at++;
      const next = all();
      met ||= next;
    }
    return met;
  };
  return any() && at === tokens.length;
}

test('expressions of licences', () => {
  for (const yes of ['MIT', 'MIT OR GPL-3.0', '(MIT OR Apache-2.0) AND ISC', 'Unlicense/MIT', 'ISC AND (Apache-2.0 OR ISC) AND OpenSSL']) {
    assert.ok(good(yes), yes);
  }
  for (const no of ['', 'GPL-3.0', 'MIT AND GPL-3.0', '(MIT AND MPL-2.0) OR LGPL-2.1']) {
    assert.ok(!good(no), no);
  }
});
const all = missing('cargo') === false ? packages() : 'cargo is not installed';
test('every crate has a licence that asks for no more than its text', { skip: typeof all === 'string' && all }, () => {
  if (typeof all === 'string') return;
  const foreign = all.filter(({ source }) => source !== undefined && source !== null);
  assert.ok(foreign.length > 20, `${foreign.length} crates`);
  assert.deepEqual(foreign.filter(({ license }) => !good(license ?? '')).map(({ name, license }) => `${name}: ${license}`), []);
});
test('every crate comes from the registry', { skip: typeof all === 'string' && all }, () => {
  if (typeof all === 'string') return;
  const registry = 'registry+https://github.com/rust-lang/crates.io-index';
  const others = all.filter(({ name, source }) => name !== 'quic' && source !== registry);
  assert.deepEqual(others.map(({ name }) => name), []);
});
