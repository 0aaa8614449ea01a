// external-dns's own provider for CoreDNS writes into a real etcd, and both *etcd* with `layout names` and *registry* answer what it has
// written, and nothing any more when it has taken it away.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { RealEtcd, isMissing } from '../../src/key-value/etcd-rig.test.ts';
import { standard } from '../../src/plugins/index.ts';
import { askOnce } from '../../src/testing/one-question.ts';
import { serve } from '../../src/testing/served.ts';
import { until } from './programs.ts';

const PROGRAM = process.env['EXTERNAL_DNS'];
const skip = PROGRAM === undefined ? 'EXTERNAL_DNS has no path of test/go/external-dns' : isMissing;
const RECORDS = [
  { name: 'app.sky.test', type: 'A', ttl: 60, targets: ['192.0.2.1', '192.0.2.2'] },
  { name: 'app.sky.test', type: 'TXT', ttl: 0, targets: ['heritage=external-dns,external-dns/owner=me'] },
  { name: 'six.sky.test', type: 'AAAA', ttl: 30, targets: ['2001:db8::1'] },
  { name: 'alias.sky.test', type: 'CNAME', ttl: 30, targets: ['app.sky.test'] },
];

test('what external-dns writes is answered by etcd and by registry', { skip }, async (t) => {
  const etcd = await new RealEtcd().open(t);
  const run = async (changes: object): Promise<readonly string[]> => {
    const child = promisify(execFile)(PROGRAM!, { env: { ETCD_URLS: etcd.url } });
    child.child.stdin!.end(JSON.stringify(changes));
    return (await child).stdout.trim().split('\n');
  };
  const stanzas = [`etcd sky.test {\nendpoint ${etcd.url}\nlayout names\n}`, `registry sky.test {\netcd ${etcd.url}\n}`];
  const servers = await Promise.all(stanzas.map((stanza) => serve(`sky.test {\nbind 127.0.0.1\n${stanza}\n}`, standard)));
  t.after(() => Promise.all(servers.map((server) => server.close())));
  const said = () => servers.map((server) => server.log()).join('\n');
  for (const server of servers) await until('etcd is followed', async () => server.log().includes('etcd is followed'), said);
  const written = await run({ create: RECORDS });
  assert.ok(written.some((line) => line.startsWith('app.sky.test A ')), written.join('\n'));
  for (const [i, { port }] of servers.entries()) {
    const answers = async (name: string, type: string): Promise<readonly string[]> =>
      (await askOnce(port, `${name}.sky.test`, type)).answer.map((each) => each.split(' ').slice(3).join(' ')).sort();
    const comes = (name: string, type: string, wanted: readonly string[]) =>
      until(`${stanzas[i]}: ${name} ${type}`, async () => JSON.stringify(await answers(name, type)) === JSON.stringify(wanted), said);
    await comes('app', 'A', ['A 192.0.2.1', 'A 192.0.2.2']);
    await comes('app', 'TXT', ['TXT "heritage=external-dns,external-dns/owner=me"']);
    await comes('six', 'AAAA', ['AAAA 2001:db8::1']);
    await comes('alias', 'A', ['A 192.0.2.1', 'A 192.0.2.2', 'CNAME app.sky.test.']);
  }
  await run({ delete: RECORDS });
  for (const { port } of servers) {
    await until('it is gone', async () => (await askOnce(port, 'app.sky.test', 'A')).rcode === 'NXDOMAIN', said);
  }
});
