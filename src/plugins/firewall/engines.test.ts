// Rules that ask policy engines: at once and late, what they know in both directions, and what fails.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { once } from '../../corefile/directive.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import { PolicyEngines } from '../../policy/engine.ts';
import type { Decision, Facts } from '../../policy/engine.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { serve } from '../../testing/served.ts';
import { askOnce } from '../../testing/one-question.ts';
import { standard } from '../index.ts';

type Thought = Decision | undefined | Promise<Decision | undefined>;
/** A plugin whose engine thinks so. */
const thinking = (think: (facts: Facts) => Thought) => definePlugin({
  name: 'thinking',
  parse: (lines) => once(lines).only(),
  create(name, site) {
    site.put(PolicyEngines, { plugin: 'thinking', name, decide: think });
    return {};
  },
});
async function answers(t: TestContext, rules: string, think: (facts: Facts) => Thought, names: readonly string[]): Promise<string[]> {
  const server = await serve(`. {\n thinking deep\n ${rules}\n whoami\n}\n`, [thinking(think), ...standard], new FakeClock());
  t.after(() => server.close());
  return Promise.all(names.map(async (name) => (await askOnce(server.port, name, 'A')).rcode));
}
const BOTH = 'firewall query {\n thinking deep\n allow true\n}\nfirewall response {\n thinking deep\n}';

test('engines that decide at once and late, and have no opinion', async (t) => {
  const think = ({ query, isAnswered }: Facts): Thought => {
    const name = query.name.text;
    if (isAnswered) return undefined;
    if (name === 'late.test.') return Promise.resolve({ action: 'refuse' });
    if (name === 'now.test.') return { action: 'block' };
    return name === 'unsure.test.' ? Promise.resolve(undefined) : undefined;
  };
  assert.deepEqual(await answers(t, BOTH, think, ['late.test.', 'now.test.', 'unsure.test.', 'other.test.']),
    ['REFUSED', 'NXDOMAIN', 'NOERROR', 'NOERROR']);
});
test('what an engine kept of a question it has with the answer, each question its own', async (t) => {
  const seen: string[] = [];
  const engine = { plugin: '', name: '', decide: () => undefined };
  const think = async (facts: Facts): Promise<Decision | undefined> => {
    if (!facts.isAnswered) facts.kept.set(engine, facts.value('name'));
    else seen.push(`${String(facts.kept.get(engine))} ${facts.value('rcode')} ${facts.value('no/label')}${facts.value('client_ip')}`);
    await Promise.resolve();
    return undefined;
  };
  await answers(t, BOTH, think, ['a.test.', 'b.test.']);
  assert.deepEqual(seen.sort(), ['a.test. NOERROR 127.0.0.1', 'b.test. NOERROR 127.0.0.1']);
});
test('an engine that fails, at once or late, is SERVFAIL, in both directions', async (t) => {
  const think = ({ query, isAnswered }: Facts): Thought => {
    const name = query.name.text;
    if (name === 'throws.test.') throw new Error('no');
    if (name === 'rejects.test.' || (isAnswered && name === 'later.test.')) return Promise.reject(new Error('no'));
    return undefined;
  };
  assert.deepEqual(await answers(t, BOTH, think, ['throws.test.', 'rejects.test.', 'later.test.', 'fine.test.']),
    ['SERVFAIL', 'SERVFAIL', 'SERVFAIL', 'NOERROR']);
});
