// `coredns-ts import bind`: what it makes of a named.conf answers as BIND does with it. Knows both servers' front doors.
import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { freePort } from '../../src/testing/free-port.ts';
import { checked, differences, imported, servedImport, upstream } from './imports.ts';
import type { Question } from './imports.ts';
import { missing, scratch, started } from './programs.ts';

const options = (port: number, up: number, folder: string): string => `// a server of a house
include "${folder}/keys.conf";
acl inside { 127.0.0.1; !10.0.0.1; 10/8; };
acl everybody { any; };
options {
  directory "${folder}";
  listen-on port ${port} { 127.0.0.1; };
  listen-on-v6 { none; };
  pid-file none; session-keyfile none;
  dnssec-validation no;
  forwarders { 127.0.0.1 port ${up}; };
  forward only;
  allow-recursion { inside; };
  minimal-responses yes;
};
controls { };
`;
const zones = (other: number): string => `
  zone "house.example" { type primary; file "db.house"; allow-transfer { key transfer.example; }; also-notify { 127.0.0.1 port 9; }; };
  zone "closed.example" { type master; file "db.closed"; allow-query { 192.0.2.0/24; }; };
  zone "corp.example" { type forward; forward only; forwarders { 127.0.0.1 port ${other}; }; };
  zone "rules.example" { type primary; file "db.rules"; allow-query { none; }; };
  zone "6.18.198.in-addr.arpa" { type primary; file "db.reverse"; };
  zone "." { type hint; file "/usr/share/dns/root.hints"; };
`;
const policy = '  response-policy { zone "rules.example" policy given; };\n';
const files: Readonly<Record<string, string>> = {
  'keys.conf': 'key "transfer.example" {\n  algorithm hmac-sha256;\n  secret "c2VjcmV0IHNlY3JldCE=";\n};\n',
  'db.house': `$TTL 300
@ IN SOA ns host 1 3600 600 86400 300
@ IN NS ns
@ IN MX 10 mail
ns IN A 198.18.6.1
www IN CNAME web
web IN A 198.18.6.2
web IN AAAA fd00::2
mail IN A 198.18.6.3
*.wild IN TXT "anything"
deep.er.name IN A 198.18.6.4
`,
  'db.closed': '$TTL 300\n@ IN SOA ns host 1 3600 600 86400 300\n@ IN NS ns\nns IN A 198.18.6.9\n',
  'db.rules': '$TTL 300\n@ IN SOA ns. host. 1 3600 600 86400 300\n@ IN NS ns.\nbad.test CNAME .\n*.bad.test CNAME .\nempty.test CNAME *.\n'
    + 'walled.test A 198.18.6.6\n',
  'db.reverse': '$TTL 300\n@ IN SOA ns.house.example. host 1 3600 600 86400 300\n@ IN NS ns.house.example.\n2 IN PTR web.house.example.\n',
};
const questions = (): Question[] => [
  ...['house.example', 'ns.house.example', 'www.house.example', 'web.house.example', 'mail.house.example', 'a.wild.house.example',
    'wild.house.example',
    'er.name.house.example', 'deep.er.name.house.example', 'nothing.house.example', 'closed.example', 'ns.closed.example',
      'x.closed.example',
    'corp.example', 'www.corp.example', 'bad.test', 'a.bad.test', 'empty.test', 'walled.test', 'x.walled.test', 'fine.test', 'gone.test',
    'inside.test', 'a.fine.test', 'outer.example', 'other.example', 'house.example.org', 'mail.closed.example', 'x.y.house.example',
      'third.example'].flatMap((name) =>
    (['A', 'AAAA', 'MX', 'TXT', 'SRV', 'NS', 'SOA', 'CNAME'] as const).map((type) => ({ name, type }))),
  ...['2.6.18.198.in-addr.arpa', '3.6.18.198.in-addr.arpa', '4.3.168.192.in-addr.arpa'].map((name) => ({ name, type: 'PTR' as const })),
// What the upstream says of these types is about nobody's zone.
].filter(({ name, type }) => !/test$|corp/.test(name) || !['NS', 'SOA', 'CNAME'].includes(type));

for (const [what, text] of [
  ['of options and zones', (port: number, up: number, other: number, folder: string) =>
    `${options(port, up, folder).replace('  minimal', `${policy}  minimal`)}${zones(other)}`],
  ['of views', (port: number, up: number, other: number, folder: string) => `${options(port, up, folder)}
view "elsewhere" { match-clients { 192.0.2.0/24; }; recursion no; zone "house.example" { type primary; file "db.closed"; }; };
view "here" { match-clients { !192.0.2.7; inside; }; ${policy}${zones(other)}};
view "others" { match-clients { everybody; }; recursion no; };
`],
] as const) {
  test(`what is made ${what} in a named.conf answers as BIND does`, { skip: missing('named') }, async (t) => {
    const folder = scratch(t);
    const [there, here, up, other] = [await freePort(), await freePort(), await freePort(), await freePort()];
    for (const [name, content] of Object.entries(files)) writeFileSync(path.join(folder, name), content);
    const ours = path.join(folder, 'ours.conf'), theirs = path.join(folder, 'theirs.conf');
    writeFileSync(theirs, text(there, up, other, folder));
    writeFileSync(ours, text(here, up, other, folder));
    await Promise.all([upstream(t, up, folder), upstream(t, other, scratch(t)), servedImport(t, 'bind', ours, path.join(folder, 'out'))]);
    started(t, 'named', ['-g', '-n', '1', '-c', theirs], folder);
    const asked = questions();
    assert.ok(asked.length >= 200);
    assert.deepEqual(await differences(here, there, asked), []);
  });
}

test('keys go to a file of their own, and nowhere else', (t) => {
  const folder = scratch(t);
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(folder, name), content);
  writeFileSync(path.join(folder, 'named.conf'), `${options(53, 5353, folder)}${zones(5354)}
key "bad" { algorithm hmac-md5; secret "c2VjcmV0IHNlY3JldCE="; };
server 192.0.2.1 { keys "transfer.example"; };
`);
  const out = path.join(folder, 'out');
  const refused = imported('bind', path.join(folder, 'named.conf'), '-o', out);
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /named\.conf:\d+: key bad \{\.\.\.\}: its algorithm is none of hmac-sha1/);
  const { status, stdout, stderr } = imported('bind', path.join(folder, 'named.conf'), '-o', out, '--lossy');
  assert.equal(status, 0, stderr);
  checked(out);
  assert.equal(statSync(path.join(out, 'keys.conf')).mode & 0o777, 0o600);
  assert.match(readFileSync(path.join(out, 'keys.conf'), 'utf8'), /c2VjcmV0IHNlY3JldCE=/);
  const others = [stdout, stderr, refused.stderr, ...['Corefile', 'import-report.txt'].map((name) => readFileSync(path.join(out, name),
    'utf8'))];
  assert.ok(others.every((each) => !each.includes('c2VjcmV0')));
});
