// Replies that are not what they should be: cookies, letters, and what is told of errors.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OPTION } from '../dns/edns-options.ts';
import { Name } from '../dns/name.ts';
import type { EdnsOption } from '../dns/opt.ts';
import type { Question } from '../dns/parts.ts';
import { RCODE } from '../dns/rcode.ts';
import { TYPE } from '../dns/type-name.ts';
import { reportName } from './error-reports.ts';
import { A, rigOf, zones } from './rig.test.ts';

const WWW = 'NOERROR www.a.test. 300 A 192.0.2.80';
const cookieOf = (options: readonly EdnsOption[]): string =>
  Buffer.from(options.find(({ code }) => code === OPTION.COOKIE)?.data ?? []).toString('hex');
const cookie = (hex: string): EdnsOption => ({ code: OPTION.COOKIE, data: Buffer.from(hex, 'hex') });

test('a cookie is sent, the server\'s part comes back to it, and another client\'s is no reply (RFC 7873)', async () => {
  const rig = rigOf();
  const seen: string[] = [];
  let give = '0102030405060708';
  rig.internet.at(A, (question, _tcp, options) => {
    const sent = cookieOf(options);
    seen.push(sent);
    return { ...rig.zones.a.answer(question), options: [cookie(`${sent.slice(0, 16)}${give}`)] };
  });
  assert.equal(await rig.ask('www.a.test. A'), WWW);
  give = '1112131415161718';
  await rig.ask('www.a.test. MX');
  await rig.ask('www.a.test. TXT');
  const [first = '', second, third] = seen;
  assert.equal(first.length, 16);
  assert.deepEqual([second, third], [`${first}0102030405060708`, `${first}1112131415161718`]);
  assert.notEqual(first, '0'.repeat(16));
  rig.internet.at(A, (question) => ({ ...rig.zones.a.answer(question), options: [cookie('ffffffffffffffff0102030405060708')] }));
  assert.match(await rig.ask('other.a.test. A'), /^SERVFAIL/, 'forged');
});
test('who has given a cookie and sends none is asked over TCP; who wants another one gets it', async () => {
  const rig = rigOf();
  const good = (question: Question, options: readonly EdnsOption[]) =>
    ({ ...rig.zones.a.answer(question), options: [cookie(`${cookieOf(options).slice(0, 16)}0102030405060708`)] });
  rig.internet.at(A, (question, _tcp, options) => good(question, options));
  assert.equal(await rig.ask('www.a.test. A'), WWW);
  rig.internet.at(A, (question, tcp) => (tcp ? rig.zones.a.answer(question) : { flags: 0x400, answer: [] }));
  rig.asked();
  assert.equal(await rig.ask('x.ent.a.test. A'), 'NOERROR x.ent.a.test. 300 A 192.0.2.82');
  assert.deepEqual(rig.asked(), [`${A} x.ent.a.test. A`, `${A} x.ent.a.test. A tcp`]);
  let refused = 0;
  rig.internet.at(A, (question, tcp, options) => {
    const sent = cookieOf(options);
    if (tcp || sent.endsWith('2122232425262728')) return good(question, options);
    refused++;
    return { rcode: RCODE.BADCOOKIE, options: [cookie(`${sent.slice(0, 16)}2122232425262728`)] };
  });
  assert.equal(await rig.ask('y.wild.a.test. A'), 'NOERROR y.wild.a.test. 300 A 192.0.2.81');
  assert.equal(refused, 1);
});
test('letters are mixed where the owner wishes: who does not repeat them is asked over TCP, and what is kept is as asked', async () => {
  const rig = rigOf({ mixed: true });
  let drawn = 0.1;
  rig.random = () => (drawn = (drawn * 7919 + 0.37) % 1);
  assert.equal(await rig.ask('www.a.test. A'), WWW);
  const [last = ''] = rig.asked().slice(-1);
  assert.match(last, /www\.a\.test\. A/i);
  const names: string[] = [];
  rig.internet.at(A, (question, tcp) => {
    names.push(question.name.text);
    return { ...rig.zones.a.answer(question), ...(tcp ? {} : { question: { ...question, name: question.name.folded } }) };
  });
  assert.equal(await rig.ask('a-name-with-many-letters.wild.a.test. A'),
    'NOERROR a-name-with-many-letters.wild.a.test. 300 A 192.0.2.81');
  assert.deepEqual(names.map((each) => each === each.toLowerCase()), [false, true], 'mixed over UDP, plain over TCP');
  assert.equal(rig.asked().at(-1), `${A} a-name-with-many-letters.wild.a.test. A tcp`);
});
test('what is bogus is told to the agent that the zone\'s server names, once (RFC 9567)', async () => {
  const made = zones(true);
  const rig = rigOf({}, true, made);
  const agent = { code: OPTION.REPORTING, data: Name.parse('agent.b.test.').octets };
  rig.internet.at(A, (question) => {
    const said = made.a.answer(question);
    const answer = said?.answer?.filter((rr) => rr.type !== TYPE.RRSIG || question.type !== TYPE.A) ?? [];
    return { ...said, answer, options: [agent] };
  });
  assert.match(await rig.ask('www.a.test. A'), /^bogus SERVFAIL \(10: /);
  await new Promise(setImmediate);
  const reports = () => [...new Set(rig.asked().filter((each) => each.includes('_er.')).map((each) => each.replace(/^\S+ /, '')))];
  assert.deepEqual(reports(), ['_er.1.www.a.test.10._er.agent.b.test. TXT']);
  rig.time += 6000;
  await rig.ask('www.a.test. A');
  await new Promise(setImmediate);
  assert.deepEqual(reports(), [], 'the answer is kept');
  const quiet = rigOf({ reports: false }, true, zones(true, { ds: 'a.test. 300 IN DS 1 13 2 00' }));
  await quiet.ask('www.a.test. A');
  assert.deepEqual(quiet.asked().filter((each) => each.includes('_er.')), []);
});
test('the name of a report: what cannot be told is not', () => {
  const name = (text: string, agent: string) => reportName({ name: Name.parse(text), type: 1 }, 7, Name.parse(agent))?.text;
  assert.equal(name('x.test.', 'agent.example.'), '_er.1.x.test.7._er.agent.example.');
  assert.equal(name('.', 'agent.example.'), '_er.1.7._er.agent.example.');
  assert.equal(name('x.agent.example.', 'agent.example.'), undefined);
  assert.equal(name(`${`${'x'.repeat(60)}.`.repeat(4)}`, 'agent.example.'), undefined);
});
