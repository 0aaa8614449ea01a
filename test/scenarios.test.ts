// Runs every scenario as a test, and proves on a sample that one changed digit turns it red. Knows where scenarios lie.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { runScene, runScenario } from '../src/testing/scenario.ts';
import { ScenarioError, parseScenario } from '../src/testing/scenario-file.ts';
import { pathsIn, root } from './gates/checkout.ts';

const files = ['src/plugins', 'test/scenarios'].flatMap(pathsIn).filter((file) => file.endsWith('.scenario'));
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');

for (const file of files) {
  test(file, async (t) => {
    for (const scene of parseScenario(read(file))) await t.test(`${scene.line} ${scene.title}`, () => runScene(scene).then(() => {}));
  });
}

/** The last digit of an expected record or refusal. The data of an SOA is often ignored: its serial is the time of day. */
const LAST_DIGIT = /^(?: {4}(?:answer|authority|additional) |refused [^/\n]*Corefile:)(?![^\n]* SOA )[^\n]*?(\d)(?=[^\d\n]*$)/gm;
/** The text with another digit in an expected record or in what a refusal says; undefined where it has none. */
function changed(text: string): string | undefined {
  const places = [...text.matchAll(LAST_DIGIT)];
  const place = places[Math.floor(places.length / 2)];
  if (place === undefined) return undefined;
  const at = place.index + place[0].length - 1;
  return `${text.slice(0, at)}${(Number(text[at]) + 1) % 10}${text.slice(at + 1)}`;
}

test('one digit changed makes a scenario red', async () => {
  // What is waited for is waited for long before it is red.
  const sample = files.filter((file) => !/^until /m.test(read(file))).filter((_, i) => i % 4 === 0);
  let tried = 0;
  for (const file of sample) {
    const text = changed(read(file));
    if (text === undefined) continue;
    tried++;
    await assert.rejects(runScenario(text), ScenarioError, `${file} is still green with another digit`);
  }
  assert.ok(tried >= 1);
});

test('complains about a scenario that asks nothing, and about what it cannot read', async () => {
  const scenario = (steps: string) => runScenario(`. {\n    whoami\n}\n----\n${steps}\n`);
  await assert.rejects(scenario(''), /asks nothing/);
  await assert.rejects(scenario('elapse 1s'), /asks nothing/);
  await assert.rejects(scenario('aks example.org A'), /unknown verb "aks"/);
  await assert.rejects(scenario('ask example.org A\n    NOERROR aa'), /line 5: ask example.org A: another reply/);
  await assert.rejects(scenario('ask example.org A\n    NOERROR aa\n    ignore everything'), /cannot ignore "everything"/);
  await assert.rejects(scenario('refused anything'), /the Corefile is accepted/);
  await assert.rejects(runScenario('. {\n    whoam\n}\n----\nask example.org A\n    NOERROR'), /the Corefile is refused: /);
  await assert.rejects(runScenario('. {\n    whoami\n}\n'), /the line ---- between Corefile and steps is missing/);
});
