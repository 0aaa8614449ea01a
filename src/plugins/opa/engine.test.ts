// The engine without an agent: equal questions are asked once, decisions are kept, failures are not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TYPE } from '../../dns/type-name.ts';
import type { Log } from '../../kernel/seen/log.ts';
import type { Decision, Facts } from '../../policy/engine.ts';
import { Keeper } from '../../policy/keeper.ts';
import type { Result } from '../../policy/keeper.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { loneQuery } from '../../testing/lone-query.ts';
import type { OpaLine } from './config.ts';
import { OpaEngine } from './engine.ts';
import type { Asker } from './engine.ts';

const LINE: OpaLine = {
  name: 'main', endpoint: { secure: false, host: '', port: 0, authority: '', prefix: '' }, bundle: undefined, tls: undefined,
    fields: ['name',
    'client_ip'], timeout: 200, cache: 0,
    onError: undefined,
};
function rig(line: Partial<OpaLine>, ask: Asker) {
  const clock = new FakeClock();
  const results: Result[] = [];
  const said: string[] = [];
  const log = { info: (text: string) => said.push(text), warning: (text: string) => said.push(text) } as unknown as Log;
  const settings = { ...LINE, ...line };
  const { cache, onError } = settings;
  const engine = new OpaEngine(settings);
  engine.start(ask, new Keeper({
    what: 'main', cache, fallback: onError === undefined ? undefined : { value: { action: onError }, word: onError }, clock, log,
    count: (result) => results.push(result),
  }));
  const factsOf = (name: string): Facts => {
    const query = loneQuery(name, TYPE.A);
    query.journey.received = clock.monotonic();
    return { query, isAnswered: false, kept: new Map(), value: (field) => (field === 'name' ? name : '[2001:db8::1]') };
  };
  return { clock, results, said, decide: async (name: string) => engine.decide(factsOf(name)) };
}
const REFUSE: Decision = { action: 'refuse' };

test('equal questions are asked once while the first is under way, and asked again after it', async () => {
  const asked: unknown[] = [];
  let answer: (decision: Decision) => void = () => {};
  const { decide, results } = rig({}, (input) => {
    asked.push(input);
    return new Promise((resolve) => (answer = resolve));
  });
  const all = [decide('a.test.'), decide('a.test.'), decide('a.test.')];
  answer(REFUSE);
  assert.deepEqual(await Promise.all(all), [REFUSE, REFUSE, REFUSE]);
  const later = decide('a.test.');
  answer(REFUSE);
  await later;
  assert.deepEqual(asked, [{ name: 'a.test.', client_ip: '2001:db8::1' }, { name: 'a.test.', client_ip: '2001:db8::1' }]);
  assert.deepEqual(results, ['joined', 'joined', 'decided', 'decided']);
});
test('decisions are kept as long as the line says, or as they say themselves; that there is none as well', async () => {
  const decisions: Readonly<Record<string, Decision | undefined>> = { 'long.': REFUSE, 'short.': { action: 'block', ttl: 2 },
    'none.': undefined };
  let count = 0;
  const { decide, clock } = rig({ cache: 10_000 }, ({ name }) => {
    count++;
    return decisions[name!];
  });
  const round = async (): Promise<number> => {
    const before = count;
    for (const name of Object.keys(decisions)) assert.deepEqual(await decide(name), decisions[name]);
    return count - before;
  };
  assert.equal(await round(), 3);
  await clock.elapse(1999);
  assert.equal(await round(), 0);
  await clock.elapse(1);
  assert.equal(await round(), 1);
  await clock.elapse(8000);
  assert.equal(await round(), 3);
});
test('failures are not kept, told once until it decides again, and are what on_error says', async () => {
  let fails = true;
  const ask: Asker = () => (fails ? Promise.reject(new Error('no')) : REFUSE);
  const open = rig({ cache: 10_000, onError: 'allow' }, ask);
  assert.deepEqual(await open.decide('a.'), { action: 'allow' });
  assert.deepEqual(await open.decide('a.'), { action: 'allow' });
  fails = false;
  assert.deepEqual(await open.decide('a.'), REFUSE);
  fails = true;
  assert.deepEqual(await open.decide('b.'), { action: 'allow' });
  assert.deepEqual(open.said, ['main: no; until it decides again: allow', 'main decides again',
    'main: no; until it decides again: allow']);
  assert.deepEqual(open.results, ['error', 'error', 'decided', 'error']);
  const closed = rig({}, ask);
  await assert.rejects(closed.decide('a.'), /^Error: main: no$/);
});
test('what is kept is bounded: the oldest goes', async () => {
  const asked: string[] = [];
  const { decide } = rig({ cache: 10_000 }, ({ name }) => {
    asked.push(name!);
    return REFUSE;
  });
  for (let i = 0; i <= 10_000; i++) await decide(`n${i}.`);
  await decide('n1.');
  assert.equal(asked.length, 10_001);
  await decide('n0.');
  assert.equal(asked.at(-1), 'n0.');
});
