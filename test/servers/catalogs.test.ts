// Catalogs (RFC 9432) beside BIND and Knot: they consume ours and ours consumes theirs; members come, go and have groups. NSD knows
// catalogs from 4.9 on, which Debian does not have yet.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { standard } from '../../src/plugins/index.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { serve } from '../../src/testing/served.ts';
import { bind, knot } from './authorities.ts';
import { missing, output, scratch, until } from './programs.ts';

const CATALOG = 'catalog.test', KEY = 'one.key', SECRET = 'NWYwM2Y0NGIxMDI5OGRmZmFiNGUyMDYw';
const zone = (last: number): string =>
  `@ 60 IN SOA ns host 1 1 1 1000 60\n@ 60 IN NS ns\nns 60 IN A 192.0.2.53\nwww 60 IN A 192.0.2.${last}\n`;
const ask = async (port: number, name: string, type = 'A'): Promise<string> =>
  (await output('dig', ['@127.0.0.1', '-p', String(port), '+short', '+time=10', '+tries=1', name, type])).trim();

/** Where a program is, and where ours is. */
interface Ports {
  readonly port: number;
  readonly peer: number;
}
const settingOf = (folder: string, ports: Ports) => ({ folder, key: KEY, secret: SECRET, ...ports });

const CONSUMERS = [{
  name: 'BIND', program: 'named',
  run: (t: TestContext, folder: string, ports: Ports) => {
    const primaries = `{ 127.0.0.1 port ${ports.peer} key "${KEY}"; }`;
    return bind(t, settingOf(folder, ports), `zone "${CATALOG}" { type secondary; primaries ${primaries}; allow-notify { 127.0.0.1; }; };`,
      `catalog-zones { zone "${CATALOG}" default-primaries ${primaries} in-memory yes min-update-interval 0; };`);
  },
}, {
  name: 'Knot', program: 'knotd',
  run: (t: TestContext, folder: string, ports: Ports) => knot(t, settingOf(folder, ports), `
  - domain: ${CATALOG}
    master: peer
    acl: peer
    catalog-role: interpret
    catalog-template: [ member, signed ]`, `  - id: member
    master: peer
    acl: peer
    zonefile-sync: -1
  - id: signed
    master: peer
    acl: peer
    dnssec-signing: on
    zonefile-sync: -1
`),
}];

for (const { name, program, run } of CONSUMERS) {
  test(`${name} takes the zones of a catalog of ours, those that come later too, and drops those that go`, {
    skip: missing(program, 'dig'),
  }, async (t) => {
    const [folder, theirs] = [scratch(t), scratch(t)];
    const [port, peer] = [await freePort(), await freePort()];
    const put = (each: string, last: number): void => writeFileSync(path.join(folder, `db.${each}`), zone(last));
    put('a.test', 1);
    put('b.test', 2);
    const ours = await serve(`.:${peer} {\nbind 127.0.0.1\ntsig {\nsecret ${KEY} ${SECRET}\n}
      transfer {\nto 127.0.0.1:${port} key ${KEY}\n}
      catalog ${CATALOG} {\ngroup signed b.test\n}
      auto {\ndirectory ${folder}\nreload 1s\n}\n}`, standard);
    t.after(() => ours.close());
    const running = run(t, theirs, { port, peer });
    const said = (): string => `${running.printed()}\n${ours.log()}`;
    await until('both are there', async () =>
      await ask(port, 'www.a.test') === '192.0.2.1' && await ask(port, 'www.b.test') === '192.0.2.2', said);
    if (name === 'Knot') await until('the group counts', async () => (await ask(port, 'b.test', 'DNSKEY')) !== '', said);
    assert.equal(await ask(port, 'a.test', 'DNSKEY'), '');
    put('c.test', 3);
    rmSync(path.join(folder, 'db.a.test'));
    await until('another one comes', async () => await ask(port, 'www.c.test') === '192.0.2.3', said);
    await until('one goes', async () => await ask(port, 'www.a.test') === '', said);
    assert.match(ours.log(), /Outgoing incremental transfer of \d+ records of zone "catalog\.test\."/);
  });
}

const consuming = (port: number, peer: number): string => `.:${port} {\nbind 127.0.0.1\ntsig {\nsecret ${KEY} ${SECRET}\n}
  secondary ${CATALOG} {\ntransfer from 127.0.0.1:${peer}\nkey ${KEY}\ncatalog\ngroup small {\nmax_records 1\n}\n}\n}`;

test('ours takes the zones of a catalog that Knot makes, and knows their groups', { skip: missing('knotd', 'knotc', 'dig') }, async (t) => {
  const folder = scratch(t);
  const [port, peer] = [await freePort(), await freePort()];
  for (const [i, each] of ['a', 'b', 'c'].entries()) writeFileSync(path.join(folder, `${each}.test`), zone(i + 1));
  const member = (each: string, more = ''): string =>
    `  - domain: ${each}\n    file: "${folder}/${each}"\n    acl: peer\n    catalog-role: member\n    catalog-zone: ${CATALOG}\n${more}`;
  const zones = (...members: readonly string[]): string =>
    `  - domain: ${CATALOG}\n    catalog-role: generate\n    acl: peer\n    notify: peer\n${members.join('')}`;
  const group = '    catalog-group: small\n';
  const running = knot(t, settingOf(folder, { port: peer, peer: port }), zones(member('a.test'), member('b.test', group)));
  const ours = await serve(consuming(port, peer), standard);
  t.after(() => ours.close());
  const said = (): string => `${running.printed()}\n${ours.log()}`;
  await until('a member comes', async () => await ask(port, 'www.a.test') === '192.0.2.1', said);
  await until('its group has a bound', async () => /b\.test\..*it has more than 1 records/.test(ours.log()), said);
  const conf = path.join(folder, 'knot.conf');
  const text = await output('cat', [conf]);
  writeFileSync(conf, `${text.slice(0, text.indexOf('\nzone:'))}\nzone:\n${zones(member('b.test'), member('c.test'))}`);
  await output('knotc', ['-c', conf, 'reload']);
  await until('another one comes, and one has left its group', async () =>
    await ask(port, 'www.c.test') === '192.0.2.3' && await ask(port, 'www.b.test') === '192.0.2.2', said);
  await until('one goes', async () => await ask(port, 'www.a.test') === '', said);
});

test('ours takes the zones of a catalog that BIND serves', { skip: missing('named', 'dig') }, async (t) => {
  const folder = scratch(t);
  const [port, peer] = [await freePort(), await freePort()];
  for (const [i, each] of ['a', 'b'].entries()) writeFileSync(path.join(folder, `${each}.test`), zone(i + 1));
  const list = (serial: number, ...members: readonly string[]): void => writeFileSync(path.join(folder, 'catalog'), [
    `@ 0 IN SOA invalid. invalid. ${serial} 1 1 1000 0`, '@ 0 IN NS invalid.', 'version 0 IN TXT "2"',
    ...members.map((each) => `id${each[0]}.zones 0 IN PTR ${each}.`), '',
  ].join('\n'));
  list(1, 'a.test');
  const running = bind(t, settingOf(folder, { port: peer, peer: port }), `
zone "${CATALOG}" { type primary; file "catalog"; also-notify { 127.0.0.1 port ${port} key "${KEY}"; }; };
zone "a.test" { type primary; file "a.test"; };
zone "b.test" { type primary; file "b.test"; };`);
  const ours = await serve(consuming(port, peer), standard);
  t.after(() => ours.close());
  const said = (): string => `${running.printed()}\n${ours.log()}`;
  await until('the member comes', async () => await ask(port, 'www.a.test') === '192.0.2.1', said);
  list(2, 'b.test');
  running.signal('SIGHUP');
  await until('another one comes', async () => await ask(port, 'www.b.test') === '192.0.2.2', said);
  await until('one goes', async () => await ask(port, 'www.a.test') === '', said);
});
