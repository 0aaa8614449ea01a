// docs/resolver-front.md is served as it stands, with other ports, certificates and an upstream of ours: what a client learns of it, and
// that all ways in have one cache and one way out. Knows the page and processes.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { decodeMessage } from '../src/dns/message.ts';
import type { Parts } from '../src/dns/message.ts';
import { Name } from '../src/dns/name.ts';
import { printRR } from '../src/dns/rr.ts';
import { TYPE } from '../src/dns/type-name.ts';
import { Authority } from '../src/testing/certificates.ts';
import { freePort } from '../src/testing/free-port.ts';
import { Spawned } from '../src/testing/spawned.ts';
import { overUdp } from '../src/testing/udp-question.ts';
import { read } from './gates/checkout.ts';
import { examples } from './gates/page.ts';

const packet = (name: string, type: number): Buffer =>
  Buffer.concat([Buffer.from('000001000001000000000000', 'hex'), Name.parse(name).octets, Buffer.from([type >> 8, type, 0, 1])]);

const plainly = async (port: number, question: Buffer): Promise<Parts> => decodeMessage(await overUdp(port, question));
function overTls(port: number, question: Buffer, ca: string): Promise<Parts> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, ca, servername: 'dns.example.org', ALPNProtocols: ['dot'] });
    let came = Buffer.alloc(0);
    socket.on('error', reject).on('secureConnect', () => socket.write(Buffer.concat([Buffer.from([0, question.length]), question])));
    socket.on('data', (chunk: Buffer) => {
      came = Buffer.concat([came, chunk]);
      if (came.length < 2 || came.length < 2 + came.readUInt16BE(0)) return;
      socket.destroy();
      resolve(decodeMessage(came.subarray(2)));
    });
  });
}
function overHttps(port: number, target: string, question: Buffer, ca: string): Promise<Parts> {
  return new Promise((resolve, reject) => {
    const asked = request({
      host: '127.0.0.1', port, path: target, method: 'POST', ca, servername: 'dns.example.org', agent: false,
      headers: { 'content-type': 'application/dns-message', 'content-length': question.length },
    }, (reply) => {
      const parts: Buffer[] = [];
      reply.on('data', (part: Buffer) => parts.push(part)).on('end', () => resolve(decodeMessage(Buffer.concat(parts))));
    });
    asked.on('error', reject).end(question);
  });
}

test('a client that knows an address finds its way to TLS and HTTPS, and all ways have one cache and one way out', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'front-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const authority = new Authority();
  const { cert, key } = authority.sign({ names: ['dns.example.org', 'dns.quad9.net', '127.0.0.1'] });
  for (const [name, text] of Object.entries({ 'cert.pem': cert, 'key.pem': key, 'ca.pem': authority.pem })) {
    writeFileSync(path.join(folder, name), text);
  }
  const files = `${folder}/cert.pem ${folder}/key.pem`;
  const [plain, dot, doh, up] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const upstream = new Spawned(`tls://.:${up} {\nbind 127.0.0.1\ntls ${files}\nlog . "asked {name} {proto}"\n`
    + 'template IN A {\nanswer "{{ .Name }} 300 IN A 192.0.2.1"\n}\n}\n');
  t.after(() => upstream.kill());
  await upstream.says(/CoreDNS-/);
  const [page] = examples(read('docs/resolver-front.md'));
  let corefile = page!.text;
  for (const [from, to] of [
    ['. tls://. https://. {', `.:${plain} tls://.:${dot} https://.:${doh} {\nbind 127.0.0.1`], ['cert.pem key.pem', files],
    ['tls://9.9.9.9 tls://149.112.112.112 {', `tls://127.0.0.1:${up} {\ntls ${folder}/ca.pem`],
    ['    ready\n', `    ready 127.0.0.1:${await freePort()}\n`], ['localhost:9153', `127.0.0.1:${await freePort()}`],
  ] as const) {
    assert.ok(corefile.includes(from), `the page says ${from}`);
    corefile = corefile.replace(from, to);
  }
  const front = new Spawned(corefile);
  t.after(() => front.kill());
  await front.says(/CoreDNS-/);

  const told = (await plainly(plain, packet('_dns.resolver.arpa.', TYPE.SVCB))).answer.map((each) => printRR(each));
  const services = told.map((text) =>
    /SVCB\t\d dns\.example\.org\. alpn="(\w+)" port="(\d+)"(?:.* dohpath="([^{]+)\{)?/.exec(text)!.slice(1));
  assert.deepEqual(services, [['dot', `${dot}`, undefined], ['h2', `${doh}`, '/dns-query']]);
  assert.doesNotMatch(front.stdout, /WARNING/);
  const question = packet('a.test.', TYPE.A);
  const answers = [
    await overTls(Number(services[0]![1]), question, authority.pem),
    await overHttps(Number(services[1]![1]), services[1]![2]!, question, authority.pem), await plainly(plain, question),
  ];
  for (const { answer } of answers) assert.match(printRR(answer[0]!), /^a\.test\.\t\d+\tIN\tA\t192\.0\.2\.1$/);
  assert.equal((await plainly(plain, packet('x.resolver.arpa.', TYPE.A))).answer.length, 0);
  await upstream.says(/asked a\.test/);
  assert.deepEqual(upstream.stdout.split('\n').filter((line) => line.includes('asked a.test') || line.includes('arpa')),
    ['[INFO] asked a.test. tcp']);
});
