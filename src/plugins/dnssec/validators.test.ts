// What is signed on the way is held against validators: delv of BIND and Unbound, with the key as trust anchor, for every way to deny and
// every algorithm. A real server in a process of its own.
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { Name } from '../../dns/name.ts';
import { printRdata } from '../../dns/rr.ts';
import { TYPE } from '../../dns/type-name.ts';
import { algorithmNamed } from '../../dnssec/algorithm.ts';
import { printPrivateFile, printPublicFile } from '../../dnssec/key-file.ts';
import { generateKey } from '../../dnssec/signing-key.ts';
import { freePort } from '../../testing/free-port.ts';
import { Spawned } from '../../testing/spawned.ts';
import { startUnbound } from '../../testing/unbound.ts';

const missing = ['delv', 'dig', 'unbound'].filter((program) => spawnSync(program, ['-h']).error !== undefined);
const skip = missing.length === 0 ? false : `${missing.join(' and ')} not installed`;

/** Zones by the way that they deny, and those that are there for their algorithm alone. */
const ZONES = [
  { zone: 'black.test', denial: '', algorithm: 'ECDSAP256SHA256' },
  { zone: 'compact.test', denial: 'denial compact', algorithm: 'ECDSAP256SHA256' },
  { zone: 'hashed.test', denial: 'denial nsec3', algorithm: 'ECDSAP256SHA256' },
  ...['RSASHA256', 'RSASHA512', 'ECDSAP384SHA384', 'ED25519', 'ED448'].map((algorithm) =>
    ({ zone: `${algorithm.toLowerCase()}.test`, denial: '', algorithm })),
];
const LONG = 'x'.repeat(63);

function block({ zone, denial }: { readonly zone: string; readonly denial: string }, port: number): string {
  const soa = `${zone}. 60 IN SOA ns.${zone}. host.${zone}. 1 60 60 60 60`;
  const stanza = (head: string, ...lines: readonly string[]) =>
    `    template IN ${head} {\n${lines.map((line) => `        ${line}\n`).join('')}    }\n`;
  const names = (text: string) => `match ^(${text})\\.${zone.replace('.', '\\.')}\\.$`;
  return `${zone}:${port} {\n    dnssec {\n        key file ${zone}\n        ${denial}\n    }\n${
    stanza('SOA', `match ^${zone.replace('.', '\\.')}\\.$`, `answer "${soa}"`,
      `additional "ns.${zone}. 60 IN A 192.0.2.3"`, 'fallthrough')}${
    stanza(`DS sub.${zone}`, `authority "${soa}"`)}${
    stanza(`A ${zone}`, names('www|x[.]wild|[*][.]wild'), 'answer "{{ .Name }} 60 IN A 192.0.2.2"',
      'answer "{{ .Name }} 60 IN A 192.0.2.1"',
      'fallthrough')}${
    stanza(`MX ${zone}`, names('www'), `answer "{{ .Name }} 60 IN MX 10 Mail.${zone}."`, 'fallthrough')}${
    stanza(`A ${zone}`, names('alias'), `answer "{{ .Name }} 60 IN CNAME www.${zone}."`, 'fallthrough')}${
    stanza(`ANY ${zone}`, `match ^((www|wild)[.])?${zone.replace('.', '\\.')}\\.$`, `authority "${soa}"`, 'fallthrough')}${
    stanza(`ANY ${zone}`, 'rcode NXDOMAIN', `authority "${soa}"`)}}\n`;
}

/** What is asked of each zone, and what a validator must find. */
const QUESTIONS: readonly (readonly [name: string, type: string, found: 'answer' | 'denial'])[] = [
  ['', 'SOA', 'answer'], ['', 'DNSKEY', 'answer'], ['www.', 'A', 'answer'], ['WwW.', 'MX', 'answer'], ['x.wild.', 'A', 'answer'],
  ['*.wild.', 'A', 'answer'], ['alias.', 'A', 'answer'], ['www.', 'TXT', 'denial'], ['', 'TXT', 'denial'],
  ['nx.', 'A', 'denial'], ['a.b.c.nx.', 'AAAA', 'denial'], ['sub.', 'DS', 'denial'], ['nx.', 'DS', 'denial'], ['*.', 'A', 'denial'],
  [`${LONG}.${LONG}.${LONG}.`, 'A', 'denial'], [`${LONG}.${LONG}.${LONG}.${'y'.repeat(48)}.`, 'A', 'denial'],
];

const folder = mkdtempSync(join(tmpdir(), 'dnssec-'));
const anchors: string[] = [];
let server: Spawned;
let unbound: ChildProcess;
let port = 0;
let resolver = 0;

/** What a program says; it may fail. */
const said = (program: string, ...args: readonly string[]): Promise<string> =>
  new Promise((resolve) => execFile(program, args, { timeout: 90_000 }, (_, out, complaint) => resolve(out + complaint)));

/** What Unbound answers. */
const asked = (name: string, type: string): Promise<string> =>
  said('dig', '@127.0.0.1', '-p', String(resolver), '+dnssec', '+tries=3', '+time=10', name, type);

suite('validators', { skip }, () => {
  before(async () => {
    for (const { zone, algorithm } of ZONES) {
      const key = generateKey(Name.parse(`${zone}.`), algorithmNamed(algorithm)!, 257, 300, 1024);
      writeFileSync(join(folder, `${zone}.key`), printPublicFile(key, {}));
      writeFileSync(join(folder, `${zone}.private`), printPrivateFile(key, {}), { mode: 0o600 });
      anchors.push(`${zone}. IN DNSKEY ${printRdata(TYPE.DNSKEY, key.data)}`);
      const [flags, protocol, number, text] = printRdata(TYPE.DNSKEY, key.data).split(' ');
      writeFileSync(join(folder, `${zone}.anchor`), `trust-anchors { "${zone}." static-key ${flags} ${protocol} ${number} "${text}"; };\n`);
    }
    port = await freePort();
    resolver = await freePort();
    server = new Spawned(`${ZONES.map((zone) => block(zone, port)).join('').replaceAll('key file ', `key file ${folder}/`)}`);
    await server.says(/CoreDNS|coredns/i);
    const zones = ZONES.map(({ zone }, i) => ({ zone, anchor: anchors[i]! }));
    unbound = startUnbound({ zones, server: port, port: resolver, folder });
    await server.until(async () => /status: NOERROR/.test(await asked('www.black.test', 'A')), 'unbound');
  });
  after(async () => {
    unbound.kill('SIGKILL');
    await server.kill();
    rmSync(folder, { recursive: true });
  });

  for (const { zone, algorithm, denial } of ZONES) {
    const questions = algorithm === 'ECDSAP256SHA256' ? QUESTIONS : QUESTIONS.filter(([name]) => name === '' || name === 'nx.');
    test(`delv finds ${zone} right`, async () => {
      const options = ['@127.0.0.1', '-p', String(port), '-a', join(folder, `${zone}.anchor`), `+root=${zone}`];
      for (const [name, type, found] of questions.filter((_, i) => i % 2 === 1)) {
        const text = await said('delv', ...options, `${name}${zone}`, type);
        const right = found === 'answer' ? /^; fully validated/m : /negative response, fully validated/;
        assert.match(text, right, `${name}${zone} ${type}: ${text}`);
      }
    });
    test(`Unbound finds ${zone} right`, async () => {
      for (const [name, type, found] of questions) {
        const text = await asked(`${name}${zone}`, type);
        assert.match(text, /flags: qr rd ra ad;/, text);
        assert.equal(/ANSWER: 0/.test(text), found === 'denial', text);
        const told = found === 'denial' && type !== 'TXT' && name !== 'sub.' && denial === 'denial nsec3';
        const status = told ? 'NXDOMAIN' : 'NOERROR';
        assert.ok(text.includes(`status: ${status},`), text);
      }
    });
  }
});
