// `coredns-ts import dnsmasq`: what it makes of a file answers as dnsmasq does with it. Knows both servers' front doors.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { freePort } from '../../src/testing/free-port.ts';
import { differences, questionsOf, servedImport, upstream } from './imports.ts';
import type { Question } from './imports.ts';
import { missing, scratch, started } from './programs.ts';

const configuration = (port: number, up: number, other: number, folder: string): string => `# names of a house
port=${port}
listen-address=127.0.0.1
bind-interfaces
no-resolv
no-hosts
user=root
pid-file=${folder}/pid
server=127.0.0.1#${up}
server=/corp.test/vpn.test/127.0.0.1#${other}
server=/public.corp.test/#
local=/lan.test/
local=/empty.test/
domain=lan.test
expand-hosts
addn-hosts=${folder}/more.hosts
address=/ads.test/198.18.5.1
address=/tracker.test/#
address=/none.test/
address=/six.test/fd00::66
address=/deep.ads.test/198.18.5.2
address=/wild.corp.test/198.18.5.3
host-record=www.ads.test,198.18.6.1
host-record=router.lan.test,198.18.6.2
host-record=both.test,198.18.6.3,fd00::3
cname=alias.lan.test,router.lan.test
cname=other.test,router.lan.test
mx-host=mailed.test,mx.lan.test,10
srv-host=_ldap._tcp.test.test,router.lan.test,389,1,2
txt-record=said.test,"hello, world",v=1
txt-record=said.lan.test,here
ptr-record=7.6.18.198.in-addr.arpa,ptr.lan.test
naptr-record=n.test,10,20,s,SIP,!^.*$!x!,rep.test
caa-record=c.test,0,issue,ca.test
stop-dns-rebind
rebind-domain-ok=/corp.test/
bogus-nxdomain=198.18.0.66
bogus-priv
domain-needed
cache-size=2000
no-negcache
`;
const more = (): Question[] => [
  // Of a name that bogus-nxdomain took away dnsmasq keeps that it is not there, whatever its type.
  { name: 'bogus.test', type: 'A' }, { name: 'a.bogus.test', type: 'A' },
  ...['inside.test', 'inside.corp.test', 'gone.test', 'a.gone.test', 'single', 'nas', 'nas.lan.test',
    'gone.corp.test', 'unknown.lan.test', 'fine.test', 'a.b.fine.test'].flatMap((name) =>
    (['A', 'AAAA', 'TXT'] as const).map((type) => ({ name, type }))),
  ...['2.6.18.198.in-addr.arpa', '3.6.18.198.in-addr.arpa', '7.6.18.198.in-addr.arpa', '9.7.168.192.in-addr.arpa',
    '1.1.16.172.in-addr.arpa',
    '4.4.8.8.in-addr.arpa', '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa'].map((name) => ({ name,
      type: 'PTR' as const })),
];

test('what is made of a dnsmasq.conf answers as dnsmasq does', { skip: missing('dnsmasq') }, async (t) => {
  const folder = scratch(t);
  const [there, here, up, other] = [await freePort(), await freePort(), await freePort(), await freePort()];
  writeFileSync(path.join(folder, 'more.hosts'), '198.18.6.9 nas\n198.18.6.10 printer.lan.test\n');
  const ours = path.join(folder, 'ours.conf'), theirs = path.join(folder, 'theirs.conf');
  writeFileSync(theirs, configuration(there, up, other, folder));
  writeFileSync(ours, configuration(here, up, other, folder));
  await Promise.all([upstream(t, up, folder), upstream(t, other, scratch(t)), servedImport(t, 'dnsmasq', ours, path.join(folder, 'out'))]);
  started(t, 'dnsmasq', ['-k', '-C', theirs], folder);
  const names = configuration(0, 0, 0, '').split('\n').filter((line) => /^[a-z-]+=.*\.test/.test(line)).join('\n').replace(/rep\.test/, '');
  const questions = [...questionsOf(names, ['A', 'AAAA', 'MX', 'TXT', 'SRV', 'NAPTR', 'CAA'], ['a.b.']), ...more()];
  assert.ok(questions.length >= 200);
  assert.deepEqual(await differences(here, there, questions), []);
});
