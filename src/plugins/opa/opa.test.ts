// *opa* with agents that answer as they should, and as they should not; with a real one where there is one.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { FakeClock } from '../../testing/fake-clock.ts';
import { freePort } from '../../testing/free-port.ts';
import { askOnce } from '../../testing/one-question.ts';
import { serve } from '../../testing/served.ts';
import { readPlace } from '../../web-api/api-request.ts';
import { standard } from '../index.ts';
import { Agent } from './agent.ts';
import { readBundle } from './bundle.ts';

interface Scripted {
  readonly url: string;
  /** What it was asked, in order. */
  readonly asked: string[];
  readonly sockets: Set<Socket>;
  readonly connections: () => number;
}
type Script = (input: Readonly<Record<string, string>>, response: ServerResponse) => void;
/** An agent that answers so. */
async function scripted(t: TestContext, script: Script): Promise<Scripted> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  let count = 0;
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => (body += part));
    request.on('end', () => {
      asked.push(body);
      script((JSON.parse(body) as { input?: Record<string, string> }).input ?? {}, response);
    });
  });
  server.keepAliveTimeout = 0;
  server.on('connection', (socket: Socket) => {
    count++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/data/dns/action`, asked, sockets,
    connections: () => count };
}
const says = (response: ServerResponse, result: unknown): unknown => response.end(JSON.stringify(result === undefined ? {} : { result }));
async function served(t: TestContext, url: string, more = '', rules = 'opa main\n allow true', response = '') {
  const answering = response === '' ? '' : `firewall response {\n ${response}\n }`;
  const corefile = `. {\n opa main {\n endpoint ${url}\n ${more}\n }\n firewall query {\n ${rules}\n }\n ${answering}\n `
    + 'template IN A . {\n answer "{{ .Name }} 60 IN A 192.0.2.1"\n }\n}\n';
  const clock = new FakeClock();
  const server = await serve(corefile, standard, clock);
  t.after(() => server.close());
  return { server, clock, ask: async (name: string) => askOnce(server.port, name, 'A') };
}

test('texts and objects are decisions, an undefined rule is none, anything else fails', async (t) => {
  const results: Readonly<Record<string, unknown>> = {
    'allow.test.': 'allow', 'refuse.test.': 'refuse', 'block.test.': 'block', 'none.test.': undefined, 'bad.test.': 'perhaps',
    'list.test.': ['allow'],
    'null.test.': null, 'named.test.': { action: 'refuse', ede: 'not ready', reason: 'wait' }, 'numbered.test.': { action: 'block',
    ede: 17 },
    'away.test.': { action: 'redirect', redirect: '192.0.2.9', reason: 'safe' }, 'short.test.': { redirect: ['192.0.2.9', '192.0.2.10'] },
    'lost.test.': { action: 'redirect' }, 'coded.test.': { action: 'block', ede: 'no such' },
  };
  const agent = await scripted(t, ({ name }, response) => says(response, results[name!]));
  const { ask } = await served(t, agent.url);
  const answers: Record<string, string> = {};
  for (const name of Object.keys(results)) {
    const { rcode, answer, ede } = await ask(name);
    answers[name] = `${rcode} ${ede ?? '-'} ${answer.map((record) => record.split(' ').at(-1)).join()}`;
  }
  assert.deepEqual(answers, {
    'allow.test.': 'NOERROR - 192.0.2.1', 'refuse.test.': 'REFUSED 18 ', 'block.test.': 'NXDOMAIN 15 ',
    'none.test.': 'NOERROR - 192.0.2.1',
    'bad.test.': 'SERVFAIL 0 ', 'list.test.': 'SERVFAIL 0 ', 'null.test.': 'SERVFAIL 0 ', 'named.test.': 'REFUSED 14 ',
    'numbered.test.': 'NXDOMAIN 17 ', 'away.test.': 'NOERROR 4 192.0.2.9', 'short.test.': 'NOERROR 4 192.0.2.9,192.0.2.10',
    'lost.test.': 'SERVFAIL 0 ', 'coded.test.': 'SERVFAIL 0 ',
  });
  assert.equal(agent.connections(), 1, 'one connection serves them all');
});
test('what is told: fields that have a value, and with the answer those that became known', async (t) => {
  const agent = await scripted(t, (_, response) => says(response, undefined));
  const { ask } = await served(t, agent.url, 'fields client_ip name type rcode response_ip response_ips none/label', undefined,
    'opa main');
  assert.equal((await ask('A.test.')).rcode, 'NOERROR');
  assert.deepEqual(agent.asked.map((body) => JSON.parse(body) as unknown), [
    { input: { client_ip: '127.0.0.1', name: 'a.test.', type: 'A' } },
    { input: { client_ip: '127.0.0.1', name: 'a.test.', type: 'A', rcode: 'NOERROR', response_ip: '192.0.2.1',
      response_ips: '["192.0.2.1"]' } },
  ]);
});
test('an agent that stalls costs its time and no more; what on_error says is done, and told once', async (t) => {
  let stalls = true;
  const agent = await scripted(t, (_, response) => {
    if (!stalls) says(response, 'refuse');
  });
  const { ask, clock, server } = await served(t, agent.url, 'on_error allow\n timeout 300ms');
  for (let i = 1; i < 3; i++) {
    const answer = ask(`a${i}.test.`);
    while (agent.asked.length < i) await new Promise((resolve) => setImmediate(resolve));
    await clock.elapse(300);
    assert.equal((await answer).rcode, 'NOERROR');
  }
  stalls = false;
  assert.equal((await ask('b.test.')).rcode, 'REFUSED');
  assert.equal(server.log().match(/plugin\/opa: main: 127\.0\.0\.1:\d+: no answer in 300 ms; until it decides again: allow/g)?.length, 1);
  assert.match(server.log(), /plugin\/opa: main decides again/);
});
test('nobody listens, redirections, other statuses, no JSON: failures, at once', async (t) => {
  const agent = await scripted(t, ({ name }, response) => {
    if (name === 'away.test.') response.writeHead(302, { Location: '/v1/data/other' }).end();
    else if (name === 'ill.test.') response.writeHead(500).end('{"code":"internal_error"}');
    else response.end('<html>');
  });
  const { ask, server } = await served(t, agent.url);
  for (const name of ['away.test.', 'ill.test.', 'odd.test.']) assert.equal((await ask(name)).rcode, 'SERVFAIL');
  assert.equal(agent.asked.length, 3);
  assert.match(server.log(), /main: status 302: a redirection is not followed/);
  const nobody = await served(t, `http://127.0.0.1:${await freePort()}/x`);
  assert.equal((await nobody.ask('a.test.')).rcode, 'SERVFAIL');
  assert.match(nobody.server.log(), /connection refused/);
});
test('a reply without end is not read to its end', async (t) => {
  const piece = Buffer.alloc(65536, 32);
  let sent = 0;
  let closed = () => {};
  const isClosed = new Promise<void>((resolve) => (closed = resolve));
  const agent = await scripted(t, (_, response) => {
    response.on('close', closed);
    const pour = (): void => {
      for (; sent < 2 ** 30 && response.write(piece);) sent += piece.length;
    };
    response.on('drain', pour);
    pour();
  });
  const { ask, server } = await served(t, agent.url);
  assert.equal((await ask('a.test.')).rcode, 'SERVFAIL');
  await isClosed;
  assert.match(server.log(), /the reply is too long/);
  assert.ok(sent < 2 ** 30, `${sent} bytes were sent`);
});
test('connections stay; one that the agent ended meanwhile is no failure; of many questions sixteen are under way', async (t) => {
  const held: (() => void)[] = [];
  let holds = false;
  const agent = await scripted(t, ({ name }, response) => {
    const answer = (): unknown => says(response, name);
    if (holds) held.push(answer);
    else answer();
  });
  const clock = new FakeClock();
  const client = new Agent(readPlace(agent.url)!, undefined, clock, 1000);
  t.after(() => client.close());
  const ask = async (name: string) => (await client.post(Buffer.from(JSON.stringify({ input: { name } })))).body.toString();
  for (let i = 0; i < 5; i++) assert.equal(await ask(`n${i}`), `{"result":"n${i}"}`);
  assert.equal(agent.connections(), 1);
  for (const socket of agent.sockets) socket.destroy();
  assert.equal(await ask('again'), '{"result":"again"}');
  holds = true;
  const all = Array.from({ length: 40 }, (_, i) => ask(`m${i}`));
  while (held.length < 16) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(agent.asked.length, 6 + 16);
  holds = false;
  for (const answer of held) answer();
  assert.deepEqual(await Promise.all(all), Array.from({ length: 40 }, (_, i) => `{"result":"m${i}"}`));
});
test('what cannot be answered in time fails wherever it waits, and a full queue at once', async (t) => {
  const agent = await scripted(t, () => {});
  const clock = new FakeClock();
  const client = new Agent(readPlace(agent.url)!, undefined, clock, 1000);
  t.after(() => client.close());
  const all = Promise.allSettled(Array.from({ length: 1200 }, () => client.post(Buffer.from('{}'))));
  while (agent.asked.length < 16) await new Promise((resolve) => setImmediate(resolve));
  await clock.elapse(1000);
  const reasons = (await all).map((each) => (each.status === 'rejected' ? (each.reason as Error).message.replace(/^[\d.:]+: /,
    '') : 'answered'));
  assert.deepEqual([...new Set(reasons)].sort(), ['1024 questions wait already', 'no answer in 1000 ms']);
});

const hasLibrary = existsSync(new URL('../../../node_modules/@open-policy-agent/opa-wasm', import.meta.url));
const OPA = process.env['OPA'];
const POLICY = `package dns
default action := "allow"
action := "block" if endswith(input.name, ".blocked.test.")
action := {"action": "refuse", "reason": "guests", "ede": 18} if input.client_ip == "192.0.2.1"
action := "refuse" if { input.rcode == "NOERROR"; input.response_ip == "192.0.2.1"; input.name == "late.test." }
`;
test('a real OPA decides', { skip: OPA === undefined ? 'OPA is not built: test/go/opa' : false }, async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'opa-'));
  const port = await freePort();
  writeFileSync(join(home, 'dns.rego'), POLICY);
  const opa = spawn(OPA!, ['run', '--server', '--addr', `127.0.0.1:${port}`, '--disable-telemetry', join(home, 'dns.rego')],
    { stdio: ['ignore', 'ignore', 'pipe'] });
  t.after(() => {
    opa.kill('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  });
  let said = '';
  opa.stderr.on('data', (text) => (said += text));
  while (!said.includes('Initializing server')) await once(opa.stderr, 'data');
  for (;;) if (await fetch(`http://127.0.0.1:${port}/health`).then(({ ok }) => ok, () => false)) break;
  const { ask } = await served(t, `http://127.0.0.1:${port}/v1/data/dns/action`, 'timeout 60s\n cache', undefined, 'opa main');
  assert.equal((await ask('a.blocked.test.')).rcode, 'NXDOMAIN');
  assert.equal((await ask('fine.test.')).rcode, 'NOERROR');
  assert.equal((await ask('late.test.')).rcode, 'REFUSED');
  const undefinedRule = await served(t, `http://127.0.0.1:${port}/v1/data/dns/nothing`, 'timeout 60s');
  assert.equal((await undefinedRule.ask('a.blocked.test.')).rcode, 'NOERROR');
});
const lacking = OPA === undefined || !hasLibrary ? 'OPA is not built, or opa-wasm is not there' : false;
test('a bundle that OPA compiled decides', { skip: lacking }, async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'opa-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  writeFileSync(join(home, 'dns.rego'), POLICY);
  execFileSync(OPA!, ['build', '-t', 'wasm', '-e', 'dns/action', '-o', join(home, 'bundle.tar.gz'), join(home, 'dns.rego')]);
  const line = (entrypoint: string) =>
    `. {\n opa main {\n bundle ${home}/bundle.tar.gz ${entrypoint}\n }\n firewall query {\n opa main\n }\n whoami\n}\n`;
  const server = await serve(line('dns/action'), standard, new FakeClock());
  t.after(() => server.close());
  assert.equal((await askOnce(server.port, 'a.blocked.test', 'A')).rcode, 'NXDOMAIN');
  assert.equal((await askOnce(server.port, 'fine.test', 'A')).rcode, 'NOERROR');
  await assert.rejects(serve(line('dns/other'), standard), /there is no dns\/other in it; there is dns\/action/);
});
test('what is no bundle', () => {
  const tar = (name: string, content: string): Buffer => {
    const head = Buffer.alloc(512);
    head.write(name, 0);
    head.write(content.length.toString(8).padStart(11, '0'), 124);
    head.write('0', 156);
    return Buffer.concat([head, Buffer.from(content.padEnd(512, '\0')), Buffer.alloc(1024)]);
  };
  for (const [bytes, why] of [
    [Buffer.from('<html>'), /neither a bundle/], [Buffer.alloc(0), /neither a bundle/], [gzipSync(tar('/data.json', '{}')),
    /no policy\.wasm/],
    [gzipSync(tar('/policy.wasm', 'x').subarray(0, 512)), /cut/], [gzipSync(Buffer.alloc(65 << 20)), /larger than/],
    [gzipSync('x').subarray(0, 15), /unexpected end/],
  ] as const) assert.throws(() => readBundle(bytes), why);
  const { wasm, data } = readBundle(gzipSync(Buffer.concat([tar('/policy.wasm', 'wasm').subarray(0, 1024), tar('./data.json',
    '{"a":1}')])));
  assert.deepEqual([Buffer.from(wasm).toString(), data], ['wasm', { a: 1 }]);
});
