// `check` finds whatever stops a start: every Corefile of the scenarios and of the recorded conversations that is refused has an error, and
// what starts has none. Knows scenarios and recordings; starts nothing.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { checkCorefile } from '../src/cli/check.ts';
import { withZoneProblems } from '../src/cli/zone-problems.ts';
import { parseScenario } from '../src/testing/scenario-file.ts';
import { pathsIn, read, root } from './gates/checkout.ts';

const scratch = mkdtempSync(path.join(tmpdir(), 'coredns-ts-refusals-'));
const before = process.cwd();
process.chdir(scratch);
after(() => {
  process.chdir(before);
  rmSync(scratch, { recursive: true, force: true });
});

/**
 * What only the machine knows: who resolves names, which addresses are there, what lies in a file that is no zone. Each with a word of
 * its refusal.
 */
const MACHINE = /lookup|failed to resolve|cannot assign requested|no such file|weight|no valid upstream|unable to access/;

/** What is told with another text, or starts here: test/conformance/deviations.json says why. */
const deviations = JSON.parse(read('test/conformance/deviations.json')) as Readonly<Record<string, Readonly<Record<string, string>>>>;
/** Files of the conversations' world that a text names, and ports. */
const filled = (text: string) => text.replace(/\{\{PORT\}\}/g, '1053').replace(/\{\{DEAD\}\}/g, '1054')
  .replace(/\{\{DIR\}\}/g, process.cwd()).replace(/\{\{(\w+)\}\}/g, '1056').replace(/\{\$\w+\}/g, '1057');
async function errorsOf(corefile: string): Promise<readonly string[]> {
  const { problems } = await withZoneProblems(await checkCorefile(corefile, 'Corefile', 53));
  return problems.filter(({ severity }) => severity === 'error').map(({ line, message }) => `${line}: ${message}`);
}

test('each Corefile that a scenario wants refused has an error', async () => {
  const missed: string[] = [];
  let tried = 0;
  for (const file of pathsIn('src').concat(pathsIn('test')).filter((name) => name.endsWith('.scenario'))) {
    for (const { title, corefile, steps } of parseScenario(read(file))) {
      const [first] = steps.filter(({ verb }) => !['file', 'upstream', 'kube'].includes(verb));
      if (first?.verb !== 'refused') continue;
      const text = `${first.rest} ${first.block.join(' ')}`;
      for (const { rest, block } of steps.filter(({ verb }) => verb === 'file')) {
        mkdirSync(path.dirname(path.join(scratch, rest)), { recursive: true });
        writeFileSync(path.join(scratch, rest), `${block.join('\n')}\n`);
      }
      tried++;
      const errors = await errorsOf(corefile.replaceAll('{{DIR}}', scratch));
      if (errors.length === 0 && !MACHINE.test(text)) missed.push(`${file}: ${title}: ${text}`);
    }
  }
  assert.ok(tried > 100, `only ${tried}`);
  assert.deepEqual(missed, []);
});

interface Recorded {
  readonly step: string;
  readonly got: string;
  readonly printed?: readonly string[];
}
const { agreed } = JSON.parse(read('test/conformance/cases.json')) as { readonly agreed: readonly string[] };
const cases = path.join(root, 'test/conformance/cases');
const json = <T>(name: string, file: string) => JSON.parse(readFileSync(path.join(cases, name, file), 'utf8')) as T;

test('each Corefile that CoreDNS was seen to refuse has an error, each that starts has none', async () => {
  const wrong: string[] = [];
  for (const name of readdirSync(cases).filter((each) => /^(check|reject|new-1150-check)/.test(each) && agreed.includes(each))) {
    // Where its files lie: nothing is written there.
    process.chdir(path.join(cases, name));
    const { checks, fails } = json<{ checks?: Record<string, string>; fails?: boolean }>(name, 'case.json');
    const expected = json<readonly Recorded[]>(name, 'expected.json');
    const texts = Object.entries(checks ?? {}).map(([title, text]) => [title, text.includes('{{PORT}}') ? text
      : `.:{{PORT}} {\n    ${text.replaceAll('\n', '\n    ')}\n}\n`, expected.find(({ step }) => step === `check ${title}`)] as const);
    if (fails === true) texts.push(['', readFileSync(path.join(cases, name, 'Corefile'), 'utf8'), { ...expected[0]!, got: 'refuses' }]);
    for (const [title, text, recorded] of texts) {
      if (deviations[name]?.[title === '' ? 'start' : `check ${title}`] !== undefined) continue;
      const errors = await errorsOf(filled(text));
      const said = recorded?.printed?.join(' ') ?? '';
      if (recorded?.got === 'refuses' && errors.length === 0 && !MACHINE.test(said)) wrong.push(`${name}: ${title}: misses ${said}`);
      const real = errors.filter((error) => !MACHINE.test(error));
      if (recorded?.got === 'starts' && real.length > 0) wrong.push(`${name}: ${title}: ${real.join('; ')}`);
    }
  }
  assert.deepEqual(wrong, []);
});
