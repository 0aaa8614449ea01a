// The standard plugins stand in CoreDNS's order, each under its own name. Knows names alone.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { ORDER } from '../cli/plugin-names.ts';
import { standard } from './index.ts';

/** ORD-1, as `coredns -plugins` and the documentation have it. */
const WORDS = 60;

test('the list is that of CoreDNS, without those that are not built yet', () => {
  const names = standard.map(({ name }) => name);
  assert.equal(ORDER.length, WORDS);
  assert.equal(new Set(ORDER).size, WORDS);
  assert.deepEqual(names, ORDER.filter((word) => names.includes(word)));
});

test('each folder is in the list', () => {
  const folders = readdirSync(new URL('.', import.meta.url), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  assert.deepEqual(folders.map(({ name }) => name).sort(), standard.map(({ name }) => name).sort());
});
