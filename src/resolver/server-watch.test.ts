// Who looks on sees the servers before they are asked, those of what is kept, and where aliases lead; and may end it there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printAddress } from '../dns/address.ts';
import { Name } from '../dns/name.ts';
import { CLASS, TYPE } from '../dns/type-name.ts';
import { A, ROOT, TEST, rigOf } from './rig.test.ts';
import type { AskedServers, Watch } from './server-watch.ts';

const watchOf = (endsBefore: (servers: AskedServers) => boolean, endsAt: (name: Name) => boolean = () => false): Watch =>
  ({ key: 'test', endsAt, endsBefore, instead: () => undefined });
const question = (name: string) => ({ name: Name.parse(name), type: TYPE.A, class: CLASS.IN });

test('it ends before the servers of a zone, which are not asked, and before what is kept of them', async () => {
  const rig = rigOf();
  const seen: string[] = [];
  const look = watchOf(({ names, addresses }) => {
    seen.push([...names.map(({ text }) => text), ...addresses.map(printAddress)].join(' '));
    return names.some(({ text }) => text === 'ns.a.test.');
  });
  const found = await rig.resolver.resolve(question('www.a.test.'), look);
  assert.deepEqual([found.stopped?.name.text, found.stopped?.servers?.addresses.map(printAddress)], ['www.a.test.', [A]]);
  assert.deepEqual(rig.asked(), [`${ROOT} . NS`, `${ROOT} www.a.test. A`, `${TEST} www.a.test. A`]);
  assert.deepEqual([...new Set(seen)], [`ns.root. ${ROOT}`, `ns.test. ${TEST}`, `ns.a.test. ${A}`]);
  assert.equal(await rig.ask('www.a.test. A'), 'NOERROR www.a.test. 300 A 192.0.2.80');
  rig.asked();
  assert.equal((await rig.resolver.resolve(question('www.a.test.'), look)).stopped?.name.text, 'www.a.test.');
  assert.deepEqual(rig.asked(), []);
});

test('it ends at a name that an alias leads to, with the alias; and goes on where nothing is ended', async () => {
  const rig = rigOf();
  const look = watchOf(() => false, ({ text }) => text === 'www.b.test.');
  const found = await rig.resolver.resolve(question('alias.a.test.'), look);
  assert.deepEqual([found.stopped?.name.text, found.stopped?.servers, found.answer.length], ['www.b.test.', undefined, 1]);
  const whole = await rig.resolver.resolve(question('alias.a.test.'), watchOf(() => false));
  assert.deepEqual([whole.stopped, whole.answer.length], [undefined, 2]);
});

test('clients for whom it says the same share what comes of equal questions', async () => {
  const rig = rigOf();
  const look = watchOf(() => false);
  await Promise.all([rig.resolver.resolve(question('www.a.test.'), look), rig.resolver.resolve(question('www.a.test.'), { ...look })]);
  assert.equal(rig.asked().length, 4);
});
