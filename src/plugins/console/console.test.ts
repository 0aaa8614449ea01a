// The page over HTTP: what a browser gets and may keep, sessions and their cookie, roles, other sites, and the API beside it.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { request as plainRequest } from 'node:http';
import type { IncomingHttpHeaders, RequestOptions } from 'node:http';
import { request as secureRequest } from 'node:https';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { readPage } from '../../admin-api/page-files.ts';
import type { Exchange } from '../../http/exchange.ts';
import { Authority } from '../../testing/certificates.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { freePort } from '../../testing/free-port.ts';
import { InProcess } from '../../testing/in-process.ts';
import { parseAsk } from '../../testing/question.ts';
import { Surroundings } from '../../testing/subject.ts';
import { standard } from '../index.ts';
import { Sessions } from './sessions.ts';

const TOKENS = { read: '1'.repeat(64), operate: '2'.repeat(64), admin: '3'.repeat(64) };
const hashOf = (token: string) => createHash('sha256').update(token).digest('hex');
const FILE = Object.entries(TOKENS).map(([role, token]) => `${role}er ${role} . ${hashOf(token)}\n`).join('');
/** Nothing of the page is there in a checkout that was not built. */
const skip = await readPage().then(() => false, (error: Error) => error.message);

interface Said {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}
type Asks = (method: string, path: string, headers?: { readonly [name: string]: string }, body?: string) => Promise<Said>;
interface Shown {
  readonly server: InProcess;
  readonly folder: string;
  readonly port: number;
  readonly ask: Asks;
}
/** A server with its page, over TLS where there is an authority, over a socket where `line` says one. */
async function show(t: TestContext, { authority, line, words = '' }: {
  readonly authority?: Authority; readonly line?: string; readonly words?: string;
} = {}): Promise<Shown> {
  const around = new Surroundings();
  const server = new InProcess(standard);
  t.after(async () => {
    await server.close();
    await around.close();
  });
  const folder = around.directory, port = await freePort();
  writeFileSync(join(folder, 'tokens'), FILE);
  const { cert, key } = authority?.sign({ common: 'server', names: ['localhost'] }) ?? { cert: '', key: '' };
  for (const [name, text] of Object.entries({ cert, key })) writeFileSync(join(folder, name), text);
  const tls = authority === undefined ? '' : `tls ${folder}/cert ${folder}/key`;
  const scheme = authority === undefined ? 'http' : 'https';
  const where = line ?? `console ${scheme}://127.0.0.1:${port} {\ntokens ${folder}/tokens\n${tls}\n${words}\n}`;
  assert.equal(await server.start(await around.fill(`.:53 {\n${where}\ncache\nwhoami\n}\n`)), undefined);
  const at: RequestOptions = line === undefined ? { host: '127.0.0.1', port } : { socketPath: join(folder, 'console.sock') };
  const by = authority === undefined ? plainRequest : secureRequest as typeof plainRequest;
  const ask: Asks = (method, path, headers = {}, body = '') => new Promise((resolve, reject) => {
    const length = body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const secure = authority === undefined ? {} : { ca: authority.pem, servername: 'localhost' };
    const asked = by({ ...at, ...secure, method, path, headers: { ...length, ...headers }, agent: false }, (reply) => {
      const parts: Buffer[] = [];
      reply.on('data', (part: Buffer) => parts.push(part));
      reply.on('end', () => resolve({ status: reply.statusCode ?? 0, headers: reply.headers, body: Buffer.concat(parts) }));
    });
    asked.on('error', reject);
    asked.end(body);
  });
  return { server, folder, port, ask };
}
const JSON_TYPE = { 'content-type': 'application/json' };
const SAME = { 'sec-fetch-site': 'same-origin' };
const login = (ask: Asks, token: string, more: { readonly [name: string]: string } = SAME) =>
  ask('POST', '/session', { ...JSON_TYPE, ...more }, JSON.stringify({ token }));
/** The cookie that a reply sets, as it is sent back. */
const cookieOf = ({ headers }: Said): string => headers['set-cookie']?.[0]?.split(';')[0] ?? '';

test('the page has its own policy, a script that is kept for a year, and is small', { skip }, async (t) => {
  const { ask } = await show(t);
  const page = await ask('GET', '/');
  assert.equal(page.status, 200);
  assert.deepEqual([page.headers['content-type'], page.headers['cache-control']], ['text/html; charset=utf-8', 'no-cache']);
  const policy = String(page.headers['content-security-policy']);
  const parts = ["default-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"];
  for (const part of parts) assert.ok(policy.includes(part), part);
  assert.doesNotMatch(policy, /unsafe|\*|https?:/);
  const guards = ['x-frame-options', 'x-content-type-options', 'referrer-policy', 'cross-origin-resource-policy'];
  assert.deepEqual(guards.map((name) => page.headers[name]), ['DENY', 'nosniff', 'no-referrer', 'same-origin']);
  assert.equal(page.headers['access-control-allow-origin'], undefined);
  const text = page.body.toString();
  assert.doesNotMatch(text, /<script>|<script[^>]*[^"]>[^<]|<style|style=|\son\w+=|https?:/);
  const [, script = ''] = /src="(\/console-\w+\.js)"/.exec(text) ?? [];
  const packed = await ask('GET', script, { 'accept-encoding': 'br, gzip' });
  assert.equal(packed.headers['content-encoding'], 'gzip');
  assert.equal(packed.headers['cache-control'], 'public, max-age=31536000, immutable');
  assert.ok(packed.body.length < 40_000, `${packed.body.length} bytes`);
  const whole = await ask('GET', script, { 'accept-encoding': 'gzip;q=0' });
  assert.equal(whole.headers['content-encoding'], undefined);
  assert.ok(gunzipSync(packed.body).equals(whole.body));
  const again = await ask('GET', '/', { 'if-none-match': String(page.headers.etag) });
  assert.deepEqual([again.status, again.body.length], [304, 0]);
  assert.equal((await ask('GET', '/icon.svg')).headers['content-type'], 'image/svg+xml');
  assert.equal((await ask('HEAD', '/')).body.length, 0);
  for (const path of ['/console-0000000000.js', '/../package.json', '/index.htm', '/console']) {
    assert.equal((await ask('GET', path)).status, 404, path);
  }
  assert.equal((await ask('POST', '/')).status, 405);
});

test('a token that is shown once becomes a session, which no script reads and which ends with the token', { skip }, async (t) => {
  const { ask, server, folder, port } = await show(t);
  assert.equal((await ask('GET', '/session')).status, 401);
  assert.equal((await ask('GET', '/v1/status')).status, 401);
  const said = await login(ask, TOKENS.operate);
  assert.deepEqual([said.status, JSON.parse(said.body.toString())], [200, { holder: 'operateer', role: 'operate' }]);
  const [set = ''] = said.headers['set-cookie'] ?? [];
  assert.match(set, new RegExp(`^coredns-ts-${port}=[\\w-]{43}; Max-Age=43200; Path=/; HttpOnly; SameSite=Strict$`));
  assert.ok(!said.body.includes(TOKENS.operate) && !set.includes(TOKENS.operate));
  const cookie = cookieOf(said);
  assert.equal((await ask('GET', '/session', { cookie })).status, 200);
  assert.equal((await ask('GET', '/v1/status', { cookie: `a=b; ${cookie}` })).status, 200);
  assert.equal((await ask('GET', '/v1/status', { cookie: `${cookie}x` })).status, 401);
  const flush = (more: { readonly [name: string]: string }) =>
    ask('POST', '/v1/cache/flush', { ...JSON_TYPE, cookie, ...more }, '{"all":true}');
  assert.equal((await flush(SAME)).status, 200);
  assert.equal((await flush({ origin: `http://127.0.0.1:${port}` })).status, 200);
  assert.equal((await flush({})).status, 403, 'nobody said who sends it');
  assert.equal((await flush({ origin: 'http://127.0.0.1:1' })).status, 403);
  assert.equal((await flush({ 'sec-fetch-site': 'same-site' })).status, 403);
  assert.equal((await ask('POST', '/v1/reload', { ...JSON_TYPE, ...SAME, cookie }, '{}')).status, 403, 'the role is that of the token');
  const ended = await ask('DELETE', '/session', { ...SAME, cookie });
  assert.match(String(ended.headers['set-cookie']), /=; Max-Age=0;/);
  assert.equal((await ask('GET', '/session', { cookie })).status, 401);
  const other = cookieOf(await login(ask, TOKENS.read));
  assert.equal((await ask('GET', '/v1/status', { cookie: other })).status, 200);
  writeFileSync(join(folder, 'tokens'), FILE.split('\n').slice(1).join('\n'));
  await server.elapse(6000);
  assert.equal((await ask('GET', '/v1/status', { cookie: other })).status, 401);
  const log = server.log().join('\n');
  assert.match(log, /plugin\/console: \{"who":"operateer","address":"127\.0\.0\.1","method":"POST","path":"\/session","status":200\}/);
  for (const secret of [...Object.values(TOKENS), cookie.split('=')[1]!]) assert.ok(!log.includes(secret));
});

test('a session is over after twelve hours, and the oldest of too many', async () => {
  const clock = new FakeClock();
  const sessions = new Sessions(clock, { name: '', isSecure: false });
  const asking = (cookie: string) => ({ field: (name: string) => (name === 'cookie' ? cookie : undefined) }) as Exchange;
  const begin = (): Exchange => asking(sessions.begin(TOKENS.read).split(';')[0]!);
  const first = begin();
  assert.equal(sessions.tokenOf(first)?.toString('hex'), hashOf(TOKENS.read));
  await clock.elapse(12 * 3600_000 - 1);
  assert.ok(sessions.tokenOf(first));
  await clock.elapse(1);
  assert.equal(sessions.tokenOf(first), undefined);
  const second = begin();
  for (let i = 0; i < 255; i++) begin();
  assert.ok(sessions.tokenOf(second));
  begin();
  assert.equal(sessions.tokenOf(second), undefined);
});

test('sessions outlive the process where it has a folder for that; a damaged file has none', { skip }, async (t) => {
  const around = new Surroundings();
  t.after(() => around.close());
  const folder = around.directory, path = join(folder, 'state/sessions.json');
  const complaints: string[] = [];
  const clock = new FakeClock();
  const begin = () => new Sessions(clock, { name: '', isSecure: false }, { path, complain: (text) => complaints.push(text) });
  const asking = (cookie: string) => ({ field: (name: string) => (name === 'cookie' ? cookie : undefined) }) as Exchange;
  const first = begin();
  const [kept, ended] = [asking(first.begin(TOKENS.read).split(';')[0]!), asking(first.begin(TOKENS.admin).split(';')[0]!)];
  first.end(ended);
  first.close();
  const second = begin();
  assert.equal(second.tokenOf(kept)?.toString('hex'), hashOf(TOKENS.read));
  assert.equal(second.tokenOf(ended), undefined);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.ok(!readFileSync(path, 'utf8').includes(kept.field('cookie')!.split('=')[1]!));
  assert.deepEqual(complaints, []);
  for (const text of ['', '{', '{}', '[1]', '[["a","b",1]]', `[["${'0'.repeat(64)}","${'0'.repeat(63)}",1]]`, '[[null,null,null]]']) {
    writeFileSync(path, text);
    assert.equal(begin().tokenOf(kept), undefined, text);
  }
  assert.equal(complaints.length, 7, complaints.join('\n'));
});

test('whoever guesses waits, and other sites and forms begin no session', { skip }, async (t) => {
  const { ask, server } = await show(t);
  for (const body of ['', 'no', '[]', '{"token":1,"more":2}']) {
    assert.ok((await ask('POST', '/session', { ...JSON_TYPE, ...SAME }, body)).status >= 400, body);
  }
  assert.equal((await ask('POST', '/session', { 'content-type': 'text/plain' }, `{"token":"${TOKENS.admin}"}`)).status, 415);
  assert.equal((await login(ask, TOKENS.admin, { 'sec-fetch-site': 'cross-site' })).status, 403);
  assert.equal((await login(ask, TOKENS.admin, { origin: 'null' })).status, 403);
  await server.elapse(120_000);
  const statuses: number[] = [];
  for (let i = 0; i < 8; i++) statuses.push((await login(ask, '9'.repeat(64))).status);
  assert.ok(statuses.includes(429) && statuses[0] === 401, statuses.join());
  const late = await login(ask, TOKENS.admin);
  assert.equal(late.status, 429);
  assert.ok(Number(late.headers['retry-after']) > 0);
});

test('a name that leads here by accident gets nothing of the page; a link of another site leads to it', { skip }, async (t) => {
  const { ask, port } = await show(t);
  for (const host of ['evil.example', `evil.example:${port}`]) {
    for (const path of ['/', '/session', '/v1/status', '/icon.svg']) assert.equal((await ask('GET', path, { host })).status, 421, path);
  }
  const site = (mode: string, dest: string) =>
    ask('GET', '/', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': mode, 'sec-fetch-dest': dest });
  assert.equal((await site('navigate', 'document')).status, 200);
  assert.equal((await site('navigate', 'iframe')).status, 403);
  assert.equal((await site('no-cors', 'script')).status, 403);
});

test('over TLS the cookie goes nowhere else', { skip }, async (t) => {
  const { ask, port } = await show(t, { authority: new Authority() });
  const said = await login(ask, TOKENS.read);
  const set = new RegExp(`^__Host-coredns-ts-${port}=[\\w-]{43}; .*; HttpOnly; SameSite=Strict; Secure$`);
  assert.match(String(said.headers['set-cookie']), set);
  assert.equal((await ask('GET', '/v1/status', { cookie: cookieOf(said) })).status, 200);
});

test('over a socket nobody is asked for a token, and a page of another site gets nothing all the same', { skip }, async (t) => {
  const { ask, server } = await show(t, { line: 'console unix://{{DIR}}/console.sock\nadmin unix://{{DIR}}/admin.sock' });
  const who = await ask('GET', '/session', { host: 'localhost:8053' });
  assert.deepEqual(JSON.parse(who.body.toString()), { holder: 'local', role: 'admin' });
  assert.equal((await ask('GET', '/v1/status', { host: 'evil.example' })).status, 421);
  assert.equal((await ask('GET', '/v1/status', { host: 'localhost', 'sec-fetch-site': 'cross-site' })).status, 403);
  const flush = (origin: string) => ask('POST', '/v1/cache/flush', { ...JSON_TYPE, host: 'localhost:8053', origin }, '{"all":true}');
  assert.deepEqual([(await flush('http://evil.example')).status, (await flush('http://localhost:8053')).status], [403, 200]);
  // Both words stand there: a question is written down once.
  await server.ask(parseAsk('a.test A'));
  const told = async (path: string) =>
    JSON.parse((await ask('GET', path, { host: 'localhost' })).body.toString()) as { [list: string]: object[] };
  assert.equal((await told('/v1/queries'))['queries']?.length, 1);
  assert.equal((await told('/v1/config/history'))['configurations']?.length, 1);
});

test('questions of a moment are asked for, and a flush tells first what it concerns', { skip }, async (t) => {
  const { ask, server } = await show(t, { line: 'console unix://{{DIR}}/console.sock' });
  const host = { host: 'localhost' };
  const begun = server.clock.wall();
  await server.ask(parseAsk('early.test A'));
  await server.elapse(5000);
  await server.ask(parseAsk('late.test A'));
  const of = async (search: string) => {
    const { body } = await ask('GET', `/v1/queries?${search}`, host);
    return (JSON.parse(body.toString()) as { queries: readonly { name: string }[] }).queries.map(({ name }) => name);
  };
  assert.deepEqual(await of(`since=${begun}&until=${begun + 3000}`), ['early.test.']);
  assert.deepEqual(await of(`since=${begun + 3000}`), ['late.test.']);
  assert.equal((await ask('GET', '/v1/queries?since=now', host)).status, 400);
  const dry = async (what: object) => {
    const { status, body } = await ask('POST', '/v1/cache/flush', { ...host, ...JSON_TYPE }, JSON.stringify({ ...what, dryRun: true }));
    return [status, (JSON.parse(body.toString()) as { entries?: number }).entries];
  };
  const kept = async () => (JSON.parse((await ask('GET', '/v1/cache', host)).body.toString()) as { entries: object[] }).entries.length;
  const before = await kept();
  assert.deepEqual(await dry({ all: true }), [200, before]);
  assert.deepEqual(await dry({ under: 'test' }), [200, before]);
  assert.deepEqual(await dry({ name: 'none.test' }), [200, 0]);
  assert.deepEqual(await dry({}), [400, undefined]);
  assert.equal(await kept(), before);
});
