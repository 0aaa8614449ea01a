// `coredns-ts import unbound`: what it makes of a file answers as Unbound does with it. Knows both servers' front doors.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { freePort } from '../../src/testing/free-port.ts';
import { differences, questionsOf, servedImport, upstream } from './imports.ts';
import type { Question } from './imports.ts';
import { missing, scratch, started } from './programs.ts';

const configuration = (port: number, up: number, other: number, folder: string): string => `# a resolver of a house
server:
  interface: 127.0.0.1@${port}
  directory: "${folder}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  do-not-query-localhost: no
  module-config: "iterator"
  access-control: 127.0.0.0/8 allow
  access-control: 127.0.0.77/32 refuse
  private-address: 192.168.0.0/16
  private-domain: "corp.house"
  serve-expired: yes
  serve-expired-ttl: 3600
  prefetch: yes
  local-zone: "static.house." static
  local-data: "a.static.house. 300 IN A 198.18.6.1"
  local-data: 'txt.static.house. TXT "hello, world"'
  local-data: "a.deep.static.house. A 198.18.6.2"
  local-zone: "redirect.house." redirect
  local-data: "redirect.house. A 198.18.6.3"
  local-zone: "refused.house." refuse
  local-data: "ok.refused.house. A 198.18.6.4"
  local-zone: "open.test." transparent
  local-data: "www.open.test. A 198.18.6.5"
  local-zone: "typed.house." typetransparent
  local-data: "www.typed.house. A 198.18.6.6"
  local-zone: "never.house." always_nxdomain
  local-zone: "ok.never.house." always_transparent
  local-zone: "nodata.house." always_nodata
  local-zone: "null.house." always_null
  local-zone: "always.house." always_refuse
  local-data: "implicit.test. A 198.18.6.7"
  local-data: "implicit.test. MX 10 mail.implicit.test."
  local-data-ptr: "198.18.6.5 www.open.test"
  include: "${folder}/more-*.conf"
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@${up}
stub-zone:
  name: "corp.house"
  stub-addr: 127.0.0.1@${other}
`;
const questions = (): Question[] => [
  ...questionsOf(configuration(0, 0, 0, '').split('\n').filter((line) => /local-(?:zone|data)|name:/.test(line)).join('\n'),
    ['A', 'AAAA', 'MX', 'TXT', 'SRV'], ['a.b.']),
  ...['inside.test', 'inside.corp.house', 'gone.test', 'fine.test', 'included.test', 'localhost', 'x.home.arpa',
    'x.invalid'].flatMap((name) =>
    (['A', 'AAAA', 'TXT'] as const).map((type) => ({ name, type }))),
  ...['5.6.18.198.in-addr.arpa', '4.3.168.192.in-addr.arpa', '1.0.0.127.in-addr.arpa'].map((name) => ({ name, type: 'PTR' as const })),
];

test('what is made of an unbound.conf answers as Unbound does', { skip: missing('unbound') }, async (t) => {
  const folder = scratch(t);
  const [there, here, up, other] = [await freePort(), await freePort(), await freePort(), await freePort()];
  writeFileSync(path.join(folder, 'more-1.conf'), '  local-data: "included.test. A 198.18.6.9"\n');
  const ours = path.join(folder, 'ours.conf'), theirs = path.join(folder, 'theirs.conf');
  writeFileSync(theirs, configuration(there, up, other, folder));
  writeFileSync(ours, configuration(here, up, other, folder));
  await Promise.all([upstream(t, up, folder), upstream(t, other, scratch(t)), servedImport(t, 'unbound', ours, path.join(folder, 'out'))]);
  started(t, 'unbound', ['-d', '-c', theirs], folder);
  const asked = questions();
  assert.ok(asked.length >= 200);
  assert.deepEqual(await differences(here, there, asked), []);
});
