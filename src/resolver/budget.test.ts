// What one question may cost, whatever it leads to: each limit ends it with its reason, and none of them breaks a zone that is kept badly.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AA } from '../dns/parts.ts';
import { parseRR } from '../dns/rr.ts';
import { MadeZone } from '../testing/made-internet.ts';
import { A, B, ROOT, TEST, rigOf } from './rig.test.ts';

const WWW = 'NOERROR www.a.test. 300 A 192.0.2.80';
const lines = (...texts: string[]) => texts.map((text) => parseRR(text)!);
const namesIn = (asked: readonly string[], pattern: RegExp) => new Set(asked.flatMap((each) => pattern.exec(each)?.[0] ?? []));

test('questions: the one that was one too many is named', async () => {
  const rig = rigOf({ mostQuestions: 3 });
  assert.equal(await rig.ask('www.a.test. A'), 'SERVFAIL (22: 3 questions were asked for one, and not www.a.test. A of a.test.)');
  assert.deepEqual(rig.spent, ['questions']);
  assert.equal(rig.asked().length, 3);
});
test('aliases: eleven are followed, and the next one is named', async () => {
  const rig = rigOf();
  const aliases = (count: number) => Array.from({ length: count }, (_, i) => `c${count}-${i} 300 CNAME c${count}-${i + 1}`);
  rig.internet.at(A, new MadeZone('a.test.', ['@ 300 NS ns', `ns 300 A ${A}`, ...aliases(11), 'c11-11 300 A 192.0.2.11', ...aliases(12),
    'c12-12 300 A 192.0.2.12']));
  assert.match(await rig.ask('c11-0.a.test. A'), /^NOERROR .*192\.0\.2\.11$/);
  assert.equal(await rig.ask('c12-0.a.test. A'), 'SERVFAIL (22: 11 aliases were followed, and not c12-12.a.test.)');
  assert.deepEqual(rig.spent, ['aliases']);
});
test('names of servers: six that are new are looked up, however many a referral names (NXNSAttack, NRDelegation)', async () => {
  const rig = rigOf();
  const many = Array.from({ length: 1500 }, (_, i) => `a.test. 300 NS ns${i}.b.test.`);
  rig.internet.at(TEST, (question) => (question.name.text.endsWith('a.test.') ? { authority: lines(...many) } : undefined), rig.zones.test);
  const why = 'no server of a.test. has an address, and no more names of servers are looked up';
  assert.equal(await rig.ask('www.a.test. A'), `SERVFAIL (22: ${why})`);
  assert.deepEqual(rig.spent, ['names']);
  const asked = rig.asked();
  assert.equal(namesIn(asked, /ns\d+\.b\.test\./).size, 6);
  assert.ok(asked.length <= 20, `${asked.length} questions`);
});
test('a zone most of whose servers do not exist is found where one does', async () => {
  const rig = rigOf();
  const names = Array.from({ length: 10 }, (_, i) => `a 300 NS ns${i}.b.test.`);
  rig.internet.at(TEST, new MadeZone('test.', ['@ 300 NS ns', `ns 300 A ${TEST}`, ...names, 'b 300 NS ns.b', `ns.b 300 A ${B}`]));
  rig.internet.at(B, new MadeZone('b.test.', ['@ 300 NS ns', `ns 300 A ${B}`, `ns4 300 A ${A}`]));
  assert.equal(await rig.ask('www.a.test. A'), WWW, 'the fifth of ten');
  const last = rigOf();
  last.internet.at(TEST, new MadeZone('test.', ['@ 300 NS ns', `ns 300 A ${TEST}`, ...names, 'b 300 NS ns.b', `ns.b 300 A ${B}`]));
  last.internet.at(B, new MadeZone('b.test.', ['@ 300 NS ns', `ns 300 A ${B}`, `ns9 300 A ${A}`]));
  assert.match(await last.ask('www.a.test. A'), /^SERVFAIL/);
  assert.equal(await last.ask('www.a.test. A'), WWW, 'names that are known to be none cost nothing, and the failure is not kept');
});
test('three servers that a child names do not exist: those that its parent names are asked before the others', async () => {
  const rig = rigOf({ promiscuous: true });
  const child = [...Array.from({ length: 9 }, (_, i) => `@ 300 NS gone${i}.b.test.`), 'www 300 A 192.0.2.80'];
  rig.internet.at(TEST, new MadeZone('test.', ['@ 300 NS ns', `ns 300 A ${TEST}`, 'a 300 NS ns.b', 'b 300 NS ns.b', `ns.b 300 A ${B}`]));
  const zone = new MadeZone('a.test.', child);
  const b = new MadeZone('b.test.', ['@ 300 NS ns', `ns 300 A ${B}`]);
  rig.internet.at(B, zone, b);
  const own = await rig.ask('a.test. NS');
  assert.match(own, /gone8/);
  rig.asked();
  assert.equal(await rig.ask('www.a.test. A'), WWW);
  assert.equal(namesIn(rig.asked(), /gone\d/).size, 3);
});
test('depth: servers below servers below servers are looked up so far', async () => {
  const rig = rigOf({ mostServerNames: 100 });
  const chain = Array.from({ length: 9 }, (_, i) => `z${i} 300 NS ns.z${i + 1}`);
  rig.internet.at(TEST, new MadeZone('test.', ['@ 300 NS ns', `ns 300 A ${TEST}`, ...chain, 'z9 300 NS ns.z9', `ns.z9 300 A ${B}`]));
  rig.internet.at(B, ({ name }) => ({ flags: AA, answer: lines(`${name.text} 300 A ${B}`) }));
  assert.match(await rig.ask('www.z0.test. A'), /^SERVFAIL \(22: no server of z0\.test\. has an address, and no more/);
  assert.deepEqual(rig.spent, ['depth']);
  assert.match(await rig.ask('www.z4.test. A'), /^NOERROR/);
});
test('cycles of servers end, and are not gone round for each question (TsuNAME)', async () => {
  const rig = rigOf();
  rig.internet.at(TEST, new MadeZone('test.', ['@ 300 NS ns', `ns 300 A ${TEST}`, 'x 300 NS ns.y', 'x 300 NS ns2.y', 'y 300 NS ns.x',
    'y 300 NS ns2.x']));
  assert.match(await rig.ask('www.x.test. A'), /^SERVFAIL/);
  assert.ok(rig.asked().length <= 20);
  assert.match(await rig.ask('www.x.test. A'), /^SERVFAIL/);
  assert.deepEqual(rig.asked(), [], 'the failure is kept');
});
test('aliases that lead to names of servers that are aliases, in many zones, stay within one budget (CAMP)', async () => {
  const rig = rigOf();
  // Each zone has four servers whose names are aliases into the next zone, and each name of it is an alias.
  const cut = (zone: string, next: string) => Array.from({ length: 4 }, (_, i) => `${zone} 300 NS s${i}.${next}`);
  const zones = Array.from({ length: 8 }, (_, i) => cut(`c${i}`, `c${i + 1}.test.`)).flat();
  rig.internet.at(TEST, new MadeZone('test.', ['@ 300 NS ns', `ns 300 A ${TEST}`, ...zones, 'c8 300 NS ns.c8', `ns.c8 300 A ${B}`,
    'a 300 NS ns.a', `ns.a 300 A ${A}`]));
  rig.internet.at(B, ({ name }) => ({ flags: AA, answer: lines(`${name.text} 300 CNAME x${name.text}`) }));
  rig.internet.at(A, ({ name }) => ({ flags: AA, answer: lines(`${name.text} 300 CNAME www.c0.test.`) }));
  assert.match(await rig.ask('www.a.test. A'), /^SERVFAIL/);
  assert.ok(rig.asked().length <= 60);
});
test('a root that refers to itself, or sideways, ends', async () => {
  const rig = rigOf();
  rig.internet.at(ROOT, () => ({ authority: lines('. 300 NS ns.root.'), additional: lines(`ns.root. 300 A ${ROOT}`) }));
  assert.match(await rig.ask('www.a.test. A'), /^(?:SERVFAIL|NOERROR$)/);
  assert.ok(rig.asked().length <= 20);
});
