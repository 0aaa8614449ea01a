// Redirects of coredns-ts-plugin-redirect, asked over HTTP of a server that has the zones: hosts, paths, `use`, placeholders, and what
// leads nowhere. Knows the compiled program from outside.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fc } from '../src/testing/properties.ts';
import { freePort } from '../src/testing/free-port.ts';
import { Spawned } from '../src/testing/spawned.ts';
import { Search } from '../packages/coredns-ts-plugin-redirect/find.ts';
import { readRecord } from '../packages/coredns-ts-plugin-redirect/record.ts';
import { root } from './gates/checkout.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'coredns-ts-redirect-'));
const long = Array.from({ length: 7 }, (_, i) => `_redirect.c${i} IN TXT "use=_redirect.c${i + 1}.example.org"`).join('\n');
const ZONE = `$ORIGIN example.org.
$TTL 60
@ IN SOA ns hostmaster 1 7200 3600 1209600 60
@ IN NS ns
ns IN A 192.0.2.53
_redirect.www IN TXT "v=txtv0;to=https://to.test{uri};code=301;>X-Who=me"
_redirect._.any IN TXT "to=https://any.test/{label1}/{?q}"
_redirect.go IN TXT "type=path;root=https://root.test/"
_redirect.docs.go IN TXT "to=https://docs.test/"
_redirect.b.a.go IN TXT "to=https://ab.test/"
_redirect._.x.go IN TXT "to=https://x.test/{file}"
_redirect.turned IN TXT "type=path;from=/$2/$1"
_redirect.a.b.turned IN TXT "to=https://turned.test/"
_redirect.used IN TXT "use=_redirect.none.example.org;use=_redirect.www.example.org"
_redirect.circle IN TXT "use=_redirect.other.example.org"
_redirect.other IN TXT "use=_redirect.circle.example.org"
_redirect.self IN TXT "to=http://self.example.org{uri}"
_redirect.two IN TXT "to=https://one.test/"
_redirect.two IN TXT "to=https://two.test/"
_redirect.parts IN TXT "to=https://one.test/" "more"
_redirect.code IN TXT "to=https://one.test/;code=200"
_redirect.script IN TXT "to=javascript:alert(1)"
_redirect.trailer IN TXT "to=https://one.test/;>Trailer=X-Who"
_redirect.outside IN TXT "use=_redirect.elsewhere.test"
${long}
`;
let port: number, server: Spawned;

before(async () => {
  const modules = path.join(folder, 'node_modules', 'coredns-ts-plugin-redirect');
  execFileSync(process.execPath, [path.join(root, 'scripts/plugin-package.mjs'), 'coredns-ts-plugin-redirect', modules]);
  writeFileSync(path.join(folder, 'plugin.cfg'), 'redirect:coredns-ts-plugin-redirect\n');
  writeFileSync(path.join(folder, 'db'), ZONE);
  port = await freePort();
  const corefile = `example.org:${await freePort()} {\n    bind 127.0.0.1\n    redirect 127.0.0.1:${port}\n    file db\n}\n`;
  server = new Spawned(corefile, { command: [path.join(root, 'bin/coredns-ts')], folder });
  await server.says(/CoreDNS-/);
});
after(() => {
  server.kill();
  rmSync(folder, { recursive: true, force: true });
});

/** Status and target of a request. */
async function get(host: string, at: string, method = 'GET'): Promise<{ said: string; headers: IncomingMessage['headers'] }> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ port, host: '127.0.0.1', path: at, method, headers: { host }, agent: false }, resolve).on('error', reject).end();
  });
  response.resume();
  return { said: `${response.statusCode} ${response.headers.location ?? ''}`.trim(), headers: response.headers };
}

test('hosts and paths lead where their records say', async () => {
  for (const [host, at, said] of [
    ['www.example.org', '/a/b?c=d', '301 https://to.test/a/b?c=d'], ['WWW.example.org:80', '/', '301 https://to.test/'],
    ['one.any.example.org', '/?q=a%20b', '302 https://any.test/one/a%20b'], ['go.example.org', '/', '302 https://root.test/'],
    ['go.example.org', '/docs', '302 https://docs.test/'], ['go.example.org', '/a/b', '302 https://ab.test/'],
    ['go.example.org', '/x/any', '302 https://x.test/any'], ['turned.example.org', '/a/b', '302 https://turned.test/'],
    ['used.example.org', '/x', '301 https://to.test/x'],
  ] as const) assert.equal((await get(host, at)).said, said, `${host}${at}`);
  const { headers } = await get('www.example.org', '/', 'HEAD');
  assert.deepEqual([headers['x-who'], headers['cache-control'], headers['status-code']], ['me', 'max-age=604800', '301']);
});

test('a field that Node refuses, as a trailer where there is no body, ends nothing', async () => {
  assert.equal((await get('trailer.example.org', '/', 'HEAD')).said, '404');
  assert.equal((await get('go.example.org', '/docs')).said, '302 https://docs.test/');
});

test('what leads back, is no record, or is outside of the zones leads nowhere, and is said once', async () => {
  for (const host of ['circle', 'self', 'two', 'parts', 'code', 'script', 'outside', 'c0', 'nothing']) {
    assert.equal((await get(`${host}.example.org`, '/')).said, '404', host);
  }
  assert.equal((await get('www.elsewhere.test', '/')).said, '404');
  assert.equal((await get('127.0.0.1', '/')).said, '404');
  assert.equal((await get('a..b', '/')).said, '400');
  assert.equal((await get('www.example.org', '/', 'POST')).said, '405');
  assert.equal((await get('go.example.org', '/1/2/3/4/5/6/7/8/9/10/11')).said, '404');
  await get('circle.example.org', '/');
  await server.says(/\[WARNING\] plugin\/redirect: circle\.example\.org: \S+ use leads back to _redirect\.circle\.example\.org/);
  assert.equal(server.stdout.match(/use leads back/g)?.length, 1);
  assert.match(server.stdout, /self\.example\.org: ".*" leads back to where it came from/);
  assert.match(server.stdout, /c0\.example\.org: .* more than 5 records lead to one another/);
});

test('whatever records say and requests ask, a search ends after few questions', async () => {
  const name = fc.constantFrom('_redirect.a.test', '_redirect._.a.test', '_redirect.x.a.test', '_redirect.b.test');
  const field = fc.oneof(fc.constantFrom('type=path', 'to=https://a.test/', 'v=txtv0', 'from=/$2/$1', 'use='),
    name.map((each) => `use=${each}`),
    fc.string({ maxLength: 20 }));
  const records = fc.dictionary(name, fc.array(field, { maxLength: 5 }).map((fields) => fields.join(';')));
  await fc.assert(fc.asyncProperty(records, fc.webPath(), async (zone, at) => {
    let questions = 0;
    await new Search(async (each) => {
      questions++;
      return Object.hasOwn(zone, each) ? [[zone[each]!]] : [];
    }).find('a.test', at);
    assert.ok(questions <= 16, `${questions} questions`);
  }), { endOnFailure: true, numRuns: 50 });
  fc.assert(fc.property(fc.string({ maxLength: 300 }), (text) => void readRecord(text)), { endOnFailure: true });
});
