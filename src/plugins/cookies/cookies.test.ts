// *cookies* as clients see it: by hand, with dig and kdig, and with BIND, which has the same secret.
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { OPTION, findOption } from '../../dns/edns-options.ts';
import { decodeMessage, encodeMessage } from '../../dns/message.ts';
import type { Parts } from '../../dns/message.ts';
import { Name } from '../../dns/name.ts';
import { OPCODE, RCODE } from '../../dns/rcode.ts';
import { TYPE } from '../../dns/type-name.ts';
import { RD, TC } from '../../kernel/query/message.ts';
import { definePlugin } from '../../kernel/site/plugin.ts';
import type { Query } from '../../kernel/query/query.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { freePort } from '../../testing/free-port.ts';
import { serve } from '../../testing/served.ts';
import { overUdp } from '../../testing/udp-question.ts';
import { standard } from '../index.ts';

const run = promisify(execFile);
const SECRET = 'e5e973e5a6b2a43f48e7dc849e37bfcf', OTHER = '445536bcd2513298075a5d379663c962';
const CLIENT = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

/** Asks over UDP with this cookie, or without any. */
async function ask(port: number, cookie?: Uint8Array, opcode = 0): Promise<Parts> {
  const options = cookie === undefined ? [] : [{ code: OPTION.COOKIE, data: cookie }];
  const packet = encodeMessage({
    id: 7, opcode, rcode: 0, flags: RD, question: { name: Name.parse('a.test.'), type: TYPE.A, class: 1 }, answer: [], authority: [],
    additional: [], edns: { udpSize: 1232, version: 0, dnssecOk: false, z: 0, extendedRcode: 0, options },
  }, { compress: false });
  return decodeMessage(await overUdp(port, packet));
}
const cookieOf = ({ edns }: Parts): Uint8Array => findOption(edns, OPTION.COOKIE)!.data;
const extended = ({ rcode, edns }: Parts): number => (edns === undefined ? rcode : rcode & 15 | (edns.extendedRcode << 4));
async function served(t: TestContext, lines: string, plugins = standard, clock?: FakeClock) {
  const server = await serve(`. {\n${lines}\n}`, plugins, clock);
  t.after(() => server.close());
  return server;
}
function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'cookies-'));
  t.after(() => rmSync(made, { recursive: true }));
  return made;
}
function missing(program: string, ...args: readonly string[]): string | false {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? `${program} is not installed` : false;
  }
}

test('a client gets a cookie, and the same again while it is good; nobody behind sees the option', async (t) => {
  const seen: (boolean | number)[] = [];
  const looking = definePlugin({
    name: 'whoami',
    parse: () => undefined,
    create: () => ({
      handle(query: Query) {
        seen.push(findOption(query.edns, OPTION.COOKIE) !== undefined, query.length);
        return query.begin(0, RCODE.NXDOMAIN);
      },
    }),
  });
  const server = await served(t, 'cookies\nwhoami', standard.map((plugin) => (plugin.name === 'whoami' ? looking : plugin)));
  const first = await ask(server.port, CLIENT);
  const given = cookieOf(first);
  assert.deepEqual([given.length, ...given.subarray(0, 12)], [24, ...CLIENT, 1, 0, 0, 0]);
  assert.deepEqual(cookieOf(await ask(server.port, given)), given);
  const forged = given.map((octet, i) => (i === 23 ? octet ^ 1 : octet));
  assert.notDeepEqual(cookieOf(await ask(server.port, forged)).subarray(16), forged.subarray(16));
  assert.equal(findOption((await ask(server.port)).edns, OPTION.COOKIE), undefined);
  assert.deepEqual(new Set(seen), new Set([false, 35]));
});

test('lengths that are none are refused', async (t) => {
  const server = await served(t, 'cookies\nwhoami');
  for (const length of [0, 7, 9, 15, 41]) assert.equal((await ask(server.port, new Uint8Array(length))).rcode, RCODE.FORMERR);
  for (const length of [8, 16, 40]) assert.equal((await ask(server.port, new Uint8Array(length))).rcode, RCODE.NOERROR);
});

test('required: BADCOOKIE with a good one, then the answer; who sends none is told to use TCP where that is said', async (t) => {
  const server = await served(t, 'cookies {\nrequire\n}\nwhoami');
  const first = await ask(server.port, CLIENT);
  assert.deepEqual([extended(first), first.answer.length], [RCODE.BADCOOKIE, 0]);
  assert.equal(extended(await ask(server.port, cookieOf(first))), RCODE.NOERROR);
  assert.equal((await ask(server.port)).flags & TC, 0);
  const strict = await served(t, 'cookies {\nrequire all\n}\nwhoami');
  const plain = await ask(strict.port);
  assert.deepEqual([plain.flags & TC, plain.rcode, plain.additional.length], [TC, RCODE.NOERROR, 0]);
  // A primary's NOTIFY has no cookie, and is what it is.
  assert.equal((await ask(strict.port, undefined, OPCODE.NOTIFY)).flags & TC, 0);
  assert.notEqual(extended(await ask(strict.port, CLIENT, OPCODE.NOTIFY)), RCODE.BADCOOKIE);
});

test('two servers with one secret take each other\'s cookies, during a change as well; a broken file changes nothing', async (t) => {
  const clock = new FakeClock();
  const path = join(folder(t), 'secrets');
  writeFileSync(path, `${SECRET}\n`);
  const one = await served(t, `cookies ${path} {\nrequire\n}\nwhoami`, standard, clock);
  writeFileSync(join(path, '..', 'both'), `${OTHER}\n${SECRET} # until tomorrow\n`);
  const two = await served(t, `cookies ${join(path, '..', 'both')} {\nrequire\n}\nwhoami`, standard, clock);
  const given = cookieOf(await ask(one.port, CLIENT));
  const renewed = await ask(two.port, given);
  assert.equal(extended(renewed), RCODE.NOERROR);
  assert.notDeepEqual(cookieOf(renewed), given);
  assert.equal(extended(await ask(one.port, cookieOf(renewed))), RCODE.BADCOOKIE);
  writeFileSync(path, 'nothing good');
  await clock.elapse(10_000);
  assert.match(one.log(), /plugin\/cookies: .*secrets is not taken over, and the secrets before it stay: secret 1 is not 32 hexadecimal/);
  assert.equal(extended(await ask(one.port, given)), RCODE.NOERROR);
  writeFileSync(path, `${OTHER}\n`);
  await clock.elapse(10_000);
  assert.equal(extended(await ask(one.port, cookieOf(renewed))), RCODE.NOERROR);
  await clock.elapse(3_600_000);
  assert.equal(extended(await ask(one.port, cookieOf(renewed))), RCODE.BADCOOKIE);
});

test('kdig and dig get the cookie, and come back with it after BADCOOKIE; a signature covers it', {
  skip: missing('kdig', '-V') || missing('dig', '-v'),
}, async (t) => {
  const server = await served(t, `tsig {\nsecret k. ${Buffer.alloc(32, 7).toString('base64')}\n}\ncookies {\nrequire\n}\nwhoami`);
  const at = ['-p', String(server.port), '@127.0.0.1'];
  const kdig = await run('kdig', [...at, '+cookie=0102030405060708', '+badcookie', '+timeout=20', 'a.test', 'A']);
  assert.match(kdig.stdout, /status: NOERROR[\s\S]*COOKIE: 010203040506070801000000/);
  const dig = await run('dig', [...at, '+cookie', '+timeout=20', '+tries=1', 'a.test', 'A']);
  assert.match(dig.stdout, /BADCOOKIE, retrying[\s\S]*status: NOERROR[\s\S]*COOKIE: [0-9a-f]{48} \(good\)/);
  const key = `hmac-sha256:k:${Buffer.alloc(32, 7).toString('base64')}`;
  const signed = await run('dig', [...at, '-y', key, '+cookie', '+timeout=20', '+tries=1', 'a.test', 'A']);
  assert.doesNotMatch(signed.stdout, /BADCOOKIE/);
  assert.match(`${signed.stdout}${signed.stderr}`, /status: NOERROR[\s\S]*\(good\)[\s\S]*TSIG/);
  assert.doesNotMatch(`${signed.stdout}${signed.stderr}`, /could not be validated|verify failure/);
});

test('BIND takes a cookie that was given here, and we one of BIND', { skip: missing('named', '-v') }, async (t) => {
  const home = folder(t);
  const port = await freePort();
  writeFileSync(join(home, 'secrets'), `${SECRET}\n`);
  writeFileSync(join(home, 'named.conf'), `options { directory "${home}"; pid-file none; listen-on port ${port} { 127.0.0.1; }; `
    + `listen-on-v6 { none; }; recursion no; cookie-algorithm siphash24; cookie-secret "${SECRET}"; require-server-cookie yes; };\n`
    + 'controls { };\nzone "test" { type primary; file "db"; };\n');
  writeFileSync(join(home, 'db'), '$TTL 60\n@ SOA ns root 1 2 3 4 5\n NS ns\nns A 192.0.2.1\na A 192.0.2.2\n');
  const named = spawn('named', ['-g', '-c', join(home, 'named.conf')], { stdio: ['ignore', 'ignore', 'pipe'] });
  t.after(() => named.kill('SIGKILL'));
  let said = '';
  named.stderr.on('data', (text) => (said += text));
  while (!said.includes('running\n')) await once(named.stderr, 'data');
  const server = await served(t, `cookies ${join(home, 'secrets')} {\nrequire\n}\nwhoami`);
  const ours = cookieOf(await ask(server.port, CLIENT));
  assert.equal(extended(await ask(port, CLIENT)), RCODE.BADCOOKIE);
  assert.equal(extended(await ask(port, ours)), RCODE.NOERROR);
  assert.equal(extended(await ask(server.port, cookieOf(await ask(port, ours)))), RCODE.NOERROR);
});
