// Runs every scenario as a test, and proves that one changed digit turns a scene red. Knows where scenarios lie.
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
/** The text with another digit in an expected record or refusal of the lines `from` to `to`; undefined where there is none. */
function changed(text: string, from: number, to: number): string | undefined {
  const lines = text.split('\n');
  const before = lines.slice(0, from - 1).join('\n').length;
  const end = lines.slice(0, to - 1).join('\n').length;
  const places = [...text.matchAll(LAST_DIGIT)].filter(({ index }) => index >= before && index < end && !scripted(text, index));
  const place = places[Math.floor(places.length / 2)];
  if (place === undefined) return undefined;
  const at = place.index + place[0].length - 1;
  return `${text.slice(0, at)}${(Number(text[at]) + 1) % 10}${text.slice(at + 1)}`;
}

/** Whether a line is what an upstream of the scene will say: no expectation. */
const scripted = (text: string, at: number): boolean => /(?:^|\n)(upstream |file )[^\n]*\n(?: {4}[^\n]*\n|\n)*$/.test(text.slice(0, at));

/** Scenes that have a digit to change and wait for nothing: what is waited for is waited for long before it is red. */
const scenes = files.flatMap((file) => {
  const text = read(file);
  const starts = parseScenario(text).map(({ line }) => line);
  return starts.flatMap((line, i) => {
    const next = starts[i + 1] ?? text.split('\n').length + 1;
    const other = changed(text, line, next);
    const waits = /^until /m.test(text.split('\n').slice(line - 1, next - 1).join('\n'));
    return other === undefined || waits ? [] : [{ file, i, line, text: other }];
  });
});

test('one digit changed makes a scene red: each that has one and waits for nothing', async () => {
  const green: string[] = [];
  for (const { file, i, line, text } of scenes) {
    try {
      await runScene(parseScenario(text)[i]!);
      green.push(`${file}:${line}`);
    } catch (error) {
      assert.ok(error instanceof ScenarioError, `${file}:${line}: ${error}`);
    }
  }
  assert.deepEqual(green, []);
  assert.ok(scenes.length >= 150, `${scenes.length} were tried`);
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
