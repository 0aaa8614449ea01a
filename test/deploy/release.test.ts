// The workflow of a release and the page about publishing: what they name is there. Knows both by their text; nothing of it is run here.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { read, root } from '../gates/checkout.ts';
import { documents } from './deploy-files.ts';

const file = 'deploy/release/workflow.yaml';
interface Job {
  readonly needs?: string | readonly string[];
  readonly environment?: string;
  readonly steps: readonly { readonly run?: string; readonly uses?: string }[];
}
const { jobs } = documents(read(file), file)[0] as { readonly jobs: Readonly<Record<string, Job>> };
const scripts = (JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts;
/** Files of the checkout that a text names. */
const named = (text: string): readonly string[] =>
  [...text.matchAll(/(?:^|[\s`(])((?:test|deploy|scripts|docs|\.ci)\/[\w./-]*\w)/gm)].map(([, each]) => each!);

test('the workflow builds with what is there, and pushes only after everything was tried and somebody said so', () => {
  const runs = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
  assert.deepEqual(runs.flatMap(named).filter((each) => !existsSync(path.join(root, each))), []);
  for (const run of runs) for (const [, script] of run.matchAll(/npm run ([\w-]+)/g)) assert.ok(script! in scripts, script);
  const pushes = /\bpush\b|--push|publish|release create/;
  const pushing = Object.entries(jobs).filter(([, { steps }]) => steps.some(({ run = '' }) => pushes.test(run)));
  assert.deepEqual(pushing.map(([name]) => name), ['publish']);
  const { publish } = jobs;
  assert.equal(publish!.environment, 'release');
  assert.deepEqual(publish!.needs, Object.keys(jobs).filter((name) => name !== 'publish' && name !== 'tests'));
  for (const name of publish!.needs!) assert.equal(jobs[name]!.needs, 'tests');
});

test('the page about publishing names files that are there', () => {
  const page = read('docs/publishing.md');
  assert.deepEqual(named(page).filter((each) => !existsSync(path.join(root, each))), []);
  for (const [, script] of page.matchAll(/npm run ([\w-]+)/g)) assert.ok(script! in scripts, script);
});
