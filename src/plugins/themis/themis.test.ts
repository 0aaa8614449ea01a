// *themis* with decision points that are scripted: what they are told, octet by octet, and what becomes of what they say.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http2';
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { FakeClock } from '../../testing/fake-clock.ts';
import { freePort } from '../../testing/free-port.ts';
import { askOnce } from '../../testing/one-question.ts';
import { serve } from '../../testing/served.ts';
import { standard } from '../index.ts';
import { attribute, readResponse, requestOf } from './attributes.ts';

/** A message of gRPC with a body as its field 1, and back. */
function framed(body: Buffer): Buffer {
  assert.ok(body.length < 128);
  const head = Buffer.from([0, 0, 0, 0, body.length + 2, 10, body.length]);
  return Buffer.concat([head, body]);
}
function unframed(message: Buffer): Buffer {
  assert.equal(message.readUInt32BE(1), message.length - 5);
  assert.equal(message[5], 10);
  return message.subarray(message[6]! < 128 ? 7 : 8);
}
/** A response with this effect, a status and obligations as they are. */
function response(effect: number, status = '', obligations: readonly Buffer[] = []): Buffer {
  const head = Buffer.from([1, 0, effect, status.length, 0, ...Buffer.from(status), obligations.length, 0]);
  return Buffer.concat([head, ...obligations]);
}
type Script = (body: Buffer, stream: ServerHttp2Stream) => Buffer | undefined;
async function scripted(t: TestContext, script: Script) {
  const asked: Buffer[] = [];
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
  });
  server.on('stream', (stream, headers) => {
    const parts: Buffer[] = [];
    stream.on('error', () => {});
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.on('end', () => {
      assert.equal(headers[':path'], '/service.PDP/Validate');
      assert.equal(headers['content-type'], 'application/grpc');
      const body = unframed(Buffer.concat(parts));
      asked.push(body);
      const answer = script(body, stream);
      if (answer === undefined) return;
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(framed(answer));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const session of sessions) session.destroy();
  });
  return { place: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked, sessions };
}
async function served(t: TestContext, places: readonly string[], more = '', answers = false) {
  const clock = new FakeClock();
  const rules = answers ? 'firewall response {\n themis main\n }' : '';
  const server = await serve(`. {\n themis main {\n endpoint ${places.join(' ')}\n ${more}\n }\n`
    + `firewall query {\n themis main\n allow true\n }\n${rules}\n`
    + 'template IN A . {\n answer "{{ .Name }} 60 IN A 192.0.2.1"\n }\n}\n', standard, clock);
  t.after(() => server.close());
  return { server, clock, ask: async (name: string) => askOnce(server.port, name, 'A') };
}
const has = (body: Buffer, text: string) => body.includes(text);

test('what is told of a question and of its answer, octet by octet; obligations that are carried are told again', async (t) => {
  const carried = attribute('group', 'string', 'guests');
  const point = await scripted(t, (body) => (has(body, 'response') ? response(0, '', [attribute('refuse', 'string', '')])
    : response(2, '', [attribute('other', 'string', 'x'), carried])));
  const { ask } = await served(t, [point.place], 'attr size size\n attr where server_ip address\n attr none no/label\n transfer group',
    true);
  assert.equal((await ask('A.test')).rcode, 'REFUSED');
  const [question, answer] = point.asked;
  const text = (name: string, value: string, type = 2) =>
    [name.length, ...Buffer.from(name), type, value.length, 0, ...Buffer.from(value)];
  assert.deepEqual([...question!], [
    1, 0, 6, 0, ...text('type', 'query'), ...text('domain_name', 'a.test', 9), ...text('dns_qtype', '1'),
    9, ...Buffer.from('source_ip'), 5, 127, 0, 0, 1, ...text('size', '35'), 5, ...Buffer.from('where'), 5, 127, 0, 0, 1,
  ]);
  assert.deepEqual([...answer!], [
    1, 0, 3, 0, ...text('type', 'response'), 7, ...Buffer.from('address'), 5, 192, 0, 2, 1, ...text('group', 'guests'),
  ]);
});
test('effects and obligations are decisions', async (t) => {
  const said: Readonly<Record<string, Buffer>> = {
    permit: response(1), deny: response(0, 'malware'), none: response(2), unsure: response(3, 'no policy'), fourth: response(4),
    refuse: response(0, '', [attribute('refuse', 'string', 'yes')]), drop: response(0, '', [attribute('refuse', 'string', ''),
      attribute('drop', 'string', '')]),
    away: response(0, '', [attribute('log', 'string', ''), attribute('redirect_to', 'string', '192.0.2.9')]),
    odd: response(0, '', [attribute('redirect_to', 'string', '%')]), bad: Buffer.from([2, 0, 1]), cut: response(0, 'x').subarray(0, 5),
  };
  const point = await scripted(t, (body) => said[Object.keys(said).find((name) => has(body, `${name.toLowerCase()}.test`))!]);
  const { ask, server } = await served(t, [point.place], 'log');
  const answers: Record<string, string> = {};
  for (const name of Object.keys(said).filter((each) => each !== 'drop')) {
    const { rcode, ede, answer } = await ask(`${name}.test`);
    answers[name] = `${rcode} ${ede ?? '-'} ${answer[0]?.split(' ').at(-1) ?? ''}`;
  }
  assert.deepEqual(answers, {
    permit: 'NOERROR - 192.0.2.1', deny: 'NXDOMAIN 15 ', none: 'NOERROR - 192.0.2.1', unsure: 'NOERROR - 192.0.2.1',
      fourth: 'NOERROR - 192.0.2.1',
    refuse: 'REFUSED 18 ', away: 'NOERROR 4 192.0.2.9', odd: 'NXDOMAIN 15 ', bad: 'SERVFAIL 0 ', cut: 'SERVFAIL 0 ',
  });
  assert.match(server.log(), /plugin\/themis: main: 127\.0\.0\.1 deny\.test\. A: effect 0 "malware"/);
  assert.match(server.log(), /main: the response cannot be read: its version is 2, not 1/);
});
test('a point that is not there is passed over; with hot-spot one is asked as long as it works', async (t) => {
  const points = [await scripted(t, () => response(0)), await scripted(t, () => response(0))];
  const places = [`127.0.0.1:${await freePort()}`, ...points.map(({ place }) => place)];
  const even = await served(t, places);
  for (let i = 0; i < 6; i++) assert.equal((await even.ask(`a${i}.test`)).rcode, 'NXDOMAIN');
  assert.deepEqual(points.map(({ asked }) => asked.length), [4, 2]);
  const hot = await served(t, places, 'streams 10 hot-spot');
  for (let i = 0; i < 6; i++) assert.equal((await hot.ask(`b${i}.test`)).rcode, 'NXDOMAIN');
  assert.deepEqual(points.map(({ asked }) => asked.length), [10, 2]);
});
test('a point that says nothing costs its time and no more; what on_error says is done', async (t) => {
  let isMute = true;
  const point = await scripted(t, () => (isMute ? undefined : response(0)));
  const { ask, clock, server } = await served(t, [point.place], 'connection_timeout 400ms\n on_error refuse');
  const answer = ask('a.test');
  while (point.asked.length < 1) await new Promise((resolve) => setImmediate(resolve));
  await clock.elapse(400);
  assert.equal((await answer).rcode, 'REFUSED');
  assert.match(server.log(), /plugin\/themis: main: 127\.0\.0\.1:\d+: no answer in 400 ms; until it decides again: refuse/);
  isMute = false;
  assert.equal((await ask('b.test')).rcode, 'NXDOMAIN');
});
test('a status of gRPC that is not 0 fails; UNAVAILABLE asks another point; with nobody left it is SERVFAIL', async (t) => {
  const status = (code: string) => (_: Buffer, stream: ServerHttp2Stream): undefined => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': code, 'grpc-message': 'not now' },
      { endStream: true });
  };
  const away = await scripted(t, status('14')), ill = await scripted(t, status('13')), fine = await scripted(t, () => response(0));
  assert.equal((await (await served(t, [away.place, fine.place])).ask('a.test')).rcode, 'NXDOMAIN');
  const failing = await served(t, [ill.place, fine.place]);
  assert.equal((await failing.ask('a.test')).rcode, 'SERVFAIL');
  assert.match(failing.server.log(), /gRPC status 13: not now/);
  assert.equal((await (await served(t, [away.place])).ask('a.test')).rcode, 'SERVFAIL');
});
test('decisions are kept with what they carry', async (t) => {
  const point = await scripted(t, (body) => (has(body, 'response') ? response(1) : response(2, '', [attribute('group', 'string', 'g')])));
  const { ask } = await served(t, [point.place], 'cache 1m\n transfer group', true);
  for (let i = 0; i < 3; i++) assert.equal((await ask('a.test')).rcode, 'NOERROR');
  assert.equal(point.asked.length, 2);
  assert.ok(has(point.asked[1]!, 'group'));
});
test('obligations of each type are read, those behind an unknown one are not', () => {
  const obligation = (name: string, ...value: readonly number[]) => Buffer.from([name.length, ...Buffer.from(name), ...value]);
  const all = [
    obligation('no', 0), obligation('yes', 1), attribute('text', 'string', 'ä'), obligation('int', 3, 1, 2, 3, 4, 5, 6, 7, 8),
    obligation('float', 4, 1, 2, 3, 4, 5, 6, 7, 8), attribute('v4', 'address', Uint8Array.of(1, 2, 3, 4)),
    attribute('v6', 'address', new Uint8Array(16)), obligation('n4', 7, 24, 1, 2, 3, 0), obligation('n6', 8, 32,
      ...new Array<number>(16).fill(0)),
    attribute('name', 'domain', 'a.test'), obligation('set', 10, 2, 0, 1, 0, 97, 0, 0), obligation('names', 12, 1, 0, 1, 0, 97),
    obligation('list', 13, 0, 0),
  ];
  const texts = (body: Buffer) => readResponse(body, 64).obligations.map(({ name, text }) => `${name}=${text ?? ''}`).join(' ');
  assert.equal(texts(response(0, '', all)), 'no=false yes=true text=ä int= float= v4= v6= n4= n6= name=a.test set= names= list=');
  assert.equal(texts(response(0, '', [all[2]!, obligation('nets', 11, 0, 0), all[1]!])), 'text=ä');
  assert.throws(() => readResponse(response(0, '', all), 12), /13 obligations: more than 12/);
  assert.deepEqual(requestOf(all).subarray(0, 4), Buffer.from([1, 0, 13, 0]));
});
