// *ddr* as clients meet it: what they are told of real listeners, and whether they would be believed there.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { Authority } from '../../testing/certificates.ts';
import { decodeMessage } from '../../dns/message.ts';
import { Name } from '../../dns/name.ts';
import { printRR } from '../../dns/rr.ts';
import { freePort } from '../../testing/free-port.ts';
import { Spawned } from '../../testing/spawned.ts';
import { overUdp } from '../../testing/udp-question.ts';
import { lacks } from './services.ts';

/** The records that are answered to a question for SVCB over UDP. */
async function ask(port: number, name: string, address = '127.0.0.1'): Promise<readonly string[]> {
  const packet = Buffer.concat([Buffer.from('123401000001000000000000', 'hex'), Name.parse(name).octets, Buffer.from('00400001', 'hex')]);
  return decodeMessage(await overUdp(port, packet, address)).answer.map((each) => printRR(each).replaceAll('\t', ' '));
}
/** A server on three free ports: plain, over TLS and over HTTPS. */
async function started(t: TestContext, names: readonly string[], ddr = 'ddr dns.example.test', bind = 'bind 127.0.0.1') {
  const folder = mkdtempSync(join(tmpdir(), 'ddr-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const authority = new Authority();
  const { cert, key } = authority.sign({ names });
  writeFileSync(join(folder, 'cert.pem'), cert);
  writeFileSync(join(folder, 'key.pem'), key);
  writeFileSync(join(folder, 'ca.pem'), authority.pem);
  const [plain, dot, doh, other] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const tls = `tls ${folder}/cert.pem ${folder}/key.pem`;
  const server = new Spawned(`.:${plain} {\n${bind}\n${ddr}\nwhoami\n}\ntls://.:${dot} https://.:${doh} {\n${bind}\n${tls}\nwhoami\n}\n`
    + `tls://example.org:${other} {\n${bind}\n${tls}\nwhoami\n}\ntls://.:${other} {\nbind 127.0.0.2\nwhoami\n}\n`);
  t.after(() => server.kill());
  await server.says(/CoreDNS-/);
  return { server, folder, plain, dot, doh };
}
const program = (name: string): string | false => {
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' });
    return false;
  } catch {
    return `${name} is not installed`;
  }
};

test('clients are told of listeners with certificates that answer for the same names, of others not; at both names alike', async (t) => {
  const { server, plain, dot, doh } = await started(t, ['dns.example.test', '127.0.0.1']);
  const told = (owner: string) => [
    `${owner} 300 IN SVCB 1 dns.example.test. alpn="dot" port="${dot}" ipv4hint="127.0.0.1"`,
    `${owner} 300 IN SVCB 2 dns.example.test. alpn="h2" port="${doh}" ipv4hint="127.0.0.1" dohpath="/dns-query{?dns}"`,
  ];
  assert.deepEqual(await ask(plain, '_dns.resolver.arpa.'), told('_dns.resolver.arpa.'));
  assert.deepEqual(await ask(plain, '_dns.Dns.Example.Test.'), told('_dns.Dns.Example.Test.'));
  assert.doesNotMatch(server.stdout, /plugin\/ddr/);
});

test('a certificate that lacks the name or the address is a warning for each listener', async (t) => {
  const { server, dot, doh } = await started(t, ['dns.example.test']);
  await server.says(/lacks the address 127\.0\.0\.1[\s\S]*lacks the address/);
  for (const label of [`tls://127.0.0.1:${dot}`, `https://127.0.0.1:${doh}`]) {
    assert.ok(server.stdout.includes(`[WARNING] plugin/ddr: the certificate of ${label} lacks the address 127.0.0.1: `
      + 'clients that found this server by that address will not trust it (RFC 9462 section 4.2)\n'));
  }
  const { server: another } = await started(t, ['other.test', '127.0.0.1']);
  await another.says(/lacks the name dns\.example\.test: clients that are told of it will not trust it/);
});

test('where clients reach the server somewhere else, those addresses are hinted at; else where they asked', async (t) => {
  const { plain } = await started(t, ['dns.example.test'], 'ddr dns.example.test {\naddress 192.0.2.53 2001:db8::53\n}');
  const [first] = await ask(plain, '_dns.resolver.arpa.');
  assert.match(first!, /ipv4hint="192\.0\.2\.53" ipv6hint="2001:db8::53"$/);
  const { plain: everywhere } = await started(t, ['dns.example.test'], 'ddr dns.example.test', '');
  const [asked] = await ask(everywhere, '_dns.resolver.arpa.', '127.0.0.3');
  assert.match(asked!, /ipv4hint="127\.0\.0\.3"$/);
});

test('a client goes where it was told to, and trusts who it finds there', { skip: program('kdig') }, async (t) => {
  const { folder, plain } = await started(t, ['dns.example.test', '127.0.0.1']);
  const [told] = await ask(plain, '_dns.resolver.arpa.');
  const [, name, port] = /SVCB 1 (\S+)\. .*port="(\d+)"/.exec(told!)!;
  const said = execFileSync('kdig', [
    '@127.0.0.1', '-p', port!, `+tls-ca=${folder}/ca.pem`, `+tls-hostname=${name}`, '+timeout=20', 'a.test', 'A',
  ], { encoding: 'utf8' });
  assert.match(said, /status: NOERROR/);
});

test('names with a star, and addresses however they are spelt', () => {
  assert.equal(lacks(['*.example.test', '2001:db8:0:0:0:0:0:53'], 'dns.example.test.', ['2001:db8::53']), undefined);
  assert.equal(lacks(['*.example.test'], 'a.dns.example.test.', []), 'the name a.dns.example.test');
  assert.equal(lacks(['dns.test', '192.0.2.1'], 'DNS.test.', ['192.0.2.1', '192.0.2.2', '::1']), 'the address 192.0.2.2, ::1');
});
