// DNS over HTTP/3 by the server as a process, on one port with DNS over QUIC and over HTTPS: who is told of it by Alt-Svc, and what aioquic
// gets, by dnspython, and quic-go (test/go/http3; HTTP3 names the program). Knows processes; skipped visibly where they are not there.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { Authority } from '../../src/testing/certificates.ts';
import { beginHttp3 } from '../../src/testing/conformance/http3-client.ts';
import { needsQuic } from '../../src/testing/conformance/quic-client.ts';
import { question } from '../../src/testing/conformance/transport-service.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { Spawned } from '../../src/testing/spawned.ts';
import { output } from './programs.ts';

const authority = new Authority();
const python = process.env['AIOQUIC_PYTHON'] ?? 'python3';
function withoutAioquic(): string | false {
  if (needsQuic.skip !== false) return needsQuic.skip;
  try {
    execFileSync(python, ['-c', 'import aioquic, dns.query'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'aioquic and dnspython are not installed (pip install aioquic dnspython; AIOQUIC_PYTHON names a python)';
  }
}

async function serving(t: TestContext, corefile: (port: number, other: number) => string) {
  const [port, other] = [await freePort(), await freePort()];
  const server = new Spawned(undefined);
  t.after(() => server.kill());
  const { cert, key } = authority.sign({ names: ['dns.test', '127.0.0.1'] });
  for (const [name, text] of [['cert.pem', cert], ['key.pem', key], ['ca.pem', authority.pem]] as const) {
    writeFileSync(join(server.folder, name), text);
  }
  server.write(corefile(port, other));
  await server.says(/CoreDNS-/);
  return { server, port, other };
}
/** `Alt-Svc` of an answer over TCP. */
const told = (port: number): Promise<string | undefined> => new Promise((resolve, reject) => {
  const body = question(0, 'www.a.test');
  const headers = { 'content-length': body.length };
  const how = { host: '127.0.0.1', port, path: '/dns-query', method: 'POST', ca: authority.pem, headers, agent: false } as const;
  const asked = request(how, (reply) => {
    reply.resume().on('end', () => resolve(reply.headers['alt-svc'] as string | undefined));
  });
  asked.on('error', reject).end(body);
});
const TLS = 'bind 127.0.0.1\ntls cert.pem key.pem\nwhoami';

test('answers over TCP tell of HTTP/3 where it is spoken for the same name, and of its port', needsQuic, async (t) => {
  const same = await serving(t, (port, other) => `https://a.test:${port} https3://a.test:${other} {\n${TLS}\n}\n`);
  assert.equal(await told(same.port), `h3=":${same.other}"; ma=86400`);
  const another = await serving(t, (port, other) =>
    `https://a.test:${port} {\n${TLS}\n}\nhttps3://b.test:${other} {\n${TLS}\n}\n`);
  assert.equal(await told(another.port), undefined);
});

const labels = ['http/path/client', 'tls/server-name', 'http/header/accept'].map((label) => `{{ .Meta \\"${label}\\" }}`).join(' ');
test('labels of what came over HTTP/3: path, headers, server name', needsQuic, async (t) => {
  const { port } = await serving(t, (number) => `https3://.:${number} {
    metadata
    https3 {
      path /dns-query/{client}
    }
    template IN TXT {
      answer "{{ .Name }} 5 IN TXT ${labels}"
    }
    bind 127.0.0.1
    tls cert.pem key.pem
  }\n`);
  const client = beginHttp3('127.0.0.1', port, {}, 'dns.test');
  t.after(() => client.close());
  const asked = Buffer.from(question(0, 'www.a.test'));
  asked[asked.length - 3] = 16;
  const reply = await client.post(asked, '/dns-query/kids');
  assert.equal(reply?.status, 200);
  const words = ['kids', 'dns.test', 'application/dns-message'].map((word) => Buffer.from([word.length, ...Buffer.from(word)]));
  assert.ok(reply.body.includes(Buffer.concat(words)), reply.body.toString('latin1'));
});

const ASK = `
import sys, dns.message, dns.query
port, ca = int(sys.argv[1]), sys.argv[2]
q = dns.message.make_query('www.a.test.', 'A', want_dnssec=True)
url = 'https://127.0.0.1:%d/dns-query' % port
for post in (True, False):
    r = dns.query.https(q, url, timeout=20, verify=ca, http_version=dns.query.HTTPVersion.H3, post=post)
    print(r.id == q.id, r.rcode(), r.additional[0].name)
r = dns.query.quic(q, '127.0.0.1', port=port, timeout=20, verify=ca)
print(r.rcode(), r.additional[0].name)
`;
test('aioquic asks over HTTP/3, by POST and GET, and over QUIC on the same port', { skip: withoutAioquic() }, async (t) => {
  const { server, port } = await serving(t, (number) => `https3://.:${number} quic://.:${number} {\n${TLS}\n}\n`);
  const said = await output(python, ['-c', ASK, String(port), join(server.folder, 'ca.pem')]);
  assert.equal(said, 'True 0 www.a.test.\nTrue 0 www.a.test.\n0 www.a.test.\n');
});

const { HTTP3: program } = process.env;
const withoutGo = needsQuic.skip || (program === undefined && 'the client on quic-go is not built (test/go/http3; HTTP3 names it)');
test('quic-go asks over HTTP/3, by POST and GET, many at once over one connection', { skip: withoutGo }, async (t) => {
  const { server, port } = await serving(t, (number) => `https3://.:${number} {\n${TLS}\n}\n`);
  const said = await output(program!, [`https://127.0.0.1:${port}/dns-query`, join(server.folder, 'ca.pem'), 'dns.test', '2000', '50']);
  assert.equal(said, '2000 answers over 1 connections\n');
});
