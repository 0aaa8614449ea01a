// What scenarios cannot show: replies octet by octet, answers that come late, and paths of several clusters.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../testing/properties.ts';
import { linesByWord, parseCorefile } from '../../corefile/parse.ts';
import { anyRecord } from '../../dns/arbitraries.test.ts';
import { encodeMessage } from '../../dns/message.ts';
import { Name } from '../../dns/name.ts';
import { edns } from '../../dns/opt.ts';
import { message } from '../../dns/parts.ts';
import { parseRR, printRR } from '../../dns/rr.ts';
import type { RR } from '../../dns/rr.ts';
import { Metrics } from '../../kernel/seen/metrics.ts';
import type { Message } from '../../kernel/query/message.ts';
import { drop, failure } from '../../kernel/query/outcome.ts';
import type { Answer, Outcome } from '../../kernel/query/outcome.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Handler, Part } from '../../kernel/site/plugin.ts';
import { derive } from '../../kernel/query/derive.ts';
import { Query } from '../../kernel/query/query.ts';
import { receive } from '../../kernel/query/receive.ts';
import { SearchPaths } from '../../kernel/site/search-path.ts';
import type { SearchPathSource } from '../../kernel/site/search-path.ts';
import { Site } from '../../kernel/site/site.ts';
import type { Channel } from '../../kernel/query/transport.ts';
import { runScenario } from '../../testing/index.ts';
import { standard } from '../index.ts';
import { rebuild, repack } from './complete.ts';
import { Store } from '../../store/store.ts';
import autopath from './index.ts';

const service = { label: 'dns://:53', index: 0, reading: Store.create(1 << 20).reading };
const udp = { transport: 'udp', stream: false, localAddress: '127.0.0.1', localPort: 53, service } as Channel;
const record = (text: string): RR => parseRR(text)!;
const names = (...texts: readonly string[]): readonly Name[] => texts.map((text) => Name.parse(text));

interface Trial {
  readonly handle: NonNullable<Part['handle']>;
  completed(): number;
}
/** A part that asks these for paths. */
function part(...paths: readonly (SearchPathSource['searchPath'])[]): Trial {
  const files = { glob: () => [], read: () => '' } as never;
  const { blocks } = parseCorefile('. {\nautopath @test\n}\n', { file: 'Corefile', environment: () => undefined, files });
  const site = new Site([Name.root], 0);
  for (const searchPath of paths) site.put(SearchPaths, { name: 'test', searchPath });
  site.put(SearchPaths, { name: 'other', searchPath: () => names('wrong.test') });
  const config = autopath.parse(linesByWord(blocks[0]!).get('autopath')!, { zones: [Name.root] } as never);
  const made = autopath.create(config, site) as Part;
  const metrics = new Metrics();
  void made.start!({ metrics } as never);
  const series = () => [...metrics.families()].flatMap((family) => [...family.series()]);
  const completed = () => series().reduce((sum, { cell }) => sum + metrics.values[cell]!, 0);
  return { handle: (query, next) => made.handle!(query, next), completed };
}
function asking(name: string, { type = 1, room = 512, flags = 0x100 } = {}): Query {
  const question = { name: Name.parse(name), type, class: 1 };
  const packet = encodeMessage(message({ id: 0x1234, flags, question, edns: edns(1232) }), { compress: false });
  const query = Query.alone(Math.max(room, packet.length));
  query.bytes.set(packet);
  query.arrive(packet.length, udp);
  assert.equal(receive(query), 0);
  return query;
}
/** The rcode, the question and the answer of a reply, in lines. */
function shown(answer: Outcome): readonly string[] {
  const { question, answer: records, rcode, id } = (answer as Message).parts();
  assert.equal(id, 0x1234);
  return [`${rcode} ${question!.name.text}`, ...records.map((one) => printRR(one).replaceAll('\t', ' '))];
}
/** Knows these names alone; writes down what it was asked. */
function knows(...known: readonly string[]): { readonly next: (query: Query) => Message; readonly asked: string[] } {
  const asked: string[] = [];
  const next = (query: Query): Message => {
    asked.push(query.name.text);
    if (!known.some((one) => Name.parse(one).key === query.name.key)) return query.reply({ rcode: 3 });
    return query.reply({ answer: [record(`${query.name.text} 60 IN A 192.0.2.1`)] });
  };
  return { next, asked };
}
/** Later, when `run` is called. */
function slowly(next: (query: Query) => Outcome): { readonly next: Handler; run(): Promise<void> } {
  let waiting: (() => void)[] = [];
  const later: Handler = (query) => new Promise((resolve) => waiting.push(() => resolve(next(query))));
  const run = async (): Promise<void> => {
    while (waiting.length > 0) {
      const now = waiting;
      waiting = [];
      for (const answer of now.reverse()) answer();
      await new Promise(setImmediate);
    }
  };
  return { next: later, run };
}

test('a reply that is copied by octets is what decoding and encoding it makes', () => {
  const owner = fc.constantFrom(
    'www.second.test', 'a.www.second.test', 'second.test', 'WWW.Second.test', 'www.first.test', 'x.test', 'test',
  ).map((name) => Name.parse(name));
  const inside = fc.constantFrom(
    'SOA ns.second.test h.www.second.test 1 2 3 4 5', 'MX 5 m.second.test', 'NS x.test', 'CNAME www.second.test',
    'SRV 1 2 3 www.second.test', 'NAPTR 1 2 "a" "b" "" n.second.test', 'A 192.0.2.1', 'TXT "x"',
  ).map((text) => record(`www.second.test 60 IN ${text}`));
  const named = fc.tuple(fc.oneof(anyRecord, inside), owner, fc.nat(9)).map(([each, name, ttl]) => ({ ...each, name, ttl }));
  const records = fc.array(fc.oneof(anyRecord, named, named), { maxLength: 4 });
  const asked = fc.constantFrom('www.first.test', 'WWW.First.test', 'www.a-longer-name-than-the-other.first.test');
  let copied = 0;
  fc.assert(fc.property(asked, records, records, records, fc.boolean(), (name, answer, authority, additional, compress) => {
    const query = asking(name);
    const candidate = derive(query, { name: Name.parse('www.second.test') });
    const question = { name: candidate.name, type: 1, class: 1 };
    const parts = message({ id: 0x1234, flags: 0x8180, question, answer, authority, additional, edns: edns(4096) });
    const whole = encodeMessage(parts, { compress });
    const words = new Int32Array((whole.length + 3) >> 2);
    new Uint8Array(words.buffer).set(whole);
    const source = candidate.adopt(words, 0, whole.length);
    const expected = rebuild(query, candidate, source).parts();
    const reply = repack(query, candidate, source);
    if (reply === undefined) return;
    copied++;
    assert.deepEqual(reply.parts(), expected);
    assert.equal(reply.optAt > 0 && reply.bytes[reply.at + reply.optAt + 2], 41);
  }), { numRuns: 500 });
  assert.ok(copied > 250, `${copied} of 500 were copied`);
});

test('what has no room beside the alias is left to be rebuilt', () => {
  const query = asking(`www.${'as-long-as-a-label-can-be-or-nearly-so.'.repeat(5)}first.test`);
  const candidate = derive(query, { name: Name.parse('www.second.test') });
  const many = Array.from({ length: 1800 }, (_, i) => record(`a-name-of-its-own-${i + 1000}.test 60 IN A 192.0.2.1`));
  const source = candidate.reply({ answer: [record('www.second.test 60 IN A 192.0.2.1'), ...many] });
  const { answers } = source;
  assert.ok(repack(query, candidate, source) === undefined);
  const reply = rebuild(query, candidate, source);
  assert.ok(reply.answers === answers + 1 && reply.length <= 65535, `${reply.answers} records in ${reply.length} bytes`);
});

test('octets that are no message do no harm', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(3), (tail, answers) => {
    const query = asking('www.first.test');
    const candidate = derive(query, { name: Name.parse('www.second.test') });
    const source = candidate.begin(0, 0);
    source.bytes.set(tail, source.at + source.length);
    source.length += tail.length;
    source.bytes[source.at + 7] = answers;
    const reply = repack(query, candidate, source);
    assert.ok(reply === undefined || reply.length <= 2048);
  }), { numRuns: 500 });
});

test('names are tried in order until one is there, at once or late', async () => {
  for (const late of [false, true]) {
    const { handle, completed } = part(() => names('a.test', 'b.test', 'c.test', '.'));
    const { next, asked } = knows('www.c.test');
    const slow = slowly(next);
    const query = asking('WWW.a.test');
    const answer = handle(query, late ? slow.next : next);
    assert.equal(answer instanceof Promise, late);
    await slow.run();
    assert.deepEqual(shown(await answer), ['0 WWW.a.test.', 'WWW.a.test. 60 IN CNAME WWW.c.test.', 'WWW.c.test. 60 IN A 192.0.2.1']);
    assert.deepEqual(asked, ['WWW.a.test.', 'WWW.b.test.', 'WWW.c.test.']);
    assert.equal(completed(), 1);
  }
});

test('many questions at once keep their own answers', async () => {
  const { handle } = part(() => names('a.test', 'b.test', 'c.test'));
  const labels = Array.from({ length: 40 }, (_, n) => `n${n}`);
  const { next } = knows(...labels.map((label, n) => `${label}.${n % 2 === 0 ? 'b' : 'c'}.test`));
  for (let round = 0; round < 3; round++) {
    const slow = slowly(next);
    const answers = labels.map((label, n) => handle(asking(`${label}.a.test`), n % 3 === 0 ? next : slow.next));
    await slow.run();
    const replies = await Promise.all(answers);
    for (const [n, reply] of replies.entries()) {
      const found = `n${n}.${n % 2 === 0 ? 'b' : 'c'}.test.`;
      assert.deepEqual(shown(reply), [`0 n${n}.a.test.`, `n${n}.a.test. 60 IN CNAME ${found}`, `${found} 60 IN A 192.0.2.1`]);
    }
  }
});

test('where no name is there, the client gets the first reply, error and all', () => {
  const { handle, completed } = part(() => names('a.test', 'b.test'));
  const query = asking('www.a.test');
  const answer = handle(query, (each) => {
    each.extendedError = { code: 0, text: each.name.text };
    return each.reply({ rcode: 3, authority: [record(`${each.name.text} 1 IN NS x`)] });
  });
  assert.deepEqual(shown(answer as Outcome), ['3 www.a.test.']);
  assert.equal((answer as Message).parts().authority[0]!.name.text, 'www.a.test.');
  assert.equal(query.extendedError?.text, 'www.a.test.');
  assert.equal(completed(), 0);
});

test('an error with a reason ends the search, one without does not', () => {
  const { handle } = part(() => names('a.test', 'b.test', 'c.test'));
  const broken = failure(2, new Error('broken'));
  const tried = (outcome: Outcome, at: string): Answer => handle(asking('www.a.test'), (query) =>
    (query.name.text === at ? outcome : query.name.text === 'www.c.test.' ? query.reply() : query.reply({ rcode: 3 })));
  assert.equal(tried(broken, 'www.a.test.'), broken);
  assert.equal(tried(broken, 'www.b.test.'), broken);
  assert.deepEqual(shown(tried(failure(2), 'www.b.test.') as Outcome), ['0 www.a.test.']);
  assert.deepEqual(shown(tried(failure(2), 'www.a.test.') as Outcome), ['0 www.a.test.']);
  assert.equal((tried(drop(), 'www.b.test.') as Outcome).kind, 'drop');
  const silent = failure(5);
  assert.equal(handle(asking('www.a.test'), (query) => (query.name.text === 'www.a.test.' ? silent : query.reply({ rcode: 3 }))), silent);
});

test('of several clusters the one counts whose names are asked for', () => {
  const { handle } = part(() => undefined, () => names('one.test', 'x.test'), () => names('two.test', 'y.test'));
  const { next, asked } = knows('www.y.test');
  const found = shown(handle(asking('www.two.test'), next) as Outcome);
  assert.equal(found[1], 'www.two.test. 60 IN CNAME www.y.test.');
  handle(asking('www.one.test'), next);
  handle(asking('www.wrong.test'), next);
  assert.deepEqual(asked, ['www.two.test.', 'www.y.test.', 'www.one.test.', 'www.x.test.', 'www.wrong.test.']);
});

test('names that get too long, packets without room, transfers', () => {
  const { handle } = part(() => names('a', `${'b'.repeat(60)}.b`, 'c'));
  const long = `${Array.from({ length: 4 }, () => 'x'.repeat(50)).join('.')}`;
  const { next, asked } = knows(`${long}.c`);
  assert.equal(shown(handle(asking(`${long}.a`, { room: 0 }), next) as Outcome).length, 3);
  assert.deepEqual(asked, [`${long}.a.`, `${long}.c.`]);
  handle(asking('a.a', { type: 252 }), next);
  assert.equal(asked.length, 3);
});

test('an alias made here is not authentic, and the flags are otherwise those of the reply', () => {
  const { handle } = part(() => names('a.test', 'b.test'));
  const answer = handle(asking('www.a.test'), (query) => {
    const reply = knows('www.b.test').next(query);
    reply.setFlags(0x0420 | 0x0200);
    return reply;
  }) as Message;
  assert.equal(answer.flags, 0x8700);
});

test('an answer that is kept never reaches a client with another search path (several namespaces, one cache)', async () => {
  // 127.0.0.1 looks in one.test, every other client in two.test.
  const searchPath = (query: Query): readonly Name[] =>
    (query.clientAddress === '127.0.0.1' ? names('one.test', 'all.test', '.') : names('two.test', 'all.test', '.'));
  const nomad = definePlugin({
    name: 'nomad', parse: () => undefined,
    create: (_, site): Part => {
      site.put(SearchPaths, { name: 'nomad', searchPath });
      return { handle: (query, next) => next(query) };
    },
  });
  const address = (from: string, name: string, data: string) => `
ask ${name} A from ${from}
    NOERROR ra
    ignore ttl flags
    answer ${data.includes(' ') ? `${name} 300 IN CNAME ${data.split(' ')[0]}` : `${name} 300 IN A ${data}`}
${data.includes(' ') ? `    answer ${data.split(' ')[0]} 300 IN A ${data.split(' ')[1]}` : ''}
`;
  const nothing = (from: string, name: string) => `
ask ${name} A from ${from}
    NXDOMAIN ra
    ignore ttl flags authority
`;
  const known = { 'db.one.test': '192.0.2.1', 'db.two.test': '192.0.2.2', 'shared.all.test': '192.0.2.3', 'mine.one.test': '192.0.2.4' };
  const round = [
    address('127.0.0.1', 'db.one.test', '192.0.2.1'), address('127.0.0.2', 'db.two.test', '192.0.2.2'),
    address('127.0.0.1', 'shared.one.test', 'shared.all.test 192.0.2.3'),
    address('127.0.0.2', 'shared.two.test', 'shared.all.test 192.0.2.3'),
    nothing('127.0.0.1', 'shared.two.test'), nothing('127.0.0.2', 'mine.two.test'), nothing('127.0.0.2', 'shared.one.test'),
    address('127.0.0.1', 'mine.one.test', '192.0.2.4'),
  ].join('');
  await runScenario(`. {
    autopath @nomad
    cache
    forward . {{UPSTREAM}}
    nomad
}
----
${Object.entries(known).map(([name, data]) => `upstream ${name} A
    NOERROR ra
    answer ${name} 300 IN A ${data}
`).join('\n')}
upstream *
    NXDOMAIN ra
    authority test 300 IN SOA a b 1 2 3 4 300
${round}${round}${round}
# each name once, however often and for whom
asked
    db.one.test. A rd ad
    db.two.test. A rd ad
    shared.one.test. A rd ad
    shared.all.test. A rd ad
    shared.two.test. A rd ad
    mine.two.test. A rd ad
    mine.all.test. A rd ad
    mine. A rd ad
    mine.one.test. A rd ad
`, { plugins: [...standard, nomad] });
});
